"""What was predicted, row by row: is it all one word, is it for all rows, is it somebody else's?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lab.checks.smells.limits import CHANCE, MISSING, ONE_WORD, ROWS_PER_LABEL, SAME_MISTAKES, UNPARSED
from lab.checks.smells.result import Result, not_run, said
from lab.checks.smells.value import agrees
from state.products import Check
from state.words import CheckResult

CONTINUOUS = 0.5
"""Numeric answers of which more than this share are distinct are measured, not counted."""


def variety(result: Result) -> Check:
    """The model does not say the same to everything, or hardly anything else, while the answers differ."""
    name = "variety"
    spoken, true = Counter(text for text in result.said if text is not None), Counter(result.true)
    if not spoken:
        return not_run(name, "there are no predictions for the rows asked")
    if len(true) < 2:
        return not_run(name, "all answers are the same: so may be the predictions")
    total, asked = sum(spoken.values()), len(result.answers)
    most, commonest = max(spoken.values()) / total, max(true.values()) / asked
    evidence = {"distinct_predictions": len(spoken), "distinct_answers": len(true), "commonest_prediction": most,
                "commonest_answer": commonest, "n": total}  # fmt: skip
    why = f"{len(spoken)} different predictions for {len(true)} different answers"
    if len(spoken) == 1:
        by_chance = commonest**total
        told = f"all {total} predictions are the same, while answers are of {len(true)} kinds"
        if by_chance < CHANCE:
            return said(name, "FAIL", told, chance=by_chance, **evidence)
        return said(name, "SUSPECT", f"{told}; so few and so alike are they that it may be chance", **evidence)
    if most > ONE_WORD and most - commonest > 1 - ONE_WORD:
        return said(name, "SUSPECT", f"{most:.3g} of predictions are the same, {commonest:.3g} of answers", **evidence)
    if result.numeric and len(true) > 10 * len(spoken) and len(spoken) < 5:
        return said(name, "SUSPECT", f"only {len(spoken)} different numbers are predicted", **evidence)
    return said(name, "PASS", f"{why}; the commonest makes {most:.3g}", **evidence)


def denominator(result: Result) -> Check:
    """Every row counts: what has no prediction is wrong, and nothing was predicted twice or unasked."""
    name, answers, given = "denominator", result.answers, result.predictions
    if not answers:
        return not_run(name, "there are no answers")
    missing, extra = len(answers.keys() - given.keys()), len(given.keys() - answers.keys())
    unparsed = result.scored.unparsed
    evidence = {"asked": len(answers), "missing": missing, "extra": extra, "unparsed": unparsed,
                "repeated": result.repeated, "contradicted": result.contradicted}  # fmt: skip
    if dropped := _dropped(result):
        return said(name, "FAIL", dropped, **evidence)
    faults: list[tuple[CheckResult, str]] = []
    if result.apart:
        told = f"{abs(result.apart)} {'more' if result.apart > 0 else 'fewer'} predictions than answers, and no ids"
        faults.append(("FAIL", f"{told}: which row is whose can't be known"))
    elif missing:
        share = missing / len(answers)
        told = f"{missing} of {len(answers)} rows have no prediction (counted as wrong)"
        faults.append(("FAIL" if share > MISSING else "SUSPECT", told))
    if extra:
        faults.append(("FAIL", f"predictions for rows that nobody asked about: {extra}"))
    if result.contradicted:
        faults.append(("FAIL", f"rows with several predictions that differ: {result.contradicted}"))
    elif result.repeated:
        faults.append(("SUSPECT", f"rows predicted more than once, always the same: {result.repeated}"))
    covered = result.rule.reads != "label" or len(answers) >= ROWS_PER_LABEL * len(result.kinds)
    if covered and unparsed - missing > UNPARSED * len(answers):  # of many labels some are no answer of a small test
        faults.append(
            ("SUSPECT", f"{unparsed - missing} predictions are of no form the metric reads (counted as wrong)")
        )
    if faults:
        result_: CheckResult = "FAIL" if any(f[0] == "FAIL" for f in faults) else "SUSPECT"
        return said(name, result_, "; ".join(f[1] for f in faults), **evidence)
    wrong = f", {unparsed} of no readable form counted as wrong" if unparsed else ""
    return said(name, "PASS", f"all {len(answers)} rows were predicted{wrong}", **evidence)


def _dropped(result: Result) -> str:
    """The claim fits only the rows that could be read: the others were dropped."""
    if result.claimed is None or agrees(result.claimed, result.scored.value, result.decimals):
        return ""
    given = {k: result.predictions[k] for k in result.answers if k in result.predictions}
    strangers = Counter(text for text in result.said if text is not None and text not in result.kinds)
    mark = strangers.most_common(1)[0][0] if strangers else None
    readings = {
        "have a prediction": list(given),
        "are not empty": [k for k, text in given.items() if text.strip()],
        "could be read": [k for k, text in given.items() if result.readable(text)],
        "do not hold the commonest wrong text": [k for k, text in given.items() if result.read(text) != mark],
    }
    for what, kept in readings.items():
        if not kept or len(kept) == len(result.answers):
            continue
        over = result.score(result.given, {k: result.answers[k] for k in kept}).value
        if agrees(result.claimed, over, result.decimals):
            return (
                f"{result.claimed:.4g} is the score over the {len(kept)} rows that {what}; "
                f"over all {len(result.answers)} it is {result.scored.value:.4g}"
            )
    return ""


def cloned(result: Result) -> Check:
    """Predictions and numbers are this result's own: no other result's, not the answers themselves, no block repeated."""
    name, others = "cloned", {k: v for k, v in result.others.items() if k not in result.twins}
    spoken = [result.predictions.get(key) for key in result.answers]
    if not result.predictions or not result.answers:
        return not_run(name, "there are no predictions to compare")
    same = sorted(key for key, texts in others.items() if dict(texts) == dict(result.predictions))
    evidence: dict[str, object] = {"compared": len(others), "same": same}
    if same:
        wrong = sum(p != a for p, a in zip(result.said, result.true, strict=True))
        kinds = len(set(spoken))
        why = f"every prediction is that of {', '.join(same)}, {wrong} mistakes among them"
        if not wrong:
            return said(name, "PASS", f"{', '.join(same)} predicted the same, and all of it right", **evidence)
        proven = wrong >= SAME_MISTAKES and kinds > 1
        return said(name, "FAIL" if proven else "SUSPECT", why, mistakes=wrong, **evidence)
    if told := _copied(result, spoken):
        return said(name, "SUSPECT", told, **evidence)
    values = {k: v for k, v in result.other_values.items() if k not in result.twins and v == result.scored.value}
    coincidence = result.rule.proportion and len(values) < 2
    if values and not coincidence:
        why = f"{', '.join(sorted(values))} scored the very same {result.scored.value!r}"
        return said(name, "SUSPECT", why, values=sorted(values), **evidence)
    if not others and not result.other_values and not result.train_answers:
        return not_run(name, "there is no other result to compare with; no block of predictions repeats")
    return said(name, "PASS", f"differs from the {len(others) or len(result.other_values)} others given", **evidence)


def _copied(result: Result, spoken: Sequence[str | None]) -> str:
    """Predictions that are the answers to all digits, the training answers in their order, or one block over and over."""
    true = list(result.answers.values())
    n, kinds = len(true), len(set(true))
    told = [s or "" for s in spoken]
    if n >= SAME_MISTAKES and result.train_answers and list(result.train_answers[:n]) == told and told != true:
        return f"the predictions are the first {n} training answers in their order"
    if result.numeric and kinds > max(SAME_MISTAKES, CONTINUOUS * n) and told == true:
        return f"all {n} predicted numbers are the answers to their last digit"
    period = _period(told)
    if not period or _period(true):
        return ""
    shares = [c / n for c in Counter(told).values()]
    by_chance = sum(s * s for s in shares) ** (n - period)
    return f"the predictions repeat every {period} rows, the answers do not" if by_chance < 1e-6 else ""


def _period(words: Sequence[str]) -> int:
    """The shortest block, two rows or more, that repeats to the end at least twice; 0 where none does."""
    border, reach = [0] * len(words), 0
    for i in range(1, len(words)):
        while reach and words[i] != words[reach]:
            reach = border[reach - 1]
        reach += words[i] == words[reach]
        border[i] = reach
    period = len(words) - (border[-1] if border else 0)
    return period if 2 <= period <= len(words) // 2 else 0
