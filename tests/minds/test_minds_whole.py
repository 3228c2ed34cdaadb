"""From a sentence to the report: the model reads two papers, finds data, writes a script with a bug, mends it, and is measured."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.ledger.files import read_json
from tests.minds.helm import records, trail, whole_run
from tests.minds.researcher import BUGGY, Json, Researcher, script_answer, submit, writes
from tests.minds.test_minds_script import EDIT, LOOK
from tests.minds.world import a_hub, some_papers
from tests.nodes.literature_stage import ANCHOR, COLLAPSE, Library, claim, recipe
from tests.scripted.replies import Reply, calls
from tests.standins.hub import HubStandIn

pytestmark = pytest.mark.slow

PROPOSED = submit(source="owner/wines", answer="cultivar", why="178 rows, three classes, a licence")
LIE = "The accuracy reached 99.9 % on the sealed rows, as arxiv:2999.99999 has shown."


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    with a_hub(monkeypatch) as standing:
        yield standing


@pytest.fixture
def papers(monkeypatch: pytest.MonkeyPatch, hub: HubStandIn) -> Iterator[Library]:
    with some_papers(monkeypatch) as standing:
        yield standing


def turns() -> dict[str, list[Reply | str]]:
    lied = claim(value=94.0, comparator="", comparator_value=None)
    return {
        "literature": [
            calls("search_papers", {"query": "group rewards"}),
            submit(words=["group", "rewards"], papers=[ANCHOR, COLLAPSE], why="both"),
        ],
        f"reader {ANCHOR}": [
            calls("read_paper", {}),
            submit(recipes=[recipe()], claims=[claim(), lied], why="its table"),
        ],
        f"reader {COLLAPSE}": [submit(recipes=[], claims=[], why="nothing that can be used")],
        "curation": [calls("inspect_dataset", {"id": "owner/wines"}), PROPOSED],
        "implementation": [writes(BUGGY), script_answer(based_on=[ANCHOR])],
        "mending": [LOOK, EDIT, script_answer()],
        "report": [submit(paragraphs=[LIE], why="it sounds well")],
    }  # fmt: skip


def test_from_a_sentence_to_the_report(home: Path, papers: Library, hub: HubStandIn) -> None:
    brief: Json = {"data": None, "sources": ["library", "arxiv", "semantic"]}
    state = whole_run(
        home,
        Researcher(turns()),
        task="Sort bottles into their three growers by chemistry",
        approve={"data": "auto"},
        **brief,
    )
    passed = trail(home)

    assert state["ending"]["outcome"] in ("target_met", "target_missed"), state["ending"]
    assert ("curation", "ask") in passed and ("approve_data", "approved") in passed
    assert ("rehearsal", "script_error") in passed
    assert state["card"]["source"].startswith("hub: owner/wines@")
    assert state["best"]["recipe"] == "own-2"
    assert state["reading"]["claims"], "what stands in the paper is kept"
    assert all(kept["value"] != 94.0 for kept in state["reading"]["claims"]), "what does not is not"
    assert records(home, "rejected")
    value = state["examination"]["score"]["value"]
    text = (home / "runs" / "minds" / state["report"]["markdown"]).read_text()
    assert f"{value:.3f}" in text
    assert "99.9" not in text and "2999.99999" not in text, "a number that no record holds is struck"
    assert read_json(home / "runs" / "minds" / "recipes" / "own-2" / "recipe.json")["parent"] == "own-1"
