"""A mind that can be asked one question and answers in words; what an answer cost, and a run's answers together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lab.ledger.files import read_lines
from lab.ledger.ledger import Ledger
from lab.model.helm import Helm
from state.errors import UserError

if TYPE_CHECKING:
    from lab.model.chat import PaidChat

REPLIES = "replies.jsonl"
"""In the run's folder: every paid answer, see `replies.py`."""
MOST_CALLS = 300
"""Model calls of one run, if its brief sets no limit: several times what the largest study's stages may make."""


@dataclass(frozen=True)
class Reply:
    """What a mind said. `usd` is None when the price isn't known, never a guess."""

    text: str
    tokens_in: int
    tokens_out: int
    usd: float | None
    replayed: bool = False
    """It was paid for before, by this run or another; this time it cost nothing."""


@dataclass(frozen=True)
class Usage:
    """What answers cost. One answer of unknown price makes the sum unknown."""

    asked: int = 0
    replayed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float | None = 0.0

    def plus(self, reply: Reply) -> Usage:
        if reply.replayed:
            return Usage(self.asked, self.replayed + 1, self.tokens_in, self.tokens_out, self.usd)
        usd = None if self.usd is None or reply.usd is None else self.usd + reply.usd
        return Usage(
            self.asked + 1, self.replayed, self.tokens_in + reply.tokens_in, self.tokens_out + reply.tokens_out, usd
        )

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


NOTHING = Usage()


class Mind(Protocol):
    """Whoever answers a question in words. `ask` raises EnvironmentTrouble or ProviderTrouble."""

    @property
    def name(self) -> str: ...

    def ask(self, system: str, human: str) -> Reply: ...


class ChatMind:
    """A paid chat model that is asked one question at a time; waiting and asking again is the caller's."""

    def __init__(self, name: str, chat: Callable[[], PaidChat]) -> None:
        self.name, self._open = name, chat

    def ask(self, system: str, human: str) -> Reply:
        from lab.model.asking import MOST_OUT
        from lab.model.trouble import ContextOverflow

        said = [("system", system), ("human", human)]
        bound: dict[str, Any] = (
            {"max_tokens": MOST_OUT} if self._chat.free else {}
        )  # what costs has its bound; what is free has no end
        try:
            message = self._chat.invoke(said, **bound)
        except ContextOverflow:
            if not bound:
                raise
            message = self._chat.invoke(said)  # so much beside the question is beyond its window: it gives what is left
        told = message.response_metadata["paid"]
        tokens_in, tokens_out = told["tokens"]
        return Reply(str(message.text), tokens_in, tokens_out, told["usd"], replayed=told["how"] != "asked")

    @cached_property
    def _chat(self) -> PaidChat:
        return self._open().model_copy(update={"waits": ()})


def open_mind(model_id: str, workspace: Path, ledger: Ledger | None = None) -> Mind:
    """A model that remembers its answers in the run's folder. Nothing heavy is imported until it is asked."""
    model = model_id.strip()
    if not model:
        raise UserError(
            "no model is named; give a LiteLLM id such as openai/NAME, or none at all to let the playbook decide"
        )

    def chat() -> PaidChat:
        from lab.model.chat import open_chat

        books = ledger or Ledger(workspace / "ledger.jsonl")
        helm = Helm(model)
        return open_chat(helm, "judging", home=workspace, workspace=workspace, ledger=books, most_calls=MOST_CALLS)

    return ChatMind(model, chat)


def spent(workspace: Path) -> Usage:
    """What a run has paid its model for, each answer once, whatever was killed in between."""
    total = Usage()
    for line in read_lines(workspace / REPLIES):
        replayed = line.get("how") == "cached"
        total = total.plus(Reply("", line["tokens_in"], line["tokens_out"], line["usd"], replayed))
    return total


def plain(text: str) -> str:
    """Text that can be written down: half characters become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
