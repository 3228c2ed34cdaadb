"""Files that several processes trust: locks that die with their holder, records that are never half written.

Standard library only: the warden runs without site-packages.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import struct
import threading
from pathlib import Path
from typing import Any

SPARE_BYTES = 4096

# Locks of the open file description: a child that inherits the descriptor inherits the lock, and unlike flock(2)
# a reader can ask whether one is held without taking it, and a read-only descriptor can't take it away.
_FLOCK = "hhqqi4x"
_WHOLE = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)


def take(path: Path) -> int | None:
    """Lock a file and return the descriptor that holds it, or None when another holds it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, _WHOLE)
    except OSError as error:
        os.close(fd)
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return None
        raise
    return fd


def held(path: Path) -> bool:
    """Whether someone holds the lock; asking disturbs nobody."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        answer = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, _WHOLE)
    finally:
        os.close(fd)
    return bool(struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK)


def write_json(path: Path, data: dict[str, Any], *, spare: Path | None = None) -> None:
    """Replace a record as a whole: after a crash it is the old one or the new one.

    `spare` is a file made by `make_spare`: its blocks are there already, so the record can be written on a full disk.
    """
    text = json.dumps(data, indent=1).encode()
    draft = spare or draft_of(path)
    flags = os.O_WRONLY if spare else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        fd = os.open(draft, flags | os.O_CLOEXEC, 0o644)
        try:
            _write_all(fd, text.ljust(SPARE_BYTES) if spare else text)
            os.fsync(fd)
        finally:
            os.close(fd)
        draft.replace(path)
    except OSError:
        if not spare:
            draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def make_spare(path: Path) -> Path:
    """Set blocks aside for one last record."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        _write_all(fd, b" " * SPARE_BYTES)
        os.fsync(fd)
    finally:
        os.close(fd)
    return path


def draft_of(path: Path) -> Path:
    """A name beside the file that no other process or thread writes to."""
    return path.with_name(f".{path.name}.{os.getpid()}.{threading.get_native_id()}")


def read_json(path: Path) -> dict[str, Any] | None:
    """The record; None where there is none; {} where the file holds anything else than one."""
    try:
        data = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def last_line(path: Path, width: int = 200) -> str:
    """The last line of a text file that says anything, cut to `width`."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            lines = file.read().decode(errors="replace").split("\n")
    except FileNotFoundError:
        return ""
    said = [line.strip() for line in lines if line.strip()]
    return said[-1][:width] if said else ""


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
