"""Metrics that read a probability for each label: log-loss, Brier's score, expected calibration error.

A row is read when its scores are finite, none is negative and they sum to 1 within a twentieth (they are then divided
by their sum); a label without a score has 0. Any other row is charged the worst the metric can give: no probability at
all for the truth, all of it on a wrong label, full confidence and wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from lab.stats.intervals import Array
from lab.stats.labels import label
from lab.stats.metric import Given, Items, each
from state.errors import UserError

FLOOR = 1e-15
"""Log-loss takes a smaller probability for this one, so that one row can't cost more than 34.5."""
LEAST_SUM, MOST_SUM = 0.95, 1.05
"""Ten probabilities written with two decimals can sum to 0.95."""
BINS = 10
EDGES = np.arange(1, BINS) / BINS
DIGITS = 12
"""Confidences are binned to so many decimals: 0.3 and 0.1 + 0.2 share a bin."""


def read_scores(row: Mapping[str, object]) -> dict[str, float] | None:
    """Probabilities by label, summing to one; nothing where the row has none."""
    scores = row.get("scores")
    if not isinstance(scores, Mapping) or not scores:
        return None
    out: dict[str, float] = {}
    for name, value in scores.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2:
            return None
        key = label(str(name))
        out[key] = out.get(key, 0.0) + float(value)
    total = math.fsum(out.values())
    return {key: value / total for key, value in out.items()} if LEAST_SUM <= round(total, DIGITS) <= MOST_SUM else None


def _read(given: Given, answers: list[str], what: str) -> tuple[list[dict[str, float] | None], list[str]]:
    read = [read_scores(row) for row in given.rows or [{}] * len(answers)]
    if all(r is None for r in read):
        raise UserError(
            f"{what} needs a probability for each label in every row, as scores: {{label: p}} that sum to 1; no row has it"
        )
    return read, [label(a) for a in answers]


def log_loss(given: Given, answers: list[str]) -> Items:
    read, true = _read(given, answers, "log_loss")
    chance = [0.0 if r is None else r.get(t, 0.0) for r, t in zip(read, true, strict=True)]
    losses = -np.log(np.clip(np.asarray(chance), FLOOR, 1.0))
    return each(losses.reshape(-1, 1), losses, sum(r is None for r in read))


def brier(given: Given, answers: list[str]) -> Items:
    """Half the squared distance from certainty of the truth, so that two classes give the usual score."""
    read, true = _read(given, answers, "brier")
    values = np.asarray([1.0 if r is None else _distance(r, t) for r, t in zip(read, true, strict=True)])
    return each(values.reshape(-1, 1), values, sum(r is None for r in read))


def _distance(scores: Mapping[str, float], true: str) -> float:
    others = math.fsum(p * p for name, p in scores.items() if name != true)
    return ((1 - scores.get(true, 0.0)) ** 2 + others) / 2


def calibration(given: Given, answers: list[str]) -> Items:
    """For each of ten bins of confidence: confidence minus right. A row's own score is whether its likeliest label is right."""
    read, true = _read(given, answers, "ece")
    tops = [("", 1.0) if r is None else min(r.items(), key=lambda item: (-item[1], item[0])) for r in read]
    sure = np.asarray([p for _, p in tops])
    right = np.asarray([r is not None and name == t for r, (name, _), t in zip(read, tops, true, strict=True)]) * 1.0
    parts = np.zeros((len(true), BINS))
    parts[np.arange(len(true)), np.searchsorted(EDGES, np.round(sure, DIGITS), side="left")] = sure - right
    return each(parts, right, sum(r is None for r in read))


def miscalibration(sums: Array) -> Array:
    """The bins' gaps between confidence and accuracy, weighted by their rows."""
    return np.asarray(np.abs(sums[..., :-1]).sum(axis=-1) / sums[..., -1])
