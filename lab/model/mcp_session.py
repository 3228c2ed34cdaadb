"""A conversation with one MCP server, held open on the bridge's loop; it ends with this process, however that ends."""

from __future__ import annotations

import asyncio
import atexit
import logging
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import IO, Any

from lab.model.bridge import run_async
from lab.model.mcp_config import Server, filled
from state.errors import PostgradError

GRACE = 2.0
"""Seconds beyond a server's own time-out, in which the protocol's tidy refusal may still arrive."""
CLOSING = 10.0
"""Seconds: the SDK gives a server two to end by itself, then two after SIGTERM, then kills it and its children."""
DOWN_FOR = 300.0
"""Seconds a server that did not start is left alone: a run visits a stage many times and should not wait each time."""
MOST_STARTS = 3
"""A server that dies again and again is not worth more."""
MOST_PAGES = 20
SAID = 300
"""Characters of a stranger's error that are passed on."""


class ServerTrouble(PostgradError):
    """A server did not start, died, or said no: one line, and the run goes on without it."""


class Session:
    """One server. Thread-safe: calls go to the loop, and starting happens once at a time."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.listed: tuple[Any, ...] = ()
        self.starts = 0
        self._client: Any = None
        self._end: asyncio.Event | None = None
        self._task: asyncio.Task[None] | None = None
        self._starting = threading.Lock()
        self._down = (0.0, "")

    def open(self) -> tuple[Any, ...]:
        """Start it if it is not there; what it offers. ServerTrouble when it does not answer."""
        with self._starting:
            if self._task is None or self._task.done():  # done: the bridge was closed under it
                self._client = self._task = None
                self._open()
            return self.listed

    def _open(self) -> None:
        since, why = self._down
        if why and time.monotonic() - since < DOWN_FOR:
            raise ServerTrouble(why)
        if self.starts >= MOST_STARTS:
            raise ServerTrouble(f"MCP server {self.server.name} died {self.starts} times; it is not started again")
        self.starts += 1
        try:
            self.listed = run_async(self._start(), self.server.timeout + GRACE + CLOSING)
            _close_at_exit()
        except PostgradError as trouble:
            self._down = (time.monotonic(), str(trouble))
            raise
        except TimeoutError:
            self._down = (time.monotonic(), self._late())
            raise ServerTrouble(self._late()) from None

    def _late(self) -> str:
        return f"MCP server {self.server.name} did not answer in {self.server.timeout:g} s; look at it, or raise its timeout"

    def call(self, tool: str, values: dict[str, Any]) -> Any:
        """The server's result. A server that died is started again, as often as it may be."""
        from mcp import MCPError
        from mcp_types import CONNECTION_CLOSED, REQUEST_TIMEOUT

        for again in (True, False):
            self.open()
            try:
                return run_async(self._call(tool, values), self.server.timeout + GRACE)
            except TimeoutError:
                raise self._slow(tool) from None
            except MCPError as wrong:
                if wrong.code == REQUEST_TIMEOUT:
                    raise self._slow(tool) from None
                if wrong.code != CONNECTION_CLOSED:
                    raise ServerTrouble(f"{self.server.name}: {tool} said no: {_line(wrong.message)}") from wrong
            except _WRONG() as wrong:
                raise ServerTrouble(f"{self.server.name}: {tool} gave no usable answer: {_line(wrong)}") from wrong
            self.close()
            if not again:
                break
        raise ServerTrouble(f"MCP server {self.server.name} died over {tool}, twice; leave that tool alone")

    def _slow(self, tool: str) -> ServerTrouble:
        return ServerTrouble(
            f"{self.server.name}: {tool} gave no answer in {self.server.timeout:g} s; ask for less, or go on without it"
        )

    async def _call(self, tool: str, values: dict[str, Any]) -> Any:
        return await self._client.call_tool(tool, values, read_timeout_seconds=self.server.timeout)

    async def _start(self) -> tuple[Any, ...]:
        """The client must be entered and left by one task, so it gets one that lives as long as the server."""
        ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._end = asyncio.Event()
        with tempfile.TemporaryFile("w+", errors="replace") as said:
            self._task = asyncio.create_task(self._live(ready, self._end, said))
            try:
                async with asyncio.timeout(self.server.timeout):
                    self._client = await asyncio.shield(ready)
                    return await self._list()
            except TimeoutError:
                await self._stop()
                raise ServerTrouble(self._late()) from None
            except _WRONG() as wrong:
                await self._stop()
                raise ServerTrouble(
                    f"MCP server {self.server.name} did not start: {_last(said) or _line(wrong)}; try its command by hand"
                ) from wrong

    async def _list(self) -> tuple[Any, ...]:
        tools: list[Any] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await self._client.list_tools(cursor=cursor)
            tools += page.tools
            cursor = page.next_cursor
            if not cursor:
                break
        return tuple(tools)

    async def _live(self, ready: asyncio.Future[Any], end: asyncio.Event, said: IO[str]) -> None:
        from mcp import Client

        try:
            async with _transport(self.server, said) as transport, Client(transport, cache=None) as client:
                ready.set_result(client)
                await end.wait()
        except _WRONG() as wrong:
            if not ready.done():
                ready.set_exception(wrong)

    async def _stop(self) -> None:
        if self._task is not None:
            if self._client is None:
                self._task.cancel()
            elif self._end is not None:
                self._end.set()
            await asyncio.wait([self._task], timeout=CLOSING)
        self._client = self._task = None

    def close(self) -> None:
        """End the server; one that does not go is killed with its children."""
        with self._starting:
            if self._task is not None and not self._task.done():
                run_async(self._stop(), CLOSING + GRACE)
            self._client = self._task = None


@asynccontextmanager
async def _transport(server: Server, said: IO[str]) -> AsyncIterator[Any]:
    """How it is reached. Its environment: PATH, HOME and the like, and what its config names; its headers: those alone."""
    if server.command:
        from mcp import StdioServerParameters, stdio_client

        about = StdioServerParameters(
            command=server.command, args=list(server.args), env=filled(server, server.env), cwd=server.folder or None
        )
        yield stdio_client(about, errlog=said)  # type: ignore[arg-type]
        return
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    headers, timeout = filled(server, server.headers), httpx2.Timeout(server.timeout)
    async with httpx2.AsyncClient(headers=headers, timeout=timeout) as client:
        yield streamable_http_client(server.url, http_client=client)


def _WRONG() -> tuple[type[Exception], ...]:
    """What a stranger's server can make the SDK raise."""
    import httpx2
    from mcp import MCPError
    from pydantic import ValidationError

    return (MCPError, OSError, httpx2.HTTPError, ValidationError, RuntimeError, ValueError, ExceptionGroup)


def _line(wrong: object) -> str:
    while isinstance(wrong, ExceptionGroup):
        wrong = wrong.exceptions[0]
    return " ".join(str(wrong).split())[:SAID] or type(wrong).__name__


def _last(said: IO[str]) -> str:
    """The last line a server left on stderr is what killed it."""
    said.seek(0)
    lines = [line.strip() for line in said if line.strip()]
    return lines[-1][:SAID] if lines else ""


logging.getLogger("mcp").addHandler(
    logging.NullHandler()
)  # else each odd line of a server becomes a traceback on stderr
logging.getLogger("mcp").propagate = False

_OPEN: dict[str, Session] = {}
_OPENING = threading.Lock()


def session(server: Server) -> Session:
    """The one session of this process with that server."""
    with _OPENING:
        return _OPEN.setdefault(server.model_dump_json(), Session(server))


def close_all() -> None:
    """End every server: at the end of the process, and between tests."""
    with _OPENING:
        gone = list(_OPEN.values())
        _OPEN.clear()
    for one in gone:
        one.close()


@cache
def _close_at_exit() -> None:
    """Registered once the bridge stands, so that it runs before the bridge's own end."""
    atexit.register(close_all)
