"""No server outlives its test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.model.mcp_session import close_all


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    close_all()
