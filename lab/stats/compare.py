"""A system's score with its interval, and the gain of one over another, from stored predictions."""

from __future__ import annotations

from collections.abc import Sequence

from lab.stats.intervals import Interval, bootstrap, bootstrap_difference, wilson
from lab.stats.scorers import Texts, find_metric, items_of


def score_interval(metric: str, per_seed: Sequence[Texts], answers: Texts, *, seed: int = 0) -> Interval:
    """The mean score over seeds; each entry of `per_seed` holds one seed's predictions by id."""
    rule = find_metric(metric)
    items = [items_of(metric, predictions, answers) for predictions in per_seed]
    if rule.proportion and len(items) == 1:
        return wilson(float(items[0].per_item.sum()), len(answers))
    found = bootstrap([i.parts for i in items], rule.combine, seed=seed)
    if rule.proportion and found.low == found.high:  # all right or all wrong: resampling sees no doubt at all
        return wilson(found.value * len(answers), len(answers))
    return Interval(found.value, max(found.low, rule.low), min(found.high, rule.high), found.method)


def gain_interval(
    metric: str, candidate: Sequence[Texts], baseline: Sequence[Texts], answers: Texts, *, seed: int = 0
) -> Interval:
    """Candidate minus baseline in the metric's own units, on the same items, each over its own seeds."""
    rule = find_metric(metric)
    first = [items_of(metric, predictions, answers).parts for predictions in candidate]
    second = [items_of(metric, predictions, answers).parts for predictions in baseline]
    return bootstrap_difference(first, second, rule.combine, seed=seed)
