"""A stage that thinks with tools: an agent works in a thread of its own while the wrapper hears stop requests and the clock.

thought = yield from ponder(desk, Choice, evidence, tools, check, role="judging")
if thought.choice is None: ...   # the playbook decides; why stands in the journal already
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from lab.model.agent import Caps, Thought, think
from lab.model.helm import Role
from lab.model.question import task
from lab.model.tool import Tool
from nodes.desk import Desk, Wait
from nodes.folders import TOOLS_FILE
from prompts import load, system

T = TypeVar("T", bound=BaseModel)

AT_ONCE = 3
"""Agents side by side: more would meet the rate limits of providers and sources, and gain little over waiting."""

EVERY = 0.05
"""Seconds between two looks at an agent that works."""

LOOK = 60.0
"""Seconds after which the wrapper comes back even so."""


@dataclass(frozen=True)
class Pondering(Generic[T]):
    """One question for an agent of its own."""

    schema: type[T]
    evidence: Mapping[str, Any]
    tools: Sequence[Tool] = ()
    check: Callable[[T], str | None] | None = None
    role: Role = "judging"
    prompt: str | None = None
    """The whole system prompt; unsaid, the stage's own page."""
    caps: Caps | None = None
    part: str = ""
    """Which of the stage's questions this is; it names the agent's records."""


def ponder(
    desk: Desk, schema: type[T], evidence: dict[str, Any], tools: Sequence[Tool], check: Callable[[T], str | None] | None,
    *, role: Role, prompt: str | None = None, caps: Caps | None = None, part: str = "",
) -> Generator[Wait, None, Thought[T]]:  # fmt: skip
    """One question to one agent. Its decision, what it cost and what went wrong are in the journal when it returns."""
    thoughts = yield from ponder_all(desk, [Pondering(schema, evidence, tools, check, role, prompt, caps, part)])
    return thoughts[0]


def ponder_all(desk: Desk, questions: Sequence[Pondering[T]]) -> Generator[Wait, None, list[Thought[T]]]:
    """Several at once, each with a context of its own; their thoughts come in the order of the questions."""
    if desk.helm is None:
        raise RuntimeError(f"{desk.stage} has no model to ask; look at desk.helm first")
    minds = [_Mind(desk, one, _name(desk, one, questions[:at])) for at, one in enumerate(questions)]
    for one in questions:
        desk.chat(one.role)  # before any of them asks: opening one settles what a killed process left behind
    try:
        yield from _let_work(minds)
    finally:
        for mind in minds:
            mind.stopped.set()
    for mind in minds:
        _write_down(desk, mind)
    for mind in minds:
        if mind.wrong is not None:
            raise mind.wrong
    return [mind.came_to() for mind in minds]


def _let_work(minds: Sequence[_Mind[T]]) -> Generator[Wait, None, None]:
    """Start as many as may work at once, and another whenever one is done; the first trouble starts no more."""
    waiting = list(minds)
    while True:
        at_work = [mind for mind in minds if mind.at_work]
        if any(mind.wrong is not None for mind in minds):
            waiting = []
            for mind in at_work:
                mind.stopped.set()
        for mind in waiting[: AT_ONCE - len(at_work)]:
            mind.start()
            waiting.remove(mind)
            at_work.append(mind)
        if not at_work:
            return
        yield Wait((), LOOK, partial(_any_done, tuple(at_work)), EVERY)


def _any_done(minds: Sequence[_Mind[Any]]) -> bool:
    return any(mind.done.is_set() for mind in minds)


@dataclass
class _Mind(Generic[T]):
    """One agent and its thread."""

    desk: Desk
    question: Pondering[T]
    name: str
    stopped: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    thought: Thought[T] | None = None
    wrong: BaseException | None = None

    @property
    def at_work(self) -> bool:
        return self.thread is not None and not self.done.is_set()

    def start(self) -> None:
        """A daemon: when the run ends in the middle of a call, nobody waits for the answer."""
        context = contextvars.copy_context()
        self.thread = threading.Thread(target=context.run, args=(self._work,), name=f"mind {self.name}", daemon=True)
        self.thread.start()

    def _work(self) -> None:
        try:
            self.thought = self._think()
        except BaseException as wrong:  # noqa: BLE001  raised again in the stage, where someone can hear it
            self.wrong = wrong
        finally:
            self.done.set()

    def _think(self) -> Thought[T]:
        desk, asked = self.desk, self.question
        return think(
            desk.chat(asked.role),
            system=asked.prompt if asked.prompt is not None else system(desk.stage),
            human=task(desk.stage, dict(asked.evidence)),
            tools=asked.tools, schema=asked.schema, check=asked.check, caps=asked.caps or Caps(),
            journal=desk.workspace / TOOLS_FILE, stopped=self.stopped,
            on_token=partial(desk.stream, part=asked.part),
            on_act=self._tell, visit=f"{desk.journal.step} {self.name}", summing_up=load("compaction"),
        )  # fmt: skip

    def _tell(self, act: str) -> None:
        who = " ".join(filter(None, [self.desk.stage, self.question.part]))
        self.desk.say(f"tool {who}: {act}")

    def came_to(self) -> Thought[T]:
        assert self.thought is not None
        return self.thought


def _name(desk: Desk, one: Pondering[Any], before: Sequence[Pondering[Any]]) -> str:
    """The same for the same question of a visit that is begun again: stage, part, and how many of it there were."""
    asked = sum(record["kind"] == "mind" and record["part"] == one.part for record in desk.journal.written)
    return " ".join(
        filter(None, [desk.stage, one.part, str(1 + asked + sum(other.part == one.part for other in before))])
    )


def _write_down(desk: Desk, mind: _Mind[T]) -> None:
    """What an agent did and decided, in the journal; that it decided nothing is a fallback, and said."""
    thought, asked = mind.thought, mind.question
    if thought is None:
        return
    record = {**thought.record(), "model": thought.model or desk.chat(asked.role).model}
    desk.journal.write("mind", stage=desk.stage, part=asked.part, role=asked.role, **record)
    if thought.usage.usd is None:
        desk.fallback(f"{desk.stage}: the price of {record['model']}", "it is not known, so its cost is not counted")
    if thought.choice is not None:
        choice = thought.choice.model_dump(mode="json")
        told = {"why": thought.why, "choice": choice, "model": record["model"], "tries": record["tries"]}
        desk.journal.write("decision", stage=desk.stage, part=asked.part, by="model", usage=record["usage"], **told)
        return
    desk.unanswered = str(record["model"])
    if thought.ended == "stopped":
        return
    if thought.ended in ("run_cap", "budget"):
        desk.ran_out("calls" if thought.ended == "run_cap" else "budget", thought.why)
        return
    what = " ".join(filter(None, [f"{desk.stage}: {record['model']}", asked.part]))
    desk.fallback(what, f"{thought.ended.replace('_', ' ')}: {thought.why}; it came to no answer that could be used")
    desk.say(f"{what} came to no answer ({thought.ended.replace('_', ' ')}); the playbook decides")
