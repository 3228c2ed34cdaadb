"""What a server really sends while a model answers. LiteLLM invents an end, and a status, where the server gave none.

Imported only with LiteLLM: it brings httpx along.
"""

from __future__ import annotations

import json
import math
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

T = TypeVar("T")

SILENT = 60.0
"""Seconds without a byte in the middle of a stream, after which nothing more is expected. Before its first byte a model
may be loaded or think, so only the deadline of the whole answer holds."""
MOST_BYTES = 100_000_000
"""Of one reply, with all that is round its words: about ten times what the longest answer needs."""
LOOK = 0.5
"""Seconds between two looks at a stream that may have fallen silent."""

TOLD_IN_PIECES = ("text/event-stream", "application/x-ndjson")
SPOKE = re.compile(rb'"choices"\s*:|"content_block_delta"|"candidates"\s*:|^\{.*"(?:message|response)"\s*:.*"done"\s*:')
ENDED = re.compile(
    rb'"finish_reason"\s*:\s*"|^data:\s*\[DONE\]|"message_stop"|"finishReason"\s*:\s*"|^\{.*"done"\s*:\s*true'
)
COUNTED = re.compile(rb'"usage(?:Metadata)?"\s*:\s*\{|"eval_count"\s*:')
"""As OpenAI and all who follow it, Anthropic, Gemini and Ollama say it."""
REFUSED = re.compile(rb'"refusal"\s*:\s*("(?:[^"\\]|\\.)+")')


@dataclass
class Watch:
    """Over one try: what the server did, whatever the library makes of it."""

    address: str = ""
    """Where it was asked."""
    refused: bool = False
    sent: bool = False
    """The question arrived and was not turned down: whatever becomes of its answer, it may have been paid."""
    page: bool = False
    broken: bool = False
    unfinished: bool = False
    endless: bool = False
    abandoned: bool = False
    """Nobody waits for this answer any more: its next byte closes the line."""
    late: bool = False
    came: int = 0
    events: int = 0
    counted: bool = False
    """The server said how many tokens it was."""
    refusal: str = ""
    """Why the model will not answer, in its own words."""
    most_events: float = math.inf
    """Pieces that a stream may come in."""
    waits: float | None = None
    """Since when the next piece is waited for, of a stream that has begun."""
    response: httpx.Response | None = None

    def note(self, wrong: httpx.TransportError) -> None:
        """The library's own time-out is as long as the whole answer may take, and may fire a moment before ours."""
        self.late = self.late or isinstance(wrong, httpx.TimeoutException)
        self.broken = not self.late

    def hang_up(self) -> None:
        """What a library left in the middle of an answer must not be left to the garbage: that may come by while the pool of
        connections holds its lock, which it then waits for in vain, and every later question with it."""
        if self.response is not None:
            self.response.close()


watching: ContextVar[Watch | None] = ContextVar("watching", default=None)


class Client(httpx.Client):
    """Every answer of a try that is watched comes by the watch."""

    def send(self, request: httpx.Request, *, stream: bool = False, **how: Any) -> httpx.Response:
        watch = watching.get()
        if watch is None or request.url.path.endswith(BESIDE):
            return super().send(request, stream=stream, **how)
        watch.address = f"{request.url.scheme}://{request.url.netloc.decode()}"
        watch.sent = True
        try:
            response = super().send(request, stream=True, **how)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            watch.refused, watch.sent = True, False
            raise
        except (httpx.UnsupportedProtocol, httpx.ProxyError):
            watch.sent = False
            raise
        except httpx.TransportError as wrong:
            watch.note(wrong)
            raise
        watch.response, watch.sent = response, response.is_success
        kind = response.headers.get("content-type", "")
        if response.is_success and kind.startswith(("text/html", "application/xhtml")):
            watch.page, watch.sent = True, False
            response.close()
            raise httpx.RemoteProtocolError("a web page, and no answer", request=request)
        plain = response.headers.get("content-encoding", "identity") == "identity"
        told = response.is_success and plain and (
            kind.startswith(TOLD_IN_PIECES) or (stream and THROUGH not in request.extensions)
        )  # fmt: skip
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Watched(response.stream, watch, told)
        if not stream:
            try:
                response.read()
            except BaseException:
                response.close()
                raise
        return response


BESIDE = "/api/show"
"""What LiteLLM asks Ollama about a model, at any time and any address; it is no part of the question."""
LINE_ENDS = ((b"\xe2\x80\xa8", rb"\u2028"), (b"\xe2\x80\xa9", rb"\u2029"), (b"\xc2\x85", rb"\u0085"))
THROUGH = "through"
"""Set on a question that came from another client, which does not say whether it wants its answer in pieces."""


class Through(httpx.BaseTransport):
    """The line of LiteLLM's other clients, those of all providers but OpenAI: theirs goes through ours."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, THROUGH: True}
        return self.client.send(request, stream=True)


class _Watched(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, watch: Watch, told: bool) -> None:
        self.stream, self.watch, self.told = stream, watch, told
        """`told`: it is a stream that can be read here, so its end can be looked for."""

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._watched()
        except httpx.TransportError as wrong:
            self.watch.note(wrong)
            raise

    def _watched(self) -> Iterator[bytes]:
        watch, rest, ended = self.watch, b"", False
        for piece in self._pieces():
            watch.came += len(piece)
            if self.told:
                *lines, rest = (rest + piece).split(b"\n")  # what has no line end is not read by the library either
                watch.events += sum(bool(SPOKE.search(line)) for line in lines)
                ended = ended or any(ENDED.search(line) for line in lines)
                watch.counted = watch.counted or any(COUNTED.search(line) for line in lines)
                watch.refusal += "".join(_said(found) for line in lines for found in REFUSED.findall(line))
            yield _in_one_line(piece) if self.told else piece
            if watch.came > MOST_BYTES or watch.events > watch.most_events:
                watch.endless = True
                self.stream.close()
                if self.told:
                    return
                raise httpx.ReadError("the answer does not end")
        if self.told and not ended and (watch.events or rest or not watch.came):
            watch.unfinished = True
            raise httpx.RemoteProtocolError("the connection was closed in the middle of the answer")

    def _pieces(self) -> Iterator[bytes]:
        """As they come; the time in which the library does something with one is no silence of the server's."""
        coming = iter(self.stream)
        while True:
            self.watch.waits = time.monotonic() if self.told and self.watch.came else None
            piece = next(coming, None)
            self.watch.waits = None
            if piece is None:
                return
            if self.watch.abandoned:
                raise httpx.ReadError("nobody waits for this answer any more")
            yield piece

    def close(self) -> None:
        self.stream.close()


def _said(quoted: bytes) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        return quoted.decode("utf-8", "replace")


def _in_one_line(piece: bytes) -> bytes:
    """Escaped as JSON may: LiteLLM's other clients take these characters for the end of a line, and lose what holds one."""
    for raw, escaped in LINE_ENDS:
        piece = piece.replace(raw, escaped)
    return piece


def attended(seconds: float, watch: Watch, call: Callable[[], T]) -> T:
    """The call's result or its exception; TimeoutError when it is late, or its stream has fallen silent."""
    done: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def work() -> None:
        watching.set(watch)
        outcome: tuple[T | None, Exception | None]
        try:
            outcome = call(), None
        except Exception as wrong:  # noqa: BLE001  raised again below, where someone can hear it
            outcome = None, wrong
        watch.hang_up()
        done.put(outcome)

    # a daemon, so that a process can end although a provider still drips
    threading.Thread(target=copy_context().run, args=(work,), daemon=True).start()
    ends = time.monotonic() + seconds
    try:
        result, wrong = _heard(done, watch, ends)
    except queue.Empty:
        watch.late = time.monotonic() >= ends
        why = f"no whole answer in {seconds:g} s" if watch.late else f"nothing more of its answer came for {SILENT:g} s"
        raise TimeoutError(why) from None
    finally:
        watch.abandoned = True
    if wrong is not None:
        raise wrong
    return result  # type: ignore[return-value]  # None only if the call returned it


def _heard(done: queue.SimpleQueue[T], watch: Watch, ends: float) -> T:
    while True:
        now = time.monotonic()
        try:
            return done.get(timeout=max(0.0, min(LOOK, ends - now)))
        except queue.Empty:
            now, since = time.monotonic(), watch.waits
            if now >= ends or (since is not None and now - since > SILENT):
                raise
