"""An agent over the scripted model: real HTTP, LiteLLM's own client, the paid chat; tools that note what they were asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, ConfigDict, Field

from lab.ledger.ledger import Ledger
from lab.model.agent import Caps, Thought, think
from lab.model.chat import PaidChat, open_chat
from lab.model.helm import Helm
from lab.model.tool import Tool
from tests.scripted.server import Call, Reply, Scripted, calls


class Search(BaseModel):
    model_config = ConfigDict(extra="forbid")
    query: str = Field(description="what to look for")
    most: int = 5


class Nothing(BaseModel):
    pass


class Pick(BaseModel):
    """What the agent hands in."""

    model_config = ConfigDict(extra="forbid")
    pick: str
    why: str


GOOD = calls("submit", {"pick": "a", "why": "the page says so"})


def called(tool: str, args: dict[str, Any] | str, id_: str) -> Reply:
    """One call with an id of the script's own."""
    made = calls(tool, args).calls[0]
    return Reply(None, (Call(made.tool, made.args, id_),))


PLAIN = Caps()


@dataclass
class Bench:
    """One agent's surroundings."""

    model: Scripted
    folder: Path
    ran: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    waits: tuple[float, ...] = ()

    def chat(self, most_calls: int = 300, visit: str = "1") -> PaidChat:
        helm = Helm("openai/scripted", base_url=self.model.url)
        ledger = Ledger(self.folder / "ledger.jsonl")
        made = open_chat(
            helm, "judging", home=self.folder, workspace=self.folder, ledger=ledger, most_calls=most_calls, visit=visit
        )
        made.waits = self.waits
        return made

    def tool(
        self, name: str, answer: Callable[[Any], str], takes: type[BaseModel] = Search, writes: bool = False
    ) -> Tool:
        def run(args: BaseModel) -> str:
            self.ran.append(f"{name} {' '.join(str(v) for v in args.model_dump().values())}".strip())
            return answer(args)

        return Tool(name, f"{name}: for this test", takes, run, writes)

    def search(self) -> Tool:
        return self.tool("search", lambda args: f"found {args.query}")

    def think(
        self, *tools: Tool, check: Callable[[Pick], str | None] | None = None, caps: Caps = PLAIN, heard: bool = False,
        summing_up: str = "", chat: BaseChatModel | None = None, visit: str = "1",
    ) -> Thought[Pick]:  # fmt: skip
        return think(
            chat or self.chat(visit=visit), system="You work with tools.", human="Which one?", tools=tools or (self.search(),),
            schema=Pick, check=check, caps=caps, journal=self.folder / "tools.jsonl", stopped=self.stopped,
            on_token=self.tokens.append if heard else None, visit=visit, summing_up=summing_up,
        )  # fmt: skip

    def sent(self, at: int = -1) -> list[dict[str, Any]]:
        """The conversation as the provider was last sent it."""
        return list(self.model.requests[at]["messages"])

    def last_words(self, at: int = -1) -> str:
        return str(self.sent(at)[-1]["content"])


def paired(messages: list[dict[str, Any]]) -> bool:
    """Is every call answered exactly once, right after its reply, and nothing answered that was not called?"""
    at = 0
    while at < len(messages):
        wanted = [call["id"] for call in messages[at].get("tool_calls") or []]
        answers = [one["tool_call_id"] for one in messages[at + 1 : at + 1 + len(wanted)] if one["role"] == "tool"]
        if sorted(wanted) != sorted(answers) or len(set(wanted)) < len(wanted):
            return False
        if messages[at]["role"] == "tool":
            return False
        at += 1 + len(wanted)
    return True
