"""What a scripted model answers: small objects, one a request, and the bytes they become on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

Json = dict[str, Any]

PIECES = 4
"""A text or the arguments of a call are streamed in about so many fragments."""


@dataclass(frozen=True)
class Call:
    """One tool call; its arguments as they are sent, broken or not."""

    tool: str
    args: str
    id: str = ""


@dataclass(frozen=True)
class Reply:
    """How one request is answered."""

    text: str | None = ""
    calls: tuple[Call, ...] = ()
    finish: str = ""
    refusal: str = ""
    usage: tuple[int, int] | None = (100, 10)
    cached: int = 0
    """Of the input tokens, how many the provider had in its own cache."""
    code: int = 200
    error: str = ""
    kind: str | None = None
    """The `code` inside the error object, such as context_length_exceeded."""
    headers: tuple[tuple[str, str], ...] = ()
    hang: float = 0.0
    """Seconds of silence first."""
    drip: float = 0.0
    """Seconds between single bytes that say nothing, before the answer."""
    cut: int | None = None
    """The connection breaks after so many pieces; 0 before the first byte of an answer."""
    raw: bytes | None = None

    def using(self, into: int, out: int, cached: int = 0) -> Reply:
        return replace(self, usage=(into, out), cached=cached)

    def uncounted(self) -> Reply:
        """The provider does not say what it cost."""
        return replace(self, usage=None)

    @property
    def ends(self) -> str:
        return self.finish or ("tool_calls" if self.calls else "stop")

    def counted(self) -> Json | None:
        if self.usage is None:
            return None
        into, out = self.usage
        counted: Json = {"prompt_tokens": into, "completion_tokens": out, "total_tokens": into + out}
        return counted | ({"prompt_tokens_details": {"cached_tokens": self.cached}} if self.cached else {})


def says(text: str | None) -> Reply:
    return Reply(text)


def calls(*pairs: Any, text: str | None = None) -> Reply:
    """`calls("search", {"query": "x"}, "read", '{"broken')`: one or several; arguments as a dict, or raw as a string."""
    made = zip(pairs[::2], pairs[1::2], strict=True)
    return Reply(text, tuple(Call(tool, args if isinstance(args, str) else json.dumps(args)) for tool, args in made))


def status(code: int, error: str = "scripted trouble", *, retry_after: float | None = None, kind: str | None = None) -> Reply:  # fmt: skip
    headers = () if retry_after is None else (("Retry-After", f"{retry_after:g}"),)
    return Reply(code=code, error=error, kind=kind, headers=headers)


def too_long() -> Reply:
    """The conversation does not fit into the model's window."""
    return status(400, "This model's maximum context length is 4096 tokens.", kind="context_length_exceeded")


def drops(after: int = 2, text: str = "an answer that never comes to its end") -> Reply:
    return Reply(text, cut=after)


def hangs(seconds: float, text: str = "late") -> Reply:
    return Reply(text, hang=seconds)


def drips(every: float = 0.02, text: str = "late") -> Reply:
    return Reply(text, drip=every)


def empty() -> Reply:
    return Reply("")


def refuses(words: str = "I can't help with that.") -> Reply:
    return Reply(None, refusal=words)


def filtered() -> Reply:
    """The provider's filter took the answer away."""
    return Reply("", finish="content_filter")


def truncated(text: str = "", *pairs: Any) -> Reply:
    """Cut off at the output limit, in the middle of a text or of a call's arguments."""
    return replace(calls(*pairs, text=text), finish="length")


def whole(reply: Reply, model: str, number: int) -> bytes:
    """The answer in one piece."""
    if reply.raw is not None:
        return reply.raw
    if reply.code != 200:
        return json.dumps({"error": {"message": reply.error, "type": "scripted", "code": reply.kind}}).encode()
    message: Json = {"role": "assistant", "content": reply.text}
    if reply.refusal:
        message["refusal"] = reply.refusal
    if reply.calls:
        message["tool_calls"] = [
            {"id": _id(call, number, at), "type": "function", "function": {"name": call.tool, "arguments": call.args}}
            for at, call in enumerate(reply.calls)
        ]
    made: Json = {
        "id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1, "model": model,
        "choices": [{"index": 0, "finish_reason": reply.ends, "message": message}],
    }  # fmt: skip
    if reply.usage is not None:
        made["usage"] = reply.counted()
    return json.dumps(made).encode()


def pieces(reply: Reply, model: str, number: int, with_usage: bool) -> Iterator[bytes]:
    """The answer as server-sent events, texts and arguments in fragments."""
    for delta in _deltas(reply, number):
        yield _event(model, number, [{"index": 0, "delta": delta, "finish_reason": None}])
    yield _event(model, number, [{"index": 0, "delta": {}, "finish_reason": reply.ends}])
    if with_usage and reply.usage is not None:
        yield _event(model, number, [], usage=reply.counted())
    yield b"data: [DONE]\n\n"


def _deltas(reply: Reply, number: int) -> Iterator[Json]:
    yield {"role": "assistant", "content": ""}
    if reply.refusal:
        yield {"refusal": reply.refusal}
    for part in _fragments(reply.text or ""):
        yield {"content": part}
    for at, call in enumerate(reply.calls):
        opening = {"name": call.tool, "arguments": ""}
        yield {"tool_calls": [{"index": at, "id": _id(call, number, at), "type": "function", "function": opening}]}
        for part in _fragments(call.args):
            yield {"tool_calls": [{"index": at, "function": {"arguments": part}}]}


def _event(model: str, number: int, choices: list[Json], **more: Any) -> bytes:
    event = {"id": f"chatcmpl-{number}", "object": "chat.completion.chunk", "created": 1, "model": model, **more}
    return b"data: " + json.dumps({**event, "choices": choices}).encode() + b"\n\n"


def _fragments(text: str) -> list[str]:
    size = max(1, -(-len(text) // PIECES))
    return [text[at : at + size] for at in range(0, len(text), size)]


def _id(call: Call, number: int, at: int) -> str:
    return call.id or f"call_{number}_{at}"
