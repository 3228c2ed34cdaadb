"""Uncertainty: intervals for one system and for the difference of two, over items and over seeds.

Every resampled statistic goes one way: each item leaves additive parts, a resample adds them up by how often it drew
the item, and the metric is a function of the sums. So accuracy, macro F1 and squared error share one vectorised core.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Combine = Callable[[Array], Array]
"""From sums of parts, the last axis being parts and the item count as its last entry, to values of the metric."""

RESAMPLES = 4000
LEVEL = 0.95
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""97.5 % points of Student's t with 1 to 9 degrees of freedom."""
MANY = 2000
"""Beyond so many discordant items whole numbers are slow to add up."""
CHUNK = 4_000_000
"""Draws held in memory at once."""


@dataclass(frozen=True)
class Interval:
    """A value and where it lies with 95 % confidence, as its method has it."""

    value: float
    low: float
    high: float
    method: str

    @property
    def bounds(self) -> tuple[float, float]:
        return (self.low, self.high)

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def wilson(successes: float, n: int, level: float = LEVEL) -> Interval:
    """A proportion's interval that keeps its promise for small n and near 0 and 1."""
    if n <= 0:
        raise ValueError("an interval over nothing")
    z = NormalDist().inv_cdf((1 + level) / 2)
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Interval(p, max(0.0, min(p, centre - half)), min(1.0, max(p, centre + half)), f"Wilson, {n} items")


def mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided p-value that two systems are right equally often, from the items on which they differ."""
    n, k = only_a + only_b, min(only_a, only_b)
    if n == 0:
        return 1.0
    if n > MANY:
        from scipy.special import bdtr

        return float(min(1.0, 2 * bdtr(k, n, 0.5)))
    term = tail = 1
    for i in range(k):
        term = term * (n - i) // (i + 1)
        tail += term
    return float(min(1.0, 2 * tail / 2**n))


def minimum_detectable(n: int, p: float, discordant: float | None = None, power: float = 0.8) -> float:
    """The smallest true difference that n items find with the given power at 5 %; paired if `discordant` is given."""
    if n <= 0:
        raise ValueError("no items, nothing to detect")
    normal = NormalDist()
    z = normal.inv_cdf(0.975) + normal.inv_cdf(power)
    variance = 2 * p * (1 - p) if discordant is None else discordant
    return z * math.sqrt(variance / n)


def mean_of(sums: Array) -> Array:
    """The metric whose one part is the item's score."""
    return np.asarray(sums[..., 0] / sums[..., -1])


def bootstrap(
    parts: Sequence[Array],
    combine: Combine = mean_of,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    weights: Array | None = None,
    sizes: Array | None = None,
) -> Interval:
    """One system: seeds outer, items inner. `parts` holds an items-by-parts array for each seed.

    `weights`: how many items are like each row; `sizes`: how many items each row, a cluster, adds up.
    """
    arrays = _checked(parts, sizes)
    rng = np.random.default_rng(seed)
    value = float(_seed_values(arrays, combine, weights).mean())
    draws = _resample([arrays], combine, rng, resamples, weights)[0]
    return _interval(value, draws, _method(arrays, resamples, weights, sizes))


def bootstrap_difference(
    parts: Sequence[Array],
    baseline: Sequence[Array],
    combine: Combine = mean_of,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    weights: Array | None = None,
    sizes: Array | None = None,
) -> Interval:
    """`parts` minus `baseline` on the same items: items are drawn once for both, seeds separately for each."""
    a, b = _checked(parts, sizes), _checked(baseline, sizes)
    if a.shape[1:] != b.shape[1:]:
        raise ValueError("the two systems were not scored on the same items")
    rng = np.random.default_rng(seed)
    value = float(_seed_values(a, combine, weights).mean() - _seed_values(b, combine, weights).mean())
    first, second = _resample([a, b], combine, rng, resamples, weights)
    return _interval(value, first - second, f"paired {_method(a, resamples, weights, sizes)}")


def paired_bootstrap(a: Sequence[float], b: Sequence[float], *, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """Mean difference of two systems' item scores, one seed each."""
    return bootstrap_difference([column(a)], [column(b)], seed=seed, resamples=resamples)


def column(scores: Sequence[float]) -> Array:
    """Item scores as parts of a mean."""
    return np.asarray(scores, dtype=np.float64).reshape(-1, 1)


def _checked(parts: Sequence[Array], sizes: Array | None) -> Array:
    """Seeds by items by parts, with the count of items appended: one each, or a cluster's."""
    if not parts or not len(parts[0]):
        raise ValueError("an interval over nothing")
    if any(p.shape != parts[0].shape for p in parts):
        raise ValueError("the seeds were not scored on the same items")
    stack = np.stack([np.asarray(p, dtype=np.float64) for p in parts])
    counts = np.ones(stack.shape[1]) if sizes is None else np.asarray(sizes, dtype=np.float64)
    last = np.broadcast_to(counts[:, None], (*stack.shape[:2], 1))
    return np.concatenate([stack, last], axis=2)


def _seed_values(arrays: Array, combine: Combine, weights: Array | None) -> Array:
    return combine(arrays.sum(axis=1) if weights is None else np.asarray(weights, dtype=np.float64) @ arrays)


def _resample(
    systems: Sequence[Array], combine: Combine, rng: np.random.Generator, resamples: int, weights: Array | None
) -> list[Array]:
    """For each resample the mean over drawn seeds of the metric on drawn items; items are the same for all systems."""
    items = systems[0].shape[1]
    step = max(1, CHUNK // items)
    out: list[list[Array]] = [[] for _ in systems]
    for begin in range(0, resamples, step):
        counts = _draw_items(items, min(step, resamples - begin), rng, weights)
        for i, arrays in enumerate(systems):
            seeds = arrays.shape[0]
            values = np.stack([combine(counts @ arrays[s]) for s in range(seeds)], axis=1)
            out[i].append(_draw_seeds(values, rng))
    return [np.concatenate(chunks) for chunks in out]


def _draw_items(items: int, size: int, rng: np.random.Generator, weights: Array | None) -> Array:
    """How often each resample drew each row."""
    if weights is not None:
        n = int(weights.sum())
        return rng.multinomial(n, weights / n, size=size).astype(np.float64)
    drawn = rng.integers(0, items, size=(size, items)) + items * np.arange(size)[:, None]
    return np.bincount(drawn.ravel(), minlength=size * items).reshape(size, items).astype(np.float64)


def _draw_seeds(values: Array, rng: np.random.Generator) -> Array:
    """Mean over seeds drawn with replacement; what so few seeds understate of their own spread is put back."""
    size, seeds = values.shape
    middle = values.mean(axis=1)
    if seeds == 1:
        return np.asarray(middle)
    picks = rng.integers(0, seeds, size=(size, seeds))
    means = np.take_along_axis(values, picks, axis=1).mean(axis=1)
    return np.asarray(middle + (means - middle) * _few(seeds))


def _few(seeds: int) -> float:
    """How much wider to take the spread between seeds than resampling so few of them shows.

    Resampling loses (s-1)/s of the variance, and a normal quantile stands in for Student's t. The full ratio of t to
    the normal overcorrects, because noise of the items lies in the spread already; its root covers 96 % or more of
    truths with 2, 3 and 5 seeds whatever the spread between them.
    """
    freedom, z = seeds - 1, 1.95996
    student = STUDENT[freedom - 1] if freedom <= len(STUDENT) else z * (1 + (z * z + 1) / (4 * freedom))
    return math.sqrt(seeds / (seeds - 1)) * math.sqrt(student / z)


def _interval(value: float, draws: Array, method: str) -> Interval:
    if np.isnan(draws).all():
        return Interval(value, -math.inf, math.inf, f"not defined on any resample; {method}")
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(draws, [tail, 1 - tail])
    return Interval(value, min(value, float(low)), max(value, float(high)), method)


def _method(arrays: Array, resamples: int, weights: Array | None, sizes: Array | None) -> str:
    seeds, rows = arrays.shape[:2]
    items = f"{rows if weights is None else int(weights.sum())} items"
    if sizes is not None:
        items = f"{rows} clusters of {int(sizes.sum())} items"
    over = f"{seeds} seeds and {items}" if seeds > 1 else f"{items} of one seed"
    return f"bootstrap over {over}, {resamples} resamples"
