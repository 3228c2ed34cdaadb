"""A whole run with a scripted model at the helm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from graph import open_graph
from lab.ledger.journal import Record, history, of_kind
from state.settings import Settings
from tests.minds.researcher import Researcher
from tests.scripted.server import Scripted

BRIEF: dict[str, Any] = {
    "data": "wine", "method": "bagged_stumps", "metric": "accuracy", "direction": "maximize", "effort": "quick", "seeds": 1,
    "limits": {"batches": 1}, "sources": ["library"],
}  # fmt: skip
"""A method that no recipe does: its script must be written."""


@contextmanager
def at_the_helm(researcher: Researcher) -> Iterator[tuple[Scripted, Settings]]:
    with Scripted(researcher) as model:
        yield model, Settings(model="openai/scripted", base_url=model.url)


def whole_run(
    home: Path,
    researcher: Researcher,
    name: str = "minds",
    task: str = "Tell wines apart",
    approve: dict[str, str] | None = None,
    **brief: Any,
) -> dict[str, Any]:
    """From the task to the report; the state at the end."""
    given: dict[str, Any] = {"task": task, "name": name, "brief": {**BRIEF, **brief}, "approve": approve or {}}
    with at_the_helm(researcher) as (_, settings), open_graph(home) as graph:
        graph.invoke(given, graph.config_for(name), context=settings)
        return dict(graph.get_state(graph.config_for(name)).values)


def records(home: Path, *kinds: str, run: str = "minds") -> list[Record]:
    return of_kind(history(home / "runs" / run / "journal.jsonl"), *kinds)


def trail(home: Path, run: str = "minds") -> list[tuple[str, str]]:
    return [(record["stage"], record["label"]) for record in records(home, "leave", run=run)]
