"""A run is a thread: the thread's id follows from the run's name, and a thread begun elsewhere gets a name."""

from __future__ import annotations

import hashlib
import re
import time
import uuid
from pathlib import Path
from typing import Any

from lab.ledger.files import read_json, write_json
from state.errors import UserError

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def thread_id(run: str) -> str:
    """Servers accept only UUIDs, so the name is folded into one."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"postgrad/{run}"))


def check_name(run: str) -> str:
    if not NAME.fullmatch(run):
        raise UserError(f"{run!r} is no name for a run: use small letters, digits, dots and dashes, at most 63")
    return run


def slug(task: str) -> str:
    words = re.findall(r"[a-z0-9]+", task.lower())[:5]
    return "-".join(words)[:40].strip("-") or "run"


def claim_name(home: Path, state: dict[str, Any], thread: str | None) -> str:
    """The run's name: asked for, or found by its thread, or made from the task. Its folder is claimed with it."""
    wanted = state.get("name")
    if wanted:
        name = check_name(str(wanted))
        if _owner(home, name) not in (None, thread or thread_id(name)):
            raise UserError(f"a run named {name} exists already; choose another name, or: postgrad resume {name}")
        return _claim(home, name, thread or thread_id(name), state)
    if thread and (known := run_of(home, thread)):
        return known
    base = slug(str(state.get("task", "")))
    mark = hashlib.sha256((thread or f"{time.time_ns()}").encode()).hexdigest()[:6]
    name = f"{base}-{mark}"
    return _claim(home, name, thread or thread_id(name), state)


def _owner(home: Path, name: str) -> str | None:
    about = home / "runs" / name / "run.json"
    return str(read_json(about)["thread_id"]) if about.exists() else None


def _claim(home: Path, name: str, thread: str, state: dict[str, Any]) -> str:
    if _owner(home, name) is None:
        about = {
            "run": name, "thread_id": thread, "created": round(time.time(), 3), "task": state.get("task", ""),
            "input": {**state, "name": name},
        }  # fmt: skip
        write_json(home / "runs" / name / "run.json", about)
    return name


def run_of(home: Path, thread: str) -> str | None:
    """The run whose thread this is, if any."""
    for about in sorted((home / "runs").glob("*/run.json")):
        if read_json(about)["thread_id"] == thread:
            return about.parent.name
    return None
