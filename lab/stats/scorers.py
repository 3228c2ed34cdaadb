"""Trusted scoring: metrics by plain code that no experiment can touch, each with its direction and range."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from lab.stats import choices, labels, numbers, probabilities, samples
from lab.stats.metric import Given, Items, Metric, Options, Row, Scored, Texts, sums_of
from state.errors import UserError

__all__ = ["METRICS", "ROW_METRICS", "Metric", "Options", "Row", "Scored", "Texts", "find_metric", "items_of",
           "score", "score_rows"]  # fmt: skip

FAR = "a missing or unreadable number is charged the distance to the answer farthest from its own"

METRICS: dict[str, Metric] = {
    m.name: m
    for m in (
        Metric("exact_match", "maximize", 0, 1, labels.exact, proportion=True, reads="text"),
        Metric("accuracy", "maximize", 0, 1, labels.same_label, proportion=True),
        Metric("numeric_match", "maximize", 0, 1, numbers.numeric_match, proportion=True, reads="quantity"),
        Metric("multiple_choice", "maximize", 0, 1, choices.multiple_choice, proportion=True, reads="choice"),
        Metric("balanced_accuracy", "maximize", 0, 1, labels.classes, labels.mean_recall),
        Metric("macro_f1", "maximize", 0, 1, labels.classes, labels.mean_f1),
        Metric("weighted_f1", "maximize", 0, 1, labels.classes, labels.weighted_f1),
        Metric("micro_f1", "maximize", 0, 1, labels.same_label, proportion=True, note="equals accuracy"),
        Metric("binary_f1", "maximize", 0, 1, labels.one_class(None), labels.single_f1),
        Metric("mse", "minimize", 0, math.inf, numbers.squares, reads="number", note=FAR),
        Metric("rmse", "minimize", 0, math.inf, numbers.squares, numbers.root_of_mean, reads="number", note=FAR),
        Metric("mae", "minimize", 0, math.inf, numbers.distances, reads="number", note=FAR),
        Metric("r2", "maximize", -math.inf, 1, numbers.squares, numbers.explained, reads="number", note=FAR),
    )
}
"""Those that read one text a row: what a brief may ask for."""

BASES = ("exact_match", "accuracy", "numeric_match", "multiple_choice")
WORST_ROW = "a row without probabilities is charged the worst a row can be"

ROW_METRICS: dict[str, Metric] = {
    m.name: m
    for m in (
        Metric("log_loss", "minimize", 0, -math.log(probabilities.FLOOR), probabilities.log_loss,
               reads="probabilities", needs="scores", note=WORST_ROW),
        Metric("brier", "minimize", 0, 1, probabilities.brier, reads="probabilities", needs="scores", note=WORST_ROW),
        Metric("ece", "minimize", 0, 1, probabilities.calibration, probabilities.miscalibration,
               reads="probabilities", needs="scores", note=WORST_ROW),
        Metric("pass@1", "maximize", 0, 1, samples.pass_at(1, METRICS["exact_match"]), reads="samples", needs="samples"),
        Metric("best_of_n", "maximize", 0, 1, samples.best_of(METRICS["exact_match"]), proportion=True,
               reads="samples", needs="samples"),
        Metric("weighted_best_of_n", "maximize", 0, 1, samples.weighted_best_of(METRICS["exact_match"]),
               proportion=True, reads="samples", needs="samples"),
    )
}  # fmt: skip
"""Those that need scores or samples in each row."""

ALIASES = {
    "f1": "macro_f1", "f1_macro": "macro_f1", "f1_micro": "micro_f1", "f1_weighted": "weighted_f1",
    "f1_binary": "binary_f1", "acc": "accuracy", "em": "exact_match", "logloss": "log_loss", "cross_entropy": "log_loss",
    "brier_score": "brier", "calibration": "ece", "calibration_error": "ece",
}  # fmt: skip
LARGEST_K = 10_000


def find_metric(name: str) -> Metric:
    """A metric by its name or alias; `pass@K`, and with a base after a colon those over samples and `binary_f1:LABEL`."""
    head, _, tail = name.partition(":")
    head = ALIASES.get(head, head)
    if not tail and (head in METRICS or head in ROW_METRICS):
        return METRICS.get(head) or ROW_METRICS[head]
    if head == "binary_f1":
        return Metric(f"binary_f1:{tail}", "maximize", 0, 1, labels.one_class(tail), labels.single_f1)
    base = METRICS[tail or "exact_match"] if (tail or "exact_match") in BASES else None
    plain = f"{head}:{tail}" if tail else head
    k = head.removeprefix("pass@")
    if base and head.startswith("pass@") and k.isascii() and k.isdigit() and 1 <= int(k[:9]) <= LARGEST_K:
        return Metric(plain, "maximize", 0, 1, samples.pass_at(int(k), base), reads="samples", needs="samples",
                      note=f"samples short of {k} count as wrong ones")  # fmt: skip
    if base and head in ("best_of_n", "weighted_best_of_n"):
        made = samples.best_of(base) if head == "best_of_n" else samples.weighted_best_of(base)
        return Metric(plain, "maximize", 0, 1, made, proportion=True, reads="samples", needs="samples")
    raise UserError(
        f"there is no metric {name!r}; known are {', '.join([*METRICS, *ROW_METRICS])}, and pass@K for any K"
    )


def score(metric: str, predictions: Texts, answers: Texts, *, options: Options | None = None) -> Scored:
    """Score predictions, one text each, against answers by id."""
    return _scored(metric, predictions, answers, items_of(metric, predictions, answers, options=options))


def score_rows(metric: str, rows: Mapping[str, Row], answers: Texts, *, options: Options | None = None) -> Scored:
    """Score predictions that are rows with a prediction, and scores or samples where the metric needs them."""
    return _scored(metric, rows, answers, items_of_rows(metric, rows, answers, options=options))


def _scored(metric: str, predictions: Mapping[str, object], answers: Texts, items: Items) -> Scored:
    rule = find_metric(metric)
    value = float(rule.combine(sums_of(items)))
    return Scored(
        metric=rule.name,
        direction=rule.direction,
        value=value,
        n=len(answers),
        unparsed=items.unparsed,
        extra=len(predictions.keys() - answers.keys()),
        per_item=dict(zip(sorted(answers), items.per_item.tolist(), strict=True)),
        note=f"{rule.name} is not defined: the answers do not differ" if np.isnan(value) else items.note,
    )


def items_of(metric: str, predictions: Texts, answers: Texts, *, options: Options | None = None) -> Items:
    """The parts of a metric for each answer, in the order of ids."""
    rule = find_metric(metric)
    if rule.needs != "texts":
        raise UserError(f"{rule.name} needs {rule.needs} in each row of the predictions, and these are texts alone")
    ids = _ids(answers)
    given = Given([predictions.get(i) for i in ids], None, _options(options, ids))
    return rule.items(given, [answers[i] for i in ids])


def items_of_rows(metric: str, rows: Mapping[str, Row], answers: Texts, *, options: Options | None = None) -> Items:
    """As `items_of`, from rows."""
    ids = _ids(answers)
    found = [rows.get(i, {}) for i in ids]
    given = Given([as_text(row.get("prediction")) for row in found], found, _options(options, ids))
    return find_metric(metric).items(given, [answers[i] for i in ids])


def as_text(value: object) -> str | None:
    """A prediction as text; nothing for none, for a NaN and for what is no single value."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isnan(value):
        return None
    return str(value) if isinstance(value, (bool, int, float)) else None


def _ids(answers: Texts) -> list[str]:
    if not answers:
        raise UserError("there are no answers to score against; give the data at least one row")
    return sorted(answers)


def _options(options: Options | None, ids: list[str]) -> list[Sequence[str] | None] | None:
    return None if options is None else [options.get(i) for i in ids]
