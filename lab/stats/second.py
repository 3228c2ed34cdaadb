"""A second, independent reading of every metric: another library where there is one, other arithmetic where not."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from lab.stats import second_labels, second_numbers, second_rows
from lab.stats.metric import Options, Row, Texts
from lab.stats.scorers import find_metric
from lab.stats.second_asked import Asked
from state.products import Check

TOLERANCE = 1e-9

SECOND: dict[str, Callable[[Asked], float]] = {
    "exact_match": second_labels.exact_match, "accuracy": second_labels.accuracy, "micro_f1": second_labels.micro_f1,
    "balanced_accuracy": second_labels.balanced_accuracy, "macro_f1": second_labels.macro_f1,
    "weighted_f1": second_labels.weighted_f1, "binary_f1": second_labels.binary_f1,
    "multiple_choice": second_labels.multiple_choice, "numeric_match": second_numbers.numeric_match,
    "mse": second_numbers.mse, "rmse": second_numbers.rmse, "mae": second_numbers.mae, "r2": second_numbers.r2,
    "log_loss": second_rows.log_loss, "brier": second_rows.brier, "ece": second_rows.ece,
    "pass@": second_rows.pass_at, "best_of_n": second_rows.best_of, "weighted_best_of_n": second_rows.weighted_best_of,
}  # fmt: skip


def verify_score(
    metric: str, predictions: Texts, answers: Texts, claimed: float, *, options: Options | None = None
) -> Check:
    """PASS when the metric recomputed another way is the value claimed."""
    rows = {key: {"prediction": text} for key, text in predictions.items()}
    return verify_rows(metric, rows, answers, claimed, options=options)


def verify_rows(
    metric: str, rows: Mapping[str, Row], answers: Texts, claimed: float, *, options: Options | None = None
) -> Check:
    """The same for predictions that are rows."""
    name, rule = "second_implementation", find_metric(metric).name
    if not answers:
        return Check(name=name, result="NOT_RUN", why="there are no answers to score against")
    again = recompute(rule, rows, answers, options)
    evidence = {"metric": rule, "claimed": claimed, "again": again, "n": len(answers)}
    same = math.isclose(claimed, again, rel_tol=TOLERANCE, abs_tol=TOLERANCE) or (
        math.isnan(claimed) and math.isnan(again)
    )
    why = f"{rule} is {claimed:.6g}; computed a second way it is {again:.6g}"
    return Check(name=name, result="PASS" if same else "FAIL", why=why, evidence=evidence)


def recompute(metric: str, rows: Mapping[str, Row], answers: Texts, options: Options | None = None) -> float:
    """The value by the second implementation."""
    head, _, detail = metric.partition(":")
    known = "pass@" if head.startswith("pass@") else head
    return SECOND[known](Asked(rows, answers, options or {}, metric, detail))
