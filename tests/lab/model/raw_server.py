"""A server that keeps to no script: raw bytes over a real socket, for what a well-behaved one would never do."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

STREAM = b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
"""Its end is told by closing the connection, and by nothing else."""


@dataclass
class Raw:
    url: str
    asked: int = 0
    heard: list[bytes] = field(default_factory=list)
    """The bodies of the questions."""
    hung_up: threading.Event = field(default_factory=threading.Event)
    """The one who asked has gone while it was still being told."""
    closing: threading.Event = field(default_factory=threading.Event)


Turn = Callable[[socket.socket, Raw], None]


def event(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": finish}
    said = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(said).encode() + b"\n\n"


def tells(*parts: bytes) -> Turn:
    def turn(line: socket.socket, raw: Raw) -> None:
        for part in parts:
            line.sendall(part)

    return turn


def for_ever(part: bytes) -> Turn:
    def turn(line: socket.socket, raw: Raw) -> None:
        line.sendall(STREAM)
        try:
            while not raw.closing.is_set():
                line.sendall(part)
        except OSError:
            raw.hung_up.set()

    return turn


def then_silent(*parts: bytes) -> Turn:
    def turn(line: socket.socket, raw: Raw) -> None:
        tells(*parts)(line, raw)
        raw.closing.wait(30)

    return turn


@contextmanager
def serving(*turns: Turn) -> Iterator[Raw]:
    """One turn a connection; the last is repeated."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        raw = Raw(f"http://127.0.0.1:{door.getsockname()[1]}/v1")

        def answer(line: socket.socket) -> None:
            with line:
                heard = b""
                while b"\r\n\r\n" not in heard:
                    heard += line.recv(65_536)
                head, _, body = heard.partition(b"\r\n\r\n")
                length = next(
                    int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")
                )
                while len(body) < length:
                    body += line.recv(65_536)
                if b"/api/show" in head.splitlines()[0]:  # asked beside the question, of Ollama
                    line.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    return
                turn = turns[min(raw.asked, len(turns) - 1)]
                raw.asked += 1
                raw.heard.append(body)
                turn(line, raw)

        def accept() -> None:
            while not raw.closing.is_set():
                try:
                    line, _ = door.accept()
                except OSError:
                    return
                if raw.closing.is_set():
                    line.close()
                    return
                threading.Thread(target=answer, args=(line,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield raw
        finally:
            raw.closing.set()
            socket.create_connection(door.getsockname()).close()
            thread.join()


def page(status: str = "200 OK") -> Turn:
    said = b"<html><body>Welcome to the router</body></html>"
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(said)}\r\n\r\n"
    return tells(head.encode(), said)


def nobody() -> str:
    """An address at which nothing answers."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    return f"http://127.0.0.1:{port}/v1"
