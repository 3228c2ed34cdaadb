from __future__ import annotations

from pathlib import Path

import pytest
from door import Door


@pytest.fixture
def postgrad(tmp_path: Path) -> Door:
    cwd = tmp_path / "desk"
    cwd.mkdir()
    return Door(tmp_path / "home", cwd)
