"""What to try, as data: for each symptom its likely causes, the arms in their order, and what would confirm each."""

from __future__ import annotations

from lab.checks.causes import BY_NAME
from lab.checks.evidence import Evidence
from state.products import Json


def to_try(cause: str, ev: Evidence) -> list[Json]:
    """What to do about a cause, in order."""
    if cause not in BY_NAME:
        return []
    return [{"do": cause, "change": BY_NAME[cause].remedy(ev.config, ev.facts), "confirms": BY_NAME[cause].prediction}]
