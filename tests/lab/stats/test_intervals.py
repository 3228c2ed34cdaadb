"""Intervals keep their promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.stats.intervals import (
    bootstrap,
    bootstrap_difference,
    column,
    mcnemar,
    minimum_detectable,
    paired_bootstrap,
    wilson,
)


@settings(deadline=None)
@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_its_value_and_mirrors(kn: tuple[int, int]) -> None:
    k, n = kn
    found, mirror = wilson(k, n), wilson(n - k, n)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low == pytest.approx(1 - mirror.high)
    assert wilson(4 * k, 4 * n).high - wilson(4 * k, 4 * n).low < found.high - found.low


def test_wilson_as_published() -> None:
    found = wilson(45, 50)
    assert (found.low, found.high) == (pytest.approx(0.786, abs=1e-3), pytest.approx(0.957, abs=1e-3))
    assert wilson(20, 20).low < 0.9


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(0, 200))
def test_mcnemar_is_symmetric_and_agrees_with_the_binomial_test(a: int, b: int) -> None:
    from scipy.stats import binomtest

    assert mcnemar(a, b) == mcnemar(b, a)
    if a + b:
        assert mcnemar(a, b) == pytest.approx(binomtest(a, a + b).pvalue)


def test_what_can_be_detected_shrinks_with_items_and_with_pairing() -> None:
    assert minimum_detectable(1319, 0.7) == pytest.approx(0.05, abs=0.001)
    assert minimum_detectable(500, 0.7, discordant=0.2) == pytest.approx(0.056, abs=0.001)
    assert minimum_detectable(500, 0.7, discordant=0.1) < minimum_detectable(500, 0.7)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=40), st.integers(0, 99))
def test_a_system_does_not_differ_from_itself(scores: list[float], seed: int) -> None:
    found = paired_bootstrap(scores, scores, seed=seed, resamples=200)
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert not found.excludes_zero


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 99), st.integers(1, 4))
def test_the_difference_turns_with_its_sides_and_is_reproducible(seed: int, seeds: int) -> None:
    rng = np.random.default_rng(seed)
    a = [column(rng.random(50).tolist()) for _ in range(seeds)]
    b = [column(rng.random(50).tolist()) for _ in range(seeds)]
    one, again = (bootstrap_difference(a, b, seed=seed, resamples=500) for _ in range(2))
    assert one == again
    assert one.low <= one.value <= one.high
    other = bootstrap_difference(b, a, seed=seed, resamples=500)
    assert other.value == pytest.approx(-one.value)


def test_a_clear_gain_is_beyond_noise_and_a_small_one_is_not() -> None:
    rng = np.random.default_rng(1)
    a = (rng.random(500) < 0.85).astype(float).tolist()
    b = (rng.random(500) < 0.70).astype(float).tolist()
    assert paired_bootstrap(a, b).excludes_zero
    c = (rng.random(60) < 0.72).astype(float).tolist()
    assert not paired_bootstrap(c, b[:60]).excludes_zero


def covered(seeds: int, spread: float, rounds: int = 150, items: int = 150) -> float:
    """Share of simulated studies whose interval holds the true difference of two equal systems."""
    rng = np.random.default_rng(seeds)
    hits = 0
    for r in range(rounds):
        ease = rng.normal(0, 0.2, items)
        sides = [
            [(rng.random(items) < np.clip(0.6 + ease + rng.normal(0, spread), 0, 1)).astype(float).reshape(-1, 1)
             for _ in range(seeds)]
            for _ in range(2)
        ]  # fmt: skip
        found = bootstrap_difference(*sides, seed=r, resamples=300)
        hits += found.low <= 0 <= found.high
    return hits / rounds


@pytest.mark.parametrize("spread", [0.0, 0.1])
@pytest.mark.parametrize("seeds", [3, 5])
def test_with_several_seeds_the_interval_covers_the_truth(seeds: int, spread: float) -> None:
    assert covered(seeds, spread) >= 0.93


def test_more_seeds_narrow_the_interval() -> None:
    rng = np.random.default_rng(0)
    runs = [column((rng.random(200) < p).astype(float).tolist()) for p in rng.normal(0.7, 0.05, 8)]
    few, many = bootstrap(runs[:3]), bootstrap(runs)
    assert many.high - many.low < few.high - few.low
    assert "8 seeds and 200 items" in many.method


def test_nothing_has_no_interval() -> None:
    with pytest.raises(ValueError, match="nothing"):
        wilson(0, 0)
    with pytest.raises(ValueError, match="nothing"):
        bootstrap([])
    with pytest.raises(ValueError, match="same items"):
        bootstrap_difference([column([1.0])], [column([1.0, 0.0])])
