"""Intervals hold the truth as often as they say, in simulated studies whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.stats.compare import gain_interval, score_interval
from lab.stats.intervals import Interval, wilson
from lab.stats.keep import keep

Said = dict[str, str]


@pytest.mark.parametrize(
    ("n", "p", "published"), [(50, 0.9, 0.969), (100, 0.95, 0.967), (1000, 0.7, 0.95), (10, 0.5, 0.98)]
)
def test_wilson_covers(n: int, p: float, published: float) -> None:
    drawn = np.random.default_rng(n).binomial(n, p, 4000)
    held = [(found := wilson(int(k), n)).low <= p <= found.high for k in drawn]
    assert np.mean(held) == pytest.approx(published, abs=0.015)


def said(hits: NDArray[np.bool_]) -> Said:
    return {f"{i:04d}": "a" if hit else "b" for i, hit in enumerate(hits)}


@pytest.mark.slow
@pytest.mark.parametrize("n", [15, 60, 300])
def test_a_paired_gain_covers_and_seldom_claims_what_is_not(n: int) -> None:
    """A gain that is a loss, nothing, and a gain; a claim the other way round, or of anything where nothing is, is false."""
    rng, answers = np.random.default_rng(n), dict.fromkeys((f"{i:04d}" for i in range(n)), "a")
    for effect in (0.0, 0.05, 0.1):
        held = false = 0
        for r in range(200):
            kind = rng.choice(4, n, p=[0.5, 0.2, 0.1 + effect, 0.2 - effect])  # both, neither, only ours, only theirs
            found = gain_interval(
                "accuracy", [said(np.isin(kind, [0, 2]))], [said(np.isin(kind, [0, 3]))], answers, seed=r
            )
            truth = round(2 * effect - 0.1, 9)
            held += found.low <= truth <= found.high
            false += (truth <= 0 and keep(found).keep) or (truth >= 0 and keep(found, "minimize").keep)
        assert held / 200 >= 0.9
        assert false / 200 <= 0.06


@pytest.mark.slow
@pytest.mark.parametrize(("seeds", "spread"), [(2, 0.05), (3, 0.0), (3, 0.08), (5, 0.08)])
def test_a_score_over_seeds_and_rows_covers(seeds: int, spread: float) -> None:
    rng, n, held = np.random.default_rng(seeds), 100, 0
    answers = dict.fromkeys((f"{i:04d}" for i in range(n)), "a")
    for r in range(200):
        ease = rng.uniform(0.3, 0.9, n)
        runs = [said(rng.random(n) < ease + rng.normal(0, spread)) for _ in range(seeds)]
        found = score_interval("accuracy", runs, answers, seed=r)
        held += found.low <= 0.6 <= found.high
    assert held / 200 >= 0.9


def test_what_has_no_value_is_no_gain() -> None:
    nothing = Interval(float("nan"), float("-inf"), float("inf"), "not defined")
    assert not keep(nothing).keep
    assert keep(nothing, "minimize", simpler=True).keep
