"""The wrapper round every stage: lock, journal, clock, stop requests, bounds, and what happens when something breaks.

A stage is a plain function from the notebook to an update, or a generator that yields `Wait` while processes run. The
wrapper drives both, blocking in Python and without blocking on the server, so no stage knows which door it runs behind.
"""

from __future__ import annotations

import asyncio
import errno
import sqlite3
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

from langchain_core.runnables import RunnableLambda
from langgraph.errors import GraphBubbleUp

from graph.visit import Halt, Visit
from nodes.desk import Wait, Work
from state.errors import Busy, EnvironmentTrouble, UserError
from state.notebook import Notebook, Update

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EMFILE, errno.ENFILE}
PASS_THROUGH = (GraphBubbleUp, EnvironmentTrouble, Busy)


def as_node(
    stage: str, work: Work, rule: Callable[[Any], Any], exits: dict[str, str]
) -> RunnableLambda[Notebook, Update]:
    """The stage as the graph runs it, from Python and from the server."""

    def run(state: Notebook) -> Update:
        with Visit.open(stage, state, rule, exits) as visit:
            return visit.close(guarded(visit, lambda: _drive(visit, work)))

    async def arun(state: Notebook) -> Update:
        visit = await asyncio.to_thread(Visit.open, stage, state, rule, exits)
        try:
            update = await _adrive(visit, work)
            return await asyncio.to_thread(visit.close, update)
        finally:
            await asyncio.to_thread(visit.__exit__)

    return RunnableLambda(run, afunc=arun, name=stage)


def follow(stage: str, rule: Callable[[Any], Any], names: dict[str, str]) -> Callable[[Notebook], str]:
    """The conditional edge: what the wrapper decided, or the rule itself when someone edited the state."""

    def path(state: Notebook) -> str:
        decided = state.get("next") or {}
        if decided.get("stage") == stage:
            return names[decided["label"]]
        return names[rule(state).label]

    path.__name__ = f"after_{stage}"
    return path


def guarded(visit: Visit, act: Callable[[], Any]) -> Any:
    """Sort what can go wrong: interrupts pass, trouble of the machine pauses the run, trouble of the research is reported."""
    try:
        return act()
    except PASS_THROUGH:
        raise
    except Halt as halt:
        return visit.halted(halt)
    except UserError as wrong:
        return visit.failed(str(wrong))
    except (OSError, sqlite3.OperationalError) as wrong:
        if isinstance(wrong, sqlite3.OperationalError) or wrong.errno in NO_ROOM:
            raise EnvironmentTrouble(
                f"{visit.stage} could not go on: {wrong}; mend that, then: postgrad resume {visit.desk.run}"
            ) from wrong
        return visit.broke(wrong, traceback.format_exc())
    except Exception as wrong:  # noqa: BLE001  whatever it is, it is written down and the run ends in its report
        return visit.broke(wrong, traceback.format_exc())


def _drive(visit: Visit, work: Work) -> Update:
    step = visit.begin(work)
    while isinstance(step, Wait):
        until = time.monotonic() + step.seconds
        while not step.ready() and time.monotonic() < until:
            visit.check(step)
            time.sleep(step.every)
        step = visit.go_on()
    return dict(step)


async def _adrive(visit: Visit, work: Work) -> Update:
    step = await asyncio.to_thread(guarded, visit, lambda: visit.begin(work))
    while isinstance(step, Wait):
        waiting = step
        until = time.monotonic() + waiting.seconds
        while time.monotonic() < until and not await asyncio.to_thread(waiting.ready):
            halted = await asyncio.to_thread(guarded, visit, partial(visit.check, waiting))
            if halted is not None:
                return dict(halted)
            await asyncio.sleep(waiting.every)
        step = await asyncio.to_thread(guarded, visit, visit.go_on)
    return dict(step)
