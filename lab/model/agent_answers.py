"""What a model said, as it can be worked with: calls that can be read, ids that are its own, and a nudge where there is none."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse, hook_config
from langchain_core.messages import AIMessage, HumanMessage, InvalidToolCall, ToolCall

from lab.model.agent import SUBMIT
from lab.model.agent_talk import Call, Over, Talk, Turn
from lab.model.mind import plain
from lab.model.repetition import going_on, hashed
from lab.model.toolwork import side_by_side

SHOWN = 500
"""Characters of arguments that could not be read: enough to see what went wrong."""

NUDGE = "That was no call of a tool, so nothing came of it. Call a tool, or hand in your answer by calling `submit`."
EMPTY = "Your reply was empty. Call a tool, or hand in your answer by calling `submit`."
CUT = "Your reply was cut off at {most} tokens, so nothing came of it. Keep it shorter: call `submit`, or one tool."
CUT_CALL = "Not carried out: your reply was cut off at {most} tokens. Keep it shorter, or do it in several steps."
BROKEN = "Not carried out: its arguments are not valid JSON. Send the whole call again, with one JSON object."

HUGE = "Not carried out: its arguments hold a whole number of more than {digits} digits. Send a smaller one."
MANY = "Not carried out, nor what came after it: {count} calls are too many for one reply. Make at most {most}."
MOST_CALLS = 32
"""Of one reply: each is a thread and a line of the conversation, and nobody reads so many results with care."""
MOST_DIGITS = 18
"""Of a whole number: the conversation is kept in a form that knows 64 bits."""

NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")
LONGEST_NAME = 64
"""Of a tool, at OpenAI and Anthropic."""

CUT_OFF = ("length", "max_tokens")


class Answers(AgentMiddleware[AgentState[Any], Any]):
    """Counts and reads each reply, and answers those that call nothing."""

    def __init__(self, talk: Talk[Any]) -> None:
        self.talk = talk

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        self.talk.may_ask()
        settings = {**request.model_settings, "max_tokens": self.talk.tokens_out}
        began = time.monotonic()
        try:
            made = handler(request.override(model_settings=settings))
        finally:
            self.talk.model_seconds += time.monotonic() - began
        message = made.result[0]
        assert isinstance(message, AIMessage)
        self.talk.answered(message)
        read, calls = self._read(message, {one.id for one in request.messages})
        self._open(calls)
        return ModelResponse(result=[read])

    @hook_config(can_jump_to=["model"])
    def after_model(self, state: AgentState[Any], runtime: Any) -> dict[str, Any] | None:
        """A reply that calls nothing is answered with one line; so many in a row, and it is over."""
        message = state["messages"][-1]
        if not isinstance(message, AIMessage) or message.tool_calls:
            return None
        cut, talk = _cut_off(message), self.talk
        talk.useless += 1
        said = "was cut off" if cut else "was empty" if message.text == EMPTY_SHOWN else "called no tool"
        talk.wrong(f"it {said}: {' '.join(message.text.split())[:200]}")
        told = CUT.format(most=talk.tokens_out) if cut else EMPTY if said == "was empty" else NUDGE
        return {"messages": [HumanMessage(told)], "jump_to": "model"}

    def _read(self, message: AIMessage, taken: set[str | None]) -> tuple[AIMessage, list[Call]]:
        """The reply as it stays in the conversation: every call can be sent back, each with an id of its own."""
        cut = CUT_CALL.format(most=self.talk.tokens_out) if _cut_off(message) else ""
        raw = [(one["name"], one["args"], one["id"], cut) for one in message.tool_calls]
        raw += [_unread(one, cut) for one in message.invalid_tool_calls]
        if len(raw) > MOST_CALLS:
            told = MANY.format(count=len(raw), most=MOST_CALLS)
            raw = [*raw[: MOST_CALLS - 1], (raw[MOST_CALLS - 1][0], {}, raw[MOST_CALLS - 1][2], told)]
        raw = [_bearable(*one) for one in raw]
        calls = [Call(self._own_id(id_), self._named(name), args, unfit) for name, args, id_, unfit in raw]
        text = message.text
        self.talk.notes = plain(text).strip() or self.talk.notes
        kept = message.model_copy(update={
            "id": None if message.id in taken else message.id,  # some servers give every answer the same
            "content": message.content if text.strip() or calls else EMPTY_SHOWN,
            "tool_calls": [ToolCall(name=one.name, args=one.args, id=one.id, type="tool_call") for one in calls],
            "invalid_tool_calls": [],
            "additional_kwargs": {k: v for k, v in message.additional_kwargs.items() if k != "tool_calls"},
        })  # fmt: skip
        return kept, calls

    def _named(self, said: str) -> str:
        """The tool that was meant, or a name that can be sent back: providers turn down a conversation with any other."""
        meant = said.rpartition(".")[2].strip()  # `functions.search`
        return (
            meant if meant in (*self.talk.asked.tools, SUBMIT) else NO_NAME.sub("_", said)[:LONGEST_NAME] or "unnamed"
        )

    def _own_id(self, given: str | None) -> str:
        """Some servers count the calls of each reply anew; a result must belong to one call."""
        id_, number = given or "call", 1
        while id_ in self.talk.ids:
            number += 1
            id_ = f"{given or 'call'}-{number}"
        self.talk.ids.add(id_)
        return id_

    def _open(self, calls: list[Call]) -> None:
        """The turn of these calls. One that goes on with a loop after it was refused ends the conversation."""
        talk = self.talk
        talk.used.update(call.name for call in calls)
        pairs = [(call.name, hashed(call.args)) for call in calls]
        repeats = {
            call.id: old
            for call, old in zip(calls, going_on(talk.history, pairs), strict=True)
            if old is not None and call.name != SUBMIT
        }
        if repeats and talk.history[-1].refused:
            raise Over("repeating", f"{talk.tries[-1]}, and was called again all the same")
        talk.turn = Turn(tuple(calls), side_by_side(talk.asked.tools, pairs), {
            id_: old.__class__(old.tool, old.args, old.result, refused=True) for id_, old in repeats.items()
        })  # fmt: skip


EMPTY_SHOWN = "(empty)"


def _unread(call: InvalidToolCall, cut: str) -> tuple[str, dict[str, Any], str | None, str]:
    """A call whose arguments are no JSON object; nothing at all is what some servers send for a tool that takes nothing."""
    said = plain(str(call["args"] or "")).strip()
    shown = {"unreadable": said[:SHOWN]} if said else {}
    return call["name"] or "", shown, call["id"], cut or (BROKEN if said else "")


def _bearable(
    name: str, args: dict[str, Any], id_: str | None, unfit: str
) -> tuple[str, dict[str, Any], str | None, str]:
    """The same call, unless the conversation could not be kept with it."""
    if not _huge(args):
        return name, args, id_, unfit
    return name, {"unreadable": plain(str(list(args)))[:SHOWN]}, id_, unfit or HUGE.format(digits=MOST_DIGITS)


def _huge(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_huge, value.values()))
    if isinstance(value, list):
        return any(map(_huge, value))
    return isinstance(value, int) and abs(value) >= 10**MOST_DIGITS


def _cut_off(message: AIMessage) -> bool:
    return message.response_metadata.get("finish_reason") in CUT_OFF
