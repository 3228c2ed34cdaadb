"""Is the number one that can be, is it the one that the predictions give, and does it point the right way?"""

from __future__ import annotations

import math

from lab.checks.smells.limits import SURE
from lab.checks.smells.measure import together
from lab.checks.smells.result import Result, not_run, said
from lab.stats.grim import nearest_reachable, reachable
from lab.stats.scorers import METRICS, score
from lab.stats.second import verify_rows, verify_score
from state.errors import UserError
from state.products import Check

EXACT = 9
"""Decimals to which a value at full precision is held."""


def possible_value(result: Result) -> Check:
    """The value lies in the metric's range, and a share of n rows is some k/n."""
    name, value, rule, n = "possible_value", result.value, result.rule, len(result.answers) * result.seeds
    if not result.answers and result.claimed is None:
        return not_run(name, "there are no answers and nothing is claimed")
    if math.isnan(value) and result.claimed is None:
        return said(name, "SUSPECT", f"{rule.name} is not defined on these rows: there is no value", value=None)
    if math.isnan(value):
        return said(name, "FAIL", f"{rule.name} is no number on these rows", value=None)
    if not rule.low <= value <= rule.high:
        why = f"{rule.name} is {value:.6g}, outside its range {rule.low:g} to {rule.high:g}"
        return said(name, "FAIL", why, value=value, low=rule.low)
    if result.claimed is None or not rule.proportion or not n:
        return said(name, "PASS", f"{rule.name} {value:.6g} is in the range of the metric", value=value)
    decimals = EXACT if result.decimals is None else result.decimals
    below, above = nearest_reachable(value, n)
    near = {"value": value, "n": n, "decimals": decimals, "below": below / n, "above": above / n}
    shown = f"{value:.{min(decimals, 6)}f}"
    if reachable(value, n, decimals):
        return said(name, "PASS", f"{shown} can be reached with {n} rows", **near)
    why = f"no count of {n} rows gives {shown}: {below}/{n} is {below / n:.6g} and {above}/{n} is {above / n:.6g}"
    return said(name, "FAIL", why, **near)


def second_reading(result: Result) -> Check:
    """The predictions, scored a second way by other code, give the first value and the claimed one."""
    name = "second_reading"
    if not result.answers:
        return not_run(name, "there are no answers to score against")
    own = result.scored.value
    if result.rule.needs == "texts":
        twice = verify_score(result.rule.name, result.predictions, result.answers, own, options=result.options)
    else:
        twice = verify_rows(result.rule.name, result.rows, result.answers, own, options=result.options)
    if twice.result != "PASS":
        return twice.model_copy(update={"name": name})
    if result.claimed is None or result.seeds > 1:
        return said(name, "PASS", twice.why, value=own, claimed=None)
    evidence = {"value": own, "claimed": result.claimed, "n": len(result.answers)}
    if agrees(result.claimed, own, result.decimals):
        return said(name, "PASS", f"two readings give {own:.6g}, as claimed", **evidence)
    off = abs(result.claimed - own)
    if result.decimals is not None and off < 10.0**-result.decimals:
        return said(name, "SUSPECT", f"{own:.6g} was cut to {result.claimed:g}, not rounded", **evidence)
    cousin = _cousin(result)
    why = f"{result.claimed:.6g} is claimed; the predictions give {own:.6g} over all {len(result.answers)} rows"
    if cousin and result.guessed:
        return said(name, "SUSPECT", f"{why}; their {cousin} is what is claimed: name the metric", **evidence)
    return said(name, "FAIL", why + (f"; their {cousin} is what is claimed" if cousin else ""), **evidence)


def agrees(claimed: float, value: float, decimals: int | None) -> bool:
    """Is the claim this value, to as many decimals as it is printed with?"""
    slack = 10.0**-EXACT * max(1.0, abs(value)) if decimals is None else 0.5 * 10.0**-decimals * (1 + 1e-9)
    return abs(claimed - value) <= slack + 1e-12


def _cousin(result: Result) -> str:
    """Another metric that gives the claimed value."""
    assert result.claimed is not None
    for metric in METRICS:
        if metric == result.rule.name:
            continue
        try:
            value = score(metric, result.predictions, result.answers).value
        except UserError:  # a metric of numbers can't read these answers
            continue
        if agrees(result.claimed, value, result.decimals) and value != result.scored.value:
            return metric
    return ""


def direction(result: Result) -> Check:
    """Better means what the metric means by it; numbers rise where their answers rise; loss and metric agree."""
    name, rule = "direction", result.rule
    if result.declared is not None and result.declared != rule.direction:
        why = f"{rule.name} is to be {rule.direction}d, and the study was told to {result.declared} it"
        return said(name, "FAIL", why, declared=result.declared, metric=rule.direction)
    told = []
    found = together(result.predictions, result.answers) if result.numeric else None
    if found is not None:
        if found.r < 0 and found.p < SURE:
            why = f"predictions fall where answers rise: rank correlation {found.r:.2f} over {found.rows} rows"
            return said(name, "FAIL", why, r=found.r, n=found.rows)
        told.append(f"the rank correlation of predictions and answers is {found.r:.2f}")
    if result.losses is not None and result.before is not None:
        better = (result.value - result.before) * result.sign > 0
        fell = result.losses[1] < result.losses[0]
        moved = f"{rule.name} went {result.before:.4g} to {result.value:.4g}, loss {result.losses[0]:.4g} to {result.losses[1]:.4g}"
        if better != fell and result.value != result.before and result.losses[0] != result.losses[1]:
            return said(name, "SUSPECT", f"metric and loss disagree: {moved}", losses=list(result.losses))
        told.append(moved)
    if result.declared is not None:
        told.append(f"{rule.name} is to be {rule.direction}d, as declared")
    if not told:
        return not_run(name, "no direction is declared, no loss is given, and labels have no order")
    return said(name, "PASS", "; ".join(told))
