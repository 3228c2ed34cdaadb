"""Rows that share a passage, a patient or a template are not so many as they look; and few rows prove little."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.stats.clustered import clustered
from lab.stats.compare import gain_interval, score_interval
from lab.stats.intervals import bootstrap, wilson

Said = dict[str, str]


def study(rng: np.random.Generator, clusters: int, size: int, spread: float = 0.25) -> tuple[list[float], list[int]]:
    """Right and wrong of rows whose difficulty belongs to their cluster; the true mean is 0.6."""
    ease = np.clip(rng.beta(0.6 / spread, 0.4 / spread, clusters), 0, 1)
    hits = rng.random((clusters, size)) < ease[:, None]
    return hits.astype(float).ravel().tolist(), np.repeat(np.arange(clusters), size).tolist()


@pytest.mark.parametrize(("clusters", "size"), [(40, 5), (12, 10), (100, 2)])
def test_the_clustered_interval_covers_and_the_naive_one_does_not(clusters: int, size: int) -> None:
    rng, hits, naive = np.random.default_rng(clusters), 0, 0
    for _ in range(600):
        scores, groups = study(rng, clusters, size)
        found, plain = clustered(scores, groups), wilson(sum(scores), len(scores))
        hits += found.low <= 0.6 <= found.high
        naive += plain.low <= 0.6 <= plain.high
    assert hits / 600 >= 0.92
    assert naive < hits


def test_clusters_of_one_are_rows() -> None:
    rng = np.random.default_rng(0)
    scores = (rng.random(400) < 0.6).astype(float).tolist()
    found, plain = clustered(scores, list(range(400))), wilson(sum(scores), 400)
    assert found.high - found.low == pytest.approx(plain.high - plain.low, rel=0.02)
    one = clustered(scores, ["all"] * 400)
    assert (one.low, one.high) == (-math.inf, math.inf)
    with pytest.raises(ValueError, match="its cluster"):
        clustered([1.0], [])


def texts(scores: list[float]) -> tuple[Said, Said]:
    answers = {f"{i:05d}": "ab"[i % 2] for i in range(len(scores))}
    return {key: text if s else "c" for (key, text), s in zip(answers.items(), scores, strict=True)}, answers


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
@pytest.mark.parametrize("seeds", [1, 3])
def test_scores_over_groups_are_less_certain(metric: str, seeds: int) -> None:
    scores, groups = study(np.random.default_rng(1), 30, 10)
    said, answers = texts(scores)
    named = {key: str(g) for key, g in zip(answers, groups, strict=True)}
    by_row, by_group = (
        score_interval(metric, [said] * seeds, answers),
        score_interval(metric, [said] * seeds, answers, groups=named),
    )
    assert by_group.value == pytest.approx(by_row.value)
    assert by_group.high - by_group.low > 1.3 * (by_row.high - by_row.low)
    assert "30 clusters" in by_group.method
    with pytest.raises(ValueError, match="no group"):
        score_interval(metric, [said], answers, groups={})


def test_gains_over_groups_cover_nothing_where_there_is_nothing() -> None:
    rng, wrong = np.random.default_rng(2), 0
    for _ in range(60):
        (a, groups), (b, _) = study(rng, 25, 6), study(rng, 25, 6)
        (first, answers), (second, _) = texts(a), texts(b)
        named = {key: str(g) for key, g in zip(answers, groups, strict=True)}
        wrong += gain_interval("accuracy", [first], [second], answers, groups=named).excludes_zero
    assert wrong <= 8


def test_equal_clusters_and_single_ones_do_not_make_certainty() -> None:
    said, answers = texts([1.0] * 40)
    two = {key: str(i % 2) for i, key in enumerate(answers)}
    assert score_interval("accuracy", [said], answers, groups=two).low < 0.5
    one = dict.fromkeys(answers, "g")
    assert score_interval("accuracy", [said], answers, groups=one).bounds == (0, 1)
    assert score_interval("macro_f1", [said], answers, groups=one).bounds == (0, 1)


def test_five_rows_prove_nothing_and_six_may() -> None:
    for n, beyond in ((3, False), (5, False), (6, True)):
        right, answers = texts([1.0] * n)
        wrong = dict.fromkeys(answers, "c")
        found = gain_interval("accuracy", [right], [wrong], answers)
        assert (found.value, found.excludes_zero) == (1, beyond)
    near, answers = texts([1.0] * 40)
    far = near | dict.fromkeys(list(answers)[:5], "c")
    assert "too few to be beyond noise" in gain_interval("accuracy", [near] * 3, [far] * 3, answers).method


def test_a_gain_that_mcnemar_doubts_is_within_noise() -> None:
    answers = {f"{i:03d}": "a" for i in range(100)}
    keys = list(answers)
    ours = answers | dict.fromkeys(keys[:2], "b")
    theirs = answers | dict.fromkeys(keys[2:11], "b")
    found = gain_interval("accuracy", [ours], [theirs], answers)
    assert not found.excludes_zero
    assert "McNemar" in found.method


def test_one_row_has_a_value_and_no_interval() -> None:
    assert score_interval("mse", [{"a": "1"}], {"a": "3"}).bounds == (0, math.inf)
    assert score_interval("macro_f1", [{"a": "x"}] * 2, {"a": "x"}).bounds == (0, 1)
    assert score_interval("accuracy", [{"a": "x"}], {"a": "x"}).low < 0.25
    undefined = score_interval("r2", [{"a": "1", "b": "2", "c": "3"}], {"a": "3", "b": "3", "c": "3"})
    assert math.isnan(undefined.value)
    assert undefined.bounds == (-math.inf, 1)


def test_rows_of_a_kind_are_drawn_together_and_it_makes_no_difference() -> None:
    scores = (np.random.default_rng(3).random(300) < 0.7).astype(float)
    each = bootstrap([scores.reshape(-1, 1)])
    kinds = bootstrap([np.asarray([[0.0], [1.0]])], weights=np.bincount(scores.astype(int)).astype(float))
    assert kinds.value == pytest.approx(each.value)
    assert (kinds.low, kinds.high) == (pytest.approx(each.low, abs=0.01), pytest.approx(each.high, abs=0.01))
    assert kinds.method == each.method


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["macro_f1", "mse"])
def test_the_bootstrap_of_one_system_covers(metric: str) -> None:
    """The truth is the value on very many rows of the same kind."""
    rng = np.random.default_rng(4)

    def draw(n: int) -> tuple[Said, Said]:
        true = rng.choice(3, n, p=[0.6, 0.3, 0.1]) if metric == "macro_f1" else rng.normal(0, 1, n)
        said = (
            np.where(rng.random(n) < 0.7, true, rng.integers(0, 3, n))
            if metric == "macro_f1"
            else true + rng.normal(0, 0.5, n)
        )
        return {str(i): str(v) for i, v in enumerate(said)}, {str(i): str(v) for i, v in enumerate(true)}

    truth = score_interval(metric, [(big := draw(60_000))[0]], big[1]).value
    hits = 0
    for _ in range(150):
        found = score_interval(metric, [(few := draw(120))[0]], few[1])
        hits += found.low <= truth <= found.high
    assert hits / 150 >= 0.9
