"""Finding processes, by descent and by the mark in their environment, and ending them for real.

Standard library only: the warden runs without site-packages.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
KILL = signal.SIGKILL
_GONE = (FileNotFoundError, ProcessLookupError, PermissionError)


def started(pid: int) -> int | None:
    """When a live process began, in ticks since boot: with the pid, its identity. None when it is gone."""
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] not in "ZX" else None


def descendants(root: int) -> list[int]:
    """All live processes below `root`, nearest first."""
    children: dict[int, list[int]] = {}
    dead = set()
    for pid in _pids():
        if fields := _stat(pid):
            children.setdefault(int(fields[1]), []).append(pid)
            if fields[0] in "ZX":
                dead.add(pid)
    found: list[int] = []
    front = [root]
    while front:
        front = [child for pid in front for child in children.get(pid, ())]
        found += front
    return [pid for pid in found if pid not in dead]


def marked(marks: dict[str, str]) -> list[int]:
    """All live processes that were given every one of these variables."""
    wanted = {f"{key}={value}".encode() for key, value in marks.items()}
    found = []
    for pid in _pids():
        with suppress(*_GONE):
            given = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
            if wanted.issubset(given) and started(pid) is not None:
                found.append(pid)
    return found


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signal those that are still there."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def end_marked(marks: dict[str, str], patience: float = 5.0) -> list[int]:
    """Kill all that carry the marks until none is left; returns those that would not go."""
    deadline = time.monotonic() + patience
    while left := marked(marks):
        if time.monotonic() > deadline:
            return left
        send(left, signal.SIGKILL)
        time.sleep(0.02)
    return []


def memory_mb(pids: Iterable[int]) -> float:
    """What these processes hold together; pages they share count once."""
    return sum(_kilobytes(pid, "smaps_rollup", b"Pss_Anon:", b"Pss_Shmem:") for pid in pids) / 1024


def memory_mb_at_most(pids: Iterable[int]) -> float:
    """A cheap upper bound of `memory_mb`: pages they share count for each."""
    return sum(_kilobytes(pid, "status", b"RssAnon:", b"RssShmem:") for pid in pids) / 1024


def _kilobytes(pid: int, file: str, *keys: bytes) -> int:
    with suppress(*_GONE):
        lines = (PROC / str(pid) / file).read_bytes().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(keys))
    return 0


def _pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the name, which may itself hold spaces and brackets."""
    with suppress(*_GONE):
        return (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    return None
