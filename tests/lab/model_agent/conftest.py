from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.model_agent.agent_bench import Bench
from tests.scripted.server import Scripted


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with Scripted() as model:
        yield Bench(model, tmp_path)
