"""One file of checkpoints, several doors: what is begun at one is answered at another; two never work on one run."""

from __future__ import annotations

from typing import Any

import pytest
from served import Served

from graph import open_graph
from graph.names import thread_id
from lab.ledger import locks
from lab.ledger.journal import history, of_kind

pytestmark = pytest.mark.slow

GRAPH = "research"


def unmeasured(name: str) -> dict[str, Any]:
    """It asks how success is measured, at once."""
    return {"task": "Tell three cultivars of wine apart", "name": name, "brief": {"data": "wine", "effort": "quick"}}


def answers(server: Served, run: str) -> list[str]:
    return [gate["answer"] for gate in of_kind(history(server.home / "runs" / run / "journal.jsonl"), "gate")]


def test_a_gate_asked_in_python_is_answered_over_the_api(server: Served) -> None:
    with open_graph(server.home) as graph:
        graph.invoke(unmeasured("from-python"), graph.config_for("from-python"))
        (asked,) = graph.get_state(graph.config_for("from-python")).interrupts
    thread = thread_id("from-python")
    with server.client() as client:
        client.threads.create(thread_id=thread, graph_id=GRAPH, if_exists="do_nothing")
        (seen,) = client.threads.get_state(thread)["interrupts"]
        assert (seen["id"], seen["value"]) == (asked.id, asked.value)
        client.runs.wait(thread, GRAPH, input=None)  # now inboxes find it too
        assert thread in {row["thread_id"] for row in client.threads.search(status="interrupted", limit=100)}
        client.runs.wait(thread, GRAPH, command={"resume": {asked.id: "no, thank you"}})
        assert client.threads.get_state(thread)["interrupts"][0]["id"] != asked.id
    assert answers(server, "from-python") == ["reject"]


def test_a_gate_asked_over_the_api_is_answered_in_python(server: Served) -> None:
    from langgraph.types import Command

    run, thread = "from-the-api", thread_id("from-the-api")
    with server.client() as client:
        client.threads.create(thread_id=thread, graph_id=GRAPH)
        client.runs.wait(thread, GRAPH, input=unmeasured(run))
        (asked,) = client.threads.get_state(thread)["interrupts"]
        with open_graph(server.home) as graph:
            graph.invoke(Command(resume={asked["id"]: "no"}), graph.config_for(run))
            (now,) = graph.get_state(graph.config_for(run)).interrupts
        client.runs.wait(thread, GRAPH, command={"resume": {asked["id"]: "yes"}})  # an inbox that had not looked again
        assert [one["id"] for one in client.threads.get_state(thread)["interrupts"]] == [now.id]
    assert answers(server, run) == ["reject"]


def test_a_run_held_elsewhere_is_not_worked_on(server: Served) -> None:
    run, thread = "held", thread_id("held")
    with server.client() as client:
        client.threads.create(thread_id=thread, graph_id=GRAPH)
        client.runs.wait(thread, GRAPH, input=unmeasured(run))
        (asked,) = client.threads.get_state(thread)["interrupts"]
        lock = server.home / "runs" / run / "lock"
        locks.acquire(lock)
        try:
            told = client.runs.wait(thread, GRAPH, command={"resume": {asked["id"]: "yes"}}, raise_error=False)
        finally:
            locks.release(lock)
        assert told["__error__"]["error"] == "Busy"
        assert client.threads.get_state(thread)["interrupts"][0]["id"] == asked["id"]
        client.runs.wait(thread, GRAPH, command={"resume": {asked["id"]: "no"}})
    assert answers(server, run) == ["reject"]


def test_a_name_is_given_once(server: Served) -> None:
    with server.client() as client:
        for _ in range(2):
            thread = client.threads.create(graph_id=GRAPH)["thread_id"]
            told = client.runs.wait(thread, GRAPH, input=unmeasured("twice"), raise_error=False)
    assert told["__error__"]["error"] == "UserError"


def test_an_ended_run_says_so_and_an_old_answer_changes_nothing(server: Served) -> None:
    """A task that cannot be done ends in its report; the thread then takes nothing more."""
    run, thread = "over", thread_id("over")
    with server.client() as client:
        client.threads.create(thread_id=thread, graph_id=GRAPH)
        client.runs.wait(
            thread, GRAPH, input={"task": "Tell three wines apart", "name": run, "brief": {"metric": "charm"}}
        )
        state = client.threads.get_state(thread)
        assert state["values"]["ending"]["outcome"] == "failed"
        assert "charm" in state["values"]["ending"]["reason"]
        client.runs.wait(thread, GRAPH, command={"resume": {"0" * 32: "yes"}})
        told = client.runs.wait(thread, GRAPH, input={"task": "again"}, raise_error=False)
        assert told["__error__"]["error"] == "UserError"
        after = client.threads.get_state(thread)
        assert (after["values"], after["next"]) == (state["values"], [])
