"""Killed servers, cancelled runs, many runs at once: nothing is lost, nothing starts twice, nobody waits for an answer."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from served import ROOT, WINE, Served, until

from graph import open_graph
from graph.names import thread_id
from lab.compute.folder import read_metrics, starts
from lab.ledger import locks
from lab.ledger.files import write_json
from lab.ledger.journal import history, of_kind

pytestmark = pytest.mark.slow

GRAPH = "research"
LONG = 1500
"""Steps that take long enough to be killed among them."""
UNMEASURED = {"task": "Tell three cultivars of wine apart", "brief": {"data": "wine", "effort": "quick"}}
"""It asks how success is measured, at once."""
WITH_JOBS = ("curation", "rehearsal", "monitoring", "evaluation", "examination", "reproduction")


def given(name: str, steps: int = 60) -> dict[str, Any]:
    return {"task": WINE["task"], "name": name, "brief": {**WINE, "start": {**WINE["start"], "steps": steps}}}


def not_over(workspace: Path) -> None:
    """Fail at once, with the reason, where waiting on would be in vain."""
    for end in of_kind(history(workspace / "journal.jsonl"), "outcome"):
        raise AssertionError(f"the run has ended: {end['outcome']}: {end['reason']}")


def training(workspace: Path, steps: int) -> Path | None:
    """The experiment whose training of that length is under way."""
    not_over(workspace)
    for folder in (workspace / "experiments").glob("e*"):
        done = max((int(line["step"]) for line in read_metrics(folder)), default=0)
        if 10 < done < steps - 300:
            return folder
    return None


def finished_twice(workspace: Path) -> list[str]:
    """Stages that were left more than once without having been entered again by an edge."""
    visits = of_kind(history(workspace / "journal.jsonl"), "leave")
    return [step for step, times in Counter(f"{v['step']} {v['stage']}" for v in visits).items() if times > 1]


def verdicts(workspace: Path) -> int:
    return sum(v["stage"] == "verdict" for v in of_kind(history(workspace / "journal.jsonl"), "leave"))


def at_work(workspace: Path) -> str | None:
    """The stage that waits for its jobs just now."""
    not_over(workspace)
    last = of_kind(history(workspace / "journal.jsonl"), "enter", "leave")[-1:]
    return next((v["stage"] for v in last if v["kind"] == "enter" and v["stage"] in WITH_JOBS), None)


def listed(server: Served) -> float:
    """When the server last wrote down its list of threads and runs; it does so every ten seconds."""
    path = server.place / "cwd" / ".langgraph_api" / ".langgraph_ops.pckl"
    return path.stat().st_mtime if path.exists() else 0.0


@pytest.mark.parametrize("remembered", [True, False], ids=["with its list", "without its list"])
def test_a_killed_server_carries_on_when_started_again(own_server: Served, remembered: bool) -> None:
    server, run = own_server, "long"
    thread, workspace = thread_id(run), server.home / "runs" / run
    with server.client() as client:
        client.threads.create(thread_id=thread, graph_id=GRAPH)
        client.runs.create(thread, GRAPH, input=given(run, LONG))
        begun = time.time()
        if remembered:
            until(lambda: listed(server) > begun and at_work(workspace), "the list, and jobs under way")
        else:
            until(lambda: training(workspace, LONG), "the long training")
    server.stop(signal.SIGKILL)
    until(lambda: not locks.busy(workspace / "lock"), "the lock, which a job just being forked may hold for a moment")
    before = {folder.name: starts(folder) for folder in (workspace / "experiments").glob("e*")}
    assert set(before.values()) <= {0, 1}, "none yet, where it was killed before its training began"
    if not remembered:  # killed before the server wrote down its list
        shutil.rmtree(server.place / "cwd" / ".langgraph_api", ignore_errors=True)
    server.start()
    with server.client() as client:
        until(lambda: known(client, thread), "the thread")
        state = until(lambda: ended(client, thread), "the end of the run")
    assert state["values"]["ending"]["outcome"] == "target_met"
    assert {each.name: starts(each) for each in (workspace / "experiments").iterdir()} == {"e001": 1, "e002": 1}
    assert finished_twice(workspace) == []
    with open_graph(server.home) as graph:
        assert graph.get_state(graph.config_for(run)).values == state["values"]


def known(client: Any, thread: str) -> bool:
    return thread in {row["thread_id"] for row in client.threads.search(limit=100)}


def test_a_gate_is_found_and_answered_after_a_kill(own_server: Served) -> None:
    """Also one that was asked at another door while no server ran."""
    server, asked = own_server, {}
    with server.client() as client:
        client.threads.create(thread_id=thread_id("served"), graph_id=GRAPH)
        client.runs.wait(thread_id("served"), GRAPH, input=UNMEASURED | {"name": "served"})
    server.stop(signal.SIGKILL)
    shutil.rmtree(server.place / "cwd" / ".langgraph_api", ignore_errors=True)
    with open_graph(server.home) as graph:
        graph.invoke(UNMEASURED | {"name": "from-python"}, graph.config_for("from-python"))
        for run in ("served", "from-python"):
            (gate,) = graph.get_state(graph.config_for(run)).interrupts
            asked[thread_id(run)] = gate.id
    server.start()
    with server.client() as client:
        until(
            lambda: inbox(client) == {thread: [gate] for thread, gate in asked.items()}, "both gates in the inbox", 60
        )
        for thread, gate in asked.items():
            client.runs.wait(thread, GRAPH, command={"resume": {gate: "no"}})
            assert client.threads.get_state(thread)["interrupts"][0]["id"] != gate


def test_an_old_list_does_not_hide_the_gate_that_is_open_now(own_server: Served) -> None:
    server, thread = own_server, thread_id("asks")
    with server.client() as client:
        client.threads.create(thread_id=thread, graph_id=GRAPH)
        client.runs.wait(thread, GRAPH, input=UNMEASURED | {"name": "asks"})
        asked = time.time()
        until(lambda: listed(server) > asked, "the list")
        (first,) = client.threads.get_state(thread)["interrupts"]
        client.runs.wait(thread, GRAPH, command={"resume": {first["id"]: "no"}})
        (now,) = client.threads.get_state(thread)["interrupts"]
    server.stop(signal.SIGKILL)
    server.start()
    with server.client() as client:
        until(lambda: inbox(client) == {thread: [now["id"]]}, "the open gate", 60)
        assert first["id"] not in inbox(client)[thread]


def inbox(client: Any) -> dict[str, list[str]]:
    waiting = client.threads.search(status="interrupted", limit=100)
    return {row["thread_id"]: [one["id"] for asks in row["interrupts"].values() for one in asks] for row in waiting}


def test_a_killed_run_of_the_command_line_is_left_alone(own_server: Served) -> None:
    """It was not this server's; whoever paused it says when it goes on."""
    server, run = own_server, "paused"
    server.stop()
    door = [
        sys.executable,
        "-m",
        "app",
        "run",
        WINE["task"],
        "--name",
        run,
        "--set",
        "data=wine",
        "--set",
        "metric=accuracy",
    ]
    environment = {**os.environ, "POSTGRAD_HOME": str(server.home), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(door, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    workspace = server.home / "runs" / run
    until(lambda: at_work(workspace), "jobs under way")
    process.kill()
    process.wait(30)
    before = history(workspace / "journal.jsonl")
    server.start()
    with server.client() as client:
        time.sleep(3)
        assert not known(client, thread_id(run))
    assert history(workspace / "journal.jsonl") == before


def ended(client: Any, thread: str) -> dict[str, Any] | None:
    state = client.threads.get_state(thread)
    return state if state["values"].get("ending") and not state["next"] else None


def test_many_runs_at_once_hold_up_nobody_and_cancelled_ones_let_go(server: Served) -> None:
    """More runs than the server has threads of its own, all waiting for jobs."""
    names = [f"many-{number}" for number in range(8)]
    workspaces = {name: server.home / "runs" / name for name in names}
    slowest = 0.0
    with server.client() as client:
        made = {}
        for name in names:
            client.threads.create(thread_id=thread_id(name), graph_id=GRAPH)
            made[name] = client.runs.create(thread_id(name), GRAPH, input=given(name, LONG))["run_id"]
        until(lambda: all(locks_held(workspaces)), "all runs under way")
        for _ in range(20):
            began = time.monotonic()
            assert server.ask("GET", "/ok")[0] == 200
            for name in names[:3]:
                client.threads.get_state(thread_id(name))
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.2)
        assert slowest < 20
        for name, one in made.items():
            client.runs.cancel(thread_id(name), one, wait=True)
        until(lambda: not any(locks_held(workspaces)), "the locks of cancelled runs", 60)
        for name in names:
            write_json(workspaces[name] / "stop.json", {"why": "enough seen"})
        for name in names:
            client.runs.wait(thread_id(name), GRAPH, input=None)
            assert client.threads.get_state(thread_id(name))["values"]["ending"]["outcome"] == "stopped"
    assert all(starts(folder) <= 1 for place in workspaces.values() for folder in (place / "experiments").glob("e*"))


def locks_held(workspaces: dict[str, Path]) -> list[bool]:
    return [locks.busy(place / "lock") for place in workspaces.values()]


def test_a_cancelled_run_goes_on_where_it_was(server: Served) -> None:
    run = "cancelled"
    thread, workspace = thread_id(run), server.home / "runs" / run
    with server.client() as client:
        client.threads.create(thread_id=thread, graph_id=GRAPH)
        first = client.runs.create(thread, GRAPH, input=given(run, LONG))["run_id"]
        until(lambda: training(workspace, LONG), "the long training")
        client.runs.cancel(thread, first, wait=True)
        until(lambda: not locks.busy(workspace / "lock"), "the lock of the cancelled run", 60)
        client.runs.create(thread, GRAPH, input=None)
        until(lambda: verdicts(workspace) == 2, "the verdict on that training")
        write_json(workspace / "stop.json", {"why": "enough seen"})
        assert until(lambda: ended(client, thread), "the end of the run")
    assert {each.name: starts(each) for each in (workspace / "experiments").iterdir()} == {"e001": 1, "e002": 1}
