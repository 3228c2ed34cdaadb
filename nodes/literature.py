"""literature: what is known about the task: papers, recipes with their settings, and lessons of earlier runs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from lab.ledger.files import read_lines
from lab.model.decide import decide
from lab.papers.bm25 import search
from lab.papers.follow import related
from lab.papers.library import find_entry, load_library
from nodes.desk import Desk, goal
from nodes.effort import plan_for
from prompts import system
from state.brief import Brief
from state.notebook import Notebook, Update
from state.products import Citation, Judgement, Reading, Source

LESSONS_SHOWN = 5


class Query(BaseModel):
    """What to search the library for."""

    model_config = ConfigDict(extra="forbid")
    words: list[str]
    why: str


def literature(state: Notebook, desk: Desk) -> Update:
    brief = goal(state)
    trouble = _trouble(state)
    evidence = {
        "task": brief.task,
        "data": brief.data,
        "method": brief.method,
        "metric": brief.metric,
        "trouble": trouble,
    }
    made = decide(
        "literature", Query, evidence, lambda: (_by_rule(brief, trouble), "the task's own words and the trouble at hand"),
        desk.mind, system("literature"), check=lambda q: None if any(w.strip() for w in q.words) else "name at least one word",
    )  # fmt: skip
    desk.record(Judgement(stage="literature", by=made.by, choice=made.choice.model_dump(), why=made.why))
    query = " ".join(made.choice.words)
    library = load_library()
    hits = search(query, plan_for(brief).papers, entries=library)
    papers = [
        Citation(id=hit.id, title=hit.title, why=f"names {', '.join(hit.why)}", looked_up=_looked_up(hit.id))
        for hit in hits
    ]
    if brief.paper:
        papers = _wanted_first(desk, brief.paper, papers)
    papers += _followed(papers, plan_for(brief).papers)
    recipes = [
        {"from": found.id, **recipe.model_dump()}
        for found in (find_entry(p.id) for p in papers)
        for recipe in found.recipes
    ][:20]  # fmt: skip
    sources = [Source(name="offline library", answered=True, why=f"{len(library)} entries, {len(papers)} fit")]
    for source in sources:
        desk.journal.write("source", **source.to_json())
    found = Reading(query=query, papers=papers, recipes=recipes, sources=sources, lessons=_lessons(desk, brief))
    return {"reading": found.to_json()}


def _by_rule(brief: Brief, trouble: list[str]) -> Query:
    words = [brief.task, brief.method or "", brief.metric or "", *trouble, brief.claim or ""]
    return Query(words=[w for w in words if w], why="the task, its method and metric, and what went wrong so far")


def _trouble(state: Notebook) -> list[str]:
    """What the run has seen go wrong, as words to search for."""
    signals = {str(s["kind"]).replace("_", " ") for s in state.get("signals") or []}
    causes = [str(d["cause"]).replace("_", " ") for d in (state.get("diagnoses") or [])[:2]]
    return [*sorted(signals), *causes]


def _looked_up(name: str) -> str:
    found = find_entry(name)
    return found.looked_up.where if found.looked_up else "our own measurements"


def _wanted_first(desk: Desk, wanted: str, papers: list[Citation]) -> list[Citation]:
    """The paper the brief names comes first; one that the library does not hold is said to be unread."""
    name = wanted if ":" in wanted else f"arxiv:{wanted}"
    if any(entry.id == name for entry in load_library()):
        entry = find_entry(name)
        first = Citation(id=entry.id, title=entry.title, why="named in the brief", looked_up=_looked_up(entry.id))
        return [first, *[p for p in papers if p.id != name]]
    desk.journal.write("source", name=wanted, answered=False, why="not in the offline library, so it is unread")
    return papers


def _followed(papers: list[Citation], limit: int) -> list[Citation]:
    """One step along the citations of the best three."""
    have = {p.id for p in papers}
    more: list[Citation] = []
    for paper in papers[:3]:
        for name in related(paper.id):
            if name not in have and len(more) < max(1, limit // 3):
                have.add(name)
                more.append(
                    Citation(
                        id=name, title=find_entry(name).title, why=f"cited with {paper.id}", looked_up=_looked_up(name)
                    )
                )
    return more


def _lessons(desk: Desk, brief: Brief) -> list[dict[str, Any]]:
    """What earlier runs under this home learnt about the same method and data; the newest first."""
    told = [line for line in read_lines(desk.home / "lessons.jsonl") if line.get("run") != desk.run]
    fitting = [line for line in told if line.get("method") == brief.method and line.get("data") == brief.data]
    return fitting[-LESSONS_SHOWN:][::-1]
