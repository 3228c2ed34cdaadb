"""Every way a run can end before its time is one line in an honest report."""

from __future__ import annotations

import csv
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from kills import processes_of, siege
from langgraph.types import Command
from running import BRIEF, began, gate, outcome, reason, records, report_of, say, task, trail

from graph.research import ResearchGraph
from lab.compute.processes import started
from lab.ledger.files import read_json, write_json
from state.errors import Busy

pytestmark = pytest.mark.slow

NO_SPENDING = {"spend": "deny"}
LONG = {"start": {"model": "sgd", "steps": 60_000, "learning_rate": 0.001}}


def table(path: Path, rows: list[dict[str, Any]]) -> str:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def messages(count: int, seed: int = 0) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    words = [
        "printer",
        "invoice",
        "login",
        "screen",
        "refund",
        "password",
        "cable",
        "order",
        "network",
        "mail",
        "battery",
        "account",
    ]
    return [
        {"text": f"{' '.join(chance.sample(words, 4))} {number}", "label": chance.choice(["bill", "help"])}
        for number in range(count)
    ]


def training_of(home: Path, run: str, experiment: str) -> Path:
    return home / "runs" / run / "experiments" / experiment / "attempts" / "1"


def when_training(home: Path, run: str, experiment: str, act: Any) -> threading.Thread:
    """Do something once a training has logged some steps."""

    def watch() -> None:
        path = training_of(home, run, experiment) / "metrics.jsonl"
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not (path.exists() and path.read_text().count("\n") > 20):
            time.sleep(0.05)
        act()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_a_stop_while_a_training_runs_ends_the_training_and_the_run(research: ResearchGraph, home: Path) -> None:
    stop = home / "runs" / "wine" / "stop.json"
    watcher = when_training(home, "wine", "e002", lambda: write_json(stop, {"t": 0, "why": "seen enough"}))
    state = say(research, "wine", task("wine", **LONG))
    watcher.join()
    assert (outcome(state), reason(state)) == ("stopped", "seen enough")
    assert trail(home, "wine")[-2:] == ["monitoring", "report"]
    status = read_json(training_of(home, "wine", "e002") / "status.json")
    assert (status["state"], status["why"]) == ("stopped", "seen enough")
    assert not started(status["pid"]) or "wine" not in Path(f"/proc/{status['pid']}/cwd").readlink().as_posix()
    assert "seen enough" in report_of(home, "wine").lower()


def test_two_at_once_the_second_is_told_so_and_the_first_goes_on(research: ResearchGraph, home: Path) -> None:
    told: list[Exception] = []

    def second() -> None:
        try:
            say(research, "wine", None)
        except Busy as busy:
            told.append(busy)
        write_json(home / "runs" / "wine" / "stop.json", {"t": 0, "why": "seen enough"})

    watcher = when_training(home, "wine", "e002", second)
    state = say(research, "wine", task("wine", **LONG))
    watcher.join()
    assert outcome(state) == "stopped"
    assert len(told) == 1
    assert told[0].exit_code == 8
    assert "\n" not in str(told[0])
    assert began(home, "wine") == {"e001": 1, "e002": 1}


def test_time_that_is_used_up_ends_in_a_report(research: ResearchGraph, home: Path) -> None:
    began_at = time.monotonic()
    state = say(research, "wine", task("wine", limits={"time": 0.5}))
    assert outcome(state) == "out_of_budget"
    assert trail(home, "wine")[-1] == "report"
    assert time.monotonic() - began_at < 60
    assert (home / "runs" / "wine" / "report.md").exists()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("rows.csv", b"\x89PNG\r\n\x1a\n" + b"0" * 200, "an image"),
        ("rows.parquet", b"a,b\n1,2\n", "rows.parquet"),
        ("rows.jsonl", b'{"text": "a", "label": "b"}\n{"text": ', "rows.jsonl"),
        ("rows.csv", b"", "rows.csv"),
        ("rows.csv", b"text,label\n", "rows"),
        ("missing.csv", None, "missing.csv"),
    ],
)
def test_data_that_is_not_what_its_name_says_is_named_in_the_report(
    research: ResearchGraph, home: Path, tmp_path: Path, name: str, content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    state = say(research, "bad", task("bad", data=str(tmp_path / name)))
    assert outcome(state) == "failed"
    assert why in reason(state)
    assert "\n" not in reason(state)
    assert trail(home, "bad") == ["intake", "literature", "curation", "report"]
    assert why in report_of(home, "bad")
    assert not records(home, "bad", "error"), "a defect of the data is no defect of ours"


def test_duplicates_across_the_splits_are_dropped_from_the_training_part_alone(
    research: ResearchGraph, home: Path, tmp_path: Path
) -> None:
    rows = messages(300)
    again = [{**row, "text": row["text"].upper() + "!"} for row in rows[:60]]
    data = table(tmp_path / "rows.csv", [*rows, *again])
    state = say(research, "dup", task("dup", {**NO_SPENDING, "data": "auto"}, data=data))
    went = trail(home, "dup")
    assert went[went.index("audit") : went.index("planning")] == ["audit", "curation", "approve_data", "audit"]
    assert state["bounds"]["audit→curation"] == 1
    blocking = [r["finding"]["kind"] for r in records(home, "dup", "finding") if r["finding"]["severity"] == "block"]
    assert blocking == ["exact_duplicate"], "found once; after the repair there is none"
    assert state["card"]["dropped"]
    assert outcome(state) == "stopped"


def test_many_rows_to_drop_are_asked_for_and_a_no_ends_the_run(
    research: ResearchGraph, home: Path, tmp_path: Path
) -> None:
    rows = messages(300)
    data = table(tmp_path / "rows.csv", [*rows, *({**row, "text": row["text"] + "!"} for row in rows[:60])])
    say(research, "dup", task("dup", data=data))
    name, asked = gate(research, "dup")
    assert asked["gate"] == "data"
    state = say(research, "dup", Command(resume={name: {"type": "reject", "message": "I need those rows"}}))
    assert outcome(state) == "stopped"
    assert "I need those rows" in reason(state)


def test_a_fault_of_the_data_that_no_repair_mends_is_an_integrity_failure(
    research: ResearchGraph, home: Path, tmp_path: Path
) -> None:
    data = table(tmp_path / "rows.csv", [{**row, "label": "same"} for row in messages(200)])
    state = say(research, "same", task("same", data=data))
    assert outcome(state) == "integrity_failure"
    assert "same answer" in reason(state)
    assert trail(home, "same")[-3:] == ["audit", "curation", "report"]


@pytest.mark.parametrize(
    ("brief", "why"),
    [
        ({"metric": "beauty"}, "metric 'beauty' is not known"),
        ({"method": "alchemy"}, "no recipe does 'alchemy'"),
        ({"method": "grpo"}, "wine"),
        ({"seeds": "many"}, "seeds"),
        ({"wish": 1}, "wish"),
        ({"start": {"no_such_key": 1}}, "no_such_key"),
        ({"start": {"steps": -5}}, "steps"),
    ],
)
def test_a_brief_that_can_not_be_carried_out_is_said_in_one_line(
    research: ResearchGraph, home: Path, brief: dict[str, Any], why: str
) -> None:
    state = say(research, "odd", {**task("odd"), "brief": {**BRIEF, **brief}})
    assert outcome(state) == "failed"
    assert why in reason(state)
    assert "\n" not in reason(state)
    assert "Traceback" not in report_of(home, "odd")


def test_a_stage_that_breaks_is_reported_and_its_traceback_kept(research: ResearchGraph, home: Path) -> None:
    (home / "runs" / "wine").mkdir(parents=True)
    (home / "runs" / "wine" / "experiments").write_text("a file where a folder should be")
    state = say(research, "wine", task("wine"))
    assert outcome(state) == "failed"
    assert reason(state).startswith("implementation broke: ")
    assert "\n" not in reason(state)
    assert trail(home, "wine")[-2:] == ["implementation", "report"]
    kept = (home / "runs" / "wine" / "errors.jsonl").read_text()
    assert "Traceback" in kept
    assert "Traceback" not in report_of(home, "wine")


def test_a_rehearsal_that_fails_is_reported_with_what_the_script_said(research: ResearchGraph, home: Path) -> None:
    """The script refuses a training part without rows."""
    config = research.config_for("wine")
    research.invoke(task("wine"), config, interrupt_after=["implementation"])
    (home / "runs" / "wine" / "data" / "train.jsonl").write_text("")
    state = say(research, "wine", None)
    assert outcome(state) in ("failed", "integrity_failure")
    assert began(home, "wine") == {"e001": 0}
    assert trail(home, "wine")[-1] == "report"


def test_an_experiment_that_learns_nothing_is_not_passed_off_as_a_result(research: ResearchGraph, home: Path) -> None:
    state = say(research, "wine", task("wine", start={"model": "majority"}))
    assert outcome(state) in ("inconclusive", "target_missed", "failed")
    assert "examination" not in trail(home, "wine") or outcome(state) == "target_missed"
    assert trail(home, "wine")[-1] == "report"


def test_a_stop_of_a_run_whose_agent_was_killed_ends_its_training_too(research: ResearchGraph, home: Path) -> None:
    attacked = siege(home, task("wine", **LONG))
    metrics = training_of(home, "wine", "e002") / "metrics.jsonl"
    assert attacked.kill_when(lambda: metrics.exists() and metrics.read_text().count("\n") > 20)
    status = read_json(training_of(home, "wine", "e002") / "status.json")
    assert status["state"] == "running"
    assert processes_of(home), "the training outlives the agent"
    write_json(home / "runs" / "wine" / "stop.json", {"t": 0, "why": "seen enough"})
    state = say(research, "wine", None)
    assert (outcome(state), reason(state)) == ("stopped", "seen enough")
    assert processes_of(home) == []
    assert began(home, "wine") == {"e001": 1, "e002": 1}
    assert read_json(training_of(home, "wine", "e002") / "status.json")["state"] == "stopped"
