"""Can a printed share be k of n at all? The cheapest check there is on a number somebody wrote down."""

from __future__ import annotations

import math
from fractions import Fraction


def reachable(value: float, n: int, decimals: int) -> bool:
    """Whether some k/n, rounded to `decimals` places (halves either way), prints as `value`; 87.4 % is (0.874, 3)."""
    if not math.isfinite(value) or n <= 0 or decimals < 0:
        return False
    printed = Fraction(str(value))
    half = Fraction(1, 2 * 10**decimals)
    least = max(0, math.ceil((printed - half) * n))
    return least <= n and abs(Fraction(least, n) - printed) <= half


def nearest_reachable(value: float, n: int) -> tuple[int, int]:
    """The counts on either side of a share of n: as evidence beside a value that is none."""
    if not math.isfinite(value) or n <= 0:
        raise ValueError("no finite value or no rows: nothing is near it")
    low = min(max(0, math.floor(Fraction(str(value)) * n)), n)
    return low, min(low + (Fraction(low, n) < Fraction(str(value))), n)
