"""Where runs are kept, and finding one by its name."""

from __future__ import annotations

import difflib
import os
import tempfile
from pathlib import Path

from state.errors import UserError
from state.settings import Settings


def home_path() -> Path:
    return Settings().home_path()


def need_folder(home: Path) -> Path:
    """The nearest folder that exists, the home itself or one above it; a file there is no place for a home."""
    place = next((p for p in (home, *home.parents) if p.exists()), Path("/"))
    if not place.is_dir():
        raise UserError(f"{place} is not a folder, so {home} can't be the home; set POSTGRAD_HOME to a folder")
    return place


def need_writable(home: Path) -> None:
    """Refuse before anything is made; the nearest folder that exists must take new files."""
    place = need_folder(home)
    if not os.access(place, os.W_OK | os.X_OK):
        raise UserError(f"no permission to write in {place}; give it, or set POSTGRAD_HOME to another folder")
    try:
        tempfile.TemporaryFile(dir=place).close()  # only trying tells: root has every permission, and yet not in /proc
    except OSError as wrong:
        raise UserError(f"nothing can be written in {place} ({wrong.strerror}); set POSTGRAD_HOME elsewhere") from wrong


def names(home: Path) -> list[str]:
    """Runs of this home, the newest last."""
    need_folder(home)
    found = [about.parent for about in (home / "runs").glob("*/run.json") if not about.parent.name.startswith(".")]
    return [folder.name for folder in sorted(found, key=lambda folder: (folder / "run.json").stat().st_mtime)]


def folder_of(home: Path, run: str) -> Path:
    """The run's folder; an unknown name is answered with the nearest ones."""
    known = names(home)
    if run not in known:
        close = difflib.get_close_matches(run, known, 3, 0.4)
        hint = (
            f"did you mean {' or '.join(close)}?"
            if close
            else "list them with: postgrad runs"
            if known
            else "there are no runs yet"
        )
        raise UserError(f"there is no run {run} in {home}; {hint}")
    return home / "runs" / run


def free_name(home: Path, wanted: str | None, task: str) -> str:
    """The name asked for, which must be free; or one made from the task."""
    from graph.names import check_name, slug

    if wanted:
        check_name(wanted)
        if (home / "runs" / wanted / "run.json").exists():
            raise UserError(f"a run named {wanted} exists already; choose another --name, or: postgrad resume {wanted}")
        return wanted
    base = slug(task)
    taken = {path.name for path in (home / "runs").glob("*")}
    return next(name for name in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)
