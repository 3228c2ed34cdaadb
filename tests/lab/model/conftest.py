from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from paid_room import Room

from lab.model.mind import Mind, open_mind
from tests.scripted.server import Scripted


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    with Scripted() as serving:
        monkeypatch.setenv("OPENAI_API_BASE", serving.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback-0000")
        yield serving


@pytest.fixture
def mind(provider: Scripted, tmp_path: Path) -> Mind:
    return open_mind("openai/gpt-4o-mini", tmp_path)


@pytest.fixture
def room(provider: Scripted, tmp_path: Path) -> Room:
    return Room(tmp_path)
