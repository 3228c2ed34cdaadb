"""The smell command on results with planted faults and on honest ones, from a hand that had not seen the checks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.planted import edges, shown, unseen
from tests.planted.ask import ask, edge_wrongs, smell, smell_wrongs
from tests.planted.test_planted_audit import complain

CASES = {
    f"{half}:{name}": build
    for half, shelf in (
        ("shown", shown.SMELLS), ("shown", shown.HONEST), ("unseen", unseen.SMELLS), ("unseen", unseen.HONEST),
    )
    for name, build in shelf.items()
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_smell_fails_what_is_wrong_and_nothing_honest(name: str, tmp_path: Path) -> None:
    case = CASES[name](tmp_path)
    complain(name, smell_wrongs(case, smell(case)))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "code"), [("shown:off_by_one_1", 1), ("shown:binary", 0)])
def test_smell_as_a_process(name: str, code: int, tmp_path: Path) -> None:
    case = CASES[name](tmp_path)
    words = [sys.executable, "-m", "app", "smell", str(case.predictions), str(case.answers), *case.options, "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == code, done.stderr
    assert json.loads(done.stdout)["verdict"] in case.verdict


@pytest.mark.parametrize("name", edges.SMELLS)
def test_smell_answers_or_refuses_clearly_at_the_edges(name: str, tmp_path: Path) -> None:
    complain(name, edge_wrongs(ask(edges.SMELLS[name](tmp_path))))
