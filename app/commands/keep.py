"""`fork`, `rm`, `gc`: what happens to runs as folders."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from app import home, out
from lab.ledger import locks
from lab.ledger.files import read_json
from state.errors import Busy

LEFT_BY_A_KILL = re.compile(r"\.(?:fork-.+|gone-.+)")
BESIDE = re.compile(r"\..+\.(\d+)")
"""A file being written by process N before it takes its name."""


def fork(run: str, stage: str, name: str | None, as_json: bool) -> int:
    """A new run from the moment another stood before a stage; it waits to be resumed."""
    from graph.fork import fork as make

    place = home.home_path()
    home.folder_of(place, run)
    home.need_writable(place)
    made = make(place, run, stage, home.free_name(place, name, f"{run}-at-{stage.replace('_', '-')}"))
    value = {"run": made, "from": run, "stage": stage}
    out.answer(value, f"{made} stands where {run} stood before {stage}; go on with: postgrad resume {made}", as_json)
    return 0


def rm(run: str, as_json: bool) -> int:
    """Delete a run that nobody holds and none of whose jobs still runs."""
    from graph.checkpointer import file_of, forget

    place = home.home_path()
    folder = home.folder_of(place, run)
    home.need_writable(folder)
    if locks.busy(folder / "lock"):
        raise Busy(f"run {run} is being worked on; stop it first: postgrad stop {run}")
    if alive := living_jobs(folder):
        raise Busy(f"jobs of {run} still run ({', '.join(alive)}); stop them first: postgrad stop {run}")
    thread = str(read_json(folder / "run.json")["thread_id"])
    size = _size(folder)
    aside = folder.with_name(f".gone-{run}")
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)  # first out of sight in one move, so that a kill leaves no half a run
    if file_of(place).exists():
        forget(place, thread)
    shutil.rmtree(aside)
    out.answer({"run": run, "freed_bytes": size}, f"{run} is gone, {_megabytes(size)} freed", as_json)
    return 0


def living_jobs(folder: Path) -> list[str]:
    """Attempts whose process is still there: it holds the attempt's lock."""
    from lab.compute.folder import live_jobs

    return [f"{Path(job.folder).name}/{job.attempt}" for job in live_jobs(folder)]


def gc(as_json: bool) -> int:
    """Thin out checkpoints, and clear away what kills left behind."""
    from graph.checkpointer import file_of, prune

    place = home.home_path()
    home.need_writable(place)
    before = file_of(place).stat().st_size if file_of(place).exists() else 0
    pruned = prune(place)
    after = file_of(place).stat().st_size if file_of(place).exists() else 0
    removed = []
    freed = max(0, before - after)
    for path in _leftovers(place):
        freed += _size(path)
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
        removed.append(str(path.relative_to(place)))
    value = {"checkpoints_pruned": pruned, "removed": removed, "freed_bytes": freed}
    out.answer(value, f"{pruned} checkpoints and {len(removed)} leftovers removed, {_megabytes(freed)} freed", as_json)
    return 0


def _leftovers(place: Path) -> list[Path]:
    """Half-made folders and files whose writer is dead."""
    found = [path for path in (place / "runs").glob(".*") if LEFT_BY_A_KILL.fullmatch(path.name)]
    for folder in (place / "runs").glob("[!.]*"):
        if not locks.busy(folder / "lock"):
            found += [path for path in folder.rglob(".*") if path.is_file() and _writer_is_dead(path)]
    return found


def _writer_is_dead(path: Path) -> bool:
    match = BESIDE.fullmatch(path.name)
    return bool(match) and not Path(f"/proc/{match[1]}").exists() if match else False


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(os.lstat(file).st_size for file in files if file.is_file() and not file.is_symlink())


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
