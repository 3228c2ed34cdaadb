"""Putting the weather server on the table, and listening to what is said about it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.model.mcp_config import McpConfig, Server

WEATHER = str(Path(__file__).with_name("weather_server.py"))


def weather(*args: str, **more: Any) -> McpConfig:
    """One real server, as a person would list it."""
    about = {
        "name": "weather",
        "command": sys.executable,
        "args": (WEATHER, *args),
        "stages": ("literature",),
        "timeout": 20,
    }
    return McpConfig((Server.model_validate({**about, **more}),))


class Told(list[tuple[str, str]]):
    """What was missing, and why."""

    def __call__(self, name: str, why: str) -> None:
        self.append((name, why))

    @property
    def text(self) -> str:
        return "\n".join(why for _, why in self)


@contextmanager
def over_http() -> Iterator[str]:
    """The same server on a port of loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, WEATHER, "--http", str(port)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait(10)
