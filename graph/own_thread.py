"""A thread for each visit on the server: its steps follow one another even when the run is cancelled in the midst of one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")
PARTING_SECONDS = 0.5
"""How long the server waits for a step that was cut off; the step lets go of what it holds when it ends."""


class OwnThread:
    """The server's own few threads also answer requests, so no work of a stage is done on them."""

    def __init__(self, name: str) -> None:
        self.pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self.held = ExitStack()

    def enter(self, thing: AbstractContextManager[T]) -> T:
        """Hold something until this thread has done its last step."""
        return self.held.enter_context(thing)

    async def do(self, act: Callable[[], T]) -> T:
        context = copy_context()
        return await asyncio.get_running_loop().run_in_executor(self.pool, lambda: context.run(act))

    async def __aenter__(self) -> OwnThread:
        return self

    async def __aexit__(self, *_: object) -> None:
        parting = asyncio.wrap_future(self.pool.submit(self.held.close))
        self.pool.shutdown(wait=False)
        await asyncio.wait({parting}, timeout=PARTING_SECONDS)
