"""Answers that follow no protocol: whatever a library stumbles over is trouble with the provider, and never ends a run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from paid_room import Room
from raw_server import STREAM, Turn, serving, tells

from lab.model.chat import ProviderTrouble
from lab.model.helm import Helm


def json_of(said: Any) -> Turn:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return tells(head.encode(), body)


def with_message(message: Any) -> dict[str, Any]:
    return {
        "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }  # fmt: skip


def calling(**call: Any) -> dict[str, Any]:
    return with_message({"role": "assistant", "content": "", "tool_calls": [{"type": "function", **call}]})


@pytest.mark.parametrize("model", ["openai/q", "hosted_vllm/q"])
@pytest.mark.parametrize(
    "said",
    [
        {"id": "c", "choices": []},
        {"id": "c", "choices": None},
        {},
        b"",
        b"[]",
        b'{"id": "c", "choi',
        with_message(None),
        calling(id=7, function={"name": "look", "arguments": "{}"}),
        calling(id="a", function=None),
    ],
)
def test_what_can_not_be_read_is_asked_for_again_and_counted(room: Room, said: Any, model: str) -> None:
    well = with_message({"role": "assistant", "content": "well again"})
    with serving(json_of(said), json_of(well)) as raw:
        assert room.chat(Helm(model, base_url=raw.url)).invoke("hi").text == "well again"
    settled = [line for line in room.lines("ledger.jsonl") if line["act"] == "settle"]
    assert [line["paid"] for line in settled] == [True, True]
    assert room.ledger.spent().reserved_usd == 0


def test_one_that_never_says_anything_else_is_given_up_in_one_line(room: Room) -> None:
    with serving(json_of({"id": "c", "choices": []})) as raw:
        with pytest.raises(ProviderTrouble) as wrong:
            room.chat(Helm("openai/q", base_url=raw.url)).invoke("hi")
        assert raw.asked == 3
    assert str(wrong.value).startswith("model openai/q: its answer can't be read: IndexError")
    assert "\n" not in str(wrong.value)


def test_no_traceback_stands_in_a_line_for_a_person(room: Room) -> None:
    with serving(json_of(with_message(None))) as raw, pytest.raises(ProviderTrouble) as wrong:
        room.chat(Helm("openai/q", base_url=raw.url)).invoke("hi")
    assert "Traceback" not in str(wrong.value) and "/site-packages/" not in str(wrong.value)


def test_half_a_character_is_told_to_no_terminal(room: Room) -> None:
    """It could not be printed, and an error there would be taken for the model's."""
    chunk = {"index": 0, "delta": {"role": "assistant", "content": "a \ud83d b"}, "finish_reason": "stop"}
    said = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [chunk]}
    heard: list[bytes] = []
    with serving(tells(STREAM, b"data: " + json.dumps(said).encode() + b"\n\n")) as raw:
        chat = room.chat(Helm("openai/q", base_url=raw.url))
        answer = chat.model_copy(update={"on_token": lambda token: heard.append(token.encode())}).invoke("hi")
    assert b"".join(heard).decode() == answer.text == "a ? b"


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "the engine is asleep", "type": "x"}},
        {"type": "error", "error": {"type": "x", "message": "the engine is asleep"}},
        {"error": "the engine is asleep"},
        {"message": "the engine is asleep", "code": "x"},
        {"detail": "the engine is asleep"},
    ],
)
@pytest.mark.parametrize("model", ["openai/q", "hosted_vllm/q", "ollama_chat/q"])
def test_a_persons_line_holds_the_words_and_no_json(room: Room, body: Any, model: str) -> None:
    said = json.dumps(body).encode()
    head = f"HTTP/1.1 418 X\r\nContent-Type: application/json\r\nContent-Length: {len(said)}\r\n\r\n"
    with serving(tells(head.encode(), said)) as raw, pytest.raises(ProviderTrouble) as wrong:
        room.chat(Helm(model, base_url=raw.url)).invoke("hi")
    assert "the engine is asleep" in str(wrong.value)
    assert "{" not in str(wrong.value) or model == "openai/q", "OpenAI's own library has its own way to tell it"


@pytest.mark.parametrize("model", ["openai/q", "hosted_vllm/q"])
def test_the_page_of_a_gate_before_the_server_is_told_by_its_title(room: Room, model: str) -> None:
    said = (
        b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
    )
    head = f"HTTP/1.1 502 X\r\nContent-Type: text/html\r\nContent-Length: {len(said)}\r\n\r\n"
    with serving(tells(head.encode(), said)) as raw, pytest.raises(ProviderTrouble) as wrong:
        room.chat(Helm(model, base_url=raw.url)).invoke("hi")
    assert str(wrong.value) == f"model {model}: a web page: 502 Bad Gateway (HTTP 502)"
