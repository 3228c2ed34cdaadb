"""The unseen half: closed to whoever writes or tunes a detector, until the end."""

from tests.planted import (
    unseen_faults,
    unseen_healthy,
    unseen_healthy_shapes,
    unseen_named,
    unseen_overlap,
    unseen_prompts,
    unseen_smells,
    unseen_smells_healthy,
)

AUDIT = (
    unseen_overlap.SHELF.builders
    | unseen_faults.SHELF.builders
    | unseen_prompts.SHELF.builders
    | unseen_named.FOUND.builders
)
HEALTHY = unseen_healthy.SHELF.builders | unseen_healthy_shapes.SHELF.builders | unseen_named.HEALTHY.builders
SMELLS = unseen_smells.SHELF.builders | unseen_named.SMELLS.builders
HONEST = unseen_smells_healthy.SHELF.builders | unseen_named.HONEST.builders
