"""Whole runs that several tests look at, made once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.minds.liar import Heard, lied
from tests.minds.plain import PARTS, end_of, run
from tests.minds.researcher import Researcher


@dataclass(frozen=True)
class Ended:
    """A run that came to its end: where, how, and what its model was shown."""

    home: Path
    state: dict[str, Any]
    heard: Heard


@pytest.fixture(scope="session")
def liar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    """The run of a model that lies at every door."""
    home = tmp_path_factory.mktemp("lies") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POSTGRAD_HOME", str(home))
        state, heard = lied(home, patch)
    yield Ended(home, state, heard)


@dataclass(frozen=True)
class Plain:
    """How an honest run ends when nothing goes wrong, and how many calls it takes."""

    end: dict[str, Any]
    paid: int


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Plain:
    home = tmp_path_factory.mktemp("plain") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POSTGRAD_HOME", str(home))
        state, paid = run(home, patch, Researcher(PARTS))
    return Plain(end_of(state, home), paid)
