"""Scores by trusted code, checked against a second implementation."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.stats.compare import gain_interval, score_interval
from lab.stats.scorers import METRICS, ROW_METRICS, score
from lab.stats.second import SECOND, verify_score
from state.errors import UserError

LABELS = st.sampled_from(
    ["a", "b", "c", " a ", "b", "1", "1.0", "01", "-1.", "\u00e9", "e\u0301", "\U0001f600", "a\x00", "nan"]
)
NUMBERS = st.one_of(st.integers(-(10**6), 10**6).map(str), st.floats(-1e3, 1e3).map(repr), st.just("1,200"))
JUNK = st.sampled_from(["", "nan", "one", "d", "1/2", "inf", "1e400", "-1e300", "1,2", "1.00", "\u0130"])


def pairs(texts: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[dict[str, str], dict[str, str]]]:
    """Answers, and predictions of which some are junk and some are missing."""
    rows = st.lists(st.tuples(texts, st.one_of(st.none(), texts, JUNK)), min_size=1, max_size=30)
    return rows.map(
        lambda rs: (
            {str(i): p for i, (_, p) in enumerate(rs) if p is not None},
            {str(i): a for i, (a, _) in enumerate(rs)},
        )
    )


@pytest.mark.slow
@settings(deadline=None)
@pytest.mark.parametrize(
    "metric", ["exact_match", "accuracy", "micro_f1", "balanced_accuracy", "macro_f1", "weighted_f1"]
)
@given(case=pairs(LABELS))
def test_label_metrics_agree_with_a_second_implementation(
    metric: str, case: tuple[dict[str, str], dict[str, str]]
) -> None:
    scored = score(metric, *case)
    assert 0 <= scored.value <= 1
    check = verify_score(metric, *case, scored.value)
    assert check.result == "PASS", check.why
    assert verify_score(metric, *case, scored.value + 0.01).result == "FAIL"


@pytest.mark.slow
@settings(deadline=None)
@pytest.mark.parametrize("metric", ["numeric_match", "mse", "rmse", "mae", "r2"])
@given(case=pairs(NUMBERS))
def test_number_metrics_agree_with_a_second_implementation(
    metric: str, case: tuple[dict[str, str], dict[str, str]]
) -> None:
    value = score(metric, *case).value
    if metric == "r2" and (math.isnan(value) or abs(value) > 1e6):
        return  # answers that (nearly) do not differ
    check = verify_score(metric, *case, value)
    assert check.result == "PASS", check.why


@pytest.mark.slow
@settings(deadline=None)
@pytest.mark.parametrize("positive", ["", ":yes", ":no", ":maybe"])
@given(case=pairs(st.sampled_from(["yes", "no", " no "])))
def test_f1_of_one_class_agrees(positive: str, case: tuple[dict[str, str], dict[str, str]]) -> None:
    metric = f"binary_f1{positive}"
    if positive == "":
        case[1]["first"] = "yes"
    if positive == ":maybe":
        case[1].update(dict.fromkeys(case[1], "maybe"))
    value = score(metric, *case).value
    assert verify_score(metric, *case, value).result == "PASS"


def test_a_few_odd_answers_are_compared_as_text() -> None:
    numbers = {"a": "1", "b": "2", "c": "no solution", "d": "none"}
    scored = score("numeric_match", {"a": "1.0", "b": "x", "c": " no solution", "d": "0"}, numbers)
    assert (scored.per_item, scored.unparsed) == ({"a": 1, "b": 0, "c": 1, "d": 0}, 1)
    assert "2 of 4 answers" in scored.note
    assert verify_score("numeric_match", {"c": "no solution"}, numbers, 0.25).result == "PASS"
    letters = {"a": "A", "b": "B", "c": "both"}
    scored = score("multiple_choice", {"a": "(a)", "b": "both", "c": "both"}, letters)
    assert (scored.per_item, scored.unparsed) == ({"a": 1, "b": 0, "c": 1}, 1)
    assert verify_score("multiple_choice", {"c": "both"}, letters, 1 / 3).result == "PASS"
    for metric in ("numeric_match", "multiple_choice"):
        with pytest.raises(UserError, match="of 3 answers"):
            score(metric, {}, {"a": "both", "b": "none", "c": "B" if metric == "multiple_choice" else "2"})
    with pytest.raises(UserError, match="of 2 answers 1 is not a number"):
        score("mse", {}, {"a": "1", "b": "none"})


def test_which_label_is_the_positive_one() -> None:
    assert score("binary_f1", {"a": "1", "b": "1"}, {"a": "1.0", "b": "0"}).value == pytest.approx(2 / 3)
    assert score("binary_f1", {"a": "0"}, {"a": "0"}).value == 0  # nothing to find and nothing found
    with pytest.raises(UserError, match="name it"):
        score("binary_f1", {}, {"a": "ham", "b": "spam"})
    with pytest.raises(UserError, match="two labels"):
        score("binary_f1", {}, {"a": "0", "b": "1", "c": "2"})


def test_what_a_label_is() -> None:
    answers = {"a": "1", "b": "e\u0301", "c": "01", "d": "Yes"}
    scored = score("accuracy", {"a": "1.0", "b": " \u00e9 ", "c": "1", "d": "yes"}, answers)
    assert scored.per_item == {"a": 1, "b": 1, "c": 0, "d": 0}
    assert scored.unparsed == 1  # 01 is another label, yes is none
    assert score("exact_match", {"a": "1.0"}, {"a": "1"}).value == 0


@pytest.mark.parametrize("metric", [name for name, m in METRICS.items() if m.reads in ("text", "label")])
def test_one_class_and_one_row(metric: str) -> None:
    for n in (1, 5):
        answers = {str(i): "yes" for i in range(n)}
        assert score(metric, answers, answers).value == 1
        assert score(metric, dict.fromkeys(answers, "?"), answers).value == 0
        assert score(metric, {}, answers).unparsed == n


@pytest.mark.parametrize("metric", METRICS)
def test_nothing_that_can_be_read_is_the_worst_there_is(metric: str) -> None:
    reads = METRICS[metric].reads
    answers = {"a": "1", "b": "0"} if reads != "choice" else {"a": "A", "b": "B"}
    scored = score(metric, dict.fromkeys(answers, "\ufffd" * 3), answers)
    assert scored.unparsed == (0 if reads == "text" else 2)
    perfect = score(metric, answers, answers).value
    assert perfect == (0 if METRICS[metric].direction == "minimize" else 1)
    assert scored.value < perfect if METRICS[metric].direction == "maximize" else scored.value > perfect


def test_an_undefined_value_says_why() -> None:
    scored = score("r2", {"a": "1", "b": "2"}, {"a": "3", "b": "3"})
    assert math.isnan(scored.value)
    assert "do not differ" in scored.note
    assert math.isnan(score("r2", {}, dict.fromkeys("abc", "0.1")).value)
    assert score("mse", {"a": "1e300"}, {"a": "1"}).value == pytest.approx(1e300)  # capped, not infinite
    assert verify_score("mse", {"a": "-1e300"}, {"a": "1"}, 1e300).result == "PASS"


def test_every_metric_has_a_direction_a_range_and_a_second_reading() -> None:
    known = {name.partition("1")[0] if name.startswith("pass@") else name for name in (*METRICS, *ROW_METRICS)}
    assert known == SECOND.keys()
    assert METRICS["mse"].direction == "minimize"
    assert all(m.low < m.high for m in METRICS.values())


@settings(deadline=None)
@given(pairs(LABELS), st.sampled_from(["exact_match", "accuracy", "balanced_accuracy", "macro_f1"]))
def test_leaving_items_out_never_helps(case: tuple[dict[str, str], dict[str, str]], metric: str) -> None:
    predictions, answers = case
    right = dict(answers)
    assert score(metric, right, answers).value == 1
    fewer = {key: text for key, text in right.items() if key in predictions}
    assert score(metric, fewer, answers).value <= 1
    assert score("accuracy", fewer, answers).value == pytest.approx(len(fewer) / len(answers))
    assert score(metric, fewer, answers).n == len(answers)


def test_missing_numbers_are_no_bargain() -> None:
    answers = {"a": "0", "b": "10"}
    assert score("mse", {"a": "0"}, answers).value == 50
    assert score("mse", {"a": "0", "b": "not sure"}, answers).unparsed == 1


def test_unparsed_and_unasked_are_counted() -> None:
    scored = score("accuracy", {"1": "a", "2": "zebra", "9": "a"}, {"1": "a", "2": "b", "3": "a"})
    assert (scored.value, scored.n, scored.unparsed, scored.extra) == (pytest.approx(1 / 3), 3, 2, 1)
    assert scored.per_item == {"1": 1.0, "2": 0.0, "3": 0.0}


def test_numbers_match_as_numbers() -> None:
    assert score("numeric_match", {"a": "1,200.0", "b": "3"}, {"a": "1200", "b": "3.1"}).value == 0.5
    assert score("exact_match", {"a": "1,200.0"}, {"a": "1200"}).value == 0


def test_what_cannot_be_scored_is_said_in_a_line() -> None:
    with pytest.raises(UserError, match="known are"):
        score("bleu", {}, {"a": "b"})
    with pytest.raises(UserError, match="no answers"):
        score("accuracy", {}, {})
    with pytest.raises(UserError, match="not a number"):
        score("mse", {"a": "1"}, {"a": "cat"})
    assert verify_score("accuracy", {}, {}, 0.0).result == "NOT_RUN"


ANSWERS = {str(i): "abc"[i % 3] for i in range(120)}


def guesses(right: int, shift: int = 0) -> dict[str, str]:
    """Predictions of which `right` in every twelve are right."""
    return {key: text if (int(key) + shift) % 12 < right else "abc"[int(key) % 2] for key, text in ANSWERS.items()}


@pytest.mark.parametrize("metric", ["exact_match", "accuracy", "balanced_accuracy", "macro_f1"])
def test_intervals_hold_the_score_and_gains_are_paired(metric: str) -> None:
    one = score_interval(metric, [guesses(9)], ANSWERS)
    assert one.value == pytest.approx(score(metric, guesses(9), ANSWERS).value)
    assert 0 <= one.low < one.value < one.high <= 1
    three = score_interval(metric, [guesses(9, s) for s in range(3)], ANSWERS)
    assert three.low < three.value < three.high
    better = gain_interval(metric, [guesses(11), guesses(11, 1)], [guesses(3), guesses(3, 1)], ANSWERS)
    assert better.low > 0
    assert gain_interval(metric, [guesses(9)], [guesses(9)], ANSWERS).bounds == (0, 0)


def test_a_perfect_score_still_has_an_interval() -> None:
    for seeds in (1, 3):
        found = score_interval("exact_match", [dict(ANSWERS)] * seeds, ANSWERS)
        assert found.value == 1
        assert 0.95 < found.low < 1


def test_numbers_have_intervals_too() -> None:
    answers = {str(i): str(i % 17) for i in range(100)}
    near = {key: str(float(text) + (int(key) % 3 - 1) * 0.5) for key, text in answers.items()}
    far = {key: str(float(text) + (int(key) % 3 - 1) * 3) for key, text in answers.items()}
    assert score_interval("r2", [near], answers).low > 0.9
    assert gain_interval("mse", [near], [far], answers).high < 0
