"""A training's metrics from where they lie: jsonl, trainer_state.json, CSV, or a trackio project."""

from __future__ import annotations

import csv
import itertools
import json
import math
import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.checks.names import canonical
from lab.checks.series import number, step_of
from state.errors import UserError

Json = dict[str, Any]
NO_METRICS = frozenset({"step", "epoch", "timestamp", "time", "phase", "num_tokens", "total_flos"})


@dataclass(frozen=True)
class Stream:
    """What was logged, under the names used here, and what had to be assumed to read it."""

    lines: list[Json]
    planned_steps: int | None
    source: str
    notes: tuple[str, ...] = ()

    @property
    def last_step(self) -> int:
        return max((step_of(line) for line in self.lines), default=0)


def read_stream(path: Path, run: str | None = None) -> Stream:
    """Read a file, or a folder that holds one; `run` picks one of several in a trackio project."""
    given, path = path, _found(path)
    if path.suffix == ".db":
        lines, planned, notes = _trackio(path, run)
    else:
        text = _text(path)
        read = _csv if path.suffix.lower() in (".csv", ".tsv") else _state if _is_state(path, text) else _jsonl
        lines, planned, notes = read(path, text)
    named = [dict(canonical(line)) for line in lines]
    if not any(_metrics(line) for line in named):
        raise UserError(f"{path}: no metric in {len(named)} lines; a line needs numbers such as loss or reward")
    ordered, more = _ordered(named)
    chosen = () if not given.is_dir() else (f"of {given} this was read: {path}",)
    return Stream(ordered, planned, str(path), (*notes, *more, *chosen))


def _found(path: Path) -> Path:
    """The file itself, the one of this kind in a folder, or a trackio project of that name."""
    if path.is_dir():
        known = ("metrics.jsonl", "trainer_state.json")
        for place in (path, *sorted(path.glob("checkpoint-*"), key=_number, reverse=True)):
            for name in known:
                if (place / name).is_file():
                    return place / name
        databases = sorted(path.glob("*.db"))
        if len(databases) == 1:
            return databases[0]
        what = ", ".join(p.stem for p in databases) if databases else "none"
        raise UserError(f"{path}: no {' or '.join(known)} there, trackio projects: {what}; name the file itself")
    if path.exists():
        return path
    home = Path(os.environ.get("TRACKIO_DIR") or Path.home() / ".cache" / "huggingface" / "trackio")
    project = home / f"{path}.db"
    if len(path.parts) == 1 and project.is_file():
        return project
    raise UserError(f"{path}: no such file, and no trackio project of that name in {home}")


def _number(path: Path) -> int:
    tail = path.name.rpartition("-")[2]
    return int(tail) if tail.isdigit() else -1


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as wrong:
        raise UserError(f"{path}: cannot be read: {wrong.strerror or wrong}") from wrong
    for encoding in ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as wrong:
            raise UserError(f"{path}: not {encoding} text at byte {wrong.start}; convert it first") from wrong
    if not text.strip():
        raise UserError(f"{path}: the file is empty; there is nothing to diagnose")
    return text


def _is_state(path: Path, text: str) -> bool:
    """Whether this is one JSON document rather than one object a line."""
    return path.suffix == ".json" and not text.lstrip().split("\n", 1)[0].rstrip().endswith("}")


# --- forms ------------------------------------------------------------------------------------------------------

Read = tuple[list[Json], int | None, tuple[str, ...]]


def _jsonl(path: Path, text: str) -> Read:
    lines: list[Json] = []
    rows = [(i, row) for i, row in enumerate(text.split("\n"), 1) if row.strip()]
    notes: tuple[str, ...] = ()
    for place, (i, row) in enumerate(rows):
        try:
            line = json.loads(row)
        except ValueError as wrong:
            if place == len(rows) - 1 and lines and not text.endswith("\n"):
                notes = (f"line {i} is cut off, as when a writer was stopped; it was left out",)
                break
            raise UserError(f"{path}, line {i}: not JSON ({wrong}); one object a line is expected") from wrong
        if isinstance(line, dict) and isinstance(line.get("log_history"), list) and len(rows) == 1:
            return _history(path, line)
        if not isinstance(line, dict):
            raise UserError(f"{path}, line {i}: a {type(line).__name__}, not an object with a step and metrics")
        lines.append(line)
    return lines, _planned(lines), notes


def _state(path: Path, text: str) -> Read:
    try:
        state = json.loads(text)
    except ValueError as wrong:
        raise UserError(f"{path}: not JSON ({wrong})") from wrong
    if isinstance(state, list):
        state = {"log_history": state}
    if not isinstance(state, dict) or not isinstance(state.get("log_history"), list):
        raise UserError(f"{path}: no log_history in it; trainer_state.json has one, metrics are one object a line")
    return _history(path, state)


def _history(path: Path, state: Json) -> Read:
    for i, line in enumerate(state["log_history"], 1):
        if not isinstance(line, dict):
            raise UserError(f"{path}: entry {i} of log_history is a {type(line).__name__}, not an object")
    steps = number(state.get("max_steps"))
    planned = int(steps) if steps is not None and math.isfinite(steps) and steps > 0 else None
    return list(state["log_history"]), planned, ()


def _planned(lines: Sequence[Json]) -> int | None:
    """Steps planned, where lines say so."""
    for line in lines:
        for key in ("max_steps", "planned_steps", "total_steps"):
            steps = number(line.get(key))
            if steps is not None and 0 < steps < math.inf:
                return int(steps)
    return None


DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+([eE][-+]?\d+)?")
"""A number as much of Europe writes it; only where the comma does not part the cells."""


def _csv(path: Path, text: str) -> Read:
    head = text.split("\n", 1)[0]
    mark = max((",", ";", "\t"), key=head.count)
    rows = csv.reader(text.splitlines(), delimiter=mark)
    try:
        names = [name.strip() for name in next(rows)]
        lines: list[Json] = []
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(names):
                raise UserError(f"{path}, line {rows.line_num}: {len(row)} cells under {len(names)} names")
            cells = [
                cell.replace(",", ".") if mark != "," and DECIMAL_COMMA.fullmatch(cell.strip()) else cell
                for cell in row
            ]
            lines.append({name: _cell(cell) for name, cell in zip(names, cells, strict=True) if cell.strip()})
    except csv.Error as wrong:
        raise UserError(f"{path}, line {rows.line_num}: {wrong}") from wrong
    if not lines:
        raise UserError(f"{path}: only a head line; there is nothing to diagnose")
    return lines, _planned(lines), ()


def _cell(cell: str) -> Any:
    value = number(cell.strip())
    return cell.strip() if value is None else value


def _trackio(path: Path, run: str | None) -> Read:
    """Metrics of one run of a project, with what the machine said by the clock; read without trackio itself."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
            names = [row[0] for row in base.execute("SELECT run_name FROM metrics GROUP BY run_name ORDER BY MAX(id)")]
            if not names:
                raise UserError(f"{path}: no run in this trackio project has logged a metric")
            chosen = run or names[-1]
            if chosen not in names:
                raise UserError(f"{path}: no run {chosen}; there are {', '.join(names)}")
            query = "SELECT timestamp, step, metrics FROM metrics WHERE run_name = ? ORDER BY id"
            lines = [_row(path, *row) for row in base.execute(query, (chosen,))]
            query = "SELECT timestamp, metrics FROM system_metrics WHERE run_name = ? ORDER BY id"
            machine = [_row(path, at, None, told) for at, told in base.execute(query, (chosen,))]
    except sqlite3.Error as wrong:
        raise UserError(f"{path}: not a trackio project ({wrong})") from wrong
    notes = (
        (f"of {len(names)} runs the last, {chosen}, was read; --run names another",)
        if len(names) > 1 and not run
        else ()
    )
    return list(_merged(lines, machine)), _planned(lines), notes


def _row(path: Path, at: str, step: int | None, told: str) -> Json:
    try:
        line = json.loads(told)
    except ValueError as wrong:
        raise UserError(f"{path}: metrics of step {step} are not JSON ({wrong})") from wrong
    line["timestamp"] = at
    if step is not None:
        line["step"] = next((line[key] for key in ("train/global_step", "global_step") if key in line), step)
    return dict(line)


def _merged(lines: Sequence[Json], machine: Sequence[Json]) -> Iterator[Json]:
    """What the machine said stands in the line that was logged next."""
    waiting = list(machine)
    for line in lines:
        seen: Json = {}
        while waiting and waiting[0]["timestamp"] <= line["timestamp"]:
            seen |= waiting.pop(0)
        yield seen | line


# --- order ------------------------------------------------------------------------------------------------------


def _metrics(line: Json) -> bool:
    return any(k not in NO_METRICS and not k.startswith("probe/") and number(v) is not None for k, v in line.items())


def _ordered(lines: list[Json]) -> tuple[list[Json], tuple[str, ...]]:
    """Lines in the order of their steps where a file has lost it; a resumed training keeps its own order."""
    numbered = [line for line in lines if number(line.get("step")) is not None]
    if not numbered:
        return [{**line, "step": i} for i, line in enumerate(lines, 1)], ("no steps are logged: lines were counted",)
    notes: list[str] = []
    if len(numbered) < len(lines):
        notes.append(f"{len(lines) - len(numbered)} lines have no step and count as the one after the line before")
    back = sum(b < a for a, b in itertools.pairwise(map(step_of, numbered)))
    if not back:
        return lines, tuple(notes)
    told = [(step_of(line), key) for line in numbered for key in line if key not in NO_METRICS]
    if len(set(told)) < len(told):
        notes.append(f"the step went back {back} times, as after a resume: what was logged again counts")
    elif len(numbered) == len(lines) and not any("phase" in line for line in lines):
        lines = sorted(lines, key=step_of)
        notes.append(f"the step went back {back} times: lines were put in order")
    return lines, tuple(notes)
