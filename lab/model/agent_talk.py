"""What one conversation knows of itself: what was asked, what was done, what it cost, and whether it is over."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from lab.model.agent import Caps, Ended, Seconds, Thought
from lab.model.compaction import WINDOW
from lab.model.mind import NOTHING, Reply, Usage
from lab.model.repetition import Act, hashed
from lab.model.tool import Tool
from lab.model.toolwork import Outcome, ToolJournal

T = TypeVar("T", bound=BaseModel)


class Over(Exception):
    """The conversation ends here, without an answer."""

    def __init__(self, ended: Ended, why: str) -> None:
        super().__init__(why)
        self.ended, self.why = ended, why


@dataclass(frozen=True)
class Asked(Generic[T]):
    system: str
    human: str
    schema: type[T]
    check: Callable[[T], str | None] | None
    tools: Mapping[str, Tool]
    caps: Caps
    summing_up: str
    on_token: Callable[[str], None] | None
    on_act: Callable[[str], None] | None = None
    """Hears of each tool call before it is carried out."""


@dataclass(frozen=True)
class Call:
    """One tool call of a reply, as it can be read."""

    id: str
    name: str
    args: dict[str, Any]
    unfit: str = ""
    """Why it can't be carried out: its arguments are no JSON, or were cut off."""


@dataclass
class Turn:
    """A reply's calls while they are carried out: in their order, or side by side where all of them only read."""

    calls: tuple[Call, ...] = ()
    together: bool = False
    going_on: Mapping[str, Act] = field(default_factory=dict)
    """Of each call that would go on with a loop, what came back the last time."""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    cause: BaseException | None = None
    """Why the rest of the turn is not carried out."""
    ready: threading.Condition = field(default_factory=threading.Condition)

    def place(self, id_: str) -> Call:
        return next(call for call in self.calls if call.id == id_)

    def wait_for(self, id_: str) -> None:
        """Until the calls before this one are done."""
        before = [] if self.together else [call.id for call in self.calls[: self.calls.index(self.place(id_))]]
        with self.ready:
            self.ready.wait_for(lambda: self.cause is not None or all(one in self.outcomes for one in before))
        if self.cause is not None:
            raise self.cause

    def done(self, id_: str, outcome: Outcome, seconds: float) -> None:
        with self.ready:
            self.seconds[id_] = seconds
            self.outcomes[id_] = outcome
            self.ready.notify_all()

    @property
    def took(self) -> float:
        return (max if self.together else sum)(self.seconds.values() or [0.0])

    def give_up(self, cause: BaseException) -> None:
        with self.ready:
            self.cause = self.cause or cause
            self.ready.notify_all()


@dataclass
class Talk(Generic[T]):
    """Changed by the agent's middleware, one step after the other."""

    asked: Asked[T]
    chat: BaseChatModel
    stopped: threading.Event
    path: Path
    visit: str
    choice: T | None = None
    over: Over | None = None
    calls: int = 0
    usage: Usage = NOTHING
    model: str = ""
    notes: str = ""
    tries: list[str] = field(default_factory=list)
    history: list[Act] = field(default_factory=list)
    used: Counter[str] = field(default_factory=Counter)
    ids: set[str] = field(default_factory=set)
    turn: Turn = field(default_factory=Turn)
    began: float = field(default_factory=time.monotonic)
    model_seconds: float = 0.0
    tool_seconds: float = 0.0
    reply_tokens: int | None = None
    """Of one reply, once a model has said that the question and its answer together do not fit."""
    objections: int = 0
    """Answers that went back."""
    useless: int = 0
    """Replies in a row out of which nothing could be done."""

    @cached_property
    def journal(self) -> ToolJournal:
        asked = [self.visit, self.asked.system, self.asked.human, self.asked.schema.__name__]
        return ToolJournal(self.path, f"{self.visit}#{hashed(asked)}")

    @property
    def tokens_out(self) -> int:
        """Tokens of the next reply at most."""
        known = (self.asked.caps.tokens_out, self.reply_tokens, getattr(self.chat, "most_out", None))
        return min(one for one in known if one)

    @property
    def window(self) -> int:
        """Tokens the model reads at most, as far as somebody knows."""
        known = self.asked.caps.window or getattr(self.chat, "window", None)
        return int(known or (self.chat.profile or {}).get("max_input_tokens") or WINDOW)

    def check_stop(self) -> None:
        if self.stopped.is_set():
            raise Over("stopped", "the run was asked to stop")

    def may_ask(self) -> None:
        """Before every question to the model: is there one left, and is it still wanted?"""
        self.check_stop()
        if self.left <= 0:
            most = self.asked.caps.calls
            raise Over("stage_cap", f"the stage's cap of {most} replies is reached and there is no answer")

    @property
    def left(self) -> int:
        return self.asked.caps.calls - self.calls

    def answered(self, message: AIMessage) -> None:
        """One more reply, and what it cost."""
        self.calls += 1
        about = message.response_metadata
        bill = about.get("paid") or {"usd": about.get("response_cost"), "how": "asked"}
        used: Mapping[str, Any] = message.usage_metadata or {}
        reply = Reply(
            "", int(used.get("input_tokens", 0)), int(used.get("output_tokens", 0)), bill["usd"], bill["how"] != "asked"
        )
        self.usage = self.usage.plus(reply)
        self.model = str(about.get("model_name") or self.model)

    def wrong(self, said: str) -> None:
        """Something went wrong on the way: for the record."""
        self.tries.append(f"reply {self.calls}: {said}"[:400])

    def thought(self) -> Thought[T]:
        over = self.over or Over("answered", str(vars(self.choice).get("why", "")) if self.choice else "")
        return Thought(
            choice=None if self.over else self.choice, ended=over.ended, why=over.why, calls=self.calls,
            tool_calls=sum(self.used.values()), usage=self.usage, tries=tuple(self.tries), notes=self.notes,
            tools=tuple(sorted(self.used.items())), model=self.model,
            took=Seconds(time.monotonic() - self.began, self.model_seconds, self.tool_seconds),
        )  # fmt: skip
