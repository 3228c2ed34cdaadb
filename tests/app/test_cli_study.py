"""One small study from beginning to end through the command: paused by Ctrl-C in a training, resumed, looked at, forked."""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from door import Door

pytestmark = pytest.mark.slow

KEYS = {
    "run", "stage", "status", "outcome", "reason", "metric", "trail", "experiments", "signals", "diagnoses", "ablations",
    "findings", "waiting", "bounds", "decisions", "cost", "mind", "scripts", "report",
}  # fmt: skip


@pytest.fixture(scope="module")
def paused(tmp_path_factory: pytest.TempPathFactory) -> Door:
    """The wine study, let go by Ctrl-C while the first training runs."""
    place = tmp_path_factory.mktemp("study")
    door = Door(place / "home", place)
    folder = door.home / "runs" / "wine" / "experiments"
    with door.start("study", "wine", "--json") as working:
        while not list(folder.glob("*/starts.jsonl")) and working.poll() is None:
            time.sleep(0.02)
        working.send_signal(signal.SIGINT)
        out, err = working.communicate(timeout=60)
    assert working.returncode == 7, err
    assert json.loads(out) == {"run": "wine", "status": "paused", "resume": "postgrad resume wine"}
    assert "postgrad resume wine" in err
    return door


@pytest.fixture(scope="module")
def finished(paused: Door) -> Door:
    assert paused("show", "wine", "--json").object["status"] == "paused"
    said = paused("resume", "wine", "--json")
    assert said.code == 0, said.err
    return paused


@pytest.fixture(scope="module")
def record(finished: Door) -> dict[str, Any]:
    found: dict[str, Any] = finished("show", "wine", "--json").object
    return found


def test_the_whole_record_stands(record: dict[str, Any]) -> None:
    assert record.keys() >= KEYS
    assert (record["run"], record["status"], record["outcome"]) == ("wine", "done", "target_met")
    metric = record["metric"]
    assert (metric["name"], metric["direction"], metric["split"]) == ("accuracy", "maximize", "sealed")
    low, high = metric["interval"]
    assert 0 <= metric["baseline"] < low <= metric["value"] <= high <= 1
    assert record["trail"][0] == "intake"
    assert record["trail"][-1] == "report"
    assert Path(record["report"]).is_file()


def test_no_training_was_started_twice(record: dict[str, Any]) -> None:
    assert {one["starts"] for one in record["experiments"]} == {1}
    assert {one["status"] for one in record["experiments"]} == {"finished"}


def test_a_finished_run_shows_its_result_whatever_is_asked(finished: Door) -> None:
    for words in (["resume", "wine"], ["watch", "wine"], ["stop", "wine"]):
        said = finished(*words)
        assert said.code == 0
        assert "target_met" in said.out
    assert "accuracy" in finished("report", "wine").out
    assert "finished" in finished("show", "wine").out


def test_a_fork_is_a_run_of_its_own(finished: Door, tmp_path: Path) -> None:
    shutil.copytree(finished.home, tmp_path / "home", symlinks=True)
    door = Door(tmp_path / "home", tmp_path)
    made = door("fork", "wine", "--at", "report", "--name", "again", "--json")
    assert (made.code, made.object["run"]) == (0, "again")
    assert door("resume", "again", "--json").object["outcome"] == "target_met"
    compared = door("compare", "wine", "again", "--json").object
    assert compared["differences"] == {}
    assert compared["gap"]["beyond_both_intervals"] is False
    assert door("rm", "wine").code == 0
    assert door("show", "again", "--json").object["metric"] == compared["runs"][1]["metric"]
    for wrong in ("nowhere", "diagnosis"):
        assert door("fork", "again", "--at", wrong).code == 2


def test_the_map_is_drawn(finished: Door) -> None:
    drawn = finished("graph").out
    assert "intake" in drawn
    assert "approve_publication" in drawn
    assert finished("graph", "--json").object["mermaid"].strip() == drawn.strip()
