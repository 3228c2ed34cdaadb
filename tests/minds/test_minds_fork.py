"""A fork from before a script was written knows nothing of it, and pays for its own thoughts."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph import open_graph
from graph.fork import fork
from tests.minds.helm import at_the_helm, records, whole_run
from tests.minds.researcher import GOOD, Researcher, script_answer, writes

pytestmark = pytest.mark.slow

OTHER = GOOD.replace("Bagged stumps", "Stumps in a bag")


def test_a_fork_writes_its_own_script(home: Path) -> None:
    whole_run(home, Researcher({"implementation": [writes(), script_answer()]}))
    assert fork(home, "minds", "planning", "again") == "again"
    folder = home / "runs" / "again"
    assert not list((folder / "recipes").glob("*")) and not (folder / "replies.jsonl").exists()
    researcher = Researcher({"implementation": [writes(OTHER), script_answer()]})
    with at_the_helm(researcher) as (_, settings), open_graph(home) as graph:
        graph.invoke(None, graph.config_for("again"), context=settings)
        state = graph.get_state(graph.config_for("again")).values
    assert (folder / "recipes" / "own-1" / "train.py").read_text() == OTHER
    assert state["best"]["recipe"] == "own-1"
    assert researcher.paid("implementation") == [0, 1]
    assert [
        record["choice"].get("recipe")
        for record in records(home, "decision", run="again")
        if "recipe" in record["choice"]
    ] == ["own-1"]
