"""An agent that works with tools until it has an answer that fits: asked, bounded, replayed after a crash."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from lab.model.mind import Usage
from lab.model.tool import Tool

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

T = TypeVar("T", bound=BaseModel)

Ended = Literal[
    "answered", "stage_cap", "run_cap", "repeating", "bad_answers", "refused", "provider", "budget", "stopped"
]
"""Why the agent has stopped; all but the first leave the decision to the playbook."""

SUBMIT = "submit"
"""The tool whose arguments are the answer."""


@dataclass(frozen=True)
class Caps:
    """What one agent may use."""

    calls: int = 40
    """Replies of the model, those that sum up included."""
    repairs: int = 3
    """How often an answer goes back, and how many replies in a row may be of no use."""
    tokens_out: int = 8_000
    """Of one reply: an endless one ends there."""
    window: int | None = None
    """Tokens the model sees, where it is known better than by its own profile."""


@dataclass(frozen=True)
class Seconds:
    """Where the time went: in all, waiting for the model, in tools; the rest is ours."""

    all: float = 0.0
    model: float = 0.0
    tools: float = 0.0

    @property
    def own(self) -> float:
        return max(0.0, self.all - self.model - self.tools)


@dataclass(frozen=True)
class Thought(Generic[T]):
    """What an agent came to: its choice, or None and why there is none."""

    choice: T | None
    ended: Ended
    why: str
    calls: int
    tool_calls: int
    usage: Usage
    tries: tuple[str, ...]
    """What was wrong on the way, in order; bounded answers, failing providers, loops."""
    notes: str = ""
    """The last words of the model besides its calls."""
    tools: tuple[tuple[str, int], ...] = ()
    """How often each tool was called."""
    model: str = ""
    """Who answered last."""
    took: Seconds = Seconds()

    def record(self) -> dict[str, Any]:
        """Plain JSON for the journal: the stage's `mind` record."""
        return {
            "model": self.model, "ended": self.ended, "why": self.why, "calls": self.calls, "tools": dict(self.tools),
            "usage": self.usage.to_json(), "tries": list(self.tries),
            "seconds": {name: round(value, 4) for name, value in vars(self.took).items()},
        }  # fmt: skip


def think(
    chat: BaseChatModel,
    *,
    system: str,
    human: str,
    tools: Sequence[Tool],
    schema: type[T],
    check: Callable[[T], str | None] | None,
    caps: Caps,
    journal: Path,
    stopped: threading.Event,
    on_token: Callable[[str], None] | None,
    on_act: Callable[[str], None] | None = None,
    visit: str = "",
    summing_up: str = "",
) -> Thought[T]:
    """Let the model work until it submits an answer that fits `schema` and passes `check`, or a bound is reached.

    `journal` is the run's file of tool results and `visit` names this conversation in it, so that a conversation begun
    again carries out nothing twice. `summing_up` says how a long conversation is summed up; without it old results are
    taken out and nothing is paid.
    Raises EnvironmentTrouble when a person has to act.
    """
    from lab.model.agent_loop import converse
    from lab.model.agent_talk import Asked, Talk

    names = [tool.name for tool in tools]
    if SUBMIT in names or len(set(names)) < len(names):
        raise TypeError(f"tools need names of their own, and none may be {SUBMIT!r}: {', '.join(names)}")
    asked = Asked(system, human, schema, check, {tool.name: tool for tool in tools}, caps, summing_up, on_token, on_act)
    return converse(Talk(asked, chat, stopped, journal, visit))
