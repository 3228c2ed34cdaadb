from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from door import Door


@pytest.fixture
def postgrad(tmp_path: Path) -> Door:
    cwd = tmp_path / "desk"
    cwd.mkdir()
    return Door(tmp_path / "home", cwd)


@pytest.fixture(scope="session")
def asked_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one run, `w`, that waits for a person; made by the real command in a process of its own."""
    place = tmp_path_factory.mktemp("asked")
    said = Door(place / "home", place).apart("run", "Tell wines apart", "--name", "w", "--effort", "quick", "--json")
    assert said.code == 4, said.err
    assert said.object["status"] == "waiting"
    return place / "home"


@pytest.fixture
def waiting(postgrad: Door, asked_once: Path) -> dict[str, object]:
    """The same in this test's own home: what `show` says of it."""
    shutil.copytree(asked_once, postgrad.home)
    found: dict[str, object] = postgrad("show", "w", "--json").object
    return found
