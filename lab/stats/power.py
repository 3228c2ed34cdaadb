"""What so few rows, seeds or failures can tell, and what choosing the best of several is worth by chance alone."""

from __future__ import annotations

import math
from statistics import NormalDist

from lab.stats.intervals import LEVEL, wilson

COARSE_STEP = 0.01
"""One row more or less moves the score by more than a point below 100 rows: said beside the score."""
MOST_SEEDS = 100_000


def best_of_k_inflation(k: int, sd: float = 1.0) -> float:
    """By how much the best of k equal systems beats their mean: the expected maximum of k normal draws."""
    if k < 1 or sd < 0:
        raise ValueError("the best of at least one, with a spread of at least zero")
    normal, step = NormalDist(), 0.01
    grid = [-10 + step * i for i in range(2001)]
    return sd * step * sum(x * k * normal.pdf(x) * normal.cdf(x) ** (k - 1) for x in grid)


def seeds_needed(difference: float, seed_sd: float, power: float = 0.8, alpha: float = 1 - LEVEL) -> int:
    """Seeds per arm for Student's test to find a true difference of means between two arms of that spread."""
    if difference == 0 or not math.isfinite(difference) or not seed_sd >= 0:
        raise ValueError("seeds are counted for a difference other than zero and a spread of at least zero")
    effect = abs(difference) / seed_sd if seed_sd else math.inf
    low, high = 1, 2
    while high < MOST_SEEDS and _power(high, effect, alpha) < power:
        low, high = high, 2 * high
    if high >= MOST_SEEDS:
        raise ValueError(f"more than {MOST_SEEDS} seeds: the difference is too small for its spread")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _power(middle, effect, alpha) >= power else (middle, high)
    return high


def _power(seeds: int, effect: float, alpha: float) -> float:
    """Chance that a two-sided t-test over so many seeds per arm finds an effect of so many standard deviations."""
    from scipy.stats import nct, t

    freedom, shift = 2 * seeds - 2, effect * math.sqrt(seeds / 2)
    if shift > 30:  # found for certain, and beyond what the distribution's code can compute
        return 1.0
    return float(nct.sf(t.ppf(1 - alpha / 2, freedom), freedom, shift))


def zero_failures_bound(n: int, level: float = LEVEL) -> float:
    """Highest failure rate that n rows without one failure leave open; close to 3/n."""
    if n <= 0:
        raise ValueError("no rows, no bound")
    return float(1 - (1 - level) ** (1 / n))


def precision_note(n: int) -> str:
    """What a share of n rows can tell at most, where n is small; nothing where it is large."""
    if n <= 0:
        return "no rows: there is nothing to tell"
    step = 1 / n
    if step <= COARSE_STEP:
        return ""
    middle = wilson(n / 2, n)
    half = 50 * (middle.high - middle.low)
    return f"{n} rows: one row is {100 * step:.3g} points, and the interval spans up to {half:.2g} points either way"
