"""A model that lies at every door: nothing of what it asserts stands in what a run knows, scores, cites or reports."""

from __future__ import annotations

import re

import pytest

from lab.ledger.files import read_json
from lab.ledger.journal import history, of_kind
from tests.minds.conftest import Ended
from tests.minds.helm import records
from tests.minds.liar import EXTRA, LIE, PAPER, PLANTED, planted
from tests.minds.researcher import Json, submit
from tests.nodes.example_run import ExampleRun
from tests.nodes.test_diagnosis_mind import diagnosed
from tests.nodes.test_diagnosis_mind import run as sick  # noqa: F401  a fixture, by its name

pytestmark = pytest.mark.slow

NOT_THERE = re.compile(rf"{PAPER} was not read|no answer.*{PAPER}.*no such thing|does not know {PAPER}")
DOORS = {"intake", "literature", "curation", "planning", "implementation", "verdict", "report"}


def test_it_lied_at_every_door_and_the_run_came_to_a_result_of_its_own(liar: Ended) -> None:
    asked = {stage for stage, _ in liar.heard.asked}
    assert asked >= DOORS and len([stage for stage in asked if stage.startswith("reader")]) == 2
    assert liar.state["ending"]["outcome"] in ("target_met", "target_missed", "inconclusive"), liar.state["ending"]
    assert liar.state["best"]["recipe"].startswith("own-")


def gone(source: Json) -> bool:
    """The one thing that is said of a paper that nobody wrote: it was asked for, and there is none."""
    return "no such thing" in source["why"] or f"does not know {PAPER}" in source["why"]


def beside_what_is_not_there(state: Json) -> Json:
    reading = state["reading"]
    return {**state, "reading": {**reading, "sources": [one for one in reading["sources"] if not gone(one)]}}


def test_nothing_of_a_lie_stands_in_the_state(liar: Ended) -> None:
    assert planted(beside_what_is_not_there(liar.state)) == []


def test_nothing_of_a_lie_stands_in_what_is_measured_answered_or_cited(liar: Ended) -> None:
    kinds = ("score", "gate", "source", "job", "check", "batch", "finding", "outcome", "signal")
    found = {kind: planted(records(liar.home, kind)) for kind in kinds}
    found["source"] = planted([one for one in records(liar.home, "source") if not gone(one)])
    assert {kind: places for kind, places in found.items() if places} == {}


def test_nothing_of_a_lie_stands_in_the_report(liar: Ended) -> None:
    place = liar.home / "runs" / "minds"
    reports = [path for path in place.glob("report*") if path.suffix in (".md", ".html", ".json")]
    assert reports
    for path in reports:
        lines = [
            line.strip()[:300] for line in path.read_text().splitlines() if PLANTED.search(NOT_THERE.sub("", line))
        ]
        assert lines == [], path.name


def test_a_paper_that_no_source_gave_is_not_cited(liar: Ended) -> None:
    reading = liar.state["reading"]
    assert PAPER not in [paper["id"] for paper in reading["papers"]]
    assert reading["claims"] and all(one["value"] != 98.765 for one in reading["claims"])
    assert len(records(liar.home, "rejected")) >= 5, "what did not stand in its paper was counted"


def test_a_target_is_never_made_up_and_a_verdict_never_handed_in(liar: Ended) -> None:
    assert not liar.state["goal"].get("target")
    tries = [line for record in records(liar.home, "decision", "mind") for line in record.get("tries") or []]
    assert sum("accuracy" in line for line in tries) >= 5, "what was handed in besides was told to be too much"
    assert any("the task gives no number" in line for line in tries)


def test_its_recipe_keeps_no_paper_that_nobody_read(liar: Ended) -> None:
    kept = read_json(liar.home / "runs" / "minds" / "recipes" / liar.state["best"]["recipe"] / "recipe.json")
    assert PAPER not in kept["script"]["based_on"]


def test_nothing_of_a_lie_stands_in_a_diagnosis(sick: ExampleRun) -> None:  # noqa: F811
    """Beside the whole run: a cause is chosen among those that rules found, and its reason asserts nothing."""
    by_rule = diagnosed(sick)[0]["diagnoses"]
    first, other = (one["cause"] for one in by_rule[:2])
    made, model = diagnosed(
        sick,
        submit(cause=PAPER, why=LIE), submit(cause=other, why=LIE, **EXTRA), submit(cause=other, why=f"It came first. {LIE}"),
    )  # fmt: skip
    assert model is not None and len(model.requests) == 3
    assert [one["cause"] for one in made["diagnoses"]][:2] == [other, first]
    assert [one["score"] for one in made["diagnoses"][:2]] == [by_rule[1]["score"], by_rule[0]["score"]]
    assert planted(made) == []
    decision = [
        one for one in of_kind(history(sick.workspace / "journal.jsonl"), "decision") if one.get("by") == "model"
    ][-1]
    assert decision["why"] == decision["choice"]["why"] == "It came first."
    assert "0.98765" in str(decision["tries"]), "what was struck is written down"
