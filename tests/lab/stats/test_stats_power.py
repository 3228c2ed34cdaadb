"""What numbers can tell: printed shares, families of tests, seeds, effects, choosing the best."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.stats.family import holm
from lab.stats.grim import nearest_reachable, reachable
from lab.stats.intervals import mcnemar, minimum_detectable
from lab.stats.paired import discordance
from lab.stats.power import best_of_k_inflation, precision_note, seeds_needed, zero_failures_bound


@settings(deadline=None)
@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(0, 8))
def test_every_real_share_is_reachable_as_printed(kn: tuple[int, int], decimals: int) -> None:
    k, n = kn
    assert reachable(round(k / n, decimals), n, decimals)
    assert reachable(float(f"{k / n:.{decimals}f}"), n, decimals)


def test_shares_that_cannot_be() -> None:
    assert not reachable(0.874, 150, 3)
    assert reachable(0.873, 150, 3)
    assert nearest_reachable(0.874, 150) == (131, 132)
    assert not any(reachable(value, 10, 2) for value in (-0.1, 1.1, math.nan, math.inf))
    assert not reachable(0.5, 0, 1)
    for n, share in ((100, 0.90), (200, 0.80), (500, 0.50), (1000, 0.0)):
        assert np.mean([not reachable(i / 1000, n, 3) for i in range(1001)]) == pytest.approx(share, abs=0.01)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), min_size=1, max_size=12))
def test_holm_only_ever_weakens_and_keeps_the_order(p_values: dict[str, float]) -> None:
    found = holm(p_values)
    for one in found.values():
        assert one.p <= one.adjusted <= 1
        assert one.rejected == (one.adjusted <= 0.05)
        assert all(one.adjusted <= other.adjusted for other in found.values() if one.p <= other.p)
    assert min(a.adjusted for a in found.values()) == pytest.approx(min(1, len(found) * min(p_values.values())))


def test_holm_as_published_and_over_what_was_declared() -> None:
    found = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert [round(found[key].adjusted, 3) for key in "abcd"] == [0.03, 0.06, 0.06, 0.02]
    assert holm({"a": 0.03}, ["a"])["a"].rejected
    assert not holm({"a": 0.03}, ["a", "b"])["a"].rejected
    with pytest.raises(ValueError, match="not declared"):
        holm({"a": 0.03}, ["b"])
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm({"a": math.nan})


def test_holm_holds_the_family_error() -> None:
    rng = np.random.default_rng(0)
    wrong = [
        any(a.rejected for a in holm({str(i): p for i, p in enumerate(rng.random(20))}).values()) for _ in range(2000)
    ]
    assert 0.03 < np.mean(wrong) < 0.07


PUBLISHED = [
    (30, 33.1, 22.9, 16.2), (164, 14.2, 9.8, 6.9), (198, 12.9, 8.9, 6.3), (500, 8.1, 5.6, 4.0), (1319, 5.0, 3.4, 2.4),
    (5000, 2.6, 1.8, 1.3),
]  # fmt: skip


@pytest.mark.parametrize(("n", "unpaired", "fifth", "tenth"), PUBLISHED)
def test_detectable_effects_as_tabled(n: int, unpaired: float, fifth: float, tenth: float) -> None:
    assert 100 * minimum_detectable(n, 0.7) == pytest.approx(unpaired, abs=0.1)
    assert 100 * minimum_detectable(n, 0.7, discordant=0.2) == pytest.approx(fifth, abs=0.1)
    assert 100 * minimum_detectable(n, 0.7, discordant=0.1) == pytest.approx(tenth, abs=0.1)


def test_the_detectable_effect_is_detected_four_times_in_five() -> None:
    rng, n, discordant = np.random.default_rng(0), 500, 0.2
    effect = minimum_detectable(n, 0.7, discordant=discordant)
    shares = [(discordant + effect) / 2, (discordant - effect) / 2, 1 - discordant]
    found = [mcnemar(int(b), int(c)) < 0.05 for b, c, _ in rng.multinomial(n, shares, size=800)]
    assert np.mean(found) == pytest.approx(0.78, abs=0.05)


@pytest.mark.parametrize(("k", "inflation"), [(1, 0.0), (3, 0.84), (5, 1.16), (10, 1.54), (20, 1.86)])
def test_the_best_of_equals_looks_better(k: int, inflation: float) -> None:
    assert best_of_k_inflation(k) == pytest.approx(inflation, abs=0.01)
    assert best_of_k_inflation(k, 3.0) == pytest.approx(3 * best_of_k_inflation(k))
    best = np.random.default_rng(k).normal(size=(40_000, k)).max(axis=1)
    assert best_of_k_inflation(k) == pytest.approx(best.mean(), abs=0.02)


@pytest.mark.parametrize(("spread", "seeds"), [(0.5, 6), (1, 17), (2, 64), (0, 2)])
def test_seeds_for_one_point(spread: float, seeds: int) -> None:
    assert seeds_needed(1.0, spread) == seeds
    assert seeds_needed(-0.01, spread / 100) == seeds


def test_so_many_seeds_find_it() -> None:
    from scipy.stats import ttest_ind

    rng, seeds = np.random.default_rng(0), seeds_needed(1.0, 1.0)
    a, b = rng.normal(1, 1, (3000, seeds)), rng.normal(0, 1, (3000, seeds))
    assert np.mean(ttest_ind(a, b, axis=1).pvalue < 0.05) == pytest.approx(0.8, abs=0.03)


def test_no_failure_is_not_no_rate() -> None:
    assert zero_failures_bound(1) == pytest.approx(0.95)
    for n in (30, 100, 1000):
        assert zero_failures_bound(n) == pytest.approx(3 / n, rel=0.06)
        assert (1 - zero_failures_bound(n)) ** n == pytest.approx(0.05)


def test_few_rows_are_said_to_be_few() -> None:
    assert "3.33 points" in precision_note(30)
    assert precision_note(1000) == ""
    assert "no rows" in precision_note(0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_discordance_counts_every_row_once(pairs: list[tuple[bool, bool]]) -> None:
    from scipy.stats import binomtest

    a = {str(i): float(x) for i, (x, _) in enumerate(pairs)}
    b = {str(i): float(y) for i, (_, y) in enumerate(pairs)}
    found = discordance(a, b)
    assert found.both + found.only_a + found.only_b + found.neither == len(pairs)
    different = found.only_a + found.only_b
    assert found.p == pytest.approx(binomtest(found.only_a, different).pvalue if different else 1.0)


def test_discordance_is_for_the_same_rows_right_or_wrong() -> None:
    with pytest.raises(ValueError, match="same rows"):
        discordance({"a": 1.0}, {"b": 1.0})
    with pytest.raises(ValueError, match="something between"):
        discordance({"a": 0.5}, {"a": 1.0})
    assert mcnemar(60_000, 61_000) == pytest.approx(0.0041, abs=0.0002)


@pytest.mark.parametrize("call", [
    lambda: seeds_needed(0, 1), lambda: seeds_needed(1e-9, 1), lambda: zero_failures_bound(0), lambda: best_of_k_inflation(0),
    lambda: minimum_detectable(0, 0.5), lambda: nearest_reachable(math.nan, 3),
])  # fmt: skip
def test_over_nothing_there_is_nothing_to_say(call: object) -> None:
    with pytest.raises(ValueError):
        call()  # type: ignore[operator]
