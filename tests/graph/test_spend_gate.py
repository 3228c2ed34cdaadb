"""The spending gate in real runs: what is answered is what happens, and only what was approved is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langgraph.types import Command
from running import began, config_of, gate, outcome, reason, records, say, task, trail

from graph.research import ResearchGraph
from lab.ledger.files import read_lines, write_json

ASK = {"spend": "ask"}


@pytest.mark.slow
def test_a_yes_by_id_launches_and_the_same_yes_again_does_not_open_the_next_gate(
    research: ResearchGraph, home: Path
) -> None:
    say(research, "wine", task("wine", ASK))
    first, asked = gate(research, "wine")
    assert asked["gate"] == "spend"
    assert asked["run"] == "wine"
    assert list(asked["args"]["experiments"]) == ["e001"]
    assert asked["action_requests"][0]["args"] == asked["args"]
    assert began(home, "wine") == {"e001": 0}, "nothing is trained before a yes"

    state = say(research, "wine", Command(resume={first: {"type": "accept", "args": None}}))
    second, next_asked = gate(research, "wine")
    assert second != first
    assert list(next_asked["args"]["experiments"]) == ["e002"]
    assert began(home, "wine") == {"e001": 1, "e002": 0}
    assert state["decisions"]["spend"]["by"] == "person"
    assert state["decisions"]["spend"]["hash"] == asked["hash"]

    for _ in range(2):
        say(research, "wine", Command(resume={first: True}))
        assert gate(research, "wine")[0] == second
    assert began(home, "wine") == {"e001": 1, "e002": 0}
    assert [r["answer"] for r in records(home, "wine", "gate")] == ["approve"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"decisions": [{"type": "reject", "message": "the budget is for something else"}]}, "for something else"),
        ([{"type": "response", "args": "not today"}], "not today"),
        ("true", "true"),
        ({"hm": "perhaps"}, "unclear answer"),
    ],
)
def test_a_no_or_something_unclear_trains_nothing_and_the_reason_is_kept(
    research: ResearchGraph, home: Path, said: Any, why: str
) -> None:
    say(research, "wine", task("wine", ASK))
    state = say(research, "wine", Command(resume={gate(research, "wine")[0]: said}))
    assert began(home, "wine") == {"e001": 0}
    (written,) = records(home, "wine", "gate")
    assert (written["answer"], written["by"]) == ("reject", "person")
    assert why in written["why"]
    assert outcome(state) == "stopped"
    assert why in reason(state)


@pytest.mark.slow
def test_an_edit_is_rehearsed_again_and_asked_again_and_what_runs_is_the_edit(
    research: ResearchGraph, home: Path
) -> None:
    say(research, "wine", task("wine", ASK))
    first, asked = gate(research, "wine")
    experiments = asked["args"]["experiments"]
    experiments["e001"]["config"]["alpha"] = 0.003
    state = say(research, "wine", Command(resume={first: {"type": "edit", "args": {"experiments": experiments}}}))
    assert trail(home, "wine")[-2:] == ["approve_launch", "rehearsal"]
    assert began(home, "wine") == {"e001": 0}
    assert len(list((home / "runs" / "wine" / "rehearsals").iterdir())) == 2

    second, again = gate(research, "wine")
    assert second != first
    assert again["hash"] != asked["hash"]
    assert again["args"]["experiments"]["e001"]["config"]["alpha"] == 0.003
    state = say(research, "wine", Command(resume={second: True}))
    assert began(home, "wine")["e001"] == 1
    assert config_of(home, "wine", "e001")["alpha"] == 0.003
    assert state["bounds"]["approve_launch→rehearsal"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("bad", [{"alpha": "much"}, {"no_such_key": 1}, {"steps": -1}])
def test_an_edit_that_can_not_run_is_asked_again_as_it_was(
    research: ResearchGraph, home: Path, bad: dict[str, Any]
) -> None:
    say(research, "wine", task("wine", ASK))
    first, asked = gate(research, "wine")
    before = dict(asked["args"]["experiments"]["e001"]["config"])
    edited = {"e001": {"config": {**before, **bad}}}
    say(research, "wine", Command(resume={first: {"type": "edit", "args": {"experiments": edited}}}))
    _, again = gate(research, "wine")
    assert again["args"]["experiments"]["e001"]["config"] == before
    assert any("does not fit" in r["why"] for r in records(home, "wine", "fallback"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["config.json", "train.py", "data/train.jsonl", "run.py"])
def test_what_was_changed_after_the_yes_is_not_launched(research: ResearchGraph, home: Path, name: str) -> None:
    config = research.config_for("wine")
    research.invoke(task("wine", {"spend": "auto"}), config, interrupt_after=["approve_launch"])
    assert research.get_state(config).next == ("launch",)
    folder = home / "runs" / "wine" / "experiments" / "e001"
    text = (folder / name).read_bytes()
    (folder / name).unlink()
    (folder / name).write_bytes(text + b"\n ")
    state = say(research, "wine", None)
    assert began(home, "wine") == {"e001": 0}
    assert "launch" in trail(home, "wine")
    assert "not what was approved" in reason(state)


@pytest.mark.slow
def test_new_input_while_a_gate_is_open_is_heard_and_the_gate_stays(research: ResearchGraph, home: Path) -> None:
    say(research, "wine", task("wine", ASK))
    before = gate(research, "wine")
    steps = len(trail(home, "wine"))
    nothing: list[Any] = [None, Command(resume=None), Command(resume={})]
    for said in ({"task": "use fewer rows"}, {**task("wine"), "task": "and a smaller model"}, *nothing):
        say(research, "wine", said)
        assert gate(research, "wine") == before
    assert len(trail(home, "wine")) == steps
    told = [line["text"] for line in read_lines(home / "runs" / "wine" / "tell.jsonl")]
    assert told == ["use fewer rows", "and a smaller model"]
    state = say(research, "wine", Command(resume={before[0]: True}))
    assert state["notes"] == told, "the next stage reads it"


@pytest.mark.slow
def test_a_run_that_waits_can_be_stopped_and_still_reports(research: ResearchGraph, home: Path) -> None:
    say(research, "wine", task("wine", ASK))
    write_json(home / "runs" / "wine" / "stop.json", {"t": 0, "why": "enough for today"})
    state = say(research, "wine", None)
    assert (outcome(state), reason(state)) == ("stopped", "enough for today")
    assert trail(home, "wine")[-2:] == ["approve_launch", "report"]
    assert research.get_state(research.config_for("wine")).next == ()
    assert "enough for today" in (home / "runs" / "wine" / "report.md").read_text().lower()


@pytest.mark.slow
def test_where_nobody_can_be_asked_the_gate_says_no_and_why(home: Path) -> None:
    from graph import graph

    state = graph.invoke(task("wine", ASK))
    assert outcome(state) == "stopped"
    assert "nobody can be asked" in reason(state)
    assert began(home, "wine") == {"e001": 0}
    (written,) = records(home, "wine", "gate")
    assert (written["answer"], written["by"]) == ("reject", "unattended")
