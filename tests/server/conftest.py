"""One server for the tests that leave it standing."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Served

NEEDED = ("langgraph_api", "langgraph_runtime_inmem", "langgraph_sdk")


@pytest.fixture(scope="session")
def needs_server() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"the dev server: {', '.join(missing)} not installed (the extra 'server')")


@pytest.fixture(scope="session")
def server(needs_server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("served"))
    served.start()
    yield served
    served.stop()


@pytest.fixture
def own_server(needs_server: None, tmp_path: Path) -> Iterator[Served]:
    """A server that the test may kill."""
    served = Served(tmp_path)
    served.start()
    yield served
    served.stop()
