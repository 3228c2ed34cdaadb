"""One SQLite file of checkpoints for Python, the command line and the dev server."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.ledger.files import trouble
from state.errors import Unreadable

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

BUSY_SECONDS = 30  # several processes share the file; with the default of 5 s some fail under load (measured)
KEPT_NEWEST = 8
PRUNE_FROM = 96
"""A thread is pruned when it holds more checkpoints than this."""


def file_of(home: Path) -> Path:
    return home / "checkpoints.sqlite"


def _serde() -> Any:
    """Plain JSON only: no class of ours is ever built from what stands in the file."""
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    return JsonPlusSerializer(allowed_msgpack_modules=[])


def _connect(home: Path) -> sqlite3.Connection:
    path = file_of(home)
    try:
        home.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
        # WAL with NORMAL survives kill -9; only a power cut can lose the last step. FULL costs 5 ms a step (measured).
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except OSError as wrong:
        raise trouble(wrong, path) from wrong
    except sqlite3.DatabaseError as wrong:
        raise unreadable(path, wrong) from wrong
    return connection


def unreadable(path: Path, wrong: Exception) -> Unreadable:
    return Unreadable(
        f"{path} can't be used as a checkpoint file: {wrong}; restore it from a copy or move it away (runs/ keeps reports and models)"
    )


@contextmanager
def sqlite_saver(home: Path) -> Iterator[SqliteSaver]:
    from langgraph.checkpoint.sqlite import SqliteSaver

    connection = _connect(home)
    try:
        saver = SqliteSaver(connection, serde=_serde())
        try:
            saver.setup()
        except sqlite3.DatabaseError as wrong:
            raise unreadable(file_of(home), wrong) from wrong
        yield saver
    finally:
        connection.close()


@asynccontextmanager
async def server_checkpointer() -> AsyncIterator[AsyncSqliteSaver]:
    """The same file for the dev server (`langgraph.json` names this)."""
    import asyncio

    import aiosqlite
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    from state.settings import Settings

    home = Settings().home_path()
    await asyncio.to_thread(prune_long, home)
    async with aiosqlite.connect(file_of(home), timeout=BUSY_SECONDS) as connection:
        await connection.execute("PRAGMA synchronous=NORMAL")
        saver = AsyncSqliteSaver(connection, serde=_serde())
        await saver.setup()
        yield saver


def forget(home: Path, thread: str) -> None:
    """Delete all checkpoints of a thread."""
    with sqlite_saver(home) as saver:
        saver.delete_thread(thread)


def prune(home: Path) -> int:
    """Thin out every thread; how many checkpoints went."""
    if not file_of(home).exists():
        return 0
    with sqlite_saver(home) as saver:
        rows = saver.conn.execute("SELECT DISTINCT thread_id FROM checkpoints").fetchall()
        gone = sum(prune_thread(saver, thread) for (thread,) in rows)
        if gone:
            saver.conn.execute("VACUUM")
    return gone


def prune_long(home: Path) -> None:
    """Thin out the threads that have grown long; cheap enough for every start."""
    with sqlite_saver(home) as saver:
        long = "SELECT thread_id FROM checkpoints GROUP BY thread_id HAVING count(*) > ?"
        try:
            for (thread,) in saver.conn.execute(long, (PRUNE_FROM,)).fetchall():
                prune_thread(saver, thread)
        except sqlite3.DatabaseError as wrong:
            raise unreadable(file_of(home), wrong) from wrong


def prune_thread(saver: SqliteSaver, thread: str) -> int:
    """Keep the newest checkpoints, and the newest before each stage, so that a run can be forked at any stage."""
    count = saver.conn.execute(
        "SELECT count(*) FROM checkpoints WHERE thread_id=? AND checkpoint_ns=''", (thread,)
    ).fetchone()[0]
    if count <= KEPT_NEWEST:
        return 0
    stages: set[str] = set()
    drop: list[str] = []
    for place, seen in enumerate(saver.list({"configurable": {"thread_id": thread, "checkpoint_ns": ""}})):
        ahead = (seen.checkpoint["channel_values"].get("next") or {}).get("to", "intake")
        if place >= KEPT_NEWEST and ahead in stages:
            drop.append(str(seen.checkpoint["id"]))
        stages.add(ahead)
    with saver.lock, saver.conn:
        for table in ("checkpoints", "writes"):
            saver.conn.executemany(
                f"DELETE FROM {table} WHERE thread_id=? AND checkpoint_id=?", [(thread, name) for name in drop]
            )
    return len(drop)
