"""A graph of one stage that thinks: the real wrapper, the real checkpointer, a scripted model."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel, ConfigDict

from graph.checkpointer import sqlite_saver
from graph.research import ResearchGraph
from graph.routes import Route
from graph.stage import as_node
from lab.ledger.journal import Record, history, of_kind
from lab.model.agent import Thought
from nodes.desk import Desk, Wait
from state.notebook import Notebook, Update
from state.settings import Settings
from tests.scripted.server import Scripted


class Pick(BaseModel):
    model_config = ConfigDict(extra="forbid")
    pick: str
    why: str


class Query(BaseModel):
    query: str


Thinking = Callable[[Desk], Generator[Wait, None, list[Thought[Pick]]]]


class Stage:
    """Planning, which asks `thinking` and notes what came of it."""

    def __init__(self, home: Path, model: Scripted, thinking: Thinking) -> None:
        self.home, self.model, self.thinking = home, model, thinking
        self.thoughts: list[Thought[Pick]] = []

    def work(self, state: Notebook, desk: Desk) -> Generator[Wait, None, Update]:
        self.thoughts = yield from self.thinking(desk)
        return {}

    @property
    def settings(self) -> Settings:
        return Settings(home=str(self.home), model="openai/scripted", base_url=self.model.url)

    @contextmanager
    def graph(self) -> Iterator[ResearchGraph]:
        plan: Any = StateGraph(Notebook, context_schema=Settings)
        node = as_node("planning", self.work, lambda _: Route("done", "thought through"), {"done": END, "stop": END})
        plan.add_node("planning", node)
        plan.add_edge(START, "planning")
        plan.add_edge("planning", END)
        with sqlite_saver(self.home) as saver:
            yield ResearchGraph.of(plan.compile(checkpointer=saver), str(self.home))

    def given(self) -> dict[str, Any]:
        return {"task": "Think", "name": "r", "run": "r", "goal": {"task": "Think"}}

    def invoke(self) -> dict[str, Any]:
        with self.graph() as graph:
            config = graph.config_for("r")
            waiting = graph.get_state(config).next
            return dict(graph.invoke(None if waiting else self.given(), config, context=self.settings))

    def records(self, *kinds: str) -> list[Record]:
        return of_kind(history(self.home / "runs" / "r" / "journal.jsonl"), *kinds)
