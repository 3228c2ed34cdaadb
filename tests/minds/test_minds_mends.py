"""What only a trained script shows goes back to its writer: a prediction that fails on rows nobody rehearsed, one answer for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.minds.helm import records, trail, whole_run
from tests.minds.researcher import GOOD, Json, Researcher, said_by_us, script_answer, writes
from tests.scripted.replies import Reply, calls

pytestmark = pytest.mark.slow

CONSTANT = GOOD.replace('"prediction": max(labels, key=said.count)', '"prediction": "class_1"')
LATE = GOOD.replace(
    "    votes = [tree",
    '    if len(rows) > 8:\n        raise ValueError("more rows than I was tried on")\n    votes = [tree',
)
"""A rehearsal asks eight rows; an evaluation asks them all."""


@pytest.mark.parametrize(
    ("source", "edge", "word"),
    [(CONSTANT, ("diagnosis", "code"), "one answer to all"), (LATE, ("evaluation", "predict_crashed"), "ValueError")],
    ids=["constant", "late"],
)
def test_the_script_comes_back_and_is_mended(home: Path, source: str, edge: tuple[str, str], word: str) -> None:
    told: list[str] = []

    def looks(body: Json) -> Reply:
        told.append(said_by_us(body))
        return calls("read_file", {"name": "train.py"})

    again = calls("write_file", {"name": "train.py", "text": GOOD, "why": "say what the trees voted for"})
    parts = {"implementation": [writes(source), script_answer()], "mending": [looks, again, script_answer()]}
    state = whole_run(home, Researcher(parts))
    assert edge in trail(home)
    assert word in told[0]
    assert state["best"]["recipe"] == "own-2"
    assert state["best"]["experiments"] == ["e003"], "what was trained stays as evidence; the mended one is another"
    assert state["examination"]["score"]["value"] > 0.7
    assert not [record for record in records(home, "error")]
