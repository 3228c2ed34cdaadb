"""Every rule of the map: each label is reached, and by the right evidence."""

from __future__ import annotations

from typing import Any

import pytest

from graph.build import AFTER_THE_SEARCH, EDGES, exits
from graph.routes import GATE_STAGES, RULES, start
from graph.visit import decide

BLOCK = {"kind": "overlap", "severity": "block", "why": "3 rows are in both"}
WARN = {"kind": "imbalance", "severity": "warn", "why": "one class is small"}
TABLE = {"symptom": "reward_collapse", "why": "b cured it"}
ONE = {"b": {"state": "finished", "why": "ended"}}


def watched(**states: str) -> dict[str, Any]:
    return {name: {"state": state, "why": f"{name} is {state}"} for name, state in states.items()}


def decided(gate: str, answer: str) -> dict[str, Any]:
    return {"decisions": {gate: {"answer": answer, "by": "person", "why": "said so"}}}


def cause(family: str) -> dict[str, Any]:
    return {"diagnoses": [{"family": family, "cause": "c", "fired": 2, "applicable": 3}, {"family": "unknown"}]}


def judged(decision: str) -> dict[str, Any]:
    return {"verdict": {"decision": decision, "why": "the rule says so"}}


def evaluated(problem: str) -> dict[str, Any]:
    return {"evaluation": {"problem": problem, "detail": "seen", "scores": {"e1": {"value": 0.5}}}}


def rehearsed(error: str) -> dict[str, Any]:
    return {"rehearsal": {"ok": not error, "error": error, "detail": "d", "forecast_seconds": 1, "worst_seconds": 4}}


def batch(purpose: str = "trial") -> dict[str, Any]:
    return {"batch": {"purpose": purpose, "why": "why not", "experiments": [{"id": "e1"}]}}


EXAMINED = {"score": {"metric": "accuracy", "value": 0.9}, "baseline_score": {"value": 0.4}}

ROWS: list[tuple[str, dict[str, Any], str]] = [
    ("intake", {"asked": {}, "goal": {"metric": "accuracy", "direction": "maximize"}}, "measured"),
    ("intake", {"asked": {"gate": "benchmark"}, "goal": {"metric": "accuracy", "direction": "maximize"}}, "unmeasured"),
    ("approve_benchmark", decided("benchmark", "approve"), "approved"),
    ("approve_benchmark", decided("benchmark", "reject"), "rejected"),
    ("approve_benchmark", decided("benchmark", "edit"), "edited"),
    ("literature", {"reading": {"papers": [], "recipes": []}}, "first"),
    ("literature", {"reading": {"papers": [], "recipes": []}, "card": {}}, "first"),
    ("literature", {"reading": {"papers": [], "recipes": []}, "card": {"rows": 3}}, "again"),
    ("curation", {"card": {"rows": 3, "seal": "s" * 64}, "asked": {}}, "split"),
    ("curation", {"card": {"rows": 3, "seal": "s"}, "asked": {"gate": "data", "summary": "drop 3?"}}, "ask"),
    ("curation", {"card": {}, "asked": {}}, "no_data"),
    ("curation", {"asked": {"gate": "data", "summary": "drop 3?"}}, "no_data"),
    ("approve_data", decided("data", "approve"), "approved"),
    ("approve_data", decided("data", "reject"), "rejected"),
    ("approve_data", decided("data", "edit"), "edited"),
    ("audit", {"findings": [], "audited": {"sent_by": "curation"}}, "clean"),
    ("audit", {"findings": [WARN], "audited": {}}, "clean"),
    ("audit", {"findings": [WARN, BLOCK], "audited": {"sent_by": "curation"}}, "leak"),
    ("audit", {"findings": [BLOCK], "audited": {"sent_by": "evaluation"}}, "leak"),
    ("audit", {"findings": [WARN], "audited": {"sent_by": "evaluation"}}, "clean_again"),
    ("planning", batch(), "planned"),
    ("planning", {"batch": {}}, "stop"),
    ("planning", {}, "stop"),
    ("implementation", batch(), "written"),
    ("implementation", {"batch": {}}, "no_recipe"),
    ("rehearsal", rehearsed(""), "fits"),
    ("rehearsal", rehearsed("script"), "script_error"),
    ("rehearsal", rehearsed("predict"), "script_error"),
    ("rehearsal", rehearsed("memory"), "out_of_memory"),
    ("rehearsal", rehearsed("slow"), "too_dear"),
    ("rehearsal", rehearsed("dear"), "too_dear"),
    ("approve_launch", decided("spend", "approve"), "approved"),
    ("approve_launch", decided("spend", "reject"), "rejected"),
    ("approve_launch", decided("spend", "edit"), "edited"),
    ("launch", {"jobs": {"e1": {}}, "refused": ""}, "started"),
    ("launch", {"jobs": {"e1": {}}}, "started"),
    ("launch", {"jobs": {"e1": {}}, "refused": "no money"}, "refused"),
    ("monitoring", {"watched": watched(a="running", b="finished"), **batch()}, "running"),
    ("monitoring", {"watched": watched(a="queued", b="lost"), **batch(), "patient": "b"}, "running"),
    ("monitoring", {"watched": watched(a="finished", b="lost"), **batch()}, "lost"),
    ("monitoring", {"watched": watched(a="finished", b="lost"), **batch("arms")}, "lost"),
    ("monitoring", {"watched": watched(a="stopped", b="lost"), **batch(), "patient": "a"}, "lost"),
    ("monitoring", {"watched": watched(a="stopped", b="finished"), **batch(), "patient": "a"}, "sick"),
    ("monitoring", {"watched": watched(a="failed"), **batch("baseline"), "patient": "a"}, "sick"),
    ("monitoring", {"watched": watched(a="stopped"), **batch("arms"), "patient": "a"}, "arms_ended"),
    ("monitoring", {"watched": watched(a="finished"), **batch("arms"), "patient": ""}, "arms_ended"),
    ("monitoring", {"watched": ONE, **batch("seeds"), "patient": ""}, "ended"),
    *(
        ("diagnosis", cause(family), family)
        for family in ("dynamics", "code", "data", "idea", "infrastructure", "false_alarm", "unknown")
    ),
    ("ablation", {**batch("arms"), "ablation": {}}, "arms"),
    ("ablation", batch("arms"), "arms"),
    ("ablation", {**batch("arms"), "ablation": {**TABLE, "winner": "e2"}}, "cured"),
    ("ablation", {**batch("arms"), "ablation": {**TABLE, "winner": None}}, "none_cured"),
    ("evaluation", evaluated(""), "scored"),
    ("evaluation", evaluated("predict_crashed"), "predict_crashed"),
    ("evaluation", evaluated("constant_output"), "odd"),
    ("evaluation", evaluated("metric_mismatch"), "odd"),
    ("evaluation", evaluated("smells_of_leak"), "smells_of_leak"),
    ("verdict", judged("next_batch"), "next"),
    ("verdict", judged("seeds"), "next"),
    ("verdict", judged("read_again"), "read_again"),
    ("verdict", judged("examine"), "examine"),
    ("examination", {"examination": EXAMINED}, "examined"),
    ("reproduction", {"reproduction": {"result": "identical", "why": "same"}}, "reproduced"),
    ("reproduction", {"reproduction": {"result": "consistent", "why": "near"}}, "reproduced"),
    ("reproduction", {"reproduction": {"result": "not_run", "why": "no time"}}, "reproduced"),
    ("reproduction", {"reproduction": {"result": "contradicted", "why": "far"}}, "contradicted"),
    ("report", {"asked": {}, "ending": {"outcome": "target_met", "reason": "r"}}, "end"),
    ("report", {"asked": {"gate": "publication", "summary": "publish?"}}, "publish"),
    ("approve_publication", decided("publication", "approve"), "approved"),
    ("approve_publication", decided("publication", "reject"), "rejected"),
    ("approve_publication", decided("publication", "edit"), "edited"),
    ("publication", {"publication": {"why": "published"}}, "end"),
]


@pytest.mark.parametrize(
    ("stage", "state", "label"), ROWS, ids=[f"{s}-{label}-{i}" for i, (s, _, label) in enumerate(ROWS)]
)
def test_the_rule_takes_this_label_and_says_why(stage: str, state: dict[str, Any], label: str) -> None:
    route = RULES[stage](state)
    assert route.label == label
    assert route.why
    assert label in exits(stage)


def test_each_label_of_the_map_is_reached_by_some_row() -> None:
    reached = {(stage, label) for stage, _, label in ROWS}
    drawn = {(stage, label) for stage, ways in EDGES.items() for label in ways}
    assert drawn - reached == set()


def test_a_rule_for_each_stage_and_no_other() -> None:
    assert list(RULES) == list(EDGES)


@pytest.mark.parametrize("stage", EDGES)
def test_a_stop_leads_to_the_report_whatever_else_the_state_says(stage: str) -> None:
    state = next(row[1] for row in ROWS if row[0] == stage)
    stopped = {**state, "stop": {"kind": "stopped", "reason": "a person asked", "stage": stage}}
    chosen = decide(stage, stopped, RULES[stage], exits(stage))
    if stage in AFTER_THE_SEARCH:
        assert chosen["next"]["label"] != "stop"
    else:
        assert chosen["next"] == {"stage": stage, "label": "stop", "to": "report", "why": "a person asked"}
        assert "stop" not in chosen, "the reason that stands is kept as it is"


def test_nothing_left_to_plan_is_written_down_as_the_reason() -> None:
    chosen = decide("planning", {"batch": {}}, RULES["planning"], exits("planning"))
    assert chosen["next"]["to"] == "report"
    assert chosen["stop"] == {"kind": "no_way_on", "reason": "nothing left to try", "stage": "planning"}


@pytest.mark.parametrize("gate", GATE_STAGES)
def test_new_input_on_a_run_that_waits_leads_back_to_its_gate(gate: str) -> None:
    assert start({"next": {"stage": "rehearsal", "to": gate}}).label == gate


@pytest.mark.parametrize("state", [{}, {"next": {}}, {"next": None}, {"next": {"to": "planning"}}, {"task": "t"}])
def test_anything_else_begins_at_intake(state: dict[str, Any]) -> None:
    assert start(state).label == "intake"
