"""Metrics over probabilities and samples, each read two ways."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.stats.compare import gain_interval, score_interval
from lab.stats.scorers import METRICS, ROW_METRICS, find_metric, score, score_rows
from lab.stats.second import verify_rows
from state.errors import UserError

Rows = dict[str, dict[str, Any]]
LABELS = ("a", "b", "ä", "1", "1.0", "c")
WEIGHTS = st.sampled_from([0, 0.0, 1, 0.5, 0.25, 0.1, 0.2, 0.3, 1 / 3, 1e-20, 0.995, 7])
ODD_SCORES = st.sampled_from(
    [None, {}, {"a": -0.5, "b": 1.5}, {"a": math.nan}, {"a": 0.2}, {"a": "1"}, {"a": True}, [1.0], "a", {"a": math.inf}]
)


@st.composite
def probabilities(draw: st.DrawFn) -> Any:
    """Mostly probabilities that sum to 1 (or a little beside it), sometimes something else."""
    found = draw(st.dictionaries(st.sampled_from(LABELS), WEIGHTS, min_size=1, max_size=4))
    total = sum(found.values())
    if total == 0 or draw(st.integers(0, 6)) == 0:
        return draw(ODD_SCORES)
    return {name: weight / total * draw(st.sampled_from([1, 1, 1.001])) for name, weight in found.items()}


def judged(metric: str, rows: Rows, answers: dict[str, str]) -> float:
    """The value, which the second implementation must confirm; a value beside it must not be."""
    value = score_rows(metric, rows, answers).value
    check = verify_rows(metric, rows, answers, value)
    assert check.result == "PASS", check.why
    assert verify_rows(metric, rows, answers, value + 0.001).result == "FAIL"
    assert find_metric(metric).low <= value <= find_metric(metric).high
    return value


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@pytest.mark.parametrize("metric", ["log_loss", "brier", "ece"])
@given(
    cases=st.lists(st.tuples(st.one_of(st.none(), probabilities()), st.sampled_from(LABELS)), min_size=1, max_size=12)
)
def test_scores_of_labels_agree_with_a_second_implementation(metric: str, cases: list[tuple[Any, str]]) -> None:
    answers = {str(i): answer for i, (_, answer) in enumerate(cases)}
    rows: Rows = {str(i): {"scores": scores} for i, (scores, _) in enumerate(cases) if scores is not None}
    rows["0"] = {"scores": {"a": 0.5, "b": 0.5}}
    judged(metric, rows, answers)


def test_probabilities_by_hand() -> None:
    rows: Rows = {"1": {"scores": {"yes": 0.8, "no": 0.2}}, "2": {"scores": {"yes": 0.6, "no": 0.4}}}
    answers = {"1": "yes", "2": "no"}
    assert judged("log_loss", rows, answers) == pytest.approx(-(math.log(0.8) + math.log(0.4)) / 2)
    assert judged("brier", rows, answers) == pytest.approx((0.2**2 + 0.6**2) / 2)
    assert judged("ece", rows, answers) == pytest.approx((abs(0.8 - 1) + 0.6) / 2)


@pytest.mark.parametrize(("metric", "worst"), [("log_loss", -math.log(1e-15)), ("brier", 1), ("ece", 1)])
def test_a_row_without_probabilities_is_charged_the_worst(metric: str, worst: float) -> None:
    sure: Rows = {"1": {"scores": {"a": 1.0}}, "2": {"scores": {"b": 1.0}}}
    answers = {"1": "a", "2": "b"}
    assert judged(metric, sure, answers) == pytest.approx(0, abs=1e-12)
    for gap in ({"2": {"prediction": "b"}}, {"2": {"scores": {"b": -3.0}}}, {}):
        scored = score_rows(metric, {"1": sure["1"], **gap}, answers)
        assert (scored.value, scored.unparsed, scored.n) == (pytest.approx(worst / 2), 1, 2)
    certain_and_wrong: Rows = {"1": {"scores": {"b": 1.0}}, "2": {"scores": {"a": 1.0}}}
    assert judged(metric, certain_and_wrong, answers) == pytest.approx(worst)
    with pytest.raises(UserError, match="needs a probability"):
        score_rows(metric, {"1": {"prediction": "a"}}, answers)


SAMPLE = st.fixed_dictionaries({
    "text": st.sampled_from(["4", "4.0", " 4", "5", "8/2", "four", "", "A", "(A)", "B", None]),
    "score": st.sampled_from([0, 1, 0.1, 0.2, 0.3, 0.30000000000000004, 2.5, None, math.nan, math.inf, True, "1"]),
})  # fmt: skip
BASES = ("exact_match", "accuracy", "numeric_match", "multiple_choice")


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("metric", ["pass@1", "pass@3", "best_of_n", "weighted_best_of_n"])
@given(cases=st.lists(st.lists(st.one_of(SAMPLE, st.just("4"), st.just(7)), max_size=6), min_size=1, max_size=6))
def test_samples_agree_with_a_second_implementation(metric: str, base: str, cases: list[list[Any]]) -> None:
    rows: Rows = {str(i): {"samples": samples} for i, samples in enumerate(cases)}
    rows["0"] = {"samples": [{"text": "4", "score": 0.2}]}
    judged(f"{metric}:{base}", rows, {str(i): "A" if base == "multiple_choice" else "4" for i in range(len(cases) + 1)})


def samples(*pairs: tuple[str, float]) -> Rows:
    return {"q": {"samples": [{"text": text, "score": weight} for text, weight in pairs]}}


def test_pass_at_k_is_unbiased() -> None:
    """Drawing k of n samples by hand gives the estimate on average."""
    rng, answers = np.random.default_rng(0), {"q": "r"}
    texts = ["r"] * 3 + ["w"] * 7
    drawn = [bool((rng.permutation(10)[:4] < 3).any()) for _ in range(20_000)]
    assert judged("pass@4", samples(*((t, 0.0) for t in texts)), answers) == pytest.approx(np.mean(drawn), abs=0.01)
    assert judged("pass@1", samples(*((t, 0.0) for t in texts)), answers) == pytest.approx(0.3)
    assert judged("pass@10", samples(*((t, 0.0) for t in texts)), answers) == 1


def test_too_few_samples_are_filled_with_wrong_ones() -> None:
    scored = score_rows("pass@4", samples(("r", 0), ("w", 0)), {"q": "r", "absent": "r"})
    assert (scored.value, scored.unparsed) == (0.5, 2)


def test_the_best_of_n_and_the_heaviest_vote_may_differ() -> None:
    rows = samples(("7", 0.9), ("4", 0.5), ("4.0", 0.6))
    assert judged("best_of_n:numeric_match", rows, {"q": "4"}) == 0
    assert judged("weighted_best_of_n:numeric_match", rows, {"q": "4"}) == 1
    assert judged("weighted_best_of_n", rows, {"q": "4"}) == 0  # as texts 4 and 4.0 are two answers
    assert judged("best_of_n", samples(("a", 0.5), ("b", 0.5)), {"q": "a"}) == 1  # the first of equals
    with pytest.raises(UserError, match="less than nothing"):
        score_rows("weighted_best_of_n", samples(("a", -1.0)), {"q": "a"})


@pytest.mark.parametrize(
    "name", ["bleu", "pass@0", "pass@x", "pass@", "pass@2:bleu", "best_of_n:mse", "accuracy:a", "pass@99999999999"]
)
def test_a_metric_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="known are"):
        find_metric(name)


def test_every_metric_says_what_it_needs() -> None:
    assert all(m.needs == "texts" for m in METRICS.values())
    assert all(m.needs != "texts" for m in ROW_METRICS.values())
    assert [find_metric(alias).name for alias in ("f1", "calibration", "f1_binary:spam")] == [
        "macro_f1",
        "ece",
        "binary_f1:spam",
    ]
    with pytest.raises(UserError, match="needs scores"):
        score("log_loss", {"a": "b"}, {"a": "b"})
    with pytest.raises(UserError, match="needs samples"):
        score_rows("pass@2", {"a": {"prediction": "b"}}, {"a": "b"})


def test_rows_serve_the_metrics_of_texts() -> None:
    rows: Rows = {
        "1": {"prediction": "a"},
        "2": {"prediction": 1.0},
        "3": {"prediction": math.nan},
        "4": {"prediction": None},
        "5": {},
        "6": {"prediction": ["a"]},
    }
    answers = dict.fromkeys("1234567", "a") | {"2": "1"}
    scored = score_rows("accuracy", rows, answers)
    assert (scored.value, scored.unparsed, scored.n) == (pytest.approx(2 / 7), 5, 7)
    judged("accuracy", rows, answers)


def test_rows_have_intervals_and_gains() -> None:
    rng = np.random.default_rng(0)
    answers = {str(i): "ab"[i % 2] for i in range(80)}

    def said(skill: float) -> Rows:
        sure = np.clip(rng.normal(skill, 0.1, 80), 0.01, 0.99)
        return {
            key: {"scores": {text: p, "ba"["ab".index(text)]: 1 - p}}
            for (key, text), p in zip(answers.items(), sure, strict=True)
        }

    good, poor = said(0.8), said(0.6)
    for metric in ("log_loss", "brier", "ece"):
        found = score_interval(metric, [good], answers)
        assert found.low <= score_rows(metric, good, answers).value <= found.high
    assert gain_interval("brier", [good], [poor], answers).high < 0
