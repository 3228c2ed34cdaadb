"""The shown half: may be read by anyone once the detectors stand."""

from tests.planted import (
    shown_faults,
    shown_healthy,
    shown_healthy_shapes,
    shown_named,
    shown_overlap,
    shown_smells,
    shown_smells_healthy,
)

AUDIT = shown_overlap.SHELF.builders | shown_faults.SHELF.builders | shown_named.FOUND.builders
HEALTHY = shown_healthy.SHELF.builders | shown_healthy_shapes.SHELF.builders | shown_named.HEALTHY.builders
SMELLS = shown_smells.SHELF.builders | shown_named.SMELLS.builders
HONEST = shown_smells_healthy.SHELF.builders | shown_named.HONEST.builders
