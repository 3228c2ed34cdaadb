"""A system's score with its interval, and the gain of one over another, from stored predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lab.stats.clustered import clustered
from lab.stats.intervals import (
    LEVEL,
    RESAMPLES,
    Array,
    Interval,
    bootstrap,
    bootstrap_difference,
    mcnemar,
    mean_of,
    wilson,
)
from lab.stats.metric import Items, Metric
from lab.stats.scorers import Options, Row, Texts, find_metric, items_of, items_of_rows

FEWEST_DIFFERENT = 6
"""Rows on which two systems must differ before a gain can lie beyond noise: five that all agree happen 1 time in 16."""
FEW_MISTAKES = 10
"""Fewer right or wrong rows than this, and resampling calls possible what has been seen not to be (no mistake at all)."""
DRAWS = 200_000_000
FEWEST_RESAMPLES = 1000
"""Of very many rows fewer resamples are drawn: their quantiles are sharp enough."""


def score_interval(
    metric: str,
    per_seed: Sequence[Texts | Mapping[str, Row]],
    answers: Texts,
    *,
    seed: int = 0,
    options: Options | None = None,
    groups: Texts | None = None,
) -> Interval:
    """The mean score over seeds; each entry of `per_seed` holds one seed's predictions by id.

    `groups` names the cluster (passage, patient, template) of every id: clusters are then drawn instead of rows.
    """
    rule = find_metric(metric)
    items = [_items(rule, predictions, answers, options) for predictions in per_seed]
    n = len(answers)
    if groups is not None and len(items) == 1 and rule.combine is mean_of:
        return _over_clusters(rule, items[0], answers, groups)
    if rule.proportion and len(items) == 1 and groups is None:
        return wilson(float(items[0].per_item.sum()), n)
    rows, weights, sizes = _rows(items, answers, groups)
    if len(rows[0]) == 1 and weights is None:
        value = float(np.mean([rule.combine(np.append(row[0], float(n))) for row in rows]))
        alone = "one row" if groups is None else "one cluster"
        return Interval(value, rule.low, rule.high, f"{alone}: how it varies can't be known")
    found = bootstrap(rows, rule.combine, seed=seed, resamples=_resamples(rows, weights), weights=weights, sizes=sizes)
    if (rule.low, rule.high) == (0, 1) and found.low == found.high:
        return wilson(found.value * n, n)  # all right or all wrong: resampling sees no doubt at all
    return Interval(found.value, max(found.low, rule.low), min(found.high, rule.high), found.method)


def _over_clusters(rule: Metric, items: Items, answers: Texts, groups: Texts) -> Interval:
    """Clusters that all score the same leave no spread: then each cluster counts as one row."""
    found = clustered(items.per_item.tolist(), _clusters(answers, groups).tolist())
    if rule.proportion and found.low == found.high:
        number = len({groups[key] for key in answers})
        found = replace(wilson(found.value * number, number), method=f"Wilson, {number} clusters that do not differ")
    return replace(found, low=max(found.low, rule.low), high=min(found.high, rule.high))


def gain_interval(
    metric: str,
    candidate: Sequence[Texts | Mapping[str, Row]],
    baseline: Sequence[Texts | Mapping[str, Row]],
    answers: Texts,
    *,
    seed: int = 0,
    options: Options | None = None,
    groups: Texts | None = None,
) -> Interval:
    """Candidate minus baseline in the metric's own units, on the same items, each over its own seeds."""
    rule = find_metric(metric)
    first = [_items(rule, predictions, answers, options) for predictions in candidate]
    second = [_items(rule, predictions, answers, options) for predictions in baseline]
    rows, weights, sizes = _rows([*first, *second], answers, groups)
    found = bootstrap_difference(
        rows[: len(first)], rows[len(first) :], rule.combine, seed=seed, resamples=_resamples(rows, weights),
        weights=weights, sizes=sizes,
    )  # fmt: skip
    doubt = _doubt(rule, first, second, answers, groups) if found.excludes_zero else ""
    if doubt:
        return Interval(found.value, min(found.low, 0.0), max(found.high, 0.0), f"{found.method}; {doubt}")
    return found


def _items(rule: Metric, predictions: Texts | Mapping[str, Row], answers: Texts, options: Options | None) -> Items:
    if rule.needs == "texts" and not any(isinstance(row, Mapping) for row in predictions.values()):
        return items_of(rule.name, predictions, answers, options=options)  # type: ignore[arg-type]
    return items_of_rows(rule.name, predictions, answers, options=options)  # type: ignore[arg-type]


def _rows(
    items: Sequence[Items], answers: Texts, groups: Texts | None
) -> tuple[list[Array], Array | None, Array | None]:
    """Parts by row for each entry of `items`: one row for each kind of row, with its weight, or for each cluster."""
    if groups is not None:
        cluster = _clusters(answers, groups)
        sizes = np.bincount(cluster).astype(np.float64)
        return [_added(each, cluster, len(sizes)) for each in items], None, sizes
    code = np.zeros(len(answers), dtype=np.int64)
    for each in items:
        _, first, code, counts = np.unique(
            code * len(each.table) + each.code, return_index=True, return_inverse=True, return_counts=True
        )
    if 2 * len(first) > len(answers):
        return [each.table[each.code] for each in items], None, None
    return [each.table[each.code[first]] for each in items], counts.astype(np.float64), None


def _clusters(answers: Texts, groups: Texts) -> NDArray[np.int64]:
    missing = len(answers.keys() - groups.keys())
    if missing:
        raise ValueError(f"{missing} of {len(answers)} rows have no group")
    names = sorted({groups[key] for key in answers})
    number = {name: i for i, name in enumerate(names)}
    return np.asarray([number[groups[key]] for key in sorted(answers)], dtype=np.int64)


def _added(items: Items, cluster: NDArray[np.int64], size: int) -> Array:
    out = np.zeros((size, items.table.shape[1]))
    np.add.at(out, cluster, items.table[items.code])
    return out


def _resamples(rows: Sequence[Array], weights: Array | None) -> int:
    return min(RESAMPLES, max(FEWEST_RESAMPLES, DRAWS // len(rows[0])))


def _doubt(rule: Metric, first: Sequence[Items], second: Sequence[Items], answers: Texts, groups: Texts | None) -> str:
    """Why so few differences are no evidence, whatever the resamples say; empty where they are enough."""
    apart = np.mean([i.per_item for i in first], axis=0) - np.mean([i.per_item for i in second], axis=0)
    unit = "rows"
    if groups is not None:
        apart, unit = np.bincount(_clusters(answers, groups), weights=apart), "clusters"
    different = int((np.abs(apart) > 1e-12).sum())
    if different < FEWEST_DIFFERENT:
        return f"the two differ on {different} {unit}, too few to be beyond noise"
    if rule.proportion and len(first) == len(second) == 1 and groups is None:
        p = mcnemar(int((apart > 0).sum()), int((apart < 0).sum()))
        if p > 1 - LEVEL:
            return f"exact McNemar p is {p:.3f}"
    return ""
