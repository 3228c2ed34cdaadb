"""Gates over the API: found by inboxes, answered in their forms, by id, and never by accident."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from served import ROOT, WINE, Served

from graph.names import run_of
from lab.ledger.files import read_lines
from lab.ledger.journal import history, of_kind

pytestmark = pytest.mark.slow

GRAPH = "research"
UNMEASURED = {"task": "Tell three cultivars of wine apart", "brief": {"data": "wine", "effort": "quick"}}
"""A task that does not say how success is measured is asked about at once; nothing is trained for it."""


def open_gate(client: Any, thread: str) -> dict[str, Any]:
    """The one question that waits, as an inbox finds it."""
    found = {row["thread_id"]: row for row in client.threads.search(status="interrupted", limit=100)}
    (asked,) = [one for list_ in found[thread]["interrupts"].values() for one in list_]
    (same,) = client.threads.get_state(thread)["interrupts"]
    assert same["id"] == asked["id"]
    return dict(asked)


def answer(client: Any, thread: str, gate: str, said: Any) -> None:
    client.runs.wait(thread, GRAPH, command={"resume": {gate: said}})


def journal(server: Served, thread: str) -> list[dict[str, Any]]:
    run = run_of(server.home, thread)
    assert run
    return history(server.home / "runs" / run / "journal.jsonl")


def begun(client: Any, given: dict[str, Any], thread: str | None = None) -> str:
    made = client.threads.create(thread_id=thread, graph_id=GRAPH)["thread_id"]
    client.runs.wait(made, GRAPH, input=given)
    return str(made)


def show(home: Path, run: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "app", "show", run, "--json"], capture_output=True, text=True, cwd=ROOT, check=False, timeout=120,
        env={"POSTGRAD_HOME": str(home), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def test_a_run_begun_in_studio_gets_a_name_and_is_found(server: Served) -> None:
    with server.client() as client:
        thread = begun(client, UNMEASURED, str(uuid.uuid4()))
        run = run_of(server.home, thread)
        assert run
        assert run.startswith("tell-three-cultivars-of-wine")
        gate = open_gate(client, thread)
        shown = show(server.home, run)
        assert (shown["status"], shown["stage"], shown["waiting"][0]["id"]) == (
            "waiting",
            "approve_benchmark",
            gate["id"],
        )
        listed = json.loads(server.ask("GET", "/postgrad/runs")[2])
        assert {"run": run, "thread_id": thread, "status": "waiting"} in listed


def test_a_gate_is_readable_by_both_inboxes(server: Served) -> None:
    with server.client() as client:
        asked = open_gate(client, begun(client, UNMEASURED))["value"]
    (request,), (review,) = asked["action_requests"], asked["review_configs"]
    assert request["name"] == review["action_name"] == asked["action_request"]["action"] == "approve_benchmark"
    assert request["args"] == request["arguments"] == asked["action_request"]["args"] == asked["args"]
    assert set(review["allowed_decisions"]) == {"approve", "edit", "reject"}
    assert asked["gate"] == "benchmark"


def test_a_doubled_answer_does_not_answer_the_next_gate(server: Served) -> None:
    with server.client() as client:
        thread = begun(client, UNMEASURED)
        first = open_gate(client, thread)
        no = {"decisions": [{"type": "reject", "message": "not that one"}]}
        answer(client, thread, first["id"], no)
        second = open_gate(client, thread)
        assert second["id"] != first["id"]
        assert second["value"]["args"]["metric"] != first["value"]["args"]["metric"]
        for said in (no, {"decisions": [{"type": "approve"}]}, [{"type": "accept", "args": None}], "yes"):
            answer(client, thread, first["id"], said)
            assert open_gate(client, thread)["id"] == second["id"]
    (gate,) = of_kind(journal(server, thread), "gate")
    assert (gate["answer"], gate["why"]) == ("reject", "not that one")


def test_new_input_on_a_waiting_thread_keeps_its_gate(server: Served) -> None:
    """What a chat front end sends when a person types instead of answering."""
    with server.client() as client:
        thread = begun(client, UNMEASURED)
        before = open_gate(client, thread)
        client.runs.wait(thread, GRAPH, input={"task": "and be quick about it"})
        after = open_gate(client, thread)
        assert (after["id"], after["value"]) == (before["id"], before["value"])
    run = run_of(server.home, thread)
    assert run
    assert [line["text"] for line in read_lines(server.home / "runs" / run / "tell.jsonl")] == ["and be quick about it"]
    assert [record["stage"] for record in of_kind(journal(server, thread), "leave")] == ["intake"]


def test_an_unclear_answer_is_a_no_and_the_thread_still_asks(server: Served) -> None:
    with server.client() as client:
        thread = begun(client, UNMEASURED)
        for said in ("true", {"huh": 1}):
            gate = open_gate(client, thread)
            answer(client, thread, gate["id"], said)
            assert open_gate(client, thread)["id"] != gate["id"]
    assert [gate["answer"] for gate in of_kind(journal(server, thread), "gate")] == ["reject", "reject"]


def test_a_run_watched_approved_in_both_forms_and_finished(server: Served) -> None:
    from graph import open_graph
    from lab.compute.folder import starts

    with server.client() as client:
        thread = client.threads.create(graph_id=GRAPH)["thread_id"]
        given = {"task": WINE["task"], "name": "cellar", "brief": WINE, "approve": {"spend": "ask"}}
        seen = list(client.runs.stream(thread, GRAPH, input=given, stream_mode=["updates", "custom"]))
        updated = [stage for part in seen if part.event == "updates" for stage in part.data]
        assert updated[:3] == ["intake", "literature", "curation"]
        assert updated[-2:] == ["rehearsal", "__interrupt__"]
        told = [part.data for part in seen if part.event == "custom"]
        assert {"intake", "curation", "approve_launch"} <= {line["stage"] for line in told}
        assert all(line["say"] and line["run"] == "cellar" for line in told)

        baseline = open_gate(client, thread)
        assert baseline["value"]["gate"] == "spend"
        answer(client, thread, baseline["id"], {"decisions": [{"type": "approve"}]})
        trial = open_gate(client, thread)
        assert trial["value"]["args"]["batch"] != baseline["value"]["args"]["batch"]
        answer(client, thread, baseline["id"], {"decisions": [{"type": "approve"}]})
        assert open_gate(client, thread)["id"] == trial["id"]
        answer(client, thread, trial["id"], [{"type": "accept", "args": None}])
        state = client.threads.get_state(thread)
        assert state["next"] == []
        assert client.threads.get(thread)["status"] == "idle"

    workspace = server.home / "runs" / "cellar"
    assert state["values"]["ending"]["outcome"] == "target_met"
    assert (workspace / state["values"]["report"]["html"]).exists()
    assert {starts(folder) for folder in (workspace / "experiments").iterdir()} == {1}
    with open_graph(server.home) as graph:
        assert graph.get_state(graph.config_for("cellar")).values == state["values"]
    assert show(server.home, "cellar")["status"] == "done"
