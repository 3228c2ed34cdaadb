"""literature: what is known about the task: papers, recipes with their settings, and lessons of earlier runs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from lab.ledger.files import read_lines
from lab.papers.bm25 import search
from lab.papers.follow import related
from lab.papers.library import Entry, KnownRecipe, find_entry, load_library
from lab.papers.words import terms
from nodes.desk import Desk, goal
from nodes.effort import plan_for
from nodes.judging import judge
from state.brief import Brief
from state.notebook import Notebook, Update
from state.reading import MOST_RECIPES, Citation, Place, Reading, Recipe, Source

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
    made = judge(
        desk, Query, evidence, lambda: (_by_rule(brief, trouble), "the task's own words and the trouble at hand"),
        lambda q: None if any(w.strip() for w in q.words) else "name at least one word",
    )  # fmt: skip
    query = " ".join(made.choice.words)
    library = load_library()
    core = set(terms(" ".join([brief.method or "", *trouble, *_spoken(made.by, made.choice.words)])))
    hits = [hit for hit in search(query, 3 * plan_for(brief).papers, entries=library) if core & set(hit.why)]
    hits = hits[: plan_for(brief).papers]
    papers = [
        Citation(id=hit.id, title=hit.title, why=f"names {', '.join(hit.why)}", looked_up=_looked_up(hit.id))
        for hit in hits
    ]
    if brief.paper:
        papers = _wanted_first(desk, brief.paper, papers)
    papers += _followed(papers, plan_for(brief).papers)
    recipes = [_known(found, recipe) for found in (find_entry(p.id) for p in papers) for recipe in found.recipes]
    sources = [Source(name="offline library", answered=True, why=f"{len(library)} entries, {len(papers)} fit")]
    for source in sources:
        desk.journal.write("source", **source.to_json())
    found = Reading(
        query=query, papers=papers, recipes=recipes[:MOST_RECIPES], sources=sources, lessons=_lessons(desk, brief)
    )
    return {"reading": found.to_json()}


def _spoken(by: str, words: list[str]) -> list[str]:
    """A model's words were chosen to search with; a task's sentence was not, so it only ranks what the method finds."""
    return words if by == "model" else []


def _by_rule(brief: Brief, trouble: list[str]) -> Query:
    words = [brief.task, brief.method or "", brief.metric or "", *trouble, brief.claim or ""]
    return Query(words=[w for w in words if w], why="the task, its method and metric, and what went wrong so far")


def _trouble(state: Notebook) -> list[str]:
    """What the run has seen go wrong, as words to search for."""
    signals = {str(s["kind"]).replace("_", " ") for s in state.get("signals") or []}
    causes = [str(d["cause"]).replace("_", " ") for d in (state.get("diagnoses") or [])[:2]]
    return [*sorted(signals), *causes]


def _known(entry: Entry, recipe: KnownRecipe) -> Recipe:
    """A recipe of the library, in our words: its place is named, and there is no quote to check."""
    return Recipe(
        paper=entry.id, title=recipe.name, method=recipe.method, result=recipe.result, settings=recipe.settings,
        place=Place(source=entry.id, section=recipe.place), kept_by="library",
    )  # fmt: skip


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
