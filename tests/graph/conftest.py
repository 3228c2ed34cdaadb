"""The graph on a home of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph import open_graph
from graph.research import ResearchGraph


@pytest.fixture
def research(home: Path) -> Iterator[ResearchGraph]:
    with open_graph(home) as graph:
        yield graph
