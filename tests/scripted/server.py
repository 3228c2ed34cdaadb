"""A model that follows a script: OpenAI's chat protocol over real HTTP on the loopback, whole or streamed.

    with Scripted([says("hello"), calls("search", {"query": "x"}), status(429, retry_after=1)]) as model:
        ... openai/anything at model.url ...
        model.requests       # the bodies it was sent

As a process of its own, which outlives a killed run: `python -m tests.scripted.server SCRIPT.py PORT`, where SCRIPT.py
has a `script`: a list of replies, or a function from the request's body to a reply. `GET /requests` tells what it was sent.
"""

from __future__ import annotations

import json
import runpy
import sys
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests.scripted import replies as wire
from tests.scripted.replies import (
    Call,
    Reply,
    calls,
    drips,
    drops,
    empty,
    filtered,
    hangs,
    refuses,
    says,
    status,
    too_long,
    truncated,
)  # fmt: skip

__all__ = [
    "Call", "Reply", "Scripted", "calls", "drips", "drops", "empty", "filtered", "hangs", "refuses", "says", "status",
    "too_long", "truncated",
]  # fmt: skip

Json = dict[str, Any]
Script = Iterable[Reply | str] | Callable[[Json], Reply | str]

PLAIN = Reply()
AT_THE_END = status(500, "the script is at its end")
DRIPS_FOR = 30.0
"""Seconds after which even a dripping answer comes."""


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is part of many a script; a defect of ours is told."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Scripted:
    """Serves its script; a list in order and then 500, a function for as long as it is asked."""

    def __init__(self, script: Script = (), *, port: int = 0) -> None:
        self.ask: Callable[[Json], Reply | str] | None = script if callable(script) else None
        self.turns: list[Reply | str] = [] if callable(script) else list(script)
        self.requests: list[Json] = []
        self.headers: list[dict[str, str]] = []
        """Of each request, names in small letters."""
        self.port = port
        self.closing = threading.Event()
        self.guard = threading.Lock()

    def then(self, *turns: Reply | str) -> None:
        """More of the script."""
        self.turns += turns

    def __enter__(self) -> Scripted:
        self.http = Quiet(("127.0.0.1", self.port), _handler(self))
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, wrong: BaseException | None, at: TracebackType | None) -> None:
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def turn(self, body: Json, headers: dict[str, str]) -> tuple[Reply, int]:
        """The next answer and its number."""
        with self.guard:
            self.requests.append(body)
            self.headers.append(headers)
            number = len(self.requests)
            made = self.ask(body) if self.ask else self.turns.pop(0) if self.turns else AT_THE_END
        return (says(made) if isinstance(made, str) else made), number


def _handler(model: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # so that a body cut off is seen to be one

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing: what was asked is kept in `requests`."""

        def do_GET(self) -> None:
            known = {"/requests": model.requests, "/v1/models": {"object": "list", "data": []}}
            self._send(200 if self.path in known else 404, json.dumps(known.get(self.path, {})).encode(), ())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply, number = model.turn(body, {name.lower(): value for name, value in self.headers.items()})
            try:
                self._answer(reply, number, body)
            except OSError:
                self.close_connection = True  # the one who asked has gone

        def _answer(self, reply: Reply, number: int, body: Json) -> None:
            model.closing.wait(reply.hang)
            if reply.cut == 0:
                self.close_connection = True
            elif body.get("stream") and reply.code == 200 and reply.raw is None:
                with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
                self._stream(reply, wire.pieces(reply, body["model"], number, with_usage))
            else:
                self._send(reply.code, wire.whole(reply, body["model"], number), reply.headers, reply)

        def _send(self, code: int, said: bytes, headers: Iterable[tuple[str, str]], reply: Reply = PLAIN) -> None:
            self.send_response(code)
            blanks = [b" "] * (int(DRIPS_FOR / reply.drip) if reply.drip else 0)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(blanks) + len(said)))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            for blank in blanks:
                self._drip(blank, reply.drip)
            if reply.cut:
                said, self.close_connection = said[: len(said) // 2], True
            self.wfile.write(said)

        def _stream(self, reply: Reply, events: Iterable[bytes]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            until = time.monotonic() + DRIPS_FOR
            while reply.drip and time.monotonic() < until and not model.closing.is_set():
                self._drip(_chunk(b": still there\n\n"), reply.drip)
            for number, event in enumerate(events):
                if number == reply.cut:
                    self.close_connection = True
                    return
                self.wfile.write(_chunk(event))
                self.wfile.flush()
            self.wfile.write(_chunk(b""))

        def _drip(self, drop: bytes, every: float) -> None:
            model.closing.wait(every)
            self.wfile.write(drop)
            self.wfile.flush()

    return Handler


def _chunk(part: bytes) -> bytes:
    return f"{len(part):x}\r\n".encode() + part + b"\r\n"


def main(path: str, port: str) -> None:
    with Scripted(runpy.run_path(path)["script"], port=int(port)) as model:
        sys.stdout.write(model.url + "\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:3])
