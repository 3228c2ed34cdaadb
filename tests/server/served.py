"""The dev server as `langgraph.json` starts it: a process of its own, on a free port, with a home of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
WINE = {
    "task": "Tell three cultivars of wine apart by their chemistry", "data": "wine", "method": "classifier", "metric": "accuracy",
    "start": {"model": "sgd", "learning_rate": 0.01, "steps": 60}, "seeds": 1, "effort": "quick",
}  # fmt: skip
PATIENCE = 240.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until(seen: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Look again and again until there is something; its own words when there never is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := seen():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


@dataclass
class Served:
    """A server that can be started, killed and started again on the same home."""

    place: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def home(self) -> Path:
        return self.place / "home"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        cwd = self.place / "cwd"  # the server keeps its list of threads in the folder it is started from
        cwd.mkdir(parents=True, exist_ok=True)
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("LANGSMITH", "LANGCHAIN"))},
            "POSTGRAD_HOME": str(self.home), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1",
            "LANGGRAPH_CLI_NO_ANALYTICS": "1", "LANGGRAPH_NO_VERSION_CHECK": "true",
        }  # fmt: skip
        with (self.place / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "langgraph_cli", "dev", "--config", str(ROOT / "langgraph.json"), "--no-browser",
                    "--no-reload", "--n-jobs-per-worker", "10", "--port", str(self.port),
                ],
                cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until(self._answers, f"the server's first answer\n{self.log()[-3000:]}", 90)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()[-3000:]
        try:
            return self.ask("GET", "/ok")[0] == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def stop(self, how: int = signal.SIGTERM) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(60)

    def log(self) -> str:
        path = self.place / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], str]:
        """One plain request, as a browser or a script would send it: status, headers, body."""
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=said)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, {k.lower(): v for k, v in refused.headers.items()}, refused.read().decode()

    @contextmanager
    def client(self) -> Iterator[Any]:
        from langgraph_sdk import get_sync_client

        with get_sync_client(url=self.url) as client:
            yield client
