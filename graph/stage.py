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

from graph.own_thread import OwnThread
from graph.visit import Halt, Visit
from nodes.desk import Wait, Work
from state.errors import Busy, EnvironmentTrouble, IntegrityBroken, UserError
from state.notebook import Notebook, Update

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EMFILE, errno.ENFILE}
PASS_THROUGH = (GraphBubbleUp, EnvironmentTrouble, Busy)


def as_node(
    stage: str, work: Work, rule: Callable[[Any], Any], exits: dict[str, str]
) -> RunnableLambda[Notebook, Update]:
    """The stage as the graph runs it, from Python and from the server."""

    def run(state: Notebook) -> Update:
        with Visit.open(stage, state, rule, exits) as visit:
            return _leave(visit, guarded(visit, lambda: _drive(visit, work)))

    async def arun(state: Notebook) -> Update:
        async with OwnThread(stage) as own:
            visit = await own.do(lambda: own.enter(Visit.open(stage, state, rule, exits)))
            update = await _adrive(own, visit, work)
            return await own.do(lambda: _leave(visit, update))

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
    except IntegrityBroken as wrong:
        return visit.halted(Halt("integrity_failure", str(wrong)))
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


def _leave(visit: Visit, update: Update) -> Update:
    """What a stage returned, and its rule, may be wrong too: a defect like any other, so the way on is to the report."""
    closed: Update = guarded(visit, lambda: visit.close(update))
    return closed if "next" in closed else visit.close(closed)


def _drive(visit: Visit, work: Work) -> Update:
    step = visit.begin(work)
    while isinstance(step, Wait):
        until = time.monotonic() + step.seconds
        while not step.ready() and time.monotonic() < until:
            visit.check()
            time.sleep(step.every)
        step = visit.go_on()
    return dict(step)


async def _adrive(own: OwnThread, visit: Visit, work: Work) -> Update:
    step = await own.do(lambda: guarded(visit, lambda: visit.begin(work)))
    while isinstance(step, Wait):
        seen: Any = False
        look = partial(guarded, visit, partial(_look, visit, step))
        until = time.monotonic() + step.seconds
        while time.monotonic() < until and not (seen := await own.do(look)):
            await asyncio.sleep(step.every)
        if isinstance(seen, dict):
            return seen
        step = await own.do(lambda: guarded(visit, visit.go_on))
    return dict(step)


def _look(visit: Visit, waiting: Wait) -> bool:
    if waiting.ready():
        return True
    visit.check()
    return False
