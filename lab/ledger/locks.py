"""One holder a run. The kernel frees the lock when the holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from lab.ledger.files import trouble
from state.errors import Busy


@dataclass
class _Held:
    handle: int
    count: int


_held: dict[Path, _Held] = {}
_guard = threading.Lock()


def acquire(path: Path, patience: float = 0.0) -> None:
    """Take the run for one invocation. A second one, here or in another process, is told that it is busy.

    `patience` is for a server: a cancelled invocation's last visit may hold the run a moment longer.
    """
    until = time.monotonic() + patience
    while True:
        with _guard:
            if path not in _held:
                _held[path] = _Held(_open(path), 1)
                return
        if time.monotonic() >= until:
            raise Busy(f"run {path.parent.name} is being worked on by this process already; wait for it, or watch it")
        time.sleep(0.05)


def join(path: Path) -> None:
    """A stage within an invocation holds the run too, so that one that outlives its invocation keeps others out."""
    with _guard:
        if path in _held:
            _held[path].count += 1
        else:
            _held[path] = _Held(_open(path), 1)


def release(path: Path) -> None:
    with _guard:
        mine = _held[path]
        mine.count -= 1
        if mine.count == 0:
            os.close(mine.handle)
            del _held[path]


def busy(path: Path) -> bool:
    """Does anyone, this process included, hold it?"""
    with _guard:
        if path in _held:
            return True
    try:
        handle = _open(path, create=False)
    except FileNotFoundError:
        return False
    except Busy:
        return True
    os.close(handle)
    return False


def _open(path: Path, create: bool = True) -> int:
    try:
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0) | os.O_CLOEXEC, 0o644)
    except FileNotFoundError:
        raise
    except OSError as wrong:
        raise trouble(wrong, path) from wrong
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as wrong:
        os.close(handle)
        run = path.parent.name
        raise Busy(f"run {run} is being worked on by another process; look on with: postgrad watch {run}") from wrong
    return handle
