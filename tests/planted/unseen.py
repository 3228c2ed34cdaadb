"""The unseen half: closed to whoever writes or tunes a detector, until the end."""

from tests.planted import unseen_faults, unseen_healthy, unseen_overlap, unseen_smells, unseen_smells_healthy

AUDIT = unseen_overlap.SHELF.builders | unseen_faults.SHELF.builders
HEALTHY = unseen_healthy.SHELF.builders
SMELLS = unseen_smells.SHELF.builders
HONEST = unseen_smells_healthy.SHELF.builders
