"""A mind that can be asked: through LiteLLM, with every paid answer kept so that a killed stage doesn't pay twice."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from lab.ledger.files import append_line, read_lines
from lab.model.trouble import ProviderTrouble, sort_trouble
from lab.net.deadline import within
from state.errors import UserError

REPLIES = "replies.jsonl"
"""In the run's folder: every question as the model saw it, every answer, and what it cost."""


@dataclass(frozen=True)
class Reply:
    """What a mind said. `usd` is None when the price isn't known, never a guess."""

    text: str
    tokens_in: int
    tokens_out: int
    usd: float | None
    replayed: bool = False
    """It was paid for before; this time it cost nothing."""


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


@dataclass
class LiteLLMMind:
    """Any model LiteLLM knows, asked once per `ask`: waiting and asking again is the caller's."""

    model_id: str
    timeout: float = 120.0
    """Seconds a whole answer may take, however slowly it drips."""

    @property
    def name(self) -> str:
        return self.model_id

    def ask(self, system: str, human: str) -> Reply:
        chat = self._chat
        from openai import OpenAIError  # the family every LiteLLM exception belongs to

        try:
            message = within(self.timeout, lambda: chat.invoke([("system", system), ("human", human)]))
        except TimeoutError as late:
            line = f"model {self.model_id}: no whole answer in {self.timeout:g} s"
            raise ProviderTrouble(line, passing=True) from late
        except OpenAIError as wrong:
            raise sort_trouble(wrong, self.model_id) from wrong
        usage = message.usage_metadata or {}
        tokens_in, tokens_out = int(usage.get("input_tokens", 0)), int(usage.get("output_tokens", 0))
        price = message.response_metadata.get("response_cost") if tokens_in + tokens_out else None
        return Reply(plain(message.text), tokens_in, tokens_out, None if price is None else float(price))

    @cached_property
    def _chat(self) -> Any:
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else importing it fetches prices from the network
        os.environ.setdefault("LITELLM_MODE", "PRODUCTION")  # else importing it reads any .env above it
        import litellm
        from langchain_litellm import ChatLiteLLM

        litellm.suppress_debug_info = True  # it prints its own advice on every error
        return ChatLiteLLM(
            model=self.model_id,
            api_base=api_base(self.model_id),
            request_timeout=self.timeout,
            model_kwargs={"max_retries": 0},
        )


def api_base(model_id: str) -> str | None:
    """Where the environment says the model is: `OPENAI_API_BASE`, `OLLAMA_API_BASE` ..., named after its provider."""
    provider = model_id.partition("/")[0].upper() if "/" in model_id else "OPENAI"
    return os.environ.get(f"{provider}_API_BASE") or os.environ.get(f"{provider}_BASE_URL")


@dataclass
class Replay:
    """Answers a question it has an answer to from its file, and asks the mind behind it otherwise."""

    path: Path
    mind: Mind
    known: dict[str, dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.known = {line["key"]: line for line in read_lines(self.path)}

    @property
    def name(self) -> str:
        return self.mind.name

    def ask(self, system: str, human: str) -> Reply:
        key = hashlib.sha256(json.dumps([self.name, system, human]).encode()).hexdigest()
        if key in self.known:
            old = self.known[key]
            return Reply(old["text"], old["tokens_in"], old["tokens_out"], old["usd"], replayed=True)
        reply = self.mind.ask(system, human)
        line = {
            "t": round(time.time(), 3), "key": key, "model": self.name, "system": system, "human": human,
            "text": reply.text, "tokens_in": reply.tokens_in, "tokens_out": reply.tokens_out, "usd": reply.usd,
        }  # fmt: skip
        append_line(self.path, line)
        self.known[key] = line
        return reply


def open_mind(model_id: str, workspace: Path) -> Mind:
    """The model of a run, remembering its answers in the run's folder. Nothing heavy is imported until it is asked."""
    if not model_id.strip():
        raise UserError(
            "no model is named; give a LiteLLM id such as openai/NAME, or none at all to let the playbook decide"
        )
    return Replay(workspace / REPLIES, LiteLLMMind(model_id.strip()))


def spent(workspace: Path) -> Usage:
    """What a run has paid its model for, each answer once, whatever was killed in between."""
    total = Usage()
    for line in read_lines(workspace / REPLIES):
        total = total.plus(Reply(line["text"], line["tokens_in"], line["tokens_out"], line["usd"]))
    return total


def plain(text: str) -> str:
    """Text that can be written down: half characters become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
