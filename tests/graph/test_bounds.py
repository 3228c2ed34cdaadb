"""Every edge back is bounded and counted; a bound that is hit leads to the report, with the reason."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.build import EDGES, exits
from graph.routes import Route
from graph.visit import decide
from state.bounds import BOUNDS
from state.words import Stage

ORDER = [*get_args(Stage), "__end__"]
ALL = sorted((stage, label, to) for stage, ways in EDGES.items() for label, to in ways.items())
BACK = [(stage, label, to) for stage, label, to in ALL if ORDER.index(to) <= ORDER.index(stage)]
BOUNDED = [(stage, label, to) for stage, label, to in ALL if f"{stage}→{to}" in BOUNDS]


def chosen(stage: str, label: str, bounds: dict[str, int]) -> dict[str, Any]:
    return decide(stage, {"bounds": bounds}, lambda _: Route(label, "it had to be"), exits(stage))


@pytest.mark.parametrize(("stage", "label", "to"), BACK)
def test_an_edge_to_an_earlier_stage_has_a_bound(stage: str, label: str, to: str) -> None:
    assert BOUNDS.get(f"{stage}→{to}", 0) > 0


def test_without_the_bounded_edges_no_loop_is_left() -> None:
    free = [(stage, to) for stage, _, to in ALL if f"{stage}→{to}" not in BOUNDS]

    def reach(stage: str, seen: tuple[str, ...]) -> None:
        assert stage not in seen, f"unbounded: {' → '.join((*seen, stage))}"
        for to in {to for one, to in free if one == stage}:
            reach(to, (*seen, stage))

    for stage in EDGES:
        reach(stage, ())


def test_a_bound_belongs_to_an_edge_that_exists() -> None:
    assert set(BOUNDS) <= {f"{stage}→{to}" for stage, _, to in ALL}


@pytest.mark.parametrize(("stage", "label", "to"), BOUNDED)
def test_the_edge_can_be_taken_as_often_as_its_bound_and_no_more(stage: str, label: str, to: str) -> None:
    edge = f"{stage}→{to}"
    last = chosen(stage, label, {edge: BOUNDS[edge] - 1})
    assert last["next"]["to"] == to
    assert last["bounds"][edge] == BOUNDS[edge]
    over = chosen(stage, label, last["bounds"])
    assert over["next"]["to"] == "report"
    assert over["stop"]["kind"] == "bound"
    assert edge in over["stop"]["reason"]
    assert "it had to be" in over["stop"]["reason"]
    assert over["bounds"] == last["bounds"]


@given(st.sampled_from(ALL), st.dictionaries(st.sampled_from(sorted(BOUNDS)), st.integers(0, 50_000)))
def test_no_state_takes_an_edge_beyond_its_bound(way: tuple[str, str, str], bounds: dict[str, int]) -> None:
    stage, label, to = way
    edge = f"{stage}→{to}"
    before = dict(bounds)
    went = chosen(stage, label, bounds)
    assert bounds == before, "the state that came in is not changed"
    if edge not in BOUNDS:
        assert went["next"]["to"] == to
        assert went["bounds"] == before
    elif before.get(edge, 0) >= BOUNDS[edge]:
        assert went["next"]["to"] == "report"
    else:
        assert went["bounds"] == {**before, edge: before.get(edge, 0) + 1}
