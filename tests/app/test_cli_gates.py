"""Runs that wait for a person: asked, answered by id, told, stopped, held by somebody else, removed. All through the command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from door import ROOT, Door

TASK = "Tell wines apart"


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Another process works on the run."""
    lock = home / "runs" / "w" / "lock"
    code = f"from pathlib import Path; from lab.ledger import locks; locks.acquire(Path({str(lock)!r})); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        yield
        other.communicate("\n")


@pytest.mark.slow
def test_what_waits_is_shown_and_stays_until_it_is_answered(postgrad: Door, waiting: dict[str, Any]) -> None:
    (asked,) = waiting["waiting"]
    assert asked["gate"] == "benchmark"
    assert asked["args"]["metric"] == "accuracy"
    again = postgrad("resume", "w", "--json")
    assert (again.code, again.object["waiting"]) == (4, waiting["waiting"])
    told = postgrad("show", "w").out
    assert f"postgrad resume w --approve {asked['id']}" in told
    for wrong in ("resume w --approve old", "resume w --reject old --why x", "resume w --edit old none.json"):
        said = postgrad(*wrong.split())
        assert (said.code, said.out) == (2, "")
        assert said.err == f"postgrad: nothing waits under old in run w; what waits is {asked['id']} (benchmark)\n"
    assert postgrad("watch", "w").code == 4
    listed = postgrad("runs", "--json").object["runs"]
    assert [(one["run"], one["status"]) for one in listed] == [("w", "waiting")]


def test_a_name_that_exists_is_refused_and_its_gate_stays(postgrad: Door, waiting: dict[str, Any]) -> None:
    assert postgrad.refused("run", TASK, "--name", "w").startswith("a run named w exists already")
    assert postgrad("show", "w", "--json").object["waiting"] == waiting["waiting"]


def test_a_no_is_heard_with_its_reason_and_the_old_id_answers_nothing_more(
    postgrad: Door, waiting: dict[str, Any]
) -> None:
    first = waiting["waiting"][0]["id"]
    said = postgrad("resume", "w", "--reject", first, "--why", "classes matter equally", "--json")
    assert said.code == 4
    (second,) = said.object["waiting"]
    assert second["id"] != first
    assert second["args"]["metric"] == "balanced_accuracy"
    doubled = postgrad("resume", "w", "--approve", first)
    assert doubled.code == 2
    assert second["id"] in doubled.err
    journal = (postgrad.home / "runs" / "w" / "journal.jsonl").read_text()
    assert "classes matter equally" in journal


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"metric": "acuracy"}, "metric 'acuracy' is not known; did you mean accuracy?"),
        ({"metric": "mse"}, "mse can't score wine"),
        ({"target": 94}, "target is 94, but accuracy is a fraction; write 0.94"),
        ({"target": "high"}, "target is 'high', not a number"),
        ({"metric": None}, "metric can't be emptied"),
        ({"data": "wne"}, "data 'wne' is not known; did you mean wine?"),
        ({"metrik": "macro_f1"}, "metrik was not asked; of this an edit may change metric"),
        ({"direction": "minimize"}, "direction can't be edited"),
        ({}, "the edit changes nothing"),
    ],
)
def test_an_edit_that_can_not_be_used_leaves_the_gate_open(
    postgrad: Door, waiting: dict[str, Any], edit: dict[str, Any], said: str
) -> None:
    (postgrad.cwd / "e.json").write_text(json.dumps(edit))
    assert postgrad.refused("resume", "w", "--edit", waiting["waiting"][0]["id"], "e.json").startswith(
        f"e.json: {said}"
    )
    assert postgrad("show", "w", "--json").object["waiting"] == waiting["waiting"]


def test_a_model_is_named_anew(postgrad: Door, waiting: dict[str, Any]) -> None:
    assert postgrad.refused("resume", "w", "--model", "clever").startswith("--model clever: write PROVIDER/NAME")
    assert postgrad.refused("resume", "w", "--model", "openai/x").startswith("model openai/x needs a key")
    assert postgrad("resume", "w", "--model", "local/x", "--json").object["waiting"] == waiting["waiting"]


@pytest.mark.slow
def test_an_edit_is_what_counts_and_a_run_at_work_can_be_stopped(postgrad: Door, waiting: dict[str, Any]) -> None:
    (postgrad.cwd / "args.json").write_text(json.dumps({"metric": "macro_f1", "target": 0.9}))
    journal = postgrad.home / "runs" / "w" / "journal.jsonl"
    with postgrad.start("resume", "w", "--edit", waiting["waiting"][0]["id"], "args.json", "--json") as working:
        while '"edit"' not in journal.read_text() and working.poll() is None:
            time.sleep(0.05)
        stopped = postgrad("stop", "w", "--json")
        out, _ = working.communicate()
    assert (stopped.code, stopped.object["status"]) == (0, "stopped")
    assert (working.returncode, json.loads(out)["status"]) == (7, "stopped")
    assert stopped.object["metric"]["name"] == "macro_f1"
    assert stopped.object["waiting"] == []


@pytest.mark.slow
def test_a_run_that_waits_can_be_stopped(postgrad: Door, waiting: dict[str, Any]) -> None:
    said = postgrad("stop", "w", "--why", "no longer of use", "--json")
    assert said.code == 0
    assert (said.object["status"], said.object["outcome"]) == ("stopped", "stopped")
    assert "no longer of use" in said.object["reason"]
    assert Path(said.object["report"]).is_file()
    assert postgrad("stop", "w").out.startswith("w has ended already")
    assert postgrad("resume", "w").code == 7
    assert postgrad("report", "w").out.startswith(f"{said.object['report']}\n")


def test_what_is_told_is_kept_for_the_next_decision(postgrad: Door, waiting: dict[str, Any]) -> None:
    assert postgrad("tell", "w", "mind the small classes").code == 0
    assert postgrad("tell", "w", " ").code == 2
    (note,) = (postgrad.home / "runs" / "w" / "tell.jsonl").read_text().splitlines()
    assert json.loads(note)["text"] == "mind the small classes"
    assert postgrad("stop", "w").code == 0
    assert postgrad.refused("tell", "w", "too late").startswith("run w has ended (stopped)")


def test_a_run_held_by_another_is_busy(postgrad: Door, waiting: dict[str, Any]) -> None:
    with held(postgrad.home):
        assert postgrad("show", "w", "--json").object["status"] == "running"
        for words in (["resume", "w"], ["resume", "w", "--approve", waiting["waiting"][0]["id"]], ["rm", "w"]):
            said = postgrad(*words)
            assert (said.code, said.out, said.err.count("\n")) == (8, "", 1)
        assert postgrad("stop", "w", "--wait", "0.2").code == 8
    assert (postgrad.home / "runs" / "w" / "stop.json").exists()
    assert postgrad("resume", "w").code == 7, "the stop that was asked for is done by whoever comes next"


def test_the_home_decides_where_the_command_line_is_silent(postgrad: Door) -> None:
    postgrad.home.mkdir()
    (postgrad.home / "config.toml").write_text('[approve]\nbenchmark = "deny"\n')
    assert postgrad("run", TASK).code == 7
    assert postgrad("run", TASK, "--approve", "benchmark=ask").code == 4


def test_a_run_without_its_checkpoints_begins_again(postgrad: Door, waiting: dict[str, Any]) -> None:
    for part in postgrad.home.glob("checkpoints.sqlite*"):
        part.unlink()
    assert postgrad("show", "w", "--json").object["status"] == "paused"
    again = postgrad("resume", "w", "--json")
    assert (again.code, again.object["waiting"][0]["args"]) == (4, waiting["waiting"][0]["args"])


def test_a_run_deleted_by_hand_leaves_nothing_to_its_namesake(postgrad: Door, waiting: dict[str, Any]) -> None:
    shutil.rmtree(postgrad.home / "runs" / "w")
    said = postgrad("run", "Tell iris flowers apart", "--name", "w", "--json")
    assert said.object["waiting"][0]["args"]["data"] == "iris"


def test_a_policy_answers_for_the_person(postgrad: Door) -> None:
    said = postgrad("run", TASK, "--approve", "deny", "--json")
    assert said.code == 7
    assert said.object["run"] == "tell-wines-apart"
    assert "the policy for benchmark is deny" in said.object["reason"]


def test_removing_leaves_nothing(postgrad: Door, waiting: dict[str, Any]) -> None:
    said = postgrad("rm", "w", "--json")
    assert (said.code, said.object["run"]) == (0, "w")
    assert list((postgrad.home / "runs").iterdir()) == []
    assert postgrad("show", "w").code == 2
    assert postgrad("run", TASK, "--name", "w").code == 4, (
        "the name is free again, and nothing of the old run comes back"
    )


def test_clearing_up_takes_leftovers_only(postgrad: Door, waiting: dict[str, Any]) -> None:
    runs = postgrad.home / "runs"
    (runs / ".gone-old").mkdir()
    (runs / "w" / ".run.json.4194304").write_text("{")
    said = postgrad("gc", "--json").object
    assert set(said["removed"]) == {"runs/.gone-old", "runs/w/.run.json.4194304"}
    assert postgrad("show", "w", "--json").object["waiting"] == waiting["waiting"]


def test_checkpoints_that_can_not_be_read_are_one_line(postgrad: Door, waiting: dict[str, Any]) -> None:
    for part in postgrad.home.glob("checkpoints.sqlite*"):
        part.write_bytes(b"\x00not a database" * 512)
    for words in (["show", "w"], ["resume", "w"], ["runs"], ["stop", "w"]):
        said = postgrad(*words)
        assert (said.code, said.out) == (2, "")
        assert said.err.count("\n") == 1
        assert "checkpoints.sqlite" in said.err
    assert not (postgrad.home / "runs" / "w" / "stop.json").exists()
