"""Many comparisons: Holm's correction over the family that was declared, not over the tests that came out well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Adjusted:
    """A test's p-value, what it is worth in its family, and whether it still counts."""

    p: float
    adjusted: float
    rejected: bool


def holm(
    p_values: Mapping[str, float], family: Sequence[str] | None = None, alpha: float = 0.05
) -> dict[str, Adjusted]:
    """Adjusted p-values; members declared and never tested count in the family's size, undeclared tests are refused."""
    declared = list(p_values) if family is None else list(dict.fromkeys(family))
    stray = sorted(set(p_values) - set(declared))
    if stray:
        raise ValueError(f"tested but not declared in the family: {', '.join(stray)}")
    if any(not 0 <= p <= 1 for p in p_values.values()):
        raise ValueError("a p-value lies between 0 and 1")
    worst, out = 0.0, {}
    for rank, name in enumerate(sorted(p_values, key=lambda key: (p_values[key], key))):
        worst = max(worst, min(1.0, (len(declared) - rank) * p_values[name]))
        out[name] = Adjusted(p_values[name], worst, worst <= alpha)
    return {name: out[name] for name in p_values}
