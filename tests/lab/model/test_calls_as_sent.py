"""Tool calls as servers really send them, over a real socket: whole and in pieces, numbered alike, nameless, half, or off in form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from paid_room import Room
from pydantic import BaseModel
from raw_server import STREAM, serving, tells

from lab.model.helm import Helm
from lab.model.replies import Line
from tests.lab.model.test_unreadable import json_of, with_message

X, Y = '{"query": "x"}', '{"query": "y"}'


class Search(BaseModel):
    """Looks for papers."""

    query: str = "all"


def part(args: Any, id_: str | None = None, name: str | None = "Search", index: int | None = 0) -> Line:
    made: Line = {"type": "function", "function": {"name": name, "arguments": args}}
    made |= {} if index is None else {"index": index}
    return made | ({} if id_ is None else {"id": id_})


def streamed(room: Room, *deltas: list[Line]) -> AIMessage:
    chunks = [
        *({"delta": {"role": "assistant", "tool_calls": delta}, "finish_reason": None} for delta in deltas),
        {"delta": {}, "finish_reason": "tool_calls"},
    ]
    events = [
        {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, **chunk}]}
        for chunk in chunks
    ]
    said = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in events) + b"data: [DONE]\n\n"
    with serving(tells(STREAM, said)) as raw:
        chat = room.chat(Helm("openai/q", base_url=raw.url)).model_copy(update={"on_token": lambda token: None})
        return chat.bind_tools([Search]).invoke("hi")


def whole(room: Room, args: Any) -> AIMessage:
    call = {"id": "a", "type": "function", "function": {"name": "Search", "arguments": args}}
    with serving(json_of(with_message({"role": "assistant", "content": "", "tool_calls": [call]}))) as raw:
        return room.chat(Helm("openai/q", base_url=raw.url)).bind_tools([Search]).invoke("hi")


def read(message: AIMessage) -> list[tuple[str, Any]]:
    return [(call["name"], call["args"]) for call in message.tool_calls]


TWO = [("Search", {"query": "x"}), ("Search", {"query": "y"})]


@pytest.mark.parametrize(
    "deltas",
    [
        ([part(X, "a")], [part(Y, "b")]),
        ([part(X, "a"), part(Y, "b")],),
        ([part(X, "a", index=None)], [part(Y, "b", index=None)]),
        ([part(X)], [part(Y)]),
        ([part(X, ""), part(Y, "", index=1)],),
        ([part("", "a"), part("", "b", index=1)], [part(X, name=None)], [part(Y, name=None, index=1)]),
    ],
    ids=["numbered alike", "at once", "no number", "no id", "empty ids", "in turns"],
)
def test_two_calls_are_two(room: Room, deltas: tuple[list[Line], ...]) -> None:
    made = streamed(room, *deltas)
    assert (read(made), made.invalid_tool_calls) == (TWO, [])


@pytest.mark.parametrize("name", ["Search", None, ""])
@pytest.mark.parametrize("id_", ["a", None, ""])
def test_a_call_in_pieces_is_one_however_often_it_says_its_name(room: Room, name: str | None, id_: str | None) -> None:
    made = streamed(
        room, [part("", "a")], [part('{"query"', id_, name)], [part(': "x"}', id_, name)], [part("", id_, name)]
    )
    assert (read(made), made.invalid_tool_calls) == (TWO[:1], [])


def test_a_name_that_comes_in_pieces_is_put_together(room: Room) -> None:
    made = streamed(room, [part("", "a", "Sea")], [part("", None, "rch")], [part(X, None, None)])
    assert read(made) == TWO[:1]


@pytest.mark.filterwarnings("ignore:Pydantic serializer")  # a word of the client library's about the last of them
@pytest.mark.parametrize("args", [X, json.dumps(X), {"query": "x"}], ids=["as due", "a string", "an object"])
def test_what_was_meant_is_understood(room: Room, args: Any) -> None:
    assert read(whole(room, args)) == TWO[:1]


@pytest.mark.parametrize("way", ["whole", "streamed"])
def test_line_breaks_inside_a_string_are_part_of_it(room: Room, way: str) -> None:
    args = '{"query": "a\nb\tc"}'
    made = whole(room, args) if way == "whole" else streamed(room, [part(args, "a")])
    assert read(made) == [("Search", {"query": "a\nb\tc"})]


DEEP = "[" * 700 + "]" * 700


@pytest.mark.parametrize("way", ["whole", "streamed"])
@pytest.mark.parametrize("args", ["[1]", "7", '"x"', "null", '{"query": "x', f'{{"query": {DEEP}}}'])
def test_what_is_no_object_is_never_taken_for_a_call_without_arguments(room: Room, args: str, way: str) -> None:
    made = whole(room, args) if way == "whole" else streamed(room, [part(args, "a")])
    assert made.tool_calls == []
    assert [(one["name"], one["args"]) for one in made.invalid_tool_calls] == [("Search", args)]
    assert room.ledger.spent().reserved_usd == 0


@pytest.mark.slow
@pytest.mark.parametrize("way", ["whole", "streamed"])
def test_a_model_that_opens_brackets_without_end_ends_nothing_else(room: Room, way: str) -> None:
    if way == "streamed":
        assert streamed(room, [part("[" * 20_000, "a")]).tool_calls == []
    else:
        from lab.model.chat import ProviderTrouble

        with pytest.raises(ProviderTrouble):
            whole(room, "[" * 200_000)
