"""What was tried so far, as much of it as the state may hold."""

from __future__ import annotations

from state.products import Json

TRIED_KEPT = 40


def remembered(lines: list[Json]) -> list[Json]:
    """The last ones; arms and baselines are forgotten before trials, whose changes must not be tried twice."""
    spare = len(lines) - TRIED_KEPT
    if spare <= 0:
        return lines
    forgotten = [line["id"] for line in lines if line["purpose"] != "trial"][:spare]
    return [line for line in lines if line["id"] not in forgotten][-TRIED_KEPT:]
