"""Every judgement is a typed decision: by the model if there is one and it answers well, by the playbook otherwise.

Nothing here computes a number of record; a schema that asked a model for one would be wrong already.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from lab.model.answer import BadAnswer, read_answer
from lab.model.asserted import shown_only
from lab.model.mind import NOTHING, Mind, Reply, Usage
from lab.model.question import Refused, question
from lab.model.trouble import LONGEST_WAIT, BudgetSpent, CallsSpent, ProviderTrouble

T = TypeVar("T", bound=BaseModel)

LATE = 2
"""Answers that took all their time, before the playbook decides."""


@dataclass(frozen=True)
class Patience:
    """How often a bad answer goes back, and how many seconds are waited before a failing provider is asked again."""

    repairs: int = 2
    waits: tuple[float, ...] = (1.0, 5.0, 20.0)
    seconds: float = 240.0
    """After which nothing more is asked: a judgement that takes longer is dearer than the rule's."""


@dataclass(frozen=True)
class Decided(Generic[T]):
    """A choice, who made it and why, and everything that went wrong on the way."""

    choice: T
    by: Literal["model", "playbook"]
    why: str
    tries: tuple[str, ...] = ()
    """What was wrong with each answer, or with the provider; in order."""
    usage: Usage = NOTHING
    """What it cost now; answers replayed from the run's folder cost nothing again."""
    model: str = ""
    """Who was asked, also when the playbook had to decide."""
    ran_out: str = ""
    """Of what the run has no more, so that its model was not asked: calls or budget."""

    @property
    def fell_back(self) -> bool:
        """A model was there, and the playbook had to decide: the report says so."""
        return self.by == "playbook" and bool(self.model)

    def record(self) -> dict[str, Any]:
        """Plain JSON for the journal."""
        return {
            "by": self.by, "why": self.why, "choice": self.choice.model_dump(mode="json"),
            "model": self.model, "tries": list(self.tries), "usage": self.usage.to_json(),
        }  # fmt: skip


def decide(
    stage: str,
    schema: type[T],
    evidence: dict[str, Any],
    playbook: Callable[[], tuple[T, str]],
    mind: Mind | None,
    prompt: str,
    check: Callable[[T], str | None] | None = None,
    *,
    patience: Patience = Patience(),
    told: Callable[[str], None] = lambda line: None,
) -> Decided[T]:
    """One judgement. `check` says what is wrong with a choice that fits the schema; `prompt` is the system message.

    `told` hears of each trouble that is waited out.
    """
    if "why" not in schema.model_fields:
        raise TypeError(f"{schema.__name__} has no field `why`; a decision without its reason is not recorded")
    if mind is None:
        choice, why = playbook()
        return Decided(choice, "playbook", why)
    talk = _Talk(mind, prompt, patience, told)
    chosen = talk.consult(stage, schema, evidence, check)
    if chosen is not None:
        return Decided(chosen, "model", _why(chosen), tuple(talk.tries), talk.usage, mind.name)
    choice, why = playbook()
    return Decided(choice, "playbook", why, tuple(talk.tries), talk.usage, mind.name, talk.ran_out)


@dataclass
class _Talk:
    """One decision's conversation, keeping count of what went wrong and what it cost."""

    mind: Mind
    system: str
    patience: Patience
    told: Callable[[str], None]
    began: float = field(default_factory=time.monotonic)
    tries: list[str] = field(default_factory=list)
    usage: Usage = NOTHING
    ran_out: str = ""

    def consult(
        self, stage: str, schema: type[T], evidence: dict[str, Any], check: Callable[[T], str | None] | None
    ) -> T | None:
        """The model's choice, or None when its answers or its provider were no good."""
        refused, rounds = None, 1 + self.patience.repairs
        for attempt in range(1, rounds + 1):
            reply = self._ask(question(stage, evidence, schema, refused))
            if reply is None:
                return None
            try:
                choice, struck = shown_only(_accepted(reply.text, schema, check), [question(stage, evidence, schema)])
            except BadAnswer as wrong:
                self.tries.append(f"answer {attempt} of {rounds}: {wrong}")
                refused = Refused(reply.text, str(wrong), attempt, rounds)
            else:
                if struck:
                    self.tries.append(f"struck from its words, since nothing had shown it: {', '.join(struck)}")
                return choice
        return None

    def _ask(self, human: str) -> Reply | None:
        """Asks, and asks again while the trouble is of a passing kind and patience lasts."""
        waits, late = iter(self.patience.waits), 0
        while True:
            if time.monotonic() - self.began > self.patience.seconds:
                self.tries.append(f"{self.patience.seconds:.0f} s are over, and nothing more is asked")
                return None
            try:
                reply = self.mind.ask(self.system, human)
            except (CallsSpent, BudgetSpent) as wrong:
                self.tries.append(str(wrong))
                self.ran_out = "calls" if isinstance(wrong, CallsSpent) else "budget"
                return None
            except ProviderTrouble as wrong:
                self.tries.append(str(wrong))
                wait, late = next(waits, None), late + wrong.late
                if not wrong.passing or wait is None or late >= LATE or (wrong.after or 0.0) > LONGEST_WAIT:
                    return None
                self.told(f"{wrong}; asked again")
                time.sleep(max(wait, wrong.after or 0.0))
            else:
                self.usage = self.usage.plus(reply)
                return reply


def _accepted(text: str, schema: type[T], check: Callable[[T], str | None] | None) -> T:
    choice = read_answer(text, schema)
    if not _why(choice).strip():
        raise BadAnswer("why: is empty; say what in the evidence led you there")
    objection = check(choice) if check else None
    if objection:
        raise BadAnswer(objection)
    return choice


def _why(choice: BaseModel) -> str:
    return str(vars(choice)["why"])
