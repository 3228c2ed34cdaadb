"""The wrapper round a stage: whatever the stage does, at both doors, the run knows what happened and where to go."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from running import records

from graph.checkpointer import server_checkpointer, sqlite_saver
from graph.research import ResearchGraph
from graph.routes import Route
from graph.stage import as_node, follow
from lab.ledger import locks
from lab.ledger.files import append_line, read_lines, write_json
from nodes.desk import Wait
from state.errors import EnvironmentTrouble, PostgradError, UserError
from state.notebook import Notebook, Task
from state.settings import Settings

EXITS = {"planned": END, "stop": END}
Rule = Callable[[Any], Route]
Invoke = Callable[..., Any]


def planned(_: Any) -> Route:
    return Route("planned", "as planned")


def one_stage(
    work: Any, rule: Rule, saver: Any, stage: str = "planning", exits: dict[str, str] = EXITS
) -> ResearchGraph:
    plan: StateGraph[Any, Any, Any, Any] = StateGraph(Notebook, context_schema=Settings, input_schema=Task)
    plan.add_node(stage, as_node(stage, work, rule, exits))
    plan.add_conditional_edges(stage, follow(stage, rule, {label: label for label in exits}), {**exits})
    plan.add_edge(START, stage)
    return ResearchGraph.of(plan.compile(checkpointer=saver), None)


@pytest.fixture(params=["python", "server"])
def invoke(request: pytest.FixtureRequest, home: Path) -> Invoke:
    """Run one stage at one of the doors; each call is an invocation on the same thread."""

    def there(work: Any, said: Any, rule: Rule = planned) -> dict[str, Any]:
        with sqlite_saver(home) as saver:
            graph = one_stage(work, rule, saver)
            return dict(graph.invoke(said, graph.config_for("r")))

    def served(work: Any, said: Any, rule: Rule = planned) -> dict[str, Any]:
        async def serve() -> dict[str, Any]:
            async with server_checkpointer() as saver:
                graph = one_stage(work, rule, saver)
                return dict(await graph.ainvoke(said, graph.config_for("r")))

        return asyncio.run(serve())

    return there if request.param == "python" else served


BEGIN = {"task": "t", "name": "r"}


def test_a_visit_is_written_down_in_state_and_journal(invoke: Invoke, home: Path) -> None:
    state = invoke(lambda s, d: {"refused": ""}, BEGIN)
    assert (state["stage"], state["step"], state["trail"]) == ("planning", 1, ["planning"])
    assert state["next"] == {"stage": "planning", "label": "planned", "to": END, "why": "as planned"}
    enter, leave = records(home, "r", "enter", "leave")
    assert (enter["step"], leave["step"], leave["label"], leave["why"]) == (1, 1, "planned", "as planned")
    assert not locks.busy(home / "runs" / "r" / "lock")


def test_a_generator_is_driven_to_its_end(invoke: Invoke) -> None:
    waited: list[float] = []

    def work(state: Any, desk: Any) -> Iterator[Wait]:
        began = time.monotonic()
        yield Wait((), 0.1, lambda: False, every=0.02)
        yield Wait((), 60.0, lambda: time.monotonic() - began > 0.2, every=0.02)
        waited.append(time.monotonic() - began)
        return {"refused": "done"}

    assert invoke(work, BEGIN)["refused"] == "done"
    assert len(waited) == 1


@pytest.mark.parametrize("late", [False, True], ids=["at once", "after a wait"])
@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (UserError("there is no such recipe"), "there is no such recipe"),
        (ValueError("a defect\nof two lines"), "planning broke: ValueError: a defect"),
        (FileNotFoundError(errno.ENOENT, "No such file", "x"), "planning broke: FileNotFoundError"),
        (KeyError("watched"), "planning broke: KeyError: 'watched'"),
    ],
    ids=["refused", "defect", "missing file", "missing key"],
)
def test_trouble_of_the_research_goes_to_the_report_in_one_line(
    invoke: Invoke, home: Path, wrong: Exception, why: str, late: bool
) -> None:
    state = invoke(raising(wrong, late), BEGIN)
    assert state["stop"]["kind"] == "failed"
    assert state["stop"]["reason"].startswith(why)
    assert "\n" not in state["stop"]["reason"]
    assert state["next"]["label"] == "stop"
    (written,) = records(home, "r", "error")
    assert written["why"] == state["stop"]["reason"]
    kept = list(read_lines(home / "runs" / "r" / "errors.jsonl"))
    assert len(kept) == (0 if isinstance(wrong, UserError) else 1), "a traceback for defects only"


@pytest.mark.parametrize("late", [False, True], ids=["at once", "after a wait"])
@pytest.mark.parametrize(
    "wrong",
    [
        EnvironmentTrouble("no room; make some, then resume"),
        OSError(errno.ENOSPC, "No space left on device"),
        PermissionError(errno.EACCES, "Permission denied", "/x"),
        OSError(errno.EROFS, "Read-only file system"),
        sqlite3.OperationalError("database or disk is full"),
    ],
    ids=["said", "full", "forbidden", "read-only", "database"],
)
def test_trouble_of_the_machine_pauses_and_a_resume_tries_the_stage_again(
    invoke: Invoke, home: Path, wrong: Exception, late: bool
) -> None:
    with pytest.raises(EnvironmentTrouble, match="resume") as told:
        invoke(raising(wrong, late), BEGIN)
    assert "\n" not in str(told.value)
    assert not locks.busy(home / "runs" / "r" / "lock")
    state = invoke(lambda s, d: {}, None)
    assert state["trail"] == ["planning"]
    assert state.get("stop") is None
    assert len(records(home, "r", "enter")) == 1, "the visit that was cut off is forgotten"


def raising(wrong: Exception, late: bool) -> Any:
    def at_once(state: Any, desk: Any) -> Any:
        raise wrong

    def after_a_wait(state: Any, desk: Any) -> Iterator[Wait]:
        yield Wait((), 0.05, lambda: False, every=0.02)
        raise wrong

    return after_a_wait if late else at_once


def test_a_field_that_the_notebook_does_not_have_is_a_defect_and_said(invoke: Invoke, home: Path) -> None:
    state = invoke(lambda s, d: {"refused": "", "mispelt": 1}, BEGIN)
    assert state["stop"]["kind"] == "failed"
    assert "mispelt" in state["stop"]["reason"]
    assert state["next"]["label"] == "stop"


def test_a_rule_that_breaks_is_a_defect_and_said(invoke: Invoke, home: Path) -> None:
    def broken(state: Any) -> Route:
        return Route(state["verdict"]["decision"], "")

    state = invoke(lambda s, d: {}, BEGIN, broken)
    assert state["stop"]["kind"] == "failed"
    assert "KeyError" in state["stop"]["reason"]
    assert state["next"]["label"] == "stop"


def test_a_label_that_is_not_on_the_map_is_a_defect_and_said(invoke: Invoke) -> None:
    state = invoke(lambda s, d: {}, BEGIN, lambda _: Route("elsewhere", "why not"))
    assert state["stop"]["kind"] == "failed"
    assert "elsewhere" in state["stop"]["reason"]


def test_a_question_passes_through_and_its_answer_comes_back(invoke: Invoke, home: Path) -> None:
    def work(state: Any, desk: Any) -> Any:
        return {"refused": f"said {interrupt({'may I': True})}"}

    waits = invoke(work, BEGIN)
    (asked,) = waits["__interrupt__"]
    assert asked.value == {"may I": True}
    assert not locks.busy(home / "runs" / "r" / "lock")
    assert invoke(work, Command(resume={asked.id: "yes"}))["refused"] == "said yes"
    assert len(records(home, "r", "enter")) == 1


def test_a_stop_before_the_stage_begins_keeps_it_from_beginning(invoke: Invoke, home: Path) -> None:
    begun: list[int] = []
    write_json(home / "runs" / "r" / "stop.json", {"t": 0, "why": "enough"})
    state = invoke(lambda s, d: begun.append(1) or {}, BEGIN)
    assert begun == []
    assert state["stop"] == {"kind": "stopped", "reason": "enough", "stage": "planning"}


def test_a_stop_while_the_stage_waits_closes_it(invoke: Invoke, home: Path) -> None:
    closed: list[str] = []

    def work(state: Any, desk: Any) -> Iterator[Wait]:
        try:
            yield Wait((), 60.0, lambda: False, every=0.02)
        finally:
            closed.append("closed")
        return {}

    timer = threading.Timer(0.3, write_json, [home / "runs" / "r" / "stop.json", {"t": 0, "why": "enough"}])
    timer.start()
    state = invoke(work, BEGIN)
    timer.join()
    assert state["stop"]["reason"] == "enough"
    assert closed == ["closed"]


def test_what_a_person_tells_is_in_the_notes_of_the_next_stage(invoke: Invoke, home: Path) -> None:
    (home / "runs" / "r").mkdir(parents=True)
    for number in range(7):
        append_line(home / "runs" / "r" / "tell.jsonl", {"t": 0, "text": f"note {number}"})
    state = invoke(lambda s, d: {}, BEGIN)
    assert state["heard"] == 7
    assert state["notes"] == [f"note {number}" for number in range(2, 7)]


def test_the_clock_counts_work_and_not_the_wait_for_a_person(invoke: Invoke) -> None:
    def work(state: Any, desk: Any) -> Any:
        interrupt("may I?")
        return {}

    (asked,) = invoke(work, BEGIN)["__interrupt__"]
    time.sleep(0.6)
    assert invoke(work, Command(resume={asked.id: True}))["clock"] < 0.5


def test_after_the_report_a_defect_leaves_the_run_where_it_is(home: Path) -> None:
    def defect(state: Any, desk: Any) -> Any:
        raise ValueError("half a page")

    def ended(state: Any) -> Route:
        return Route("end", state["ending"]["reason"])

    with sqlite_saver(home) as saver:
        for work in (defect, lambda s, d: {}):
            graph = one_stage(work, ended, saver, stage="report", exits={"end": END})
            with pytest.raises(PostgradError, match=r"report broke: .*postgrad resume r") as told:
                graph.invoke(BEGIN if work is defect else None, graph.config_for("r"))
            assert "\n" not in str(told.value)
        graph = one_stage(lambda s, d: {"ending": {"reason": "mended"}}, ended, saver, "report", {"end": END})
        assert graph.invoke(None, graph.config_for("r"))["next"]["why"] == "mended"
