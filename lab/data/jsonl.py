"""JSON lines on disk: the same rows always give the same bytes, and a file is either whole or not there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

READ_ONLY = 0o400


def encode(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """One compact object a line, keys in the order given."""
    return "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows).encode()


def decode(raw: bytes) -> list[dict[str, Any]]:
    # Not str.splitlines: a text may hold U+2028 and the like, which end no line of JSON.
    return [json.loads(line) for line in raw.split(b"\n") if line]


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def write_whole(path: Path, raw: bytes, mode: int = READ_ONLY) -> None:
    """Write beside, flush to disk, then rename: a kill leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(raw)
        handle.flush()
        os.fsync(handle.fileno())
    part.chmod(mode)
    part.replace(path)


def append_line(path: Path, row: Mapping[str, Any]) -> None:
    """Add one line in a single write, after closing a line that a kill may have torn."""
    raw = encode([row])
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b", buffering=0) as handle:
        size = handle.seek(0, os.SEEK_END)
        if size:
            handle.seek(size - 1)
            raw = raw if handle.read(1) == b"\n" else b"\n" + raw
        handle.write(raw)
        os.fsync(handle.fileno())
