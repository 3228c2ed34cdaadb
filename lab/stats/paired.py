"""Two systems on the same rows: on which they differ, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lab.stats.intervals import mcnemar


@dataclass(frozen=True)
class Discordance:
    """How many rows both, one or neither had right, and the exact McNemar p-value of the two that differ."""

    both: int
    only_a: int
    only_b: int
    neither: int
    p: float


def discordance(a: Mapping[str, float], b: Mapping[str, float]) -> Discordance:
    """From two systems' row scores of 0 or 1, as `Scored.per_item` holds them."""
    if a.keys() != b.keys() or not a:
        raise ValueError("the two systems were not scored on the same rows, or on none")
    if any(value not in (0, 1) for value in (*a.values(), *b.values())):
        raise ValueError("McNemar's test counts rights and wrongs; these scores have something between")
    counts = {(x, y): 0 for x in (0, 1) for y in (0, 1)}
    for key, value in a.items():
        counts[int(value), int(b[key])] += 1
    only_a, only_b = counts[1, 0], counts[0, 1]
    return Discordance(counts[1, 1], only_a, only_b, counts[0, 0], mcnemar(only_a, only_b))
