"""Arithmetic that several checks share: intervals that stay quick on many rows, and paired differences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from lab.checks.smells.result import Predicted, Result
from lab.stats.compare import score_interval
from lab.stats.intervals import Array, Interval, wilson
from lab.stats.metric import Items, Texts
from lab.stats.numbers import parse_number
from lab.stats.scorers import items_of, items_of_rows

FOLDS = 200
"""Leave-out groups of the jackknife: enough for a standard error, few enough for 100,000 rows."""
QUICK = 3000
"""More rows than this and the bootstrap takes seconds where the jackknife says the same."""
NORMAL = 1.96


@dataclass(frozen=True)
class Difference:
    """One system over another on the same rows; positive is better whatever the metric's direction."""

    gain: float
    error: float

    @property
    def low(self) -> float:
        return self.gain - NORMAL * self.error

    @property
    def high(self) -> float:
        return self.gain + NORMAL * self.error


def interval(result: Result) -> Interval:
    """Where the score lies with 95 % confidence."""
    rule, n = result.rule, len(result.answers)
    if n <= QUICK or rule.reads not in ("number", "probabilities"):
        return score_interval(rule.name, [result.given], result.answers, options=result.options)
    value, error = _jackknife(result, [result.given])
    low, high = max(rule.low, value - NORMAL * error), min(rule.high, value + NORMAL * error)
    return Interval(value, low, high, f"jackknife, {n} rows in {FOLDS} groups")


def difference(result: Result, ours: Predicted, theirs: Predicted) -> Difference:
    """Ours minus theirs on the result's rows, with the standard error of the paired difference."""
    gain, error = _jackknife(result, [ours, theirs])
    return Difference(gain * result.sign, error)


def _jackknife(result: Result, systems: Sequence[Predicted]) -> tuple[float, float]:
    """The value of one system, or of the first minus the second, and its standard error."""
    combine, n = result.rule.combine, len(result.answers)
    folds = np.arange(n) % min(FOLDS, n)
    count = min(FOLDS, n)
    whole, left_out = 0.0, np.zeros(count)
    for sign, given in zip((1, -1), systems, strict=False):
        sums = _fold_sums(_items(result, given), folds, count)
        total = sums.sum(axis=0)
        whole += sign * float(combine(total))
        if count > 1:
            left_out += sign * combine(total - sums)
    if count < 2:
        return whole, math.inf
    spread = float(np.sum((left_out - left_out.mean()) ** 2))
    return whole, math.sqrt(spread * (count - 1) / count)


def _items(result: Result, given: Predicted) -> Items:
    if result.rule.needs == "texts":
        return items_of(result.rule.name, given, result.answers, options=result.options)  # type: ignore[arg-type]
    return items_of_rows(result.rule.name, given, result.answers, options=result.options)  # type: ignore[arg-type]


def _fold_sums(items: Items, folds: NDArray[np.int64], count: int) -> Array:
    """Parts added up by fold, the item count as their last entry."""
    kinds = len(items.table)
    sums = np.zeros((count, items.table.shape[1] + 1))
    if 2 * kinds > len(folds):
        np.add.at(sums[:, :-1], folds, items.table[items.code])
    else:
        tally = np.bincount(folds * kinds + items.code, minlength=count * kinds).reshape(count, kinds)
        sums[:, :-1] = tally.astype(np.float64) @ items.table
    sums[:, -1] = np.bincount(folds, minlength=count)
    return sums


def paired_p(ours: Sequence[bool], theirs: Sequence[bool]) -> float:
    """Two-sided p that two readings are right equally often: exact for few rows, by the normal curve for many."""
    a = sum(o and not t for o, t in zip(ours, theirs, strict=True))
    b = sum(t and not o for o, t in zip(ours, theirs, strict=True))
    n = a + b
    if n == 0:
        return 1.0
    if n <= 400:
        return min(1.0, float(2 * sum(math.comb(n, i) for i in range(min(a, b) + 1)) / 2**n))
    return two_sided((abs(a - b) - 1) / math.sqrt(n))


def two_sided(z: float) -> float:
    return 2 * NormalDist().cdf(-abs(z))


def knows(predictions: Sequence[str | None], answers: Sequence[str]) -> float:
    """By how many standard deviations predictions meet their answers more often than the same shuffled would."""
    n, said, true = len(answers), Counter(predictions), Counter(answers)
    both = [(said[k], true[k]) for k in true.keys() & said.keys()]
    meet, hits = sum(p * a for p, a in both), sum(p == a for p, a in zip(predictions, answers, strict=True))
    if n < 2 or not both:
        return 0.0
    mean = meet / n
    spread = meet - sum(p * p * a + p * a * a for p, a in both) / n + meet * meet / n**2
    return (hits - mean) / math.sqrt(spread / (n - 1)) if spread > 1e-9 else 0.0


@dataclass(frozen=True)
class Together:
    """Rank correlation of predicted and true numbers."""

    r: float
    p: float
    rows: int


def together(predictions: Texts, answers: Texts) -> Together | None:
    """How predicted numbers go with their answers, by rank; None where there are too few, or they do not vary."""
    keys = [key for key in answers if key in predictions]
    said, true = numbers([predictions[k] for k in keys]), numbers([answers[k] for k in keys])
    both = np.isfinite(said) & np.isfinite(true)
    rows = int(both.sum())
    if rows < 5 or np.ptp(said[both]) == 0 or np.ptp(true[both]) == 0:
        return None
    r = float(np.corrcoef(_ranks(said[both]), _ranks(true[both]))[0, 1])
    z = math.atanh(max(-0.999999, min(0.999999, r))) * math.sqrt(rows - 3)
    return Together(r, two_sided(z), rows)


def _ranks(values: Array) -> Array:
    """Equal values share their middle rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    return np.asarray(middle[place.ravel()], dtype=np.float64)


def wilson_of(value: float, n: int) -> tuple[float, float]:
    """Wilson's bounds of a share of which only the value is known."""
    return wilson(value * n, n).bounds


def numbers(texts: Sequence[str | None]) -> Array:
    """As numbers; NaN for what is none."""
    read = (parse_number(text) for text in texts)
    return np.asarray([math.nan if r is None else r for r in read], dtype=np.float64)
