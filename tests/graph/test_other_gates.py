"""The gates before the spending: how success is measured, and what may be done to the data."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pytest
from langgraph.types import Command
from running import BRIEF, gate, outcome, reason, records, say, task, trail

from graph.checkpointer import prune_thread
from graph.names import thread_id
from graph.research import ResearchGraph

UNMEASURED = {key: value for key, value in BRIEF.items() if key not in ("metric", "direction")}
NO_SPENDING = {"spend": "deny"}


def unmeasured(approve: dict[str, str] | None = None) -> dict[str, Any]:
    return {**task("wine", {**NO_SPENDING, **(approve or {})}), "brief": UNMEASURED}


@pytest.mark.slow
def test_a_yes_settles_how_success_is_measured(research: ResearchGraph, home: Path) -> None:
    say(research, "wine", unmeasured())
    name, asked = gate(research, "wine")
    assert (asked["gate"], asked["args"]["metric"], asked["args"]["data"]) == ("benchmark", "accuracy", "wine")
    state = say(research, "wine", Command(resume={name: True}))
    assert state["goal"]["metric"] == "accuracy"
    assert trail(home, "wine")[:3] == ["intake", "approve_benchmark", "literature"]


@pytest.mark.slow
def test_an_edit_is_the_person_s_own_measure(research: ResearchGraph, home: Path) -> None:
    say(research, "wine", unmeasured())
    name, _ = gate(research, "wine")
    answer = [
        {"type": "edit", "args": {"action": "approve_benchmark", "args": {"metric": "macro_f1", "target": "0.9"}}}
    ]
    state = say(research, "wine", Command(resume={name: answer}))
    assert (state["goal"]["metric"], state["goal"]["target"]) == ("macro_f1", 0.9)
    assert trail(home, "wine")[:4] == ["intake", "approve_benchmark", "intake", "literature"]


@pytest.mark.parametrize("edited", [{"metric": "beauty"}, {"target": "high"}, {"target": [1]}])
def test_a_measure_that_does_not_exist_is_no_way_to_go_on_silently(
    research: ResearchGraph, home: Path, edited: dict[str, Any]
) -> None:
    say(research, "wine", unmeasured())
    first, _ = gate(research, "wine")
    state = say(research, "wine", Command(resume={first: {"type": "edit", "args": edited}}))
    waits = research.get_state(research.config_for("wine")).interrupts
    assert waits or (outcome(state) == "failed" and str(next(iter(edited))) in reason(state))


def test_each_no_proposes_another_measure_until_the_person_should_write_the_brief(
    research: ResearchGraph, home: Path
) -> None:
    say(research, "wine", unmeasured())
    seen = []
    for _ in range(10):
        if not research.get_state(research.config_for("wine")).interrupts:
            break
        name, asked = gate(research, "wine")
        seen.append(asked["args"]["metric"])
        state = say(research, "wine", Command(resume={name: "no, another one"}))
    assert seen == ["accuracy", "balanced_accuracy", "macro_f1", "macro_f1"]
    assert outcome(state) == "inconclusive"
    assert "approve_benchmark→intake" in reason(state)
    assert "another one" in reason(state)
    assert state["bounds"]["approve_benchmark→intake"] == 3


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "answer"), [("auto", "approve"), ("deny", "reject")])
def test_a_policy_answers_for_a_person(research: ResearchGraph, home: Path, rule: str, answer: str) -> None:
    state = say(research, "wine", unmeasured({"benchmark": rule}))
    written = records(home, "wine", "gate")[0]
    assert (written["gate"], written["answer"], written["by"]) == ("benchmark", answer, rule)
    assert ("literature" in trail(home, "wine")) == (answer == "approve")
    assert outcome(state) == "stopped"


def twins(path: Path) -> str:
    """A table of texts, of which every fifth stands there twice."""
    chance = random.Random(0)
    words = ["printer", "invoice", "login", "screen", "refund", "password", "cable", "order", "network", "mail"]
    rows = [[f"{' '.join(chance.sample(words, 4))} {n}", chance.choice(["bill", "help"])] for n in range(300)]
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([["text", "label"], *rows, *([f"{text}!", label] for text, label in rows[:60])])
    return str(path)


@pytest.mark.slow
def test_a_yes_drops_the_rows_and_the_data_is_audited_again(
    research: ResearchGraph, home: Path, tmp_path: Path
) -> None:
    say(research, "dup", task("dup", NO_SPENDING, data=twins(tmp_path / "rows.csv")))
    name, asked = gate(research, "dup")
    assert asked["gate"] == "data"
    assert asked["args"]["left"] > 0
    state = say(research, "dup", Command(resume={name: {"type": "accept"}}))
    went = trail(home, "dup")
    assert went[went.index("approve_data") + 1] == "audit"
    assert state["card"]["splits"]["train"]["rows"] == asked["args"]["left"]


@pytest.mark.parametrize("said", [{"type": "reject", "message": "keep them"}, "hm", "true"])
def test_anything_but_a_yes_leaves_the_data_alone_and_says_so(
    research: ResearchGraph, home: Path, tmp_path: Path, said: Any
) -> None:
    say(research, "dup", task("dup", NO_SPENDING, data=twins(tmp_path / "rows.csv")))
    name, _ = gate(research, "dup")
    state = say(research, "dup", Command(resume={name: said}))
    assert outcome(state) == "stopped"
    assert "not approved" in reason(state)
    assert "rehearsal" not in trail(home, "dup")


def test_an_edit_says_which_rows_may_go_and_a_leak_that_stays_ends_the_run(
    research: ResearchGraph, home: Path, tmp_path: Path
) -> None:
    say(research, "dup", task("dup", NO_SPENDING, data=twins(tmp_path / "rows.csv")))
    name, asked = gate(research, "dup")
    none_at_all = dict.fromkeys(asked["args"]["dropped"], 0)
    state = say(research, "dup", Command(resume={name: {"type": "edit", "args": {"dropped": none_at_all}}}))
    assert outcome(state) == "integrity_failure"
    assert "could not be repaired" in reason(state)
    assert "rehearsal" not in trail(home, "dup")


@pytest.mark.slow
def test_thinning_out_the_checkpoints_leaves_an_open_gate_open(research: ResearchGraph, home: Path) -> None:
    say(research, "wine", task("wine", {"spend": "ask"}))
    before = gate(research, "wine")
    saver: Any = research.checkpointer
    held = saver.conn.execute("SELECT count(*) FROM checkpoints").fetchone()[0]
    gone = prune_thread(saver, thread_id("wine"))
    assert saver.conn.execute("SELECT count(*) FROM checkpoints").fetchone()[0] == held - gone
    assert gate(research, "wine") == before
    state = say(research, "wine", Command(resume={before[0]: "no"}))
    assert outcome(state) == "stopped"
