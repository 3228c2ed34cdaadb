"""The tool calls of an answer, read from what its server sent: kindly where only the form is off, strictly where half a command
could be carried out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, InvalidToolCall, ToolCall, ToolCallChunk
from langchain_core.messages.tool import invalid_tool_call, tool_call

DEEPEST = 50
"""Levels of arguments in one another: no tool takes ten, and what walks through them is not endless."""


@dataclass
class Coming:
    """One call while its pieces come."""

    name: str
    args: Any
    id: str | None


def of_whole(message: AIMessage) -> list[Coming]:
    """The calls of an answer that came in one piece, before the client library read them."""
    said = [_plain(one) for one in message.additional_kwargs.get("tool_calls") or []]
    return [Coming(one["function"].get("name") or "", one["function"].get("arguments"), one.get("id")) for one in said]


def _plain(call: Any) -> dict[str, Any]:
    return call if isinstance(call, dict) else dict(call.model_dump())


def of_pieces(pieces: Iterable[AIMessageChunk]) -> list[Coming]:
    """The calls of a stream. Some servers number every call 0, and some say the name again with each piece."""
    made: list[Coming] = []
    under_way: dict[Any, Coming] = {}
    for part in _parts(pieces):
        name, args, id_ = part["name"] or "", part["args"] or "", part["id"] or None
        one = under_way.get(part["index"])
        if one is None or (id_ and one.id and id_ != one.id) or (name and args and arguments(one.args or None)):
            one = under_way[part["index"]] = Coming("", "", id_)
            made.append(one)
        one.name += name if name != one.name else ""
        one.args += args
        one.id = one.id or id_
    return made


def _parts(pieces: Iterable[AIMessageChunk]) -> Iterator[ToolCallChunk]:
    for piece in pieces:
        yield from piece.tool_call_chunks


def with_calls(message: AIMessage, found: Iterable[Coming]) -> AIMessage:
    """LangChain completes arguments that broke off, or takes none for them. Here they stay broken."""
    calls: list[ToolCall] = []
    broken: list[InvalidToolCall] = []
    for one in found:
        args = arguments(one.args or "{}")
        if args is not None:
            calls.append(tool_call(name=one.name, args=args, id=one.id))
        else:
            said = one.args if isinstance(one.args, str) else json.dumps(one.args)
            broken.append(invalid_tool_call(name=one.name, args=said, id=one.id, error=None))
    return message.model_copy(update={"tool_calls": calls, "invalid_tool_calls": broken})


def arguments(said: Any) -> dict[str, Any] | None:
    """The object that was meant, also with line breaks inside its strings, or sent as a string itself; None for all else."""
    for _ in range(2):
        if isinstance(said, str):
            try:
                said = json.loads(said, strict=False)
            except (ValueError, RecursionError):
                return None
    return said if isinstance(said, dict) and _flat_enough(said) else None


def _flat_enough(value: dict[str, Any]) -> bool:
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
        level = [one for one in level if isinstance(one, dict | list)]
        if not level:
            return True
    return False
