"""`postgrad show RUN --json`: every key, from whatever the run has got to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from example_run import ExampleRun, collapsed_run, plan

from nodes.record import record
from nodes.record_read import last_step, metric_lines, products, tree

KEYS = {
    "run", "task", "stage", "status", "outcome", "reason", "metric", "trail", "experiments", "signals", "diagnoses",
    "ablations", "findings", "waiting", "bounds", "decisions", "cost", "mind", "scripts", "report",
    "checks", "interruptions",
}  # fmt: skip
METRIC = {"name", "direction", "value", "interval", "baseline", "n", "split"}


def test_nothing_there_yet_has_all_keys(tmp_path: Path) -> None:
    found = record(tmp_path / "nowhere", {}, [], "paused")
    assert set(found) == KEYS and set(found["metric"]) == METRIC
    assert found["metric"] == dict.fromkeys(METRIC)
    assert found["report"] is None and found["outcome"] is None and found["cost"]["usd"] == 0
    assert all(
        found[key] == [] for key in ("trail", "experiments", "signals", "diagnoses", "ablations", "findings", "checks")
    )
    assert found["interruptions"] == 0


def test_a_whole_run(tmp_path: Path) -> None:
    run = collapsed_run(tmp_path / "adding")
    found = record(run.workspace, run.values, [], "done", {"monitoring→diagnosis": 12, "audit→curation": 3})
    assert set(found) == KEYS
    assert found["metric"]["value"] == 0.882 and found["metric"]["split"] == "sealed" and found["metric"]["n"] == 600
    assert found["metric"]["baseline"] == 0.702 and len(found["metric"]["interval"]) == 2
    assert found["stage"] == "report" and found["outcome"] == "target_met"
    assert found["trail"][:4] == ["intake", "literature", "curation", "audit"] and found["trail"][-1] == "report"
    by_id = {e["id"]: e for e in found["experiments"]}
    assert list(by_id) == [f"e{i:02d}" for i in range(1, 10)]
    sick = {
        "id": "e02",
        "parent": "e01",
        "batch": "b2",
        "purpose": "trial",
        "change": {"learning_rate": 0.015},
        "status": "stopped",
    }
    assert sick.items() <= by_id["e02"].items()
    assert by_id["e02"]["steps_run"] == 19 and by_id["e02"]["steps_planned"] == 100 and by_id["e02"]["starts"] == 1
    assert by_id["e01"]["metric"] == 0.705 and by_id["e01"]["steps_run"] == 0
    assert [(s["kind"], s["step"]) for s in found["signals"]] == [("reward_collapse", 13)]
    first = found["diagnoses"][0]
    assert first["score"] == 0.75 and len(first["for"]) == 2 and first["against"][0]["rule"] == "kl"
    arms = found["ablations"][0]["arms"]
    assert [a["cured"] for a in arms] == [True, False, False, False] and arms[0]["change"] == {"learning_rate": 0.0003}
    assert found["findings"][0]["kind"] == "duplicate"
    assert found["bounds"]["monitoring→diagnosis"] == {"count": 1, "limit": 12}
    assert found["bounds"]["audit→curation"] == {"count": 0, "limit": 3}
    assert found["cost"] == {
        "usd": 0.0,
        "reserved_usd": 0.0,
        "job_seconds": 12.1,
        "jobs": 1,
        "model_calls": 0,
        "seconds": 212.4,
    }
    json.dumps(found, allow_nan=False)


def test_before_the_examination_the_number_is_validation(tmp_path: Path) -> None:
    run = collapsed_run(tmp_path / "adding")
    values = {k: v for k, v in run.values.items() if k != "examination"}
    found = record(run.workspace, values, [], "paused")["metric"]
    assert found["value"] == 0.883 and found["split"] == "validation" and found["baseline"] == 0.705


def test_a_stage_that_is_under_way_is_where_the_run_stands(tmp_path: Path) -> None:
    run = ExampleRun(tmp_path / "r")
    run.stage("intake")
    assert record(run.workspace, run.values, [], "paused")["stage"] == "intake"
    run.stage("literature", leaves=False)
    assert record(run.workspace, run.values, [], "running")["stage"] == "literature"


def test_a_stage_that_ran_twice_after_a_kill_counts_once(tmp_path: Path) -> None:
    run = ExampleRun(tmp_path / "r")
    run.stage("intake", run.decide("intake", "first"), leaves=False)
    run.stages -= 1
    run.stage("intake", run.decide("intake", "again"))
    found = record(run.workspace, run.values, [], "paused")
    assert found["interruptions"] == 1
    assert found["trail"] == ["intake"] and [d["why"] for d in found["decisions"]] == ["again"]


def test_a_gate_that_waited_is_no_interruption(tmp_path: Path) -> None:
    run = ExampleRun(tmp_path / "r")
    run.stage("approve_launch", leaves=False)
    run.stages -= 1
    run.stage("approve_launch")
    assert record(run.workspace, run.values, [], "paused")["interruptions"] == 0


def test_only_the_last_fifty_decisions(tmp_path: Path) -> None:
    run = ExampleRun(tmp_path / "r")
    run.stage("planning", *[run.decide("planning", str(i)) for i in range(70)])
    made = record(run.workspace, run.values, [], "running")["decisions"]
    assert [d["why"] for d in made] == [str(i) for i in range(20, 70)]


def test_waiting_says_what_is_asked_and_no_more(tmp_path: Path) -> None:
    asked = {"id": "i1", "gate": "spend", "summary": "train e02", "args": {"cost": float("inf")}, "hash": "x"}
    found = record(tmp_path, {}, [asked], "waiting")["waiting"]
    assert found == [{"id": "i1", "gate": "spend", "summary": "train e02", "args": {"cost": None}}]


def test_a_planned_experiment_without_folder_is_listed(tmp_path: Path) -> None:
    run = ExampleRun(tmp_path / "r")
    made = plan("e01", None, "baseline", 3, {})
    run.stage("planning", ("batch", {"batch": {"id": "b1", "purpose": "baseline", "experiments": [made]}}))
    found = record(run.workspace, run.values, [], "running")["experiments"][0]
    assert found["status"] == "planned" and found["batch"] == "b1" and found["starts"] == 0 and found["seed"] == 3


def test_a_lost_attempt_and_the_next_are_one_training(tmp_path: Path) -> None:
    run = ExampleRun(tmp_path / "r")
    run.experiment(plan("e01", None, "trial", 1, {}), "b1", [0.1] * 5, "lost", trainings=2)
    folder = run.workspace / "experiments" / "e01"
    (folder / "attempts" / "2").mkdir()
    (folder / "attempts" / "2" / "status.json").write_text('{"state": "running"}')
    (folder / "attempts" / "2" / "metrics.jsonl").write_text('{"step": 4, "reward": 0.4}\n{"step": 6, "rew')
    (folder / "attempts" / "predict-1").mkdir()
    (folder / "attempts" / "predict-1" / "status.json").write_text('{"state": "failed"}')
    found = record(run.workspace, run.values, [], "running")["experiments"][0]
    assert found["status"] == "running" and found["steps_run"] == 4 and found["starts"] == 2
    assert [line["step"] for line in metric_lines(folder)] == [-3, 0, 1, 2, 3, 4, 5, 4]


def test_the_last_step_is_read_from_the_tail(tmp_path: Path) -> None:
    with (tmp_path / "metrics.jsonl").open("w") as out:
        out.write("x" * 200_000 + "\n")
        out.writelines(f'{{"step": {i}, "reward": 0.5}}\n' for i in range(5_000))
    assert last_step(tmp_path) == 4_999


@pytest.mark.parametrize("written", [{"signal": {"a": 1}}, {"a": 1}, {"signals": [{"a": 1}]}])
def test_a_product_is_found_however_it_was_written(written: dict[str, object]) -> None:
    assert products([{"t": 0, "step": 1, "kind": "signal", **written}], "signal", "signals") == [{"a": 1}]


def test_the_tree_survives_strangers_and_circles() -> None:
    found = [{"id": "a", "parent": None}, {"id": "b", "parent": "a"}, {"id": "c", "parent": "gone"},
             {"id": "d", "parent": "e"}, {"id": "e", "parent": "d"}, {"id": "f", "parent": "a"}]  # fmt: skip
    assert [(depth, e["id"]) for depth, e in tree(found)] == [
        (0, "a"),
        (1, "b"),
        (1, "f"),
        (0, "c"),
        (0, "d"),
        (0, "e"),
    ]
