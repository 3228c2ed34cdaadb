"""The files of one split, brought to this machine: whole, of one commit, each in one piece or not there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lab.hub.client import Hub
from lab.hub.dataset import choose, files_of, shelves
from lab.hub.repo import File
from lab.hub.rows import Shelf
from lab.hub.trouble import trouble

PIECE = 8 << 20
"""Bytes of one request: a slow line brings them within a try's deadline."""
MOST = 1 << 30
"""Bytes of one split: it is read into memory. What is larger is named smaller, or brought as a file."""


@dataclass(frozen=True)
class Fetched:
    """Files on this machine, and what they are."""

    files: tuple[Path, ...]
    id: str
    sha: str
    config: str
    split: str
    licence: str
    notes: tuple[str, ...]


def fetch(hub: Hub, id: str, config: str, split: str, to: Path, most: int = MOST) -> Fetched:
    """The files of one split below `to`; those that are there already stay. Raises SourceTrouble in one line."""
    have = shelves(hub, id)
    part = choose(have, config, split)
    shelf, files = files_of(have, part)
    size = sum(file.size or 0 for file in files)
    if size > most:
        raise trouble(
            "unreadable",
            f"{id} {part.config}/{part.split} has {size / 1e9:.1f} GB: name a smaller part, or bring a file",
        )
    to.mkdir(parents=True, exist_ok=True)
    brought = [
        _bring(shelf, file, to / f"{number:03d}-{PurePosixPath(file.path).name}") for number, file in enumerate(files)
    ]
    return Fetched(
        tuple(brought),
        id,
        have.repo.sha,
        part.config,
        part.split,
        have.repo.licence,
        (*have.own.notes, *have.notes),
    )


def _bring(shelf: Shelf, file: File, to: Path) -> Path:
    """Beside first, then renamed: a kill leaves the whole file or none."""
    if to.is_file() and to.stat().st_size == file.size:
        return to
    if file.size is None:
        raise trouble("unreadable", f"{shelf.id}: the Hub does not say how long {file.path} is: bring it as a file")
    draft = to.with_name(f".{to.name}.part")
    with draft.open("wb") as handle:
        for start in range(0, file.size, PIECE):
            stop = min(file.size, start + PIECE)
            raw = shelf.hub.part("dataset", shelf.id, shelf.sha, file.path, start, stop, once=True)
            if len(raw) != stop - start:
                raise trouble("unreadable", f"{shelf.id}: {file.path} came in short: try again later")
            handle.write(raw)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(to)
    return to
