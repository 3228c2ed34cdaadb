"""Writing that survives a kill: whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from state.errors import EnvironmentTrouble, Unreadable


def write_atomic(path: Path, text: str) -> None:
    """Write beside, then rename over: a reader sees the old text or the new, never a half."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_native_id()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)  # a link that a script has left there would be written through
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(path)
    except OSError as wrong:
        with suppress(OSError):
            beside.unlink()
        raise trouble(wrong, path) from wrong


def write_json(path: Path, value: Any) -> None:
    write_atomic(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as wrong:
        raise Unreadable(f"{path} is damaged: {wrong}; restore it, or remove what it belongs to") from wrong


def append_line(path: Path, value: Any) -> None:
    """One record, one write: concurrent writers do not mix their lines, and a torn line spoils no other."""
    line = json.dumps(value, ensure_ascii=False) + "\n"
    try:
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                line = "\n" + line
            whole = line.encode()
            if os.write(handle, whole) < len(whole):  # a disk that is filling up takes a part and says nothing
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(handle)
    except OSError as wrong:
        raise trouble(wrong, path) from wrong


def read_lines(path: Path) -> Iterator[Any]:
    """The records of an append-only file; a last line torn by a kill is left out."""
    if not path.is_file():  # nor is a pipe one, which a script may leave for us to wait on
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                continue  # torn by a kill in the middle of a write, or a script's own nonsense: no record either way


def trouble(wrong: OSError, path: Path) -> EnvironmentTrouble:
    said = wrong.strerror or str(wrong)
    return EnvironmentTrouble(f"can't write {path}: {said}; make room or give permission, then resume")
