"""How the number came about: what the model was shown, in which mode it answered, what the training cost and opened."""

from __future__ import annotations

import math
import re
from pathlib import PurePath

from lab.checks.smells.limits import DIFFER, FAST, FEW, IN_PROMPT, SAME_NUMBER, SHORT
from lab.checks.smells.measure import paired_p
from lab.checks.smells.result import Result, not_run, said
from lab.stats.metric import Texts
from lab.stats.numbers import parse_number
from state.products import Check
from state.words import CheckResult

CUE = re.compile(r"(?i)\b(?:answer|label|output|gold|target|solution|response)s?\b\s*(?:is|:|=|->)\s*")
"""After these words a prompt gives an answer; one that merely contains its answer may be a passage to read."""
ROLE = re.compile(r"(<\|(?:im_start|start_header_id|begin_of_text|user|bos)\|>\s*\w*\s*|<s>\s*|\[INST\]\s*)\1")
"""A mark of a chat template twice in a row: the template was applied twice."""


def prompt_leak(result: Result) -> Check:
    """No prompt gives its own answer away, and no test row is among the examples shown."""
    name = "prompt_leak"
    shown = sorted((result.examples or frozenset()) & result.answers.keys())
    if shown:
        why = f"{len(shown)} test rows are shown as examples"
        return said(name, "FAIL", why, ids=shown[:20], count=len(shown))
    keys = [k for k in result.answers if k in result.prompts]
    if not keys:
        if result.examples:  # none shown is nothing looked at
            return said(name, "PASS", f"none of the {len(result.examples)} examples shown is a test row")
        return not_run(name, "no prompts and no ids of examples are given")
    own, other = [], []
    for place, key in enumerate(keys):
        given = _given(result.prompts[key])
        own.append(_says(given, result.answers[key]))
        other.append(_says(given, result.answers[keys[(place + 1) % len(keys)]]))
    mine, theirs = sum(own) / len(own), sum(other) / len(other)
    evidence: dict[str, object] = {"own": mine, "other": theirs, "prompts": len(keys)}
    why = f"{mine:.3g} of prompts give their own answer as one, {theirs:.3g} that of another row"
    if mine - theirs > IN_PROMPT and len(keys) >= FEW and paired_p(own, other) < 1e-3:
        return said(name, "FAIL", why, **evidence)
    if mine - theirs > IN_PROMPT:
        return said(name, "SUSPECT", f"{why}; few prompts", **evidence)
    return said(name, "PASS", why, **evidence)


def _given(prompt: str) -> list[str]:
    """What stands after each cue, up to the end of its line."""
    return [prompt[m.end() :].split("\n", 1)[0].strip() for m in CUE.finditer(prompt)]


def _says(given: list[str], answer: str) -> bool:
    wanted = answer.strip().casefold()
    return bool(wanted) and any(re.match(re.escape(wanted) + r"(?!\w)", text.casefold()) for text in given)


def eval_mode(result: Result) -> Check:
    """The same row gets the same prediction again, alone or in a batch; the template is applied once; dropout is off."""
    name = "eval_mode"
    if result.training_mode:
        return said(name, "FAIL", "the model predicted in training mode: dropout was on", training_mode=True)
    doubts: list[tuple[CheckResult, str]] = []
    evidence: dict[str, object] = {"sampled": result.sampled}
    doubled = sum(bool(ROLE.search(text)) for text in result.prompts.values())
    if doubled:
        doubts.append(("FAIL", f"in {doubled} of {len(result.prompts)} prompts the chat template was applied twice"))
    looked = ["mode"] if result.training_mode is False else []
    looked += ["prompts"] if result.prompts else []
    if not result.sampled:
        for what, texts in (("a second time", result.again), ("one at a time", result.alone)):
            if texts is not None and (shared := result.predictions.keys() & texts.keys()):
                looked.append(what)
                doubts += _differ(what, result.predictions, texts, shared, evidence)
        doubts += _same_input(result, looked, evidence)
    if doubts:
        verdict: CheckResult = "FAIL" if any(d[0] == "FAIL" for d in doubts) else "SUSPECT"
        return said(name, verdict, "; ".join(d[1] for d in doubts), **evidence)
    if not looked:
        why = "predictions are drawn, so two passes may differ" if result.sampled else "no second pass is given"
        return not_run(name, why)
    return said(name, "PASS", f"nothing differs ({', '.join(looked)})", **evidence)


def _differ(
    what: str, first: Texts, second: Texts, keys: set[str], evidence: dict[str, object]
) -> list[tuple[CheckResult, str]]:
    differ = sum(not _same(first[k], second[k]) for k in keys)
    evidence[what.replace(" ", "_")] = {"rows": len(keys), "differ": differ}
    if not differ:
        return []
    why = f"{differ} of {len(keys)} rows are predicted otherwise {what}"
    return [("FAIL" if differ > DIFFER * len(keys) and len(keys) >= FEW else "SUSPECT", why)]


def _same(a: str, b: str) -> bool:
    if a.strip() == b.strip():
        return True
    x, y = parse_number(a), parse_number(b)
    return x is not None and y is not None and math.isclose(x, y, rel_tol=SAME_NUMBER, abs_tol=1e-9)


def _same_input(result: Result, looked: list[str], evidence: dict[str, object]) -> list[tuple[CheckResult, str]]:
    """Equal inputs among the test rows with unequal predictions; how they were decoded is not known, so no FAIL."""
    first: dict[str, str] = {}
    repeated = differ = 0
    for key, text in result.predictions.items():
        if (given := result.inputs.get(key)) is None:
            continue
        if given in first:
            repeated += 1
            differ += not _same(first[given], text)
        first.setdefault(given, text)
    if not repeated:
        return []
    looked.append("equal inputs")
    evidence["equal_inputs"] = {"rows": repeated, "differ": differ}
    return (
        [("SUSPECT", f"{differ} of {repeated} rows with an input seen before are predicted otherwise")]
        if differ
        else []
    )


def cost(result: Result) -> Check:
    """The training did what was forecast: it took its time, and something was trained."""
    name = "cost"
    if result.trainable_tokens == 0:
        return said(name, "FAIL", "no token had a gradient: nothing was trained", trainable_tokens=0)
    told = [] if result.trainable_tokens is None else [f"{result.trainable_tokens} tokens had a gradient"]
    planned, actual = result.planned_seconds, result.actual_seconds
    evidence: dict[str, object] = {"planned": planned, "actual": actual, "trainable_tokens": result.trainable_tokens}
    if planned is not None and actual is not None and planned >= SHORT:
        why = f"the training took {actual:.3g} s of the {planned:.3g} s forecast"
        if actual * FAST < planned:
            return said(name, "SUSPECT", f"{why}: over {FAST:g} times faster", **evidence)
        told.append(why)
    if not told:
        short = planned is not None and actual is not None
        return not_run(name, "the training is too short to judge" if short else "time and trained tokens are not given")
    return said(name, "PASS", "; ".join(told), **evidence)


def file_access(result: Result) -> Check:
    """The training opened nothing that belongs to the test."""
    name = "file_access"
    if result.opened is None:
        if result.walled:
            return said(name, "PASS", "a sandbox kept the answers out of reach of every process", walled=True)
        return not_run(name, "what the training opened was not recorded, and no sandbox kept the answers away")
    places = [PurePath(place) for place in result.forbidden]
    if not places:
        return not_run(name, "it is not said which files are out of bounds")
    caught = sorted(f for f in result.opened if any(PurePath(f).is_relative_to(place) for place in places))
    evidence: dict[str, object] = {"opened": len(result.opened), "caught": caught[:20]}
    if caught:
        return said(name, "FAIL", f"the training opened {len(caught)} files of the test: {caught[0]}", **evidence)
    wall = {True: "and a sandbox kept them out of reach", False: "unprotected: no sandbox kept them out of reach",
            None: "it is not known whether a sandbox kept them out of reach"}[result.walled]  # fmt: skip
    why = f"the harness saw no process reach for the sealed answers; {wall}"
    return said(name, "PASS", why, **evidence, walled=result.walled)
