"""A provider on the loopback that speaks OpenAI's chat protocol from a script, one turn a request."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Turn:
    """How one request is answered."""

    text: str | None = ""
    status: int = 200
    error: str = ""
    hang: float = 0.0
    """Seconds of silence first."""
    drip: float = 0.0
    """Seconds between single bytes of blank, before the answer."""
    raw: bytes | None = None
    tokens: tuple[int, int] | None = (100, 10)

    def body(self, model: str) -> bytes:
        if self.raw is not None:
            return self.raw
        if self.status != 200:
            return json.dumps({"error": {"message": self.error, "type": "scripted", "code": None}}).encode()
        message = {"role": "assistant", "content": self.text}
        reply: dict[str, Any] = {
            "id": "1", "object": "chat.completion", "created": 1, "model": model,
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        }  # fmt: skip
        if self.tokens:
            into, out = self.tokens
            reply["usage"] = {"prompt_tokens": into, "completion_tokens": out, "total_tokens": into + out}
        return json.dumps(reply).encode()


@dataclass
class Provider:
    """Serves its turns in order, then says 500; keeps every request it was sent."""

    turns: list[Turn] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Provider:
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
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

    def says(self, *turns: Turn | str) -> None:
        self.turns += [Turn(turn) if isinstance(turn, str) else turn for turn in turns]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing: what was asked is kept in `requests`."""

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                provider.requests.append(asked)
                turn = provider.turns.pop(0) if provider.turns else Turn(status=500, error="the script is at its end")
                try:
                    provider._answer(self, turn, turn.body(asked["model"]))
                except OSError:
                    self.close_connection = True  # the one who asked has gone

        return Handler

    def _answer(self, to: BaseHTTPRequestHandler, turn: Turn, body: bytes) -> None:
        self.closing.wait(turn.hang)
        to.send_response(turn.status)
        to.send_header("Content-Type", "application/json")
        to.end_headers()
        until = time.monotonic() + 30
        while turn.drip and time.monotonic() < until and not self.closing.wait(turn.drip):
            to.wfile.write(b" ")
            to.wfile.flush()
        to.wfile.write(body)
        to.close_connection = True
