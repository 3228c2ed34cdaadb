from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from server import Provider

from lab.model.mind import Mind, open_mind


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with Provider() as serving:
        monkeypatch.setenv("OPENAI_API_BASE", serving.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback-0000")
        yield serving


@pytest.fixture
def mind(provider: Provider, tmp_path: Path) -> Mind:
    return open_mind("openai/gpt-4o-mini", tmp_path)
