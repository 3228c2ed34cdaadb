"""The three hosts of the literature on loopback, asked through the real client libraries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.net.web import Web
from tests.standins.papers import PapersStandIn, example_linked, example_literature


@pytest.fixture
def papers(monkeypatch: pytest.MonkeyPatch) -> Iterator[PapersStandIn]:
    with PapersStandIn(example_literature(), example_linked()) as here:
        for name, value in here.env.items():
            monkeypatch.setenv(name, value)
        for name in ("S2_API_KEY", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        yield here


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path / "sources")
