"""One small study from its task to its report, through every door, and what may be done with a run that has ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from langgraph.types import Command
from running import began, outcome, records, report_of, say, task, trail

from graph import open_graph
from graph.checkpointer import prune_thread
from graph.fork import fork
from graph.names import run_of, thread_id
from lab.compute.folder import starts
from lab.ledger.files import read_json, read_lines
from lab.ledger.ledger import Ledger
from state.errors import UserError
from state.notebook import FIELDS

pytestmark = pytest.mark.slow

BATCH = ["planning", "implementation", "rehearsal", "approve_launch", "launch", "monitoring", "evaluation"]
TRAIL = [
    "intake", "literature", "curation", "audit", *BATCH, "verdict",
    *BATCH, "audit", "verdict",  # all validation rows right: too good not to look for a leak once more
    "examination", "reproduction", "report",
]  # fmt: skip


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Path, dict[str, Any], list[Any]]]:
    """A run that went to its end: graph, home, last state, what was said on the way."""
    home = tmp_path_factory.mktemp("whole") / "home"
    with open_graph(home) as graph:
        said = list(graph.stream(task("wine"), graph.config_for("wine"), stream_mode="custom"))
        yield graph, home, dict(graph.get_state(graph.config_for("wine")).values), said


def undone(trail: list[str]) -> list[str]:
    """A trail without the repeats that only waiting makes."""
    return [stage for at, stage in enumerate(trail) if stage != "monitoring" or trail[at - 1] != "monitoring"]


def test_it_goes_the_way_of_the_map_and_meets_its_target(ended: Any) -> None:
    _, home, state, _ = ended
    assert undone(trail(home, "wine")) == undone(state["trail"]) == TRAIL
    assert outcome(state) == "target_met"
    assert began(home, "wine") == {"e001": 1, "e002": 1}
    assert state["examination"]["baseline"] == ["e001"]
    assert state["examination"]["finalist"] == ["e002"]
    assert state["reproduction"]["result"] == "identical"
    assert f"{state['examination']['score']['value']:.3f}" in report_of(home, "wine")


def test_a_person_can_follow_it(ended: Any) -> None:
    _, _, _, said = ended
    stages = list(dict.fromkeys(line["stage"] for line in said))
    assert stages == list(dict.fromkeys(TRAIL))
    assert all(isinstance(line["say"], str) and "\n" not in line["say"] and line["run"] == "wine" for line in said)


def test_the_state_is_plain_json_of_known_fields_and_stays_small(ended: Any) -> None:
    graph, _, state, _ = ended
    assert set(state) <= FIELDS
    assert json.loads(json.dumps(state)) == state
    sizes = [n for (n,) in graph.checkpointer.conn.execute("SELECT length(checkpoint) FROM checkpoints")]
    assert max(sizes) < 64 * 1024


def test_every_job_was_settled_in_the_ledger(ended: Any) -> None:
    _, home, _, _ = ended
    spent = Ledger(home / "runs" / "wine" / "ledger.jsonl").spent()
    assert spent.reserved_usd == 0
    jobs = {record["id"] for record in records(home, "wine", "job")}
    settled = {line["job"] for line in read_lines(home / "runs" / "wine" / "ledger.jsonl") if line["act"] == "settle"}
    assert jobs == settled
    assert spent.jobs == len(jobs)


def test_every_process_began_once_and_none_is_left(ended: Any) -> None:
    _, home, _, _ = ended
    found = sorted(home.glob("runs/wine/**/starts.jsonl"))
    lines = [(path.parent.name, line["attempt"]) for path in found for line in read_lines(path)]
    assert len(lines) == len(set(lines)) > 6


def test_new_input_on_an_ended_run_is_refused_in_one_line(ended: Any) -> None:
    graph, home, _, _ = ended
    before = trail(home, "wine")
    with pytest.raises(UserError, match="run wine has ended; start another") as told:
        say(graph, "wine", task("wine"))
    assert "\n" not in str(told.value)
    assert trail(home, "wine") == before


def test_resuming_an_ended_run_changes_nothing(ended: Any) -> None:
    graph, home, state, _ = ended
    assert say(graph, "wine", None) == state
    assert trail(home, "wine") == undone(trail(home, "wine")) or trail(home, "wine")[-1] == "report"


def test_nothing_to_resume_is_said_in_one_line(ended: Any) -> None:
    graph, home, _, _ = ended
    with pytest.raises(UserError, match="no run to go on with") as told:
        graph.invoke(None, graph.config_for("never-begun"))
    assert "\n" not in str(told.value)
    assert not (home / "runs" / "never-begun").exists()


def test_the_thread_is_found_by_the_name_and_back(ended: Any) -> None:
    _, home, _, _ = ended
    assert run_of(home, thread_id("wine")) == "wine"


def test_a_fork_is_a_run_of_its_own(ended: Any) -> None:
    graph, home, state, _ = ended
    before = trail(home, "wine")
    assert fork(home, "wine", "examination", "again") == "again"
    there = home / "runs" / "again"
    assert graph.get_state(graph.config_for("again")).next == ("examination",)
    assert read_json(there / "run.json")["forked_from"] == {"run": "wine", "stage": "examination"}
    assert not (there / "ledger.jsonl").exists() and not (there / "report.md").exists()
    assert trail(home, "again") == before[: before.index("examination")]

    forked = say(graph, "again", None)
    assert outcome(forked) == "target_met"
    assert forked["run"] == forked["name"] == "again"
    assert forked["examination"]["score"]["value"] == state["examination"]["score"]["value"]
    assert (there / "report.md").exists()
    assert trail(home, "wine") == before, "the run it came from is as it was"
    for path in [*there.glob("experiments/*/attempts/*/job.json"), *there.glob("reproduction/*/attempts/*/job.json")]:
        job = read_json(path)["job"]
        new = "sealed" in job["attempt"] or "control" in job["attempt"] or path.parts[-5] == "reproduction"
        assert job["id"].startswith("again/" if new else "wine/"), "what ran before the fork keeps its name"
        assert not new or job["folder"].startswith(str(there))
    assert all(line["job"].startswith("again/") for line in read_lines(there / "ledger.jsonl"))
    assert starts(there / "experiments" / "e002") == 1, "what had been trained is not trained again"


@pytest.mark.slow
def test_a_fork_before_the_launch_trains_for_itself(ended: Any) -> None:
    graph, home, state, _ = ended
    fork(home, "wine", "launch", "anew")
    there = home / "runs" / "anew" / "experiments" / "e002"
    assert not (there / "model").exists() and not (there / "predictions.jsonl").exists()
    assert began(home, "anew") == {"e001": 1, "e002": 0}
    forked = say(graph, "anew", None)
    assert began(home, "anew") == {"e001": 1, "e002": 1}
    assert read_json(there / "attempts" / "1" / "job.json")["job"]["id"] == "anew/e002/1"
    assert forked["examination"]["per_seed"] == state["examination"]["per_seed"], "the same seed, the same result"
    assert began(home, "wine") == {"e001": 1, "e002": 1}


@pytest.mark.parametrize(
    ("run", "stage", "name", "why"),
    [
        ("wine", "lunch", "other", "there is no stage 'lunch'; the stages are: intake"),
        ("wine", "ablation", "other", "run wine has not been at ablation; it went: intake"),
        ("wine", "planning", "wine", "exists already"),
        ("wine", "planning", "../other", "is no name for a run"),
        ("nobody", "planning", "other", "nobody"),
    ],
)
def test_a_fork_that_can_not_be_is_refused_in_one_line_and_makes_nothing(
    ended: Any, run: str, stage: str, name: str, why: str
) -> None:
    _, home, _, _ = ended
    with pytest.raises(UserError) as told:
        fork(home, run, stage, name)
    assert why in str(told.value)
    assert "\n" not in str(told.value)
    assert not (home / "runs" / "other").exists()


@pytest.mark.slow
def test_without_a_thread_the_same_study_runs_to_its_end(home: Path) -> None:
    from graph import graph

    state = graph.invoke(task("plain"))
    assert outcome(state) == "target_met"
    assert undone(trail(home, "plain")) == TRAIL


@pytest.mark.slow
def test_the_server_s_door_goes_the_same_way(home: Path) -> None:
    from graph.build import compile_graph
    from graph.checkpointer import server_checkpointer

    async def serve() -> tuple[dict[str, Any], Any]:
        async with server_checkpointer() as saver:
            graph = compile_graph(saver)
            config = graph.config_for("served")
            waits = await graph.ainvoke(task("served", {"spend": "ask"}), config)
            for _ in range(2):
                (asked,) = waits["__interrupt__"]
                waits = await graph.ainvoke(Command(resume={asked.id: True}), config)
            return waits, await graph.aget_state(config)

    state, seen = asyncio.run(serve())
    assert seen.next == ()
    assert outcome(state) == "target_met"
    assert undone(trail(home, "served")) == TRAIL
    with open_graph(home) as graph:
        assert graph.get_state(graph.config_for("served")).values == seen.values, "one file serves both doors"


def test_thinned_out_it_can_still_be_forked_at_every_stage(ended: Any) -> None:
    graph, _, state, _ = ended
    gone = prune_thread(graph.checkpointer, thread_id("wine"))
    assert gone > 0
    config = graph.config_for("wine")
    assert {stage for moment in graph.get_state_history(config) for stage in moment.next} >= set(TRAIL)
    assert graph.get_state(config).values == state
    assert prune_thread(graph.checkpointer, thread_id("wine")) == 0


@pytest.mark.parametrize("said", [{"f" * 32: True}, True, "yes", None], ids=repr)
def test_an_answer_to_a_run_that_has_ended_changes_nothing(ended: Any, said: Any) -> None:
    graph, home, state, _ = ended
    before = trail(home, "wine")
    with suppress(UserError):
        assert say(graph, "wine", Command(resume=said)) == state
    assert trail(home, "wine") == before
    assert graph.get_state(graph.config_for("wine")).next == ()
