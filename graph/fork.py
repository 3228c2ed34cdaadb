"""A new run from a moment of another: its own folder, ledger and thread; no job is shared."""

from __future__ import annotations

import shutil
from pathlib import Path

from graph.names import check_name, thread_id
from lab.compute.engine import FINAL
from lab.ledger.files import append_line, read_json, read_lines, write_json
from state.errors import UserError
from state.words import Stage

NOT_COPIED = (
    "lock",
    "ledger.jsonl",
    "journal.jsonl",
    "stop.json",
    "tell.jsonl",
    "run.json",
    "report.md",
    "report.html",
    "plots",
)


def fork(home: Path, run: str, stage: str, name: str) -> str:
    """Make run `name` stand where `run` stood when it last went into `stage`."""
    from typing import get_args

    from graph import open_graph

    if stage not in get_args(Stage):
        raise UserError(f"there is no stage {stage!r}; the stages are: {', '.join(get_args(Stage))}")
    check_name(name)
    old, new = home / "runs" / run, home / "runs" / name
    if new.exists():
        raise UserError(f"a run named {name} exists already; choose another name")
    with open_graph(home) as graph:
        history = graph.get_state_history(graph.config_for(run))
        moment = next((s for s in history if s.next == (stage,)), None)
        if moment is None:
            raise UserError(f"run {run} has not been at {stage}; it went: {' '.join(dict.fromkeys(_trail(old)))}")
        values = dict(moment.values)
        aside = home / "runs" / f".fork-{name}"
        shutil.rmtree(aside, ignore_errors=True)
        _copy(old, aside, values)
        about = {
            **read_json(old / "run.json"),
            "run": name,
            "thread_id": thread_id(name),
            "forked_from": {"run": run, "stage": stage},
        }
        write_json(aside / "run.json", about)
        aside.rename(new)
        values |= {"run": name, "name": name}
        values.pop("stop", None)
        came_from = (values.get("next") or {}).get("stage") or "__start__"
        graph.update_state(graph.config_for(name), values, as_node=came_from)
    return name


def _trail(workspace: Path) -> list[str]:
    return [r["stage"] for r in read_lines(workspace / "journal.jsonl") if r["kind"] == "enter"]


def _copy(old: Path, new: Path, values: dict[str, object]) -> None:
    """The folder as it stood at that moment, without what belongs to the old run alone."""
    shutil.copytree(
        old, new, symlinks=True, ignore=lambda at, names: [n for n in names if Path(at) == old and n in NOT_COPIED]
    )
    step = int(str(values.get("step", 0)))
    for record in read_lines(old / "journal.jsonl"):
        if int(record.get("step", 0)) <= step:
            append_line(new / "journal.jsonl", record)
    named = int((values.get("counters") or {}).get("experiment", 0))  # type: ignore[attr-defined]
    for folder in sorted((new / "experiments").glob("e*")):
        if int(folder.name[1:]) > named:
            shutil.rmtree(folder)
            continue
        for attempt in sorted((folder / "attempts").glob("*")):
            if not _ended(attempt):
                shutil.rmtree(attempt)


def _ended(attempt: Path) -> bool:
    """Jobs that still run belong to the old run; the new one starts its own."""
    status = attempt / "status.json"
    return status.exists() and read_json(status).get("state") in FINAL
