"""The compiled graph of ours: the same at every door.

Whoever calls it, checkpoints are written before the next step starts, the run's lock is held, and input on a run that
is under way never starts it over.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig, ensure_config
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, StateSnapshot

from graph.driven import driven
from graph.names import claim_name, run_of, thread_id
from lab.ledger import locks
from lab.ledger.files import append_line, read_json
from state.errors import EnvironmentTrouble, UserError
from state.notebook import FIELDS, Task
from state.settings import Settings

IN_PROCESS_PATIENCE = 10.0
"""Seconds the server waits for a cancelled visit of the same run to let go of its lock."""


@dataclass(frozen=True)
class Call:
    """One invocation, made ready: whose run, what input, which lock."""

    run: str
    input: Any
    config: RunnableConfig
    lock: Path


class ResearchGraph(CompiledStateGraph[Any, Settings, Any, Any]):
    """A compiled graph with sync durability, a lock per run, and a home."""

    def __init__(self, *, home: str | None = None, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.home = home

    @classmethod
    def of(cls, compiled: CompiledStateGraph[Any, Settings, Any, Any], home: str | None) -> ResearchGraph:
        return cls(home=home, **{k: v for k, v in compiled.__dict__.items() if k != "__orig_class__"})

    def config_for(self, run: str) -> RunnableConfig:
        """The thread of a run, by the run's name; also of a run begun at another door."""
        about = self._settings(None).home_path() / "runs" / run / "run.json"
        thread = read_json(about)["thread_id"] if about.exists() else thread_id(run)
        return {"configurable": {"thread_id": thread}, "recursion_limit": 100_000}

    def get_state(self, config: RunnableConfig, *, subgraphs: bool = False) -> StateSnapshot:
        with readable(config):
            return super().get_state(config, subgraphs=subgraphs)

    async def aget_state(self, config: RunnableConfig, *, subgraphs: bool = False) -> StateSnapshot:
        with readable(config):
            return await super().aget_state(config, subgraphs=subgraphs)

    def stream(
        self, input: Any, config: RunnableConfig | None = None, *, context: Any = None, **options: Any
    ) -> Iterator[Any]:
        settings = self._settings(context)
        config = self._settled(config, options)
        call = self._ready(input, config, settings, self.get_state(config) if self._asks(config) else None)
        locks.acquire(call.lock)
        try:
            with one_line(call.run):
                yield from super().stream(call.input, call.config, context=settings, **options)
        finally:
            locks.release(call.lock)

    async def astream(
        self, input: Any, config: RunnableConfig | None = None, *, context: Any = None, **options: Any
    ) -> AsyncIterator[Any]:
        settings = self._settings(context)
        config = self._settled(config, options)
        seen = await self.aget_state(config) if self._asks(config) else None
        call = await asyncio.to_thread(self._ready, input, config, settings, seen)
        await _take(call.lock)
        try:
            async with driven(call.lock, call.config):
                with one_line(call.run):
                    async for chunk in super().astream(call.input, call.config, context=settings, **options):
                        yield chunk
        finally:
            locks.release(call.lock)

    def _settings(self, context: Any) -> Settings:
        settings = context if isinstance(context, Settings) else Settings(**(context or {}))
        if settings.home is None and self.home is not None:
            settings = replace(settings, home=self.home)
        return settings

    def _settled(self, config: RunnableConfig | None, options: dict[str, Any]) -> RunnableConfig:
        """Our own terms over the caller's: durability, room for long runs, and whether a question can wait."""
        options.pop("checkpoint_during", None)
        options.pop("durability", None)
        config = ensure_config(config)
        asks = self._asks(config)
        if asks:
            options["durability"] = "sync"
        limit = max(int(config.get("recursion_limit") or 0), 100_000)
        return {
            **config,
            "recursion_limit": limit,
            "configurable": {**config.get("configurable", {}), "__can_ask": asks},
        }

    def _asks(self, config: RunnableConfig) -> bool:
        return bool(self.checkpointer) and bool(config.get("configurable", {}).get("thread_id"))

    def _ready(self, input: Any, config: RunnableConfig, settings: Settings, seen: StateSnapshot | None) -> Call:
        home = settings.home_path()
        thread = config.get("configurable", {}).get("thread_id") if seen is not None else None
        values = dict(seen.values) if seen is not None else {}
        if values or isinstance(input, Command) or input is None:
            run = values.get("run") or values.get("name") or (run_of(home, thread) if thread else None)
            if not run:
                raise UserError("there is no run to go on with; start one with a task")
            input = self._on_known_run(input, values, seen, home / "runs" / run)
            return Call(run, input, config, home / "runs" / run / "lock")
        given = _task(input)
        run = claim_name(home, given, thread)
        return Call(run, {**given, "name": run}, config, home / "runs" / run / "lock")

    def _on_known_run(self, input: Any, values: dict[str, Any], seen: StateSnapshot | None, workspace: Path) -> Any:
        """Input for a run that exists: an answer goes to its gate, a message is heard, nothing starts over."""
        if not values:  # killed between the naming and the first checkpoint: the task stands in run.json
            return input if isinstance(input, dict) else dict(read_json(workspace / "run.json")["input"])
        if isinstance(input, Command) and input == Command():
            return None  # an answer of nothing is no answer: the gate stays open
        if not isinstance(input, dict):
            return input
        if seen is not None and not seen.next:
            raise UserError(
                f"run {workspace.name} has ended; start another one under a new name, or: postgrad fork {workspace.name} --at STAGE"
            )
        said = input.get("task") or ""
        if said and said != values.get("task"):
            append_line(workspace / "tell.jsonl", {"text": said})
        return None


def _task(input: Any) -> dict[str, Any]:
    """What a person hands in; a key that nobody reads would be dropped without a word."""
    given = dict(input)
    known = [key for key in Task.__annotations__ if key != "run"]
    if strange := sorted(set(given) - FIELDS):
        raise UserError(
            f"a task has no {', '.join(strange)}; it has {', '.join(known)} (models: {{base_url, prices, ...}})"
        )
    if not isinstance(given.get("model") or "", str):
        raise UserError(
            f"model is {given['model']!r}; write one id, such as openai/NAME, and others by role under models"
        )
    return given


async def _take(lock: Path) -> None:
    """Take the lock; if this call is cancelled before it is ours, give it back as soon as it is."""

    def give_back(late: asyncio.Future[None]) -> None:
        if late.exception() is None:
            locks.release(lock)

    taking = asyncio.ensure_future(asyncio.to_thread(locks.acquire, lock, IN_PROCESS_PATIENCE))
    try:
        await asyncio.shield(taking)
    except asyncio.CancelledError:
        taking.add_done_callback(give_back)
        raise


@contextmanager
def one_line(run: str) -> Iterator[None]:
    """The checkpoint file's own troubles, in words."""
    try:
        yield
    except sqlite3.DatabaseError as wrong:
        raise EnvironmentTrouble(
            f"the checkpoints of {run} could not be written or read: {wrong}; mend that, then: postgrad resume {run}"
        ) from wrong


@contextmanager
def readable(config: RunnableConfig) -> Iterator[None]:
    """A checkpoint that can't be decoded, in words."""
    try:
        yield
    except (sqlite3.DatabaseError, ValueError) as wrong:
        thread = config.get("configurable", {}).get("thread_id")
        raise EnvironmentTrouble(
            f"the checkpoints of thread {thread} can't be read: {wrong}; restore checkpoints.sqlite from a copy, "
            "or begin the run anew (its folder keeps reports and models)"
        ) from wrong
