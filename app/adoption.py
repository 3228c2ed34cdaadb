"""When the server starts: go on with what it was driving when it was killed, and put open gates where inboxes look."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from state.errors import PostgradError

if TYPE_CHECKING:
    from langgraph_sdk.client import LangGraphClient
    from starlette.applications import Starlette

log = logging.getLogger(__name__)
GRAPH = "research"


@dataclass(frozen=True)
class Unfinished:
    run: str
    thread: str
    gates: frozenset[str]
    """Ids of the questions it waits with; none if it was in the midst of something."""


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    task = asyncio.create_task(adopt())
    task.add_done_callback(_tell)
    yield
    task.cancel()


def _tell(task: asyncio.Task[None]) -> None:
    """The server serves on if this broke, but not in silence."""
    if not task.cancelled() and (wrong := task.exception()):
        log.error("runs of before were not gone on with", exc_info=wrong)


async def adopt() -> None:
    """Ask for each such run to go on; a gate that is visited again asks the same question under the same id."""
    from langgraph_sdk import get_client

    try:
        todo = await asyncio.to_thread(unfinished)
    except PostgradError as wrong:
        log.warning("runs of before were not looked at: %s", wrong)
        return
    client = get_client()
    for one in todo:
        if not await _known(client, one):
            await client.runs.create(one.thread, GRAPH, input=None)
            log.info("going on with %s", one.run)


async def _known(client: LangGraphClient, one: Unfinished) -> bool:
    """Does the server work on it, or show its gate, already? Its own list may be older than the checkpoints."""
    row = await client.threads.create(
        thread_id=one.thread, graph_id=GRAPH, metadata={"run": one.run}, if_exists="do_nothing"
    )
    if any(other["status"] in ("pending", "running") for other in await client.runs.list(one.thread)):
        return True
    shown = {asked["id"] for asks in (row.get("interrupts") or {}).values() for asked in asks}
    return bool(one.gates) and row["status"] == "interrupted" and shown == one.gates


def unfinished() -> list[Unfinished]:
    """Runs that wait for a person, or that a killed server left in the midst."""
    from app.drive import look_at_all
    from app.home import home_path, names
    from graph.driven import marks
    from lab.ledger.files import read_json

    home = home_path()
    left = marks(home)
    found = []
    for one in look_at_all(home, names(home)):
        run, status = str(one["run"]), one["status"]
        if status == "waiting" or (status == "paused" and run in left):
            thread = str(read_json(home / "runs" / run / "run.json")["thread_id"])
            found.append(Unfinished(run, thread, frozenset(str(gate["id"]) for gate in one["waiting"])))
        elif run in left and status != "running":
            left[run].unlink(missing_ok=True)
    return found
