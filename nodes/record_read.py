"""Reading a run's journal and its experiments' folders. Never writes, never fails on a torn file."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lab.ledger.files import read_lines

Json = dict[str, Any]

TAIL = 64 * 1024
"""Bytes read from the end of a metrics file: some hundred lines, whatever the length of the file."""
LARGEST = 256 * 1024 * 1024
"""Bytes of a metrics file that is read whole: a script may have made one without end, and no training needs more."""
OWN_KEYS = ("t", "step", "kind")
"""What the journal itself adds to a record."""
NO_STEP = 1e15
"""No training counts so far: what says so is nonsense, as is one that is no number."""
GATES = "approve_"
"""How the names of stages begin that ask a person and wait."""


def plain(value: Any) -> Any:
    """Plain JSON: what is no finite number becomes null, tuples become lists."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    return value if value is None or isinstance(value, str | int) else str(value)


def products(records: Iterable[Json], kind: str, *names: str) -> list[Json]:
    """The products written under a kind: in the record itself, under a key of its own, or in a list there."""
    found: list[Json] = []
    for record in records:
        if record.get("kind") != kind:
            continue
        inner = next((record[n] for n in (kind, *names) if isinstance(record.get(n), dict | list)), None)
        if isinstance(inner, dict):
            found.append(inner)
        elif isinstance(inner, list) and kind != "arms":
            found += [item for item in inner if isinstance(item, dict)]
        else:
            found.append({k: v for k, v in record.items() if k not in OWN_KEYS})
    return found


def once(items: Iterable[Json], *keys: str) -> list[Json]:
    """The items in their order, the same one only once; by the keys named, or by everything."""
    seen: dict[str, Json] = {}
    for item in items:
        seen.setdefault(json.dumps([item.get(k) for k in keys] if keys else item, sort_keys=True, default=str), item)
    return list(seen.values())


def interruptions(journal: Path) -> int:
    """Visits that were cut off and made again. A gate that waited for a person is entered again too, and is none."""
    open_steps: set[int] = set()
    count = 0
    for line in read_lines(journal):
        if not isinstance(line, dict) or str(line.get("stage", "")).startswith(GATES):
            continue
        step = int(line.get("step") or 0)
        if line.get("kind") == "enter":
            count += step in open_steps
            open_steps.add(step)
        elif line.get("kind") == "leave":
            open_steps.discard(step)
    return count


def read_record(path: Path) -> Json:
    """A JSON object; empty where there is none (yet) or where it is torn."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def attempts(folder: Path) -> list[Path]:
    """Folders of the attempts, first to last."""
    try:
        found = [p for p in (folder / "attempts").iterdir() if p.is_dir()]
    except OSError:
        return []
    return sorted(found, key=lambda p: (int((re.findall(r"\d+", p.name) or ["0"])[-1]), p.name))


def training_attempts(folder: Path) -> list[Path]:
    """The attempts that train; a prediction leaves an attempt beside them that says nothing about the training."""
    return [p for p in attempts(folder) if _kind(p) == "train"]


def _kind(attempt: Path) -> str:
    """By its job.json; before that is written, by its name: trainings are numbered, all else is named."""
    job = read_record(attempt / "job.json")
    inner = job.get("job")
    told = (inner if isinstance(inner, dict) else job).get("kind")
    return str(told) if told else ("train" if attempt.name.isdigit() else "other")


def status(folder: Path) -> Json:
    """How the last training attempt stands: {state, why, ...}; empty before the first."""
    for place in reversed(training_attempts(folder)):
        found = read_record(place / "status.json")
        if found:
            return found
    return read_record(folder / "status.json")


def starts(folder: Path, kind: str = "train") -> int:
    """Processes of this kind that really began, by what they wrote themselves."""
    lines = (line for line in read_lines(folder / "starts.jsonl") if isinstance(line, dict))
    return sum(1 for line in lines if line.get("kind") == kind)


def last_step(folder: Path) -> int | None:
    """The last step logged, read from the tail alone; steps of a warm-up are below zero and count as none."""
    for path in reversed(metric_files(folder)):
        for line in reversed(_tail(path)):
            step = line.get("step")
            if isinstance(step, int | float) and not isinstance(step, bool) and abs(step) < NO_STEP:
                return max(0, int(step))
    return None


def metric_files(folder: Path) -> list[Path]:
    """One file an attempt, first to last; the one at the top where no attempt has its own."""
    found = [p / "metrics.jsonl" for p in training_attempts(folder)]
    found = [p for p in found if p.is_file()]
    top = folder / "metrics.jsonl"
    return found or ([top] if top.is_file() else [])


def metric_lines(folder: Path) -> list[Json]:
    """Everything the training logged, attempt after attempt."""
    files = [path for path in metric_files(folder) if path.stat().st_size <= LARGEST]
    return [line for path in files for line in read_lines(path) if isinstance(line, dict)]


def tree(experiments: Sequence[Json]) -> list[tuple[int, Json]]:
    """Experiments below their parents, with their depth; a parent that is unknown or circular makes a root."""
    known = {e["id"] for e in experiments}
    below: dict[str | None, list[Json]] = {}
    for e in experiments:
        parent = e.get("parent")
        below.setdefault(parent if parent in known and parent != e["id"] else None, []).append(e)
    out: list[tuple[int, Json]] = []
    seen: set[str] = set()
    todo = [(0, e) for e in reversed(below.get(None, []))]
    while todo:
        depth, e = todo.pop()
        if e["id"] in seen:
            continue
        seen.add(e["id"])
        out.append((depth, e))
        todo += [(depth + 1, child) for child in reversed(below.get(e["id"], []))]
    return out + [(0, e) for e in experiments if e["id"] not in seen]


def _tail(path: Path) -> list[Json]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            chunk = file.read()
    except OSError:
        return []
    rows = chunk.split(b"\n")[1 if size > TAIL else 0 :]
    found: list[Json] = []
    for row in rows:
        try:
            line = json.loads(row)
        except (ValueError, RecursionError):
            continue  # a line torn by a kill, or no record at all
        if isinstance(line, dict):
            found.append(line)
    return found
