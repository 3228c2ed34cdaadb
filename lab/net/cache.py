"""Answers kept on disk: a line about the answer, then its bytes; whole or not at all, and a damaged one is none."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from state.errors import EnvironmentTrouble


@dataclass(frozen=True)
class Kept:
    """One answer as it was given."""

    url: str
    status: int
    kind: str
    body: bytes


def place_of(folder: Path, host: str, key: str) -> Path:
    """Where an answer lies: its host's folder, and a name made from everything that was asked."""
    return folder / re.sub(r"[^\w.-]", "_", host) / hashlib.sha256(key.encode()).hexdigest()


def keep(path: Path, answer: Kept) -> None:
    """Write beside under a name of one's own, then rename over: readers and other writers see no half."""
    about = {
        "at": time.time(), "url": answer.url, "status": answer.status, "kind": answer.kind,
        "sha256": hashlib.sha256(answer.body).hexdigest(),
    }  # fmt: skip
    beside: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=".", dir=path.parent)
        with os.fdopen(handle, "wb") as out:
            out.write(json.dumps(about).encode() + b"\n" + answer.body)
        Path(beside).replace(path)
    except OSError as wrong:
        if beside is not None:
            with suppress(OSError):
                Path(beside).unlink()
        said = wrong.strerror or str(wrong)
        raise EnvironmentTrouble(f"can't write {path}: {said}; make room or give permission, then resume") from wrong


def look_up(path: Path, keeps: float) -> Kept | None:
    """The answer, if there is one, it is whole, and it is no older than `keeps` seconds."""
    try:
        first, _, body = path.read_bytes().partition(b"\n")
        about: Any = json.loads(first)
        age = time.time() - float(about["at"])
        if about["sha256"] != hashlib.sha256(body).hexdigest() or not 0 <= age <= keeps:
            return None
        return Kept(str(about["url"]), int(about["status"]), str(about["kind"]), body)
    except (OSError, ValueError, KeyError, TypeError):  # not there, cut short, or not ours
        return None
