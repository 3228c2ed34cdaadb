"""What no function of the input can beat: equal inputs with unequal answers."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Noise:
    """Conflicts among equal inputs."""

    rows: int
    repeated: int
    """Rows whose input occurs more than once."""
    groups: int
    """Inputs with more than one answer."""
    lost: int
    """Rows that the best function of the input gets wrong."""
    disagreeing: float
    """Share of pairs of equal inputs whose answers differ, every input counting once."""

    @property
    def ceiling(self) -> float:
        """Best accuracy on these rows; proven, because an input has one prediction."""
        return 1 - self.lost / self.rows

    @property
    def error(self) -> float:
        share = self.lost / self.rows
        return math.sqrt(share * (1 - share) / self.rows)

    @property
    def extrapolated(self) -> float:
        """Best accuracy if rows that do not repeat are as noisy as those that do: two copies differ at most twice as
        often as one is wrong."""
        return min(self.ceiling, 1 - self.disagreeing / 2)


def conflicts(pairs: Iterable[tuple[str, str]]) -> Noise | None:
    """Of (input, answer) pairs; None when no input repeats."""
    heard: dict[str, Counter[str]] = defaultdict(Counter)
    for given, answer in pairs:
        heard[given][answer.strip()] += 1
    often = [(c, c.total()) for c in heard.values() if c.total() > 1]
    if not often:
        return None
    apart = [1 - sum(k * (k - 1) for k in c.values()) / (n * (n - 1)) for c, n in often]
    return Noise(
        rows=sum(c.total() for c in heard.values()),
        repeated=sum(n for _, n in often),
        groups=sum(len(c) > 1 for c, _ in often),
        lost=sum(n - max(c.values()) for c, n in often),
        disagreeing=sum(apart) / len(apart),
    )
