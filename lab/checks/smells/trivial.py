"""Does the result beat what needs no learning: one answer for all, no look at the input, the simplest model?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import median

from lab.checks.smells.limits import ENOUGH, FEW, GAIN_RULED_OUT, ROOM, SURE, UNSURE
from lab.checks.smells.measure import Difference, difference, knows, numbers, paired_p, together, two_sided, wilson_of
from lab.checks.smells.names import ControlName
from lab.checks.smells.result import Predicted, Result, not_run, said
from state.products import Check
from state.words import CheckResult


def beats_trivial(result: Result) -> Check:
    """FAIL when the score can't be told from always giving the commonest answer, or from not looking at the input."""
    name = "beats_trivial"
    if not result.answers or not result.predictions:
        return not_run(name, "there are no answers or no predictions")
    if math.isnan(result.scored.value):
        return not_run(name, f"{result.metric} is not defined on these answers")
    if result.rule.name == "ece":
        return not_run(
            name, "always giving the shares of the answers is well calibrated: ece says nothing of knowledge"
        )
    one = one_answer(result)
    base = result.score(one).value
    source = "training" if result.train_answers else "test"
    verdict, why = _judged(result, one, f"always the commonest answer of the {source} part", base)
    evidence: dict[str, object] = {"value": result.scored.value, "trivial": base, "from": source, "n": result.scored.n}
    missing = [n for n in ("input_blind", "simplest_model") if n not in result.controls]
    if "input_blind" in result.controls:
        blind = result.controls["input_blind"]
        evidence["input_blind"] = value_of(result, "input_blind")
        second, told = _judged(result, blind, "a model that does not see the input", value_of(result, "input_blind"))
        verdict, why = _worse((verdict, why), (second, told))
    if "simplest_model" in result.controls:
        evidence["simplest_model"] = value_of(result, "simplest_model")
        verdict, why = _worse((verdict, why), _simplest(result))
    if missing:
        evidence["not_compared"] = missing
    return said(name, verdict, why, **evidence)


def one_answer(result: Result) -> Predicted:
    """The prediction that needs no input: the commonest answer, for numbers their mean or median, for probabilities
    the shares of the answers, for k samples the k commonest."""
    known = list(result.train_answers or result.answers.values())
    rule = result.rule
    if rule.reads == "number":
        return dict.fromkeys(result.answers, _middle(rule.name, known))
    counts = Counter(result.read(text) for text in known)
    ranked = sorted(counts, key=lambda text: (-counts[text], text))
    if rule.needs == "texts":
        return dict.fromkeys(result.answers, ranked[0])
    scores = {text: counts[text] / len(known) for text in ranked}
    k = max((len(row.get("samples") or ()) for row in result.rows.values()), default=1)
    samples = [{"text": text, "score": scores[text]} for text in ranked[:k]]
    row = {"prediction": ranked[0], "scores": scores, "samples": samples}
    return dict.fromkeys(result.answers, row)


def _middle(metric: str, answers: Sequence[str]) -> str:
    read = [x for x in numbers(answers).tolist() if not math.isnan(x)]
    if not read:
        return ""
    return repr(median(read) if metric == "mae" else math.fsum(read) / len(read))


def value_of(result: Result, control: ControlName) -> float:
    """A control's score on the same rows."""
    given = result.controls[control]
    return float(given) if isinstance(given, int | float) else result.score(given).value


def over(result: Result, theirs: Predicted | float) -> Difference:
    """The result over another: paired where their predictions are known, else by its own spread alone."""
    if not isinstance(theirs, int | float):
        return difference(result, result.given, theirs)
    nothing = difference(result, result.given, one_answer(result))
    error = nothing.error
    if result.rule.proportion:
        low, high = wilson_of(result.scored.value, result.scored.n)
        error = (high - low) / (2 * 1.96)
    return Difference((result.scored.value - float(theirs)) * result.sign, error)


def _judged(result: Result, theirs: Predicted | float, what: str, base: float) -> tuple[CheckResult, str]:
    """FAIL at or below the other's score, and above it when nothing shows that the predictions know anything."""
    n, gap = result.scored.n, over(result, theirs)
    why = f"{result.metric} is {result.scored.value:.4g}; {what} gives {base:.4g}"
    if gap.low > 0 and not _even(result, theirs):
        return "PASS", why
    if gap.high < 0 and n >= FEW:
        return "FAIL", f"{why}, which is better beyond doubt"
    if n < FEW:
        return "SUSPECT", f"{why}; {n} rows are too few to tell them apart"
    room = _wrong(result, theirs)
    if room < ROOM:
        return "SUSPECT", f"{why}; it is wrong on {room} rows alone, too few for anything to be better beyond doubt"
    if gap.gain <= 0:
        scale = 1.0 if result.rule.high == 1 else abs(base)
        plain = n >= ENOUGH or gap.high < GAIN_RULED_OUT * scale
        return ("FAIL", f"{why}: no better") if plain else ("SUSPECT", f"{why}; {n} rows are few to tell")
    within = f"{why}, which lies within its noise ({gap.low:+.3g} to {gap.high:+.3g})"
    if n < ENOUGH or _informed(result):
        return "SUSPECT", within
    return "FAIL", within + ", and the predictions do not go with their answers"


def _even(result: Result, theirs: Predicted | float) -> bool:
    """Of the rows that only one of the two gets right, could a coin have chosen the winner? Exact where rows are few."""
    if isinstance(theirs, int | float) or not result.rule.proportion:
        return False
    ours, other = result.scored.per_item, result.score(theirs).per_item
    return paired_p([ours[k] > 0 for k in ours], [other[k] > 0 for k in ours]) >= 0.05


def _wrong(result: Result, theirs: Predicted | float) -> int:
    """Rows on which another's prediction is wrong, where right and wrong is the question."""
    if isinstance(theirs, int | float) or result.numeric or result.rule.needs != "texts":
        return len(result.answers)
    said_ = (theirs.get(key) for key in result.answers)
    return sum(not isinstance(s, str) or result.read(s) != t for s, t in zip(said_, result.true, strict=True))


def _informed(result: Result) -> bool:
    """Do predictions meet their own answers more often than they would shuffled?"""
    if result.numeric:
        found = together(result.predictions, result.answers)
        return found is not None and found.r > 0 and found.p < UNSURE
    z = knows(result.said, result.true)
    return z > 0 and two_sided(z) < UNSURE


def _simplest(result: Result) -> tuple[CheckResult, str]:
    gap, base = over(result, result.controls["simplest_model"]), value_of(result, "simplest_model")
    why = f"{result.metric} is {result.scored.value:.4g}; the simplest model gives {base:.4g}"
    if gap.gain <= gap.error:
        return "SUSPECT", f"{why}: within a standard error ({gap.error:.2g}), so what was added bought nothing"
    return "PASS", why


def _worse(first: tuple[CheckResult, str], second: tuple[CheckResult, str]) -> tuple[CheckResult, str]:
    order: tuple[CheckResult, ...] = ("PASS", "SUSPECT", "FAIL")
    return max(first, second, key=lambda pair: order.index(pair[0]))


def shuffled_control(result: Result) -> Check:
    """What learnt from shuffled labels, or saw shuffled inputs, scores no better than always the same answer."""
    name = "shuffled_control"
    names: tuple[ControlName, ...] = ("shuffled_labels", "shuffled_inputs")
    given = [n for n in names if n in result.controls]
    if not given or not result.answers:
        return not_run(name, "no control with shuffled labels or inputs was run")
    one = one_answer(result)
    chance = result.score(one).value
    verdicts: list[tuple[CheckResult, str]] = []
    for control in given:
        verdicts.append(_near_chance(result, control, one, chance))
    worst = verdicts[0]
    for other in verdicts[1:]:
        worst = _worse(worst, other)
    values = {control: value_of(result, control) for control in given}
    return said(name, *worst, chance=chance, values=values, n=len(result.answers))


def _near_chance(result: Result, control: ControlName, one: Predicted, chance: float) -> tuple[CheckResult, str]:
    theirs, value, n = result.controls[control], value_of(result, control), len(result.answers)
    label = control.replace("_", " ")
    if isinstance(theirs, int | float):
        low, high = wilson_of(value, n) if result.rule.proportion and 0 <= value <= 1 else (value, value)
        error = (high - low) / (2 * 1.96)
        if not result.rule.proportion:  # only the result's own spread is known
            error = difference(result, result.given, one).error
        gap = Difference((value - chance) * result.sign, error)
    else:
        gap = difference(result, theirs, one)
    why = f"with {label} {result.metric} is {value:.4g}, the trivial answer gives {chance:.4g}"
    if gap.gain <= 0 or not math.isfinite(gap.error):
        return "PASS", why
    p = two_sided(gap.gain / gap.error) if gap.error else 2.0 ** (1 - n)
    if p < SURE:
        return "FAIL", f"{why}: something other than learning brings the score"
    return ("SUSPECT", f"{why}: above chance") if p < UNSURE else ("PASS", why)
