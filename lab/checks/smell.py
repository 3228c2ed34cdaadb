"""Does a result smell? First checks a result must pass before it may be reported. A check over nothing is NOT_RUN."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from lab.stats.intervals import wilson
from lab.stats.scorers import Texts, find_metric, score
from lab.stats.second import verify_score
from state.products import Check
from state.words import CheckResult

FEW_ITEMS = 20
"""Below this a constant prediction or a perfect score may well be chance."""
SHIFT_MARGIN = 0.1
"""How much better a shifted reading must be before the alignment is doubted; neighbours agree by chance, but not so."""
TRIVIAL = 0.999


def smell(
    metric: str, predictions: Texts, answers: Texts, claimed: float, others: Mapping[str, Texts] | None = None
) -> list[Check]:
    """Every check on one result; `others` are predictions of other experiments on the same items."""
    return [
        denominator(predictions, answers),
        verify_score(metric, predictions, answers, claimed),
        in_range(metric, claimed),
        constant(predictions, answers),
        beats_majority(metric, predictions, answers),
        too_good(metric, claimed, len(answers)),
        shifted(metric, predictions, answers),
        cloned(predictions, others or {}),
    ]


def denominator(predictions: Texts, answers: Texts) -> Check:
    """Every asked item was answered, and nothing else was."""
    name = "denominator"
    if not answers:
        return _not_run(name, "there are no answers")
    missing, extra = len(answers.keys() - predictions.keys()), len(predictions.keys() - answers.keys())
    evidence = {"asked": len(answers), "missing": missing, "extra": extra}
    if not missing and not extra:
        return Check(name=name, result="PASS", why=f"all {len(answers)} items were answered", evidence=evidence)
    why = f"of {len(answers)} items {missing} have no prediction (counted as wrong); {extra} predictions were not asked"
    return Check(
        name=name, result="FAIL" if extra or missing == len(answers) else "SUSPECT", why=why, evidence=evidence
    )


def in_range(metric: str, claimed: float) -> Check:
    """The value lies where the metric can lie at all."""
    rule = find_metric(metric)
    inside = rule.low <= claimed <= rule.high
    why = f"{metric} is {claimed:.6g}, its range is {rule.low:g} to {rule.high:g}"
    return Check(name="range", result="PASS" if inside else "FAIL", why=why, evidence={"value": claimed})


def constant(predictions: Texts, answers: Texts) -> Check:
    """The model does not say the same to everything while the answers differ."""
    name = "constant"
    said = Counter(text.strip() for key, text in predictions.items() if key in answers)
    kinds = len({text.strip() for text in answers.values()})
    if not said:
        return _not_run(name, "there are no predictions for the items asked")
    if kinds < 2 or sum(said.values()) < 2:
        return _not_run(name, "all answers are the same, or there is but one prediction")
    (word, count), total = said.most_common(1)[0], sum(said.values())
    evidence = {"distinct_predictions": len(said), "distinct_answers": kinds, "commonest_share": count / total}
    why = f"{len(said)} different predictions for {kinds} different answers; the commonest makes {count}/{total}"
    if len(said) == 1:
        return Check(name=name, result="FAIL", why=f"every prediction is {word[:40]!r}", evidence=evidence)
    return Check(name=name, result="SUSPECT" if count > 0.95 * total else "PASS", why=why, evidence=evidence)


def beats_majority(metric: str, predictions: Texts, answers: Texts) -> Check:
    """Better than always giving the commonest answer (for numbers: their mean)."""
    name = "beats_majority"
    if not answers or not predictions:
        return _not_run(name, "there are no answers or no predictions")
    rule = find_metric(metric)
    base = score(metric, dict.fromkeys(answers, _trivial(metric, answers)), answers)
    own = score(metric, predictions, answers)
    evidence = {"value": own.value, "trivial": base.value, "n": own.n}
    why = f"{metric} is {own.value:.4g}; always saying the same gives {base.value:.4g}"
    if math.isnan(own.value) or math.isnan(base.value):
        return _not_run(name, f"{metric} is not defined on these answers")
    better = own.value > base.value if rule.direction == "maximize" else own.value < base.value
    if not better:
        return Check(name=name, result="FAIL", why=why, evidence=evidence)
    if rule.proportion and wilson(own.value * own.n, own.n).low <= base.value:
        return Check(name=name, result="SUSPECT", why=why + ", which lies within its interval", evidence=evidence)
    return Check(name=name, result="PASS", why=why, evidence=evidence)


def _trivial(metric: str, answers: Texts) -> str:
    if metric in ("mse", "r2"):
        numbers = [float(text.replace(",", "")) for text in answers.values()]
        return repr(sum(numbers) / len(numbers))
    counts = Counter(text.strip() for text in answers.values())
    return min(counts, key=lambda text: (-counts[text], text))


def too_good(metric: str, claimed: float, n: int) -> Check:
    """A perfect score on many items is looked at before it is believed."""
    name = "too_good"
    if n == 0:
        return _not_run(name, "there are no answers")
    best = 0.0 if find_metric(metric).direction == "minimize" else 1.0
    perfect = claimed <= 1e-12 if best == 0.0 else claimed >= TRIVIAL
    why = f"{metric} is {claimed:.4g} on {n} items" + (
        "; perfect: look for a leak" if perfect and n >= FEW_ITEMS else ""
    )
    return Check(name=name, result="SUSPECT" if perfect and n >= FEW_ITEMS else "PASS", why=why, evidence={"n": n})


def shifted(metric: str, predictions: Texts, answers: Texts) -> Check:
    """Predictions fit their own items, not their neighbours': off-by-one errors look like bad models."""
    name = "alignment"
    ids = list(answers)
    if len(ids) < FEW_ITEMS or not predictions:
        return _not_run(name, f"fewer than {FEW_ITEMS} items, or no predictions")
    if not find_metric(metric).proportion:
        metric = "exact_match"
    own = score(metric, predictions, answers).value
    values = {}
    for shift in (-1, 1):
        moved = {ids[i]: predictions[ids[i + shift]] for i in range(len(ids))[max(0, -shift) : len(ids) - max(0, shift)]
                 if ids[i + shift] in predictions}  # fmt: skip
        values[shift] = score(metric, moved, answers).value
    best = max(values, key=lambda s: values[s])
    evidence = {"own": own, "minus_one": values[-1], "plus_one": values[1]}
    why = f"{metric} is {own:.3g} as given, {values[-1]:.3g} and {values[1]:.3g} shifted by one item"
    moved_fits = values[best] > own + SHIFT_MARGIN
    return Check(name=name, result="FAIL" if moved_fits else "PASS", why=why, evidence=evidence)


def cloned(predictions: Texts, others: Mapping[str, Texts]) -> Check:
    """No other experiment gave the very same predictions: a cached or copied result."""
    name = "cloned"
    if not others or not predictions:
        return _not_run(name, "there is no other experiment to compare with")
    same = sorted(key for key, texts in others.items() if dict(texts) == dict(predictions))
    evidence: dict[str, object] = {"compared": len(others), "same": same}
    if not same:
        return Check(name=name, result="PASS", why=f"differs from {len(others)} others", evidence=evidence)
    why = f"every prediction is the same as that of {', '.join(same)}"
    return Check(name=name, result="SUSPECT", why=why, evidence=evidence)


def worst(checks: Sequence[Check]) -> CheckResult:
    """The gravest result among checks; NOT_RUN when nothing ran at all."""
    order: tuple[CheckResult, ...] = ("FAIL", "SUSPECT", "PASS")
    return next((result for result in order if any(c.result == result for c in checks)), "NOT_RUN")


def _not_run(name: str, why: str) -> Check:
    return Check(name=name, result="NOT_RUN", why=why)
