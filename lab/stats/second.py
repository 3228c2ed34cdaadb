"""A second, independent reading of every metric: another library where there is one, other arithmetic where not."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from lab.stats.scorers import Texts, find_metric
from state.products import Check

TOLERANCE = 1e-9
ABSENT = "\x00no prediction"
"""Stands for a missing prediction; no label can be it."""


def verify_score(metric: str, predictions: Texts, answers: Texts, claimed: float) -> Check:
    """PASS when the metric recomputed another way is the value claimed."""
    find_metric(metric)
    name = "second_implementation"
    if not answers:
        return Check(name=name, result="NOT_RUN", why="there are no answers to score against")
    again = SECOND[metric](predictions, answers)
    evidence = {"metric": metric, "claimed": claimed, "again": again, "n": len(answers)}
    same = math.isclose(claimed, again, rel_tol=TOLERANCE, abs_tol=TOLERANCE) or (
        math.isnan(claimed) and math.isnan(again)
    )
    why = f"{metric} is {claimed:.6g}; computed a second way it is {again:.6g}"
    return Check(name=name, result="PASS" if same else "FAIL", why=why, evidence=evidence)


def _labels(predictions: Texts, answers: Texts) -> tuple[list[str], list[str], list[str]]:
    true = [text.strip() for text in answers.values()]
    said = [predictions[key].strip() if key in predictions else ABSENT for key in answers]
    return true, said, sorted(set(true))


def _accuracy(predictions: Texts, answers: Texts) -> float:
    from sklearn.metrics import accuracy_score

    true, said, _ = _labels(predictions, answers)
    return float(accuracy_score(true, said))


def _recall(predictions: Texts, answers: Texts) -> float:
    from sklearn.metrics import recall_score

    true, said, labels = _labels(predictions, answers)
    return float(recall_score(true, said, labels=labels, average="macro", zero_division=0.0))


def _f1(predictions: Texts, answers: Texts) -> float:
    from sklearn.metrics import f1_score

    true, said, labels = _labels(predictions, answers)
    return float(f1_score(true, said, labels=labels, average="macro", zero_division=0.0))


def _fraction(text: str | None) -> Fraction | None:
    """The number as an exact fraction."""
    clean = (text or "").strip().replace(",", "")
    try:
        return None if "/" in clean else Fraction(clean)
    except ValueError:
        return None


def _numeric(predictions: Texts, answers: Texts) -> float:
    hits = 0
    for key, text in answers.items():
        gold, said = _fraction(text), _fraction(predictions.get(key))
        if gold is not None and said is not None:
            bound = max(max(abs(gold), abs(said)) * Fraction(1, 10**6), Fraction(1, 10**9))
            hits += abs(gold - said) <= bound
    return hits / len(answers)


def _filled(predictions: Texts, answers: Texts) -> tuple[list[float], list[float]]:
    """Answers and predictions as numbers; for a missing one the answer farthest from the truth stands in."""
    gold = {key: float(text.replace(",", "")) for key, text in answers.items()}
    ends = (min(gold.values()), max(gold.values()))
    said = []
    for key, truth in gold.items():
        number = _fraction(predictions.get(key))
        said.append(float(number) if number is not None else max(ends, key=lambda end: abs(end - truth)))
    return list(gold.values()), said


def _mse(predictions: Texts, answers: Texts) -> float:
    from sklearn.metrics import mean_squared_error

    return float(mean_squared_error(*_filled(predictions, answers)))


def _r2(predictions: Texts, answers: Texts) -> float:
    from sklearn.metrics import r2_score

    true, said = _filled(predictions, answers)
    if len(set(true)) < 2:
        return math.nan
    return float(r2_score(true, said))


SECOND: dict[str, Callable[[Texts, Texts], float]] = {
    "exact_match": _accuracy, "accuracy": _accuracy, "numeric_match": _numeric, "balanced_accuracy": _recall,
    "macro_f1": _f1, "mse": _mse, "r2": _r2,
}  # fmt: skip
