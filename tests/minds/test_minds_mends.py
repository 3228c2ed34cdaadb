"""What only a trained script shows goes back to its writer: a prediction that fails on rows nobody rehearsed, one answer for all."""

from __future__ import annotations

from pathlib import Path

import pytest
from langgraph.types import Command

from graph import open_graph
from tests.minds.helm import BRIEF, at_the_helm, records, trail, whole_run
from tests.minds.researcher import BUGGY, GOOD, Json, Researcher, said_by_us, script_answer, writes
from tests.minds.test_minds_script import EDIT, LOOK
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
    assert not records(home, "error")


def test_a_mend_that_changes_the_task_waits_for_the_person_who_set_it(home: Path) -> None:
    smaller = calls(
        "read_file", {"name": "config.json"},
        "edit_file", {"name": "config.json", "old": '"depth": 2', "new": '"depth": 1', "why": "smaller trees will not fail"},
    )  # fmt: skip
    parts = {"implementation": [writes(BUGGY), script_answer()], "mending": [LOOK, EDIT, smaller, script_answer()]}
    with at_the_helm(Researcher(parts)) as (_, settings), open_graph(home) as graph:
        given = {"task": "Tell wines apart", "name": "minds", "brief": BRIEF, "approve": {"spend": "auto"}}
        graph.invoke(given, graph.config_for("minds"), context=settings)
        (asked,) = graph.get_state(graph.config_for("minds")).interrupts
        assert asked.value["gate"] == "spend", "auto does not cover another task than the one that was set"
        assert "that needs a person" in asked.value["summary"]
        assert "depth" in asked.value["args"]["doubt"]
        script = asked.value["args"]["scripts"]["own-2"]
        assert "+    features, labels" in script["diff"], "what changed is shown"
        graph.invoke(Command(resume={asked.id: "no, keep the depth"}), graph.config_for("minds"), context=settings)
    assert ("approve_launch", "rejected") in trail(home)
