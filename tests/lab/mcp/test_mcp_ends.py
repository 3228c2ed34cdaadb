"""However our process ends, a server that we started ends too."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.lab.mcp.table import WEATHER

OURS = """
import sys, time
from lab.model.mcp import mcp_tools
from lab.model.mcp_config import McpConfig, Server
server = Server(name="weather", command=sys.executable, args=({weather!r}, "pid", {pid!r}), stages=("literature",))
assert mcp_tools(McpConfig((server,)), "literature", lambda *_: None)
print("ready", flush=True)
{then}
"""
ROOT = Path(__file__).parents[3]


def ours(pid: Path, then: str) -> subprocess.Popen[str]:
    code = OURS.format(weather=WEATHER, pid=str(pid), then=then)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == "ready\n"
    return process


def gone(pid: int, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_when_we_are_killed(tmp_path: Path, how: signal.Signals) -> None:
    process = ours(tmp_path / "pid", "time.sleep(60)")
    server = int((tmp_path / "pid").read_text(encoding="utf-8"))
    assert not gone(server, 0.2)
    process.send_signal(how)
    process.wait(15)
    assert gone(server)


@pytest.mark.slow
def test_a_server_ends_when_we_end_and_we_end_at_once(tmp_path: Path) -> None:
    process = ours(tmp_path / "pid", "")
    server = int((tmp_path / "pid").read_text(encoding="utf-8"))
    since = time.monotonic()
    assert process.wait(15) == 0
    assert time.monotonic() - since < 5
    assert gone(server)
