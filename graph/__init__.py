"""The map of the research. Importing this compiles nothing; asking for `graph` or `open_graph` does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph.research import ResearchGraph

    graph: ResearchGraph

__all__ = ["graph", "open_graph"]


@contextmanager
def open_graph(home: str | Path | None = None) -> Iterator[ResearchGraph]:
    """The graph on the SQLite checkpointer of a home (`$POSTGRAD_HOME` or `~/.postgrad` if not given)."""
    from graph.build import compile_graph
    from graph.checkpointer import prune_long, sqlite_saver
    from state.settings import Settings

    place = Settings(home=str(home) if home else None).home_path()
    prune_long(place)
    with sqlite_saver(place) as saver:
        yield compile_graph(saver, str(place))


def __getattr__(name: str) -> Any:
    if name != "graph":
        raise AttributeError(f"module 'graph' has no attribute {name!r}")
    from graph.build import compile_graph

    globals()["graph"] = compile_graph()
    return globals()["graph"]
