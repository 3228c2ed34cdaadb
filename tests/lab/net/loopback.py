"""A real server on loopback whose answers are scripted: each path has a list of answers, the last one stays."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Handler"], None]


@dataclass
class Seen:
    """One request as it came in."""

    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Loopback:
    base: str
    answers: dict[str, list[Reply]]
    seen: list[Seen] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def paths(self) -> list[str]:
        return [s.path for s in self.seen]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    here: Loopback

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        with self.here.lock:
            self.here.seen.append(Seen(time.monotonic(), self.command, self.path, dict(self.headers.items()), body))
            waiting = self.here.answers.get(self.path.partition("?")[0]) or [status(404)]
            reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        reply(self)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass


def body(text: str | bytes, kind: str = "text/plain; charset=utf-8", code: int = 200, **headers: str) -> Reply:
    sent = text.encode() if isinstance(text, str) else text

    def reply(at: Handler) -> None:
        at.send_response(code)
        at.send_header("Content-Type", kind)
        at.send_header("Content-Length", str(len(sent)))
        for name, value in headers.items():
            at.send_header(name.replace("_", "-"), value)
        at.end_headers()
        at.wfile.write(sent)

    return reply


def status(code: int, **headers: str) -> Reply:
    return body(b"", code=code, **headers)


def reset() -> Reply:
    """Cut the connection off without a word."""

    def reply(at: Handler) -> None:
        at.close_connection = True
        at.connection.close()

    return reply


def drip(seconds: float, every: float = 0.05) -> Reply:
    """A body that never stops coming for so long: no read time-out fires."""

    def reply(at: Handler) -> None:
        at.send_response(200)
        at.send_header("Content-Length", "1000000")
        at.end_headers()
        ends = time.monotonic() + seconds
        try:
            while time.monotonic() < ends:
                at.wfile.write(b".")
                at.wfile.flush()
                time.sleep(every)
        except OSError:
            pass
        at.close_connection = True

    return reply


def drip_headers(seconds: float, every: float = 0.05) -> Reply:
    """Headers that never end."""

    def reply(at: Handler) -> None:
        ends = time.monotonic() + seconds
        try:
            at.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while time.monotonic() < ends:
                at.wfile.write(b".")
                time.sleep(every)
        except OSError:
            pass
        at.close_connection = True

    return reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news here."""


@contextmanager
def serving(answers: dict[str, list[Reply]]) -> Iterator[Loopback]:
    handler = type("Here", (Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    here = Loopback(f"http://127.0.0.1:{server.server_address[1]}", answers)
    handler.here = here
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
