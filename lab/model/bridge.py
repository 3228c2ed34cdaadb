"""The one bridge to code that is async only: a loop on a thread of its own, asked from plain functions, with a deadline."""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import os
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

PARTING_SECONDS = 2.0
"""How long what still runs may take to hear that it is cancelled; the thread is a daemon and holds nobody up for longer."""


@dataclass(frozen=True)
class _Bridge:
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread
    process: int
    """A forked child has the object, but not the thread."""


_LOCK = threading.Lock()
_BRIDGE: _Bridge | None = None


def run_async(work: Coroutine[Any, Any, T], seconds: float) -> T:
    """The result of a coroutine or its exception; TimeoutError when it takes longer, and then it is cancelled."""
    bridge = _bridge()
    if threading.current_thread() is bridge.thread:
        work.close()
        raise RuntimeError("the bridge can't be crossed from its own side")
    future = asyncio.run_coroutine_threadsafe(work, bridge.loop)
    try:
        return future.result(seconds)
    except concurrent.futures.TimeoutError:
        future.cancel()  # does nothing to a future that itself ended in a time-out
        raise
    except concurrent.futures.CancelledError:
        raise RuntimeError("the bridge was closed while this was under way") from None


def close_bridge() -> None:
    """Cancel what is under way and end the loop; the next `run_async` opens a new one."""
    global _BRIDGE
    with _LOCK:
        bridge, _BRIDGE = _BRIDGE, None
    if bridge is None or bridge.process != os.getpid():
        return
    asyncio.run_coroutine_threadsafe(_leave(), bridge.loop)
    bridge.thread.join(PARTING_SECONDS)


async def _leave() -> None:
    """Everything else is cancelled and heard out first, so that connections are closed and child processes reaped."""
    loop = asyncio.get_running_loop()
    others = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await loop.shutdown_asyncgens()
    loop.stop()


def _bridge() -> _Bridge:
    global _BRIDGE
    with _LOCK:
        if _BRIDGE is None or _BRIDGE.process != os.getpid():
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=_serve, args=(loop,), name="bridge", daemon=True)
            _BRIDGE = _Bridge(loop, thread, os.getpid())
            thread.start()
            atexit.register(close_bridge)
        return _BRIDGE


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    loop.close()
