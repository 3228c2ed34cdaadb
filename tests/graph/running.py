"""Real runs through the graph's own doors, on a study that takes seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab.compute.folder import starts
from lab.ledger.files import read_json
from lab.ledger.journal import Record, history, of_kind

BRIEF: dict[str, Any] = {
    "data": "wine", "method": "classifier", "metric": "accuracy", "direction": "maximize", "effort": "quick",
    "start": {"model": "sgd", "steps": 20}, "seeds": 1, "limits": {"batches": 1},
}  # fmt: skip


def task(name: str, approve: dict[str, str] | None = None, **brief: Any) -> dict[str, Any]:
    """What a person hands in."""
    given = {"task": "Tell three cultivars of wine apart", "name": name, "brief": {**BRIEF, **brief}}
    return {**given, "approve": approve} if approve else given


def say(graph: Any, run: str, said: Any) -> dict[str, Any]:
    """Hand something in and work until the run waits or ends; the state then."""
    graph.invoke(said, graph.config_for(run))
    return dict(graph.get_state(graph.config_for(run)).values)


def gate(graph: Any, run: str) -> tuple[str, dict[str, Any]]:
    """The one open gate: its id and what it asks."""
    (asked,) = graph.get_state(graph.config_for(run)).interrupts
    return asked.id, asked.value


def outcome(state: dict[str, Any]) -> str:
    return str(state["ending"]["outcome"])


def reason(state: dict[str, Any]) -> str:
    return str(state["ending"]["reason"])


def records(home: Path, run: str, *kinds: str) -> list[Record]:
    return of_kind(history(home / "runs" / run / "journal.jsonl"), *kinds)


def trail(home: Path, run: str) -> list[str]:
    return [record["stage"] for record in records(home, run, "leave")]


def began(home: Path, run: str) -> dict[str, int]:
    """How many trainings really began, per experiment."""
    folders = sorted((home / "runs" / run / "experiments").glob("e*"))
    return {folder.name: starts(folder) for folder in folders}


def config_of(home: Path, run: str, experiment: str) -> dict[str, Any]:
    return dict(read_json(home / "runs" / run / "experiments" / experiment / "config.json"))


def report_of(home: Path, run: str) -> str:
    return (home / "runs" / run / "report.md").read_text(encoding="utf-8")
