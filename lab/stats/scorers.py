"""Trusted scoring: metrics by plain code that no experiment can touch, each with its direction and range."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lab.stats.intervals import Array, Combine, mean_of
from state.errors import UserError
from state.words import Direction

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Scored:
    """A metric's value over all answers, and what each item gave; a missing prediction counts as wrong."""

    metric: str
    direction: Direction
    value: float
    n: int
    unparsed: int
    """Predictions that are missing or not of the form the metric reads."""
    extra: int
    """Predictions for items nobody asked about; they count for nothing."""
    per_item: dict[str, float]


@dataclass(frozen=True)
class Items:
    """Additive parts of a metric, one row an item, and each item's own score."""

    parts: Array
    per_item: Array
    unparsed: int


@dataclass(frozen=True)
class Metric:
    name: str
    direction: Direction
    low: float
    high: float
    items: Callable[[list[str | None], list[str]], Items]
    combine: Combine = mean_of
    proportion: bool = False
    """Whether the value is a share of items, so that Wilson's interval holds for one seed."""


def score(metric: str, predictions: Texts, answers: Texts) -> Scored:
    """Score predictions against answers by id."""
    rule = find_metric(metric)
    items = items_of(metric, predictions, answers)
    counted = np.concatenate([items.parts, np.ones((len(answers), 1))], axis=1).sum(axis=0)
    return Scored(
        metric=rule.name,
        direction=rule.direction,
        value=float(rule.combine(counted)),
        n=len(answers),
        unparsed=items.unparsed,
        extra=len(set(predictions) - set(answers)),
        per_item=dict(zip(sorted(answers), items.per_item.tolist(), strict=True)),
    )


def items_of(metric: str, predictions: Texts, answers: Texts) -> Items:
    """The parts of a metric for each answer, in the order of ids."""
    if not answers:
        raise UserError("there are no answers to score against; give the data at least one row")
    ids = sorted(answers)
    return find_metric(metric).items([predictions.get(i) for i in ids], [answers[i] for i in ids])


def find_metric(name: str) -> Metric:
    if name not in METRICS:
        raise UserError(f"there is no metric {name!r}; known are {', '.join(METRICS)}")
    return METRICS[name]


# --- a share of items -------------------------------------------------------------------------------------------


def _exact(predictions: list[str | None], answers: list[str]) -> Items:
    hits = [p is not None and p.strip() == a.strip() for p, a in zip(predictions, answers, strict=True)]
    return _share(hits, sum(p is None for p in predictions))


def _label(predictions: list[str | None], answers: list[str]) -> Items:
    known = {a.strip() for a in answers}
    hits = [p is not None and p.strip() == a.strip() for p, a in zip(predictions, answers, strict=True)]
    return _share(hits, sum(p is None or p.strip() not in known for p in predictions))


def _numeric(predictions: list[str | None], answers: list[str]) -> Items:
    gold = _numbers_or_refuse(answers)
    read = [parse_number(p) for p in predictions]
    hits = [r is not None and math.isclose(r, g, rel_tol=1e-6, abs_tol=1e-9) for r, g in zip(read, gold, strict=True)]
    return _share(hits, sum(r is None for r in read))


def _share(hits: list[bool], unparsed: int) -> Items:
    values = np.asarray(hits, dtype=np.float64)
    return Items(values.reshape(-1, 1), values, unparsed)


def parse_number(text: str | None) -> float | None:
    """A text that is one finite number as a whole, thousands separators allowed."""
    try:
        value = float((text or "").strip().replace(",", ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _numbers_or_refuse(answers: list[str]) -> list[float]:
    gold = [parse_number(a) for a in answers]
    bad = next((a for a, g in zip(answers, gold, strict=True) if g is None), None)
    if bad is not None:
        raise UserError("an answer is not a number; choose a metric for labels or text, such as accuracy")
    return [g for g in gold if g is not None]


# --- classes ----------------------------------------------------------------------------------------------------


def _classes(predictions: list[str | None], answers: list[str]) -> Items:
    """For each class of the answers: hit, predicted, true. A label outside them is wrong and no class of its own."""
    labels = {label: i for i, label in enumerate(sorted({a.strip() for a in answers}))}
    parts = np.zeros((len(answers), 3, len(labels)))
    for row, (p, a) in enumerate(zip(predictions, answers, strict=True)):
        true, said = labels[a.strip()], labels.get(p.strip()) if p is not None else None
        parts[row, 2, true] = 1
        if said is not None:
            parts[row, 1, said] = 1
            parts[row, 0, true] = float(said == true)
    flat: Array = parts.reshape(len(answers), -1)
    return Items(flat, parts[:, 0].sum(axis=1), sum(p is None or p.strip() not in labels for p in predictions))


def _split(sums: Array) -> tuple[Array, Array, Array]:
    third = (sums.shape[-1] - 1) // 3
    return sums[..., :third], sums[..., third : 2 * third], sums[..., 2 * third : 3 * third]


def _mean_recall(sums: Array) -> Array:
    hit, _, true = _split(sums)
    return _mean_over_present(np.divide(hit, true, out=np.zeros_like(hit), where=true > 0), true)


def _mean_f1(sums: Array) -> Array:
    hit, said, true = _split(sums)
    return _mean_over_present(np.divide(2 * hit, said + true, out=np.zeros_like(hit), where=true > 0), true)


def _mean_over_present(values: Array, true: Array) -> Array:
    return np.asarray((values * (true > 0)).sum(axis=-1) / (true > 0).sum(axis=-1))


# --- numbers ----------------------------------------------------------------------------------------------------


def _squares(predictions: list[str | None], answers: list[str]) -> Items:
    """Squared errors. What is missing is charged the farthest that any answer lies from its own: never a bargain."""
    gold = _numbers_or_refuse(answers)
    low, high = min(gold), max(gold)
    read = [parse_number(p) for p in predictions]
    errors = np.asarray(
        [max(g - low, high - g) ** 2 if r is None else (r - g) ** 2 for r, g in zip(read, gold, strict=True)]
    )
    centred = np.asarray(gold) - np.mean(gold)
    return Items(np.stack([errors, centred, centred**2], axis=1), errors, sum(r is None for r in read))


def _explained(sums: Array) -> Array:
    """One minus squared error over the spread of the answers; undefined where they do not differ."""
    spread = sums[..., 2] - sums[..., 1] ** 2 / sums[..., -1]
    out = np.full_like(np.asarray(spread), np.nan)
    return np.asarray(1 - np.divide(sums[..., 0], spread, out=out, where=spread > 0))


METRICS: dict[str, Metric] = {
    m.name: m
    for m in (
        Metric("exact_match", "maximize", 0, 1, _exact, proportion=True),
        Metric("accuracy", "maximize", 0, 1, _label, proportion=True),
        Metric("numeric_match", "maximize", 0, 1, _numeric, proportion=True),
        Metric("balanced_accuracy", "maximize", 0, 1, _classes, _mean_recall),
        Metric("macro_f1", "maximize", 0, 1, _classes, _mean_f1),
        Metric("mse", "minimize", 0, math.inf, _squares),
        Metric("r2", "maximize", -math.inf, 1, _squares, _explained),
    )
}
