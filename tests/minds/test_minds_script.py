"""A model writes a script with a bug, is sent back by what runs, mends it, trains, and is evaluated by code."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.ledger.files import read_json
from tests.minds.helm import trail, whole_run
from tests.minds.researcher import BUGGY, GOOD, Json, Researcher, said_by_us, script_answer, writes
from tests.scripted.replies import Reply, calls

pytestmark = pytest.mark.slow

LOOK = calls("read_file", {"name": "train.py"})
EDIT = calls(
    "edit_file",
    {
        "name": "train.py", "old": '[row["answer"] for row in rows]',
        "new": 'np.array([row["answer"] for row in rows])', "why": "a list takes no array as an index",
    },
)  # fmt: skip


def test_a_bug_that_only_shows_when_run_is_mended_and_the_run_ends_well(home: Path) -> None:
    told: list[str] = []

    def looks(body: Json) -> Reply:
        told.append(said_by_us(body))
        return LOOK

    parts = {"implementation": [writes(BUGGY), script_answer()], "mending": [looks, EDIT, script_answer()]}
    state = whole_run(home, Researcher(parts))

    assert ("rehearsal", "script_error") in trail(home)
    assert state["ending"]["outcome"] in ("target_met", "target_missed", "inconclusive"), state["ending"]
    assert state["best"]["recipe"] == "own-2"
    assert state["examination"]["score"]["value"] > 0.8
    own = home / "runs" / "minds" / "recipes"
    assert (own / "own-1" / "train.py").read_text() == BUGGY
    assert (own / "own-2" / "train.py").read_text() == GOOD
    assert read_json(own / "own-2" / "recipe.json")["parent"] == "own-1"
    assert "TypeError" in told[0] and "train.py" in told[0], "what went wrong is told with its lines"
