"""Is the result better than it can be, than it tends to be, or than on the rows it was trained on?"""

from __future__ import annotations

import math

from lab.checks.smells.limits import CONFLICTS, FEW, GAP, JUMP, MISSING, PERFECT
from lab.checks.smells.measure import NORMAL, interval, wilson_of
from lab.checks.smells.noise import Noise, conflicts
from lab.checks.smells.result import Result, not_run, said
from lab.stats.intervals import minimum_detectable
from state.products import Check
from state.words import CheckResult

HARD = ("label_noise", "given")
"""Ceilings that can't be beaten; others only have not been yet."""

Doubt = tuple[CheckResult, str]


def too_good(result: Result) -> Check:
    """Not above a ceiling, not perfect on many rows, no jump beyond what one change tends to bring."""
    name, n = "too_good", len(result.answers)
    if not n:
        return not_run(name, "there are no answers")
    value = result.value
    if math.isnan(value):
        return not_run(name, f"{result.metric} is not defined on these answers")
    if not result.rule.low <= value <= result.rule.high:
        return not_run(name, f"{result.metric} can't be {value:.4g}: see possible_value")
    evidence: dict[str, object] = {"value": value, "n": n, "ceilings": dict(result.ceilings)}
    doubts = [_over(result, what, ceiling) for what, ceiling in result.ceilings.items()]
    doubts += _conflicting(result, evidence)
    if _perfect(result, value) and n >= FEW:
        doubts.append(("SUSPECT", f"{result.metric} is perfect on {n} rows: look for a leak"))
    if result.before is not None:
        doubts.append(_jump(result, result.before))
    real = [d for d in doubts if d[0] != "PASS"]
    if real:
        verdict: CheckResult = "FAIL" if any(d[0] == "FAIL" for d in real) else "SUSPECT"
        return said(name, verdict, "; ".join(why for _, why in real), **evidence)
    told = "; ".join(why for _, why in doubts) or "not perfect, and no ceiling is known"
    return said(name, "PASS", f"{result.metric} is {value:.4g} on {n} rows; {told}", **evidence)


def _perfect(result: Result, value: float) -> bool:
    return value <= 1e-12 if result.sign < 0 else value >= result.rule.high - PERFECT


def _half_width(result: Result) -> float:
    """Half the width of the interval of the score."""
    if result.rule.proportion and 0 <= result.value <= 1:
        low, high = wilson_of(result.value, len(result.answers))
    else:
        low, high = interval(result).bounds
    return (high - low) / 2


def _over(result: Result, what: str, ceiling: float, error: float = 0.0, hard: bool | None = None) -> Doubt:
    """Above a ceiling beyond noise: FAIL for one that can't be beaten."""
    label = {"label_noise": "the ceiling of label noise", "given": "the ceiling given"}.get(what, f"the {what} value")
    above = (result.value - ceiling) * result.sign
    if above <= 1e-12:
        return "PASS", f"below {label} {ceiling:.4g}"
    hard = what in HARD if hard is None else hard
    noise = math.hypot(_half_width(result), NORMAL * error)
    sure = above > noise
    why = f"{result.metric} is {result.value:.4g}, above {label} {ceiling:.4g} by {above:.3g} (noise {noise:.2g})"
    return ("FAIL" if hard and sure else "SUSPECT"), why


def _conflicting(result: Result, evidence: dict[str, object]) -> list[Doubt]:
    """Ceilings from equal inputs with unequal answers, in the training part and in the test part itself."""
    if not result.rule.proportion:
        return []
    doubts: list[Doubt] = []
    if result.train_inputs and result.train_answers:
        found = conflicts(zip(result.train_inputs, result.train_answers, strict=True))
        if found is not None and found.groups >= CONFLICTS:
            doubts.append(_noisy(result, found, evidence))
    rows = [(result.inputs[k], a) for k, a in result.answers.items() if k in result.inputs]
    found = conflicts(rows) if len(rows) == len(result.answers) else None
    if found is not None and found.groups:
        evidence["test_ceiling"] = found.ceiling
        above = round((result.value - found.ceiling) * len(rows), 6)
        why = f"of {len(rows)} rows {found.lost} can't be right, as equal inputs have unequal answers"
        doubts.append(("FAIL", f"{why}; yet {result.value:.4g} are right") if above > 0 else ("PASS", why))
    return doubts


def _noisy(result: Result, found: Noise, evidence: dict[str, object]) -> Doubt:
    evidence["label_noise"] = {"ceiling": found.ceiling, "extrapolated": found.extrapolated, "conflicts": found.groups,
                               "repeated_rows": found.repeated, "rows": found.rows}  # fmt: skip
    source = f"{found.groups} training inputs have conflicting labels"
    doubt, why = _over(result, "label_noise", found.ceiling, found.error)
    if doubt == "FAIL":
        return doubt, f"{why}: {source}"
    if found.repeated > MISSING * found.rows:  # a few copies say nothing of the rest
        doubt, why = _over(result, "label_noise", found.extrapolated, hard=False)
    return doubt, f"{why}: {source}" if doubt != "PASS" else why


def _jump(result: Result, before: float) -> Doubt:
    """One change brings so much only when something else changed too."""
    n, gain = len(result.answers), (result.value - before) * result.sign
    if not result.rule.proportion or n < FEW or not 0 <= before <= 1:
        return "PASS", f"{before:.4g} before"
    least = minimum_detectable(n, min(max(before, 0.05), 0.95))
    why = f"{gain:+.3g} in one change, {gain / least:.1f} times the least that {n} rows detect"
    return ("SUSPECT" if gain > JUMP * least else "PASS"), why


def train_gap(result: Result) -> Check:
    """The test is not easier than the training rows: else they are the same, or the test is another one."""
    name = "train_gap"
    if result.train_score is None or not result.answers:
        return not_run(name, "no score on the training rows is given")
    ahead = (result.scored.value - result.train_score) * result.sign
    error = _half_width(result) / NORMAL
    if result.rule.proportion and result.train_rows:
        low, high = wilson_of(min(1.0, max(0.0, result.train_score)), result.train_rows)
        error = math.hypot(error, (high - low) / (2 * NORMAL))
    evidence = {"train": result.train_score, "test": result.scored.value, "error": error}
    why = f"{result.metric} is {result.train_score:.4g} in training and {result.scored.value:.4g} on the test"
    if ahead > GAP * error:
        return said(name, "SUSPECT", f"{why}: better on rows never seen", **evidence)
    return said(name, "PASS", why, **evidence)
