"""What a task's sentence says, read by a model where there is one: only what the sentence itself holds gets through."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lab.data.builtin import BUILTIN
from lab.recipes.registry import recipes
from lab.stats.scorers import METRICS
from nodes.claims import HOW, read_claim
from nodes.completion import TOPICS, complete
from nodes.desk import Desk
from nodes.judging import judge
from state.brief import Brief
from state.brief_rules import FRACTIONS
from state.errors import UserError

NUMBER = re.compile(r"\d+(?:\.\d+)?")


class Understood(BaseModel):
    """What the task leaves to be read; null where it does not say."""

    model_config = ConfigDict(extra="forbid")
    data: str | None = Field(None, description="a built-in data set that fits, or a file or Hub id the task names")
    method: str | None = Field(None, description="a method of the bundled recipes that fits, or one the task names")
    metric: str | None = Field(None, description="one of the metrics that are shown")
    target: float | None = Field(None, description="only a number that the task gives, as a fraction")
    claim: str | None = Field(None, description="only words of the task, repeated to the letter")
    why: str


def understood(asked: Brief, desk: Desk, refused: str, rejected: int) -> Brief:
    """The brief with the gaps filled that the task's sentence can fill; what the person wrote stands."""
    if desk.mind is None or all(getattr(asked, key) is not None for key in ("data", "method", "metric")):
        return asked
    evidence = {
        "task": asked.task, "given": {k: v for k, v in asked.to_json().items() if v not in (None, [], {}, "")},
        "built_in_data": {name: TOPICS.get(name, ()) for name in sorted(BUILTIN)},
        "methods": {spec.method: spec.fits for spec in recipes().values()},
        "metrics": {name: rule.direction for name, rule in sorted(METRICS.items())}, "refused_before": refused,
    }  # fmt: skip
    made = judge(
        desk, Understood, evidence, lambda: _by_rule(asked, rejected), lambda said: objection(asked.task, said)
    )
    said = made.choice
    filled: dict[str, Any] = {
        key: getattr(said, key)
        for key in ("data", "method", "metric", "target", "claim")
        if getattr(asked, key) is None and getattr(said, key) is not None
    }
    return asked.model_copy(update=filled)


def _by_rule(asked: Brief, rejected: int) -> tuple[Understood, str]:
    full = complete(asked, rejected, mind=True)
    why = "the task's words, by rule"
    return Understood(data=full.data, method=full.method, metric=full.metric, why=why), why


def objection(task: str, said: Understood) -> str | None:
    """Nothing but what the sentence or the laboratory holds: a number or a name of its own making goes back."""
    words = task.casefold()
    if said.metric is not None and said.metric not in METRICS:
        return f"metric {said.metric!r} is not known; known are {', '.join(sorted(METRICS))}"
    if said.data is not None and said.data not in BUILTIN and said.data.casefold() not in words:
        return f"data {said.data!r} is neither built in nor named in the task; leave it null and it will be looked for"
    if said.method is not None and said.method not in _methods() and said.method.casefold() not in words:
        return f"method {said.method!r} is neither a recipe's ({', '.join(_methods())}) nor named in the task; leave it null"
    if said.target is not None and not _given(said.target, task):
        return f"the task gives no number {said.target:g}; a target is never made up, so leave it null"
    if said.target is not None and said.target > 1 and (said.metric or "") in FRACTIONS:
        return f"{said.metric} is a fraction: write the target as {said.target / 100:g}"
    if said.claim is not None:
        if " ".join(said.claim.casefold().split()) not in " ".join(words.split()):
            return "the claim does not stand in the task word for word"
        try:
            readable = read_claim(said.claim, said.metric) is not None
        except UserError as wrong:
            return str(wrong)
        return None if readable else f"no rule can read this claim; {HOW}; else leave it null"
    return None


def _methods() -> list[str]:
    return sorted({spec.method for spec in recipes().values()})


def _given(value: float, task: str) -> bool:
    """As a fraction or as a percentage."""
    numbers = [float(number) for number in NUMBER.findall(task)]
    return any(abs(number - wanted) < 1e-9 for number in numbers for wanted in (value, 100 * value))
