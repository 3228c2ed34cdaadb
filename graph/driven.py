"""Which runs the server is driving: one that is started again goes on with them, however soon after their start it was killed.

The server writes its own list of runs only every ten seconds (measured), so it may know nothing of a run it began.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from langchain_core.runnables import RunnableConfig

from lab.ledger.files import write_json

BY_THE_SERVER = "assistant_id"
"""The server says in the config which of its assistants asked; nobody else does."""


def marks(home: Path) -> dict[str, Path]:
    """Runs that a server was driving when it was last heard of."""
    return {path.name: path for path in sorted((home / "served").glob("*")) if not path.name.startswith(".")}


@asynccontextmanager
async def driven(lock: Path, config: RunnableConfig) -> AsyncIterator[None]:
    """While the server drives the run that this lock belongs to, a mark says so; only a killed server leaves it behind."""
    if BY_THE_SERVER not in config.get("configurable", {}):
        yield
        return
    mark = lock.parents[2] / "served" / lock.parent.name
    await asyncio.to_thread(write_json, mark, {"since": round(time.time(), 3)})
    try:
        yield
    finally:
        await asyncio.to_thread(mark.unlink, missing_ok=True)
