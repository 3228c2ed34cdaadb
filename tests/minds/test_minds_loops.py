"""A model that never comes to an end: whatever it does, the run ends with its report, what it pays is bounded, and it is said why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graph import open_graph
from lab.model.agent import Caps
from lab.model.repetition import LONGEST_CYCLE, RUNNING, TURNS
from nodes.report_mind import MOST_CALLS
from tests.minds.helm import BRIEF, at_the_helm, records
from tests.minds.researcher import Json, Researcher, Turn, offered, submit, turns_so_far
from tests.minds.short import BRIEF as OPEN
from tests.minds.short import TASK, short
from tests.scripted.replies import Reply, calls, empty, filtered, refuses, says, truncated

pytestmark = pytest.mark.slow

BEFORE = ["intake", "literature"]
"""Asked once each."""
NO_WORDS = submit(paragraphs=["Nothing was found."], why="the record")


@dataclass(frozen=True)
class Ended:
    home: Path
    researcher: Researcher
    paid: int
    """Requests that the server answered."""

    @property
    def minds(self) -> dict[str, Json]:
        return {record["stage"]: record for record in records(self.home, "mind")}

    @property
    def fallbacks(self) -> list[str]:
        return [f"{record['what']}: {record['why']}" for record in records(self.home, "fallback")]


def ends(home: Path, curation: Sequence[Turn], report: Sequence[Turn] = (NO_WORDS,), **limits: Any) -> Ended:
    researcher = Researcher(short(curation=curation, report=report))
    given = {"task": TASK, "name": "minds", "brief": {**BRIEF, **OPEN, "limits": {"batches": 1, **limits}}}
    with at_the_helm(researcher) as (model, settings), open_graph(home) as graph:
        graph.invoke(given, graph.config_for("minds"), context=settings)
        state = graph.get_state(graph.config_for("minds"))
        assert not state.next and not state.interrupts
        assert state.values["ending"]["outcome"] == "failed", state.values["ending"]
        place = home / "runs" / "minds"
        assert "no data" in (place / state.values["report"]["markdown"]).read_text()
        return Ended(home, researcher, len(model.requests))


def look(name: str) -> Reply:
    return calls("inspect_dataset", {"id": name})


def something_new(body: Json) -> Reply:
    """Never the same, never an answer."""
    return look(f"owner/set{turns_so_far(body)}") if "inspect_dataset" in offered(body) else says("nothing here")


def read_on(body: Json) -> Reply:
    return calls("read_log", {"experiment": f"e{turns_so_far(body):03d}"})


def test_the_same_call_for_ever(home: Path) -> None:
    ended = ends(home, [look("owner/wines")])
    mind = ended.minds["curation"]
    assert mind["ended"] == "repeating" and mind["calls"] == len(ended.researcher.paid("curation")) == RUNNING + 2
    assert mind["tools"] == {"inspect_dataset": RUNNING + 2}
    assert any("the same call of inspect_dataset" in said for said in mind["tries"])
    assert any("was refused" in said for said in mind["tries"])
    assert any("curation" in said and "repeating" in said for said in ended.fallbacks)


def test_round_and_round(home: Path) -> None:
    def round_(body: Json) -> Reply:
        return look(("owner/one", "owner/other")[turns_so_far(body) % 2])

    ended = ends(home, [round_])
    mind = ended.minds["curation"]
    assert mind["ended"] == "repeating"
    assert mind["calls"] <= 2 * TURNS + 2 <= LONGEST_CYCLE * TURNS
    assert any("go round in a circle" in said for said in mind["tries"])
    assert any("repeating" in said for said in ended.fallbacks)


def test_a_loop_that_is_left_ends_nothing(home: Path) -> None:
    again = look("owner/wines")
    ended = ends(home, [again, again, again, look("owner/other"), again, submit(source="", why="there is none")])
    mind = ended.minds["curation"]
    assert (mind["ended"], mind["calls"]) == ("answered", 6)
    assert not any("curation" in said for said in ended.fallbacks)


def test_always_something_new_and_never_an_answer(home: Path) -> None:
    """Each stage has its own cap, told before it is reached."""
    ended = ends(home, [something_new], [read_on])
    caps = {"curation": Caps().calls, "report": MOST_CALLS}
    for stage, most in caps.items():
        mind = ended.minds[stage]
        assert (mind["ended"], mind["calls"]) == ("stage_cap", most)
        assert len(ended.researcher.paid(stage)) == most
        assert any(
            stage in said and "stage cap" in said and f"cap of {most} replies" in said for said in ended.fallbacks
        )
    assert ended.paid == len(BEFORE) + sum(caps.values())


@pytest.mark.parametrize(
    "reply",
    [
        says("I am still thinking."), empty(), truncated("and so on and"), calls("inspect_dataset", '{"id": "own'),
    ],
    ids=["text", "empty", "endless", "broken"],
)  # fmt: skip
def test_replies_out_of_which_nothing_comes(home: Path, reply: Reply) -> None:
    ended = ends(home, [reply], [reply])
    for stage in ("curation", "report"):
        mind = ended.minds[stage]
        assert (mind["ended"], mind["calls"]) == ("bad_answers", Caps().repairs + 1)
        assert any(stage in said and "bad answers" in said for said in ended.fallbacks)
    assert ended.paid == len(BEFORE) + 2 * (Caps().repairs + 1)


def test_an_answer_that_never_fits(home: Path) -> None:
    ended = ends(home, [submit(source="owner/never-seen", why="it must be there")])
    mind = ended.minds["curation"]
    assert (mind["ended"], mind["calls"]) == ("bad_answers", Caps().repairs + 1)
    assert any("bad answers" in said and "was not accepted" in said for said in ended.fallbacks)


@pytest.mark.parametrize(
    ("reply", "why"),
    [(filtered(), "content filter"), (refuses("I can't help with bottles."), "I can't help with bottles.")],
    ids=["filtered", "refused"],
)
def test_an_answer_that_is_withheld(home: Path, reply: Reply, why: str) -> None:
    ended = ends(home, [reply], [reply])
    for stage in ("curation", "report"):
        mind = ended.minds[stage]
        assert mind["ended"] == "refused" and why in mind["why"]
        assert len(ended.researcher.paid(stage)) == 1, "it is not asked again"
        assert any(stage in said and "refused" in said for said in ended.fallbacks)


@pytest.mark.parametrize("most", [1, 6])
def test_the_runs_own_cap(home: Path, most: int) -> None:
    ended = ends(home, [something_new], [read_on], model_calls=most)
    assert ended.paid == most
    told = [said for said in ended.fallbacks if f"its {most} model calls" in said]
    assert len(told) == 1, "it is said once, and not at every question that follows"
    assert ended.minds["curation"]["ended"] == "run_cap"
    assert ended.minds["curation"]["calls"] == max(0, most - len(BEFORE))
