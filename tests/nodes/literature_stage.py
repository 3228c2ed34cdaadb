"""The literature stage by itself: a real desk, stand-in sources that also serve papers, a scripted model over HTTP; no graph."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.compute.local import LocalEngine
from lab.ledger.journal import Journal, Record, history, of_kind
from lab.ledger.ledger import Ledger
from lab.model.helm import Helm
from lab.model.prices import Price
from nodes.desk import Desk, Wait
from nodes.literature import literature
from state.brief import Brief
from tests.lab.papers_read.made import paper_pdf
from tests.scripted.server import Reply, Scripted, calls, says
from tests.standins.papers import Linked, PapersStandIn, example_literature
from tests.standins.papers_answers import Reply as Page

Json = dict[str, Any]
ANCHOR, COLLAPSE, FRESH = "arxiv:2402.03301", "arxiv:2409.11111", "arxiv:2611.00007"
HTML = Path(__file__).parents[1] / "lab" / "papers_read" / "paper.html"
ROWS = "Supervised | 41.5 | 44.0 | 9.1 Group baseline | 48.2 | 50.3 | 10.4"
SETTINGS = "learning rate of 1×10^{-6}, a KL coefficient of \\beta=0.04 and 16 samples per question"


def recipe(**more: Any) -> Json:
    said: Json = {
        "dataset": "GSM8K", "method": "Group baseline", "result": "41.5 to 48.2", "settings": {"learning_rate": 1e-6},
        "made_it_work": "16 samples per question", "quotes": [ROWS, SETTINGS],
    }  # fmt: skip
    return {**said, **more}


def claim(**more: Any) -> Json:
    said: Json = {
        "metric": "accuracy", "dataset": "GSM8K", "method": "Group baseline", "value": 48.2, "unit": "%",
        "comparator": "Supervised", "comparator_value": 41.5, "quote": ROWS,
    }  # fmt: skip
    return {**said, **more}


PRINTED: Json = {"comparator": "", "comparator_value": None, "quote": "Group baseline | 48.2 | 10.4"}
"""The same number as the PDF's table has it."""


def submit(recipes: list[Json] | None = None, claims: list[Json] | None = None) -> Reply:
    return calls("submit", {"recipes": recipes or [], "claims": claims or [], "why": "its table"})


@dataclass
class Library(PapersStandIn):
    """The stand-in's hosts, and the papers themselves."""

    pages: dict[str, Page] = field(default_factory=dict)

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Page | None:
        if path == "/api/datasets" and "search" in query:
            ids = [one.id for one in self.linked if query["search"].lower() in one.id]
            return Page(
                200, "application/json", json.dumps([{"id": id, "sha": "0" * 40, "tags": []} for id in ids]).encode()
            )
        return self.pages.get(path) or super().answer(method, path, query, body)


def library() -> Library:
    """The anchor has a page, the collapse a PDF only, nothing else can be opened."""
    page = Page(200, "text/html; charset=utf-8", HTML.read_bytes().replace(b"2401.00001", b"2402.03301"))
    pdf = Page(200, "application/pdf", paper_pdf("arXiv:2409.11111v1  [cs.LG]  10 Sep 2024"))
    linked = [Linked("datasets", "openai/gsm8k", "2402.03301", 9)]
    return Library(example_literature(), linked, pages={"/html/2402.03301": page, "/pdf/2409.11111": pdf})


@dataclass
class Minds:
    """Says its turns: one list for the search, one for each paper's reader."""

    search: list[Reply]
    readers: dict[str, list[Reply]]
    heard: dict[str, list[Json]] = field(default_factory=dict)

    def __call__(self, body: Json) -> Reply | str:
        text = "\n".join(str(m.get("content")) for m in body["messages"])
        reading = re.search(r'"paper": "(arxiv:[\d.]+)"', text) if "# Reader" in text else None
        who = reading[1] if reading else "search"
        self.heard.setdefault(who, []).append(body)
        turns = self.readers.get(who, [submit()]) if reading else self.search
        said = sum(m["role"] == "assistant" for m in body["messages"])
        return turns[min(said, len(turns) - 1)] if turns else says("I have nothing to add.")


@dataclass
class Stage:
    """One run's literature."""

    home: Path
    brief: Json = field(default_factory=dict)
    state: Json = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    waits: int = 0

    @property
    def workspace(self) -> Path:
        return self.home / "runs" / "r"

    def visit(self, minds: Callable[[Json], Reply | str] | None = None, step: int = 3) -> Json:
        goal = {
            "task": "Group rewards for small reasoners without reward collapse",
            "method": "grpo",
            "metric": "accuracy",
        }
        self.state["goal"] = Brief.model_validate({**goal, "effort": "quick", **self.brief}).to_json()
        if minds is None:
            return self._drive(self._desk(None, step))
        with Scripted(minds) as model:
            helm = Helm("openai/scripted", base_url=model.url, prices={"*": Price(0.0, 0.0)})
            return self._drive(self._desk(helm, step))

    def _desk(self, helm: Helm | None, step: int) -> Desk:
        self.workspace.mkdir(parents=True, exist_ok=True)
        return Desk(
            home=self.home, run="r", stage="literature", engine=LocalEngine(self.home), say=self.said.append,
            journal=Journal(self.workspace / "journal.jsonl", step=step), ledger=Ledger(self.workspace / "ledger.jsonl"), helm=helm,
        )  # fmt: skip

    def _drive(self, desk: Desk) -> Json:
        desk.journal.enter("literature")
        steps = literature(self.state, desk)  # type: ignore[arg-type]
        end = time.monotonic() + 60
        while True:
            try:
                wait: Wait = next(steps)
            except StopIteration as done:
                self.state |= done.value
                return dict(done.value["reading"])
            self.waits += 1
            while not wait.ready() and time.monotonic() < end:
                time.sleep(wait.every)

    def records(self, *kinds: str) -> list[Record]:
        return of_kind(history(self.workspace / "journal.jsonl"), *kinds)
