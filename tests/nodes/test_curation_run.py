"""Through the graph: data that the task leaves open is found on the Hub, shown at the gate, and trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langgraph.types import Command

from graph import open_graph
from lab.data.tickets import write_tickets
from lab.ledger.journal import history, of_kind
from tests.minds.helm import at_the_helm
from tests.minds.researcher import Researcher, submit
from tests.scripted.server import calls
from tests.standins.hub import HubStandIn

ROWS = [{"message": text, "desk": label} for text, label in list(write_tickets())[:240]]
BRIEF: dict[str, Any] = {
    "method": "classifier", "metric": "accuracy", "direction": "maximize", "effort": "quick", "seeds": 1, "limits": {"batches": 0},
    "sources": ["library"],
}  # fmt: skip
CHOOSES = Researcher({
    "curation": [
        calls("inspect_dataset", {"id": "owner/desk"}),
        submit(source="owner/desk", input="message", answer="desk", why="messages with the desk they go to"),
    ],
})  # fmt: skip


@pytest.mark.parametrize("yes", [pytest.param(True, marks=pytest.mark.slow), False])
def test_data_left_open_is_found_asked_for_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yes: bool) -> None:
    task = {"task": "Sort letters by the office they belong to", "name": "open", "brief": BRIEF}
    with HubStandIn() as hub, at_the_helm(CHOOSES) as (_, settings), open_graph(tmp_path) as graph:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("POSTGRAD_HUBVIEWER_URL", hub.viewer_url)
        hub.add_dataset("owner/desk", {"train.parquet": ROWS}, card="---\nlicense: mit\n---\n")
        config = graph.config_for("open")
        graph.invoke(task, config, context=settings)
        asked = graph.get_state(config).interrupts[0].value
        assert asked["summary"] == "use owner/desk (240 rows, licence: mit; message → desk)?"
        answer = True if yes else {"type": "reject", "message": "not these"}
        graph.invoke(Command(resume=answer), config, context=settings)
        state = graph.get_state(config).values
    leaves = of_kind(history(tmp_path / "runs" / "open" / "journal.jsonl"), "leave")
    if not yes:
        assert "not approved: not these" in state["ending"]["reason"]
        return
    assert state["card"]["source"].startswith("hub: owner/desk@")
    assert ("approve_data", "approved") in [(leave["stage"], leave["label"]) for leave in leaves]
    assert state["examination"]["score"]["n"] == state["card"]["splits"]["sealed"]["rows"]
    assert state["goal"]["data"] is None  # the brief is the person's: what was found stands on the card
