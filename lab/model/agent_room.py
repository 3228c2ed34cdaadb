"""Room for the next reply: the conversation is made shorter before it fills the window, and once more when a model says so."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, RemoveMessage, SystemMessage
from langgraph.graph.message import REMOVE_ALL_MESSAGES

from lab.model.agent_talk import Talk
from lab.model.answer import THOUGHTS
from lab.model.compaction import CHARACTERS, FULL, SUMMED, shorter, tokens
from lab.model.question import fence
from lab.model.trouble import ContextOverflow

OVERFLOWED = 0.5
"""Of what was sent, when the model says it was too much: then the window is smaller than it was taken for."""


SMALL_REPLY = 1_500
"""Tokens of a reply from then on: room for any tool call but a long script's, on a window of eight thousand."""
REPLY = 4
"""The part of a small window that is kept for the reply: what the cap allows may be more than the whole window."""
KEPT_BACK = 2
"""Replies that no summary may use up: the last one, and the one after which it is announced."""


class Room(AgentMiddleware[AgentState[Any], Any]):
    """Its own call for a summary goes through the same chat, so it is counted, paid and replayed like any other."""

    def __init__(self, talk: Talk[Any]) -> None:
        self.talk = talk
        self.overflowed: tuple[int, list[AnyMessage]] | None = None
        """How many messages were too many, and what was sent in their place."""

    def before_model(self, state: AgentState[Any], runtime: Any) -> dict[str, Any] | None:
        window, messages = self.talk.window, state["messages"]
        if self.overflowed:
            (many, sent), self.overflowed = self.overflowed, None
            return _instead([*sent, *messages[many:]])
        unseen = 0 if _counted(messages) else self.fixed
        if tokens(messages) + unseen + min(self.talk.asked.caps.tokens_out, window // REPLY) <= FULL * window:
            return None
        self.talk.wrong("the conversation was made shorter, before it filled the window")
        return _instead(self._shorter(messages, window))

    @cached_property
    def fixed(self) -> int:
        """Tokens that every question has besides the conversation, about."""
        asked = self.talk.asked
        takes = [asked.schema, *(tool.takes for tool in asked.tools.values())]
        about = "".join(tool.about for tool in asked.tools.values())
        schemas = "".join(json.dumps(one.model_json_schema()) for one in takes)
        return len(asked.system + about + schemas) // CHARACTERS

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        try:
            return handler(request)
        except ContextOverflow as wrong:
            self.talk.wrong(f"the conversation was too long and was made shorter: {wrong}")
            window = min(self.talk.window, int(tokens(request.messages) * OVERFLOWED))
            sent = self._shorter(request.messages, window)
            self.overflowed = len(request.messages), sent
            self.talk.reply_tokens = SMALL_REPLY  # servers add the reply that was asked for to the question
            return handler(request.override(messages=sent))

    def _shorter(self, messages: list[AnyMessage], window: int) -> list[AnyMessage]:
        ask = self._sum_up if self.talk.asked.summing_up and self.talk.left > KEPT_BACK else None
        reply = min(self.talk.asked.caps.tokens_out, window // REPLY)
        return shorter(messages, window, ask, self.fixed + reply)

    def _sum_up(self, transcript: str) -> str:
        """Paid like any reply; a conversation that even its summary does not fit into loses its old results unsummed."""
        self.talk.may_ask()
        human = f"{fence('transcript', transcript)}\n\nNow write the notes."
        began = time.monotonic()
        try:
            made = self.talk.chat.bind(max_tokens=SUMMED).invoke(
                [SystemMessage(self.talk.asked.summing_up), HumanMessage(human)],
                {"tags": ["nostream"], "callbacks": []},
            )
        except ContextOverflow as wrong:
            self.talk.wrong(f"no summary: {wrong}")
            return ""
        finally:
            self.talk.model_seconds += time.monotonic() - began
        assert isinstance(made, AIMessage)
        self.talk.answered(made)
        notes = THOUGHTS.sub("", str(made.text)).strip()
        if not notes:
            self.talk.wrong("no summary: the reply was empty")
        return notes


def _counted(messages: list[AnyMessage]) -> bool:
    return any(isinstance(one, AIMessage) and one.usage_metadata for one in messages)


def _instead(messages: list[AnyMessage]) -> dict[str, Any]:
    return {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES), *messages]}
