"""One holder a run. The kernel frees the lock when the holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.ledger.files import trouble
from state.errors import Busy


@dataclass
class _Held:
    handle: int
    holder: object
    count: int


_held: dict[Path, _Held] = {}
_guard = threading.Lock()


@contextmanager
def hold(path: Path, holder: object) -> Iterator[None]:
    """Hold the lock file for one invocation; the same holder may enter again, nobody else may."""
    acquire(path, holder)
    try:
        yield
    finally:
        release(path)


def acquire(path: Path, holder: object) -> None:
    with _guard:
        mine = _held.get(path)
        if mine is not None:
            if mine.holder is not holder:
                raise Busy(f"{path.parent.name} is held by another invocation in this process; wait for it to end")
            mine.count += 1
            return
        _held[path] = _Held(_open(path), holder, 1)


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
        raise Busy(f"run {path.parent.name} is held by another process; watch it with: postgrad watch {path.parent.name}") from wrong
    return handle
