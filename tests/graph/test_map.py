"""The drawing: what `get_graph()` and Mermaid show is the map of the design, labels and all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from graph.build import AFTER_THE_SEARCH, EDGES, build, compile_graph, exits, joined, mermaid
from graph.routes import RULES, Route
from graph.stage import follow

ROOT = Path(__file__).parents[2]
START, END = "__start__", "__end__"

DESIGN = {
    START: "intake approve_benchmark approve_data approve_launch approve_publication",
    "intake": "literature approve_benchmark report",
    "approve_benchmark": "literature intake report",
    "literature": "curation planning report",
    "curation": "audit approve_data report",
    "approve_data": "audit curation report",
    "audit": "planning curation verdict report",
    "planning": "implementation report",
    "implementation": "rehearsal report",
    "rehearsal": "approve_launch implementation planning report",
    "approve_launch": "launch planning rehearsal report",
    "launch": "monitoring planning report",
    "monitoring": "monitoring diagnosis approve_launch ablation evaluation report",
    "diagnosis": "ablation implementation curation literature approve_launch launch report",
    "ablation": "implementation planning diagnosis report",
    "evaluation": "verdict implementation diagnosis audit report",
    "verdict": "planning literature examination report",
    "examination": "reproduction report",
    "reproduction": "report",
    "report": f"approve_publication {END}",
    "approve_publication": f"publication {END}",
    "publication": END,
}
"""The map of the design, by hand: stage: where it may lead."""

SEARCH = {
    "literature", "curation", "approve_data", "audit", "planning", "implementation", "rehearsal", "approve_launch",
    "launch", "monitoring", "diagnosis", "ablation", "evaluation", "verdict",
}  # fmt: skip


def drawn() -> dict[tuple[str, str], str]:
    return {(edge.source, edge.target): str(edge.data or "") for edge in compile_graph().get_graph().edges}


def test_the_edges_drawn_are_those_of_the_design() -> None:
    assert set(drawn()) == {(stage, to) for stage, ways in DESIGN.items() for to in ways.split()}


def test_every_edge_from_a_stage_carries_its_labels() -> None:
    edges = drawn()
    for stage in EDGES:
        for label, to in exits(stage).items():
            named = edges[(stage, to)]
            # an edge named like its target needs no second name
            assert label in named.split(" / ") or (named == "" and label == to), (stage, label, named)


def test_the_mermaid_text_names_all_stages_and_labels() -> None:
    text = mermaid().replace("&nbsp;", " ")
    for stage in EDGES:
        assert f"\t{stage}(" in text
        for label in exits(stage):
            assert label in text, (stage, label)


def test_nothing_leads_from_the_examination_back_into_the_search() -> None:
    seen: set[str] = set()
    front = ["examination"]
    while front:
        for to in DESIGN.get(front.pop(), "").split():
            if to not in seen:
                seen.add(to)
                front.append(to)
    assert seen & SEARCH == set()
    ways = {stage: set(exits(stage).values()) for stage in EDGES}
    after = {"examination", "reproduction", *AFTER_THE_SEARCH}
    assert {to for stage in after for to in ways[stage]} <= {*after, END}


def test_labels_that_share_a_target_share_an_edge_and_keep_their_names() -> None:
    names = joined({"a": "x", "b": "x", "c": "y"})
    assert names == {"a": "a / b", "b": "a / b", "c": "c"}


@pytest.mark.parametrize("stage", EDGES)
def test_the_edge_follows_what_the_wrapper_decided(stage: str) -> None:
    names = joined(exits(stage))
    for label in exits(stage):
        path = follow(stage, lambda _: Route("never", ""), names)
        assert path({"next": {"stage": stage, "label": label, "to": exits(stage)[label], "why": "w"}}) == names[label]


def test_after_an_edited_state_the_edge_asks_the_rule() -> None:
    names = joined(exits("planning"))
    path = follow("planning", RULES["planning"], names)
    assert (
        path({"next": {"stage": "audit", "label": "clean", "to": "planning", "why": ""}, "batch": {}}) == names["stop"]
    )
    edited = {"batch": {"why": "a person's own", "experiments": []}}
    assert path({**edited}) == names["planned"]
    assert path({**edited, "next": {}}) == names["planned"]


def test_importing_the_package_compiles_nothing() -> None:
    code = (
        "import sys, graph; from graph import open_graph; "
        "print([m for m in ('langgraph', 'torch', 'sklearn', 'graph.build', 'nodes') if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.strip() == "[]"


def test_the_plain_graph_is_made_once_and_has_no_checkpointer() -> None:
    from graph import graph
    from graph import graph as again

    assert graph is again
    assert graph.checkpointer is None
    assert graph.name == "research"


def test_a_graph_can_be_built_many_times() -> None:
    assert build().compile().get_graph().nodes.keys() == build().compile().get_graph().nodes.keys()
