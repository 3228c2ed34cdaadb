"""The same watch over every provider's stream: LiteLLM asks OpenAI through one library, and everyone else through another."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from paid_room import MODEL, Room
from raw_server import STREAM, Turn, event, for_ever, nobody, page, serving, tells, then_silent

from lab.model.chat import PaidChat, ProviderTrouble
from lab.model.helm import Helm
from lab.model.prices import Price
from lab.model.probe import ask_small
from lab.model.wire import litellm
from state.errors import EnvironmentTrouble

OTHERS = ("hosted_vllm/q", "groq/llama-3.3-70b-versatile", "mistral/mistral-large-latest", "deepseek/deepseek-chat")
CLAUDE, OLLAMA = "anthropic/claude-sonnet-4-5", "ollama_chat/q"
everyone = pytest.mark.parametrize("model", [MODEL, *OTHERS, CLAUDE, OLLAMA])
ENDS = (event("whole", "stop"), b"data: [DONE]\n\n")


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI", "ANTHROPIC", "GROQ", "MISTRAL", "DEEPSEEK"):
        monkeypatch.setenv(f"{name}_API_KEY", "sk-loopback-0000")
    litellm()  # what it loads is not on any clock here


def helm(model: str, url: str) -> Helm:
    return Helm(model, base_url=url, prices={"*": Price(1.0, 10.0)})


def listened(room: Room, model: str, url: str, said: list[str] | None = None) -> PaidChat:
    heard = said if said is not None else []
    update: dict[str, Any] = {"on_token": lambda token: None, "say": heard.append}
    return room.chat(helm(model, url)).model_copy(update=update)


def claude(kind: str, **more: Any) -> bytes:
    return f"event: {kind}\ndata: ".encode() + json.dumps({"type": kind, **more}).encode() + b"\n\n"


BEGINS = claude(
    "message_start",
    message={
        "id": "m", "type": "message", "role": "assistant", "model": "c", "content": [], "stop_reason": None,
        "usage": {"input_tokens": 10, "output_tokens": 1},
    },
) + claude("content_block_start", index=0, content_block={"type": "text", "text": ""})  # fmt: skip


def piece(model: str) -> bytes:
    """A few words in the tongue of each."""
    if model == CLAUDE:
        return claude("content_block_delta", index=0, delta={"type": "text_delta", "text": "half a "})
    if model == OLLAMA:
        said = {"model": "q", "message": {"role": "assistant", "content": "half a "}, "done": False}
        return json.dumps(said).encode() + b"\n"
    return event("half a ")


def head(model: str) -> bytes:
    if model == OLLAMA:
        return STREAM.replace(b"text/event-stream", b"application/x-ndjson")
    return STREAM + (BEGINS if model == CLAUDE else b"")


def end(model: str) -> bytes:
    if model == CLAUDE:
        ended = claude("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 15})
        return claude("content_block_stop", index=0) + ended + claude("message_stop")
    if model == OLLAMA:
        said = {"model": "q", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
        return json.dumps({**said, "prompt_eval_count": 10, "eval_count": 15}).encode() + b"\n"
    return b"".join(ENDS)


@pytest.mark.slow
@everyone
def test_half_an_answer_is_nowhere_taken_for_a_whole_one(room: Room, model: str) -> None:
    said: list[str] = []
    with serving(tells(head(model), piece(model)), tells(head(model), piece(model), end(model))) as raw:
        answer = listened(room, model, raw.url, said).invoke("hi")
        assert raw.asked == 2
    assert str(answer.text) == ("half a " if model in (CLAUDE, OLLAMA) else "half a whole")
    assert "broke off" in said[0]
    settled = [line for line in room.lines("ledger.jsonl") if line["act"] == "settle"]
    assert (settled[0]["why"], len(settled)) == ("lost", 2)
    assert room.ledger.spent().calls == 2


@everyone
def test_an_endless_answer_ends_everywhere(room: Room, model: str) -> None:
    def endless(line: Any, raw: Any) -> None:
        line.sendall(head(model))
        for_ever(piece(model))(_Headless(line), raw)

    with serving(endless) as raw:
        began = time.monotonic()
        answer = listened(room, model, raw.url).invoke("hi", max_tokens=20)
        assert (answer.response_metadata["finish_reason"], raw.hung_up.wait(2)) == ("length", True)
        assert time.monotonic() - began < 6


class _Headless:
    """A line whose head was sent already."""

    def __init__(self, line: Any) -> None:
        self.line = line

    def sendall(self, part: bytes) -> None:
        if part != STREAM:
            self.line.sendall(part)


@pytest.mark.slow
@everyone
def test_a_stream_that_falls_silent_is_asked_again_everywhere(
    room: Room, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setattr("lab.model.line.SILENT", 0.6)
    said: list[str] = []
    quiet, whole = then_silent(head(model), piece(model)), tells(head(model), piece(model), end(model))
    with serving(quiet, whole) as raw:
        listened(room, model, raw.url, said).invoke("hi")
        assert raw.asked == 2
    assert "nothing more of its answer came for 0.6 s" in said[0]


@pytest.mark.slow
@everyone
def test_nobody_at_the_address_and_a_web_page_are_told_alike(room: Room, model: str) -> None:
    url = nobody()
    with pytest.raises(EnvironmentTrouble) as wrong:
        ask_small(helm(model, url), model)
    assert str(wrong.value).startswith(f"model {model}: nothing answers at {url}; is the server running?")
    with serving(page()) as raw, pytest.raises(EnvironmentTrouble, match="answers with a web page"):
        room.chat(helm(model, raw.url)).invoke("hi")


def closes() -> Turn:
    return tells()


def breaks_off() -> Turn:
    return tells(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"id":')


@everyone
@pytest.mark.parametrize("turn", [closes, breaks_off])
def test_a_question_whose_answer_was_lost_on_the_line_is_counted(
    room: Room, model: str, turn: Callable[[], Turn]
) -> None:
    """Not streamed: the client library says no more than that there was an error, and makes up a status."""
    with serving(turn()) as raw:
        chat = room.chat(helm(model, raw.url)).model_copy(update={"waits": ()})
        with pytest.raises(ProviderTrouble) as lost:
            chat.invoke("hi")
        assert raw.asked == 1
    line = f"model {model}: the connection to {raw.url} broke before a whole answer had come"
    assert (str(lost.value), lost.value.passing) == (line, True)
    assert room.ledger.spent().calls == 1
    assert room.ledger.spent().usd > 0


@everyone
def test_no_character_of_an_answer_is_taken_for_the_end_of_a_line(room: Room, model: str) -> None:
    """vLLM and others send JSON with such characters as they are."""
    odd = "one\u2028two\x85three\u2029 "
    said = piece(model).replace(b"half a ", odd.encode())
    with serving(tells(head(model), said, end(model))) as raw:
        assert str(listened(room, model, raw.url).invoke("hi").text).startswith(odd)
        assert raw.asked == 1


@pytest.mark.parametrize("streamed", [True, False])
def test_ollama_is_told_how_much_to_read(room: Room, streamed: bool) -> None:
    """Else it reads 4,096 tokens, and of a longer question not its beginning."""
    whole = json.dumps({
        "model": "q", "message": {"role": "assistant", "content": "read"}, "done": True, "done_reason": "stop",
        "prompt_eval_count": 10, "eval_count": 1,
    }).encode()  # fmt: skip
    plainly = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(whole)}\r\n\r\n".encode()
    with serving(tells(head(OLLAMA), piece(OLLAMA), end(OLLAMA)) if streamed else tells(plainly, whole)) as raw:
        chat = listened(room, OLLAMA, raw.url) if streamed else room.chat(helm(OLLAMA, raw.url))
        chat.invoke("hi")
        assert json.loads(raw.heard[0])["options"]["num_ctx"] == chat.window == 32_768


@everyone
def test_an_answer_that_is_left_in_the_middle_leaves_no_line_open(
    room: Room, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """Left to the garbage, it was closed at any time: once while the pool of connections was locked, and for ever."""
    monkeypatch.setattr("lab.model.line.SILENT", 0.6)
    nonsense = b'data: {"choices": 7, "type": [}\n\n' if model != OLLAMA else b'{"message": [}\n'
    gc.disable()
    try:
        with serving(then_silent(head(model), piece(model), nonsense)) as raw, pytest.raises(ProviderTrouble):
            listened(room, model, raw.url).model_copy(update={"waits": ()}).invoke("hi")
        pool, port = litellm().client_session._transport._pool, raw.url.split(":")[2].removesuffix("/v1")
        ends = time.monotonic() + 5
        while any(port in repr(one) for one in pool.connections) and time.monotonic() < ends:
            time.sleep(0.05)
        assert [one for one in pool.connections if port in repr(one)] == []
    finally:
        gc.enable()
