"""The shown half: may be read by anyone once the detectors stand."""

from tests.planted import shown_faults, shown_healthy, shown_overlap, shown_smells, shown_smells_healthy

AUDIT = shown_overlap.SHELF.builders | shown_faults.SHELF.builders
HEALTHY = shown_healthy.SHELF.builders
SMELLS = shown_smells.SHELF.builders
HONEST = shown_smells_healthy.SHELF.builders
