"""A stand-in web, and no credentials of the person who runs the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.standins.web import WebStandIn

CREDENTIALS = (
    "GITHUB_TOKEN", "GH_TOKEN", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "BRAVE_API_KEY", "BRAVE_SEARCH_API_KEY", "POSTGRAD_SEARCH_URL",
)  # fmt: skip


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebStandIn]:
    for name in (*CREDENTIALS, "POSTGRAD_ALLOW_LOCAL"):
        monkeypatch.delenv(name, raising=False)
    with WebStandIn() as web:
        for name, value in web.env().items():
            monkeypatch.setenv(name, value)
        yield web
