"""literature: what is known about the task: papers found and read, recipes and claims with their places, lessons of earlier runs."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lab.ledger.files import read_lines
from lab.papers.library import Entry, KnownRecipe, find_entry
from lab.papers.words import terms
from nodes.desk import Desk, Steps, Wait, goal
from nodes.judging import judge
from nodes.literature_read import NOTHING_READ, Read, read_papers
from nodes.literature_search import CHOSEN_TO_BE_READ, Asked, paper_name, search_sources, sources_of, web_of
from state.brief import Brief
from state.notebook import Notebook
from state.products import Json
from state.reading import MOST_RECIPES, Citation, Place, Reading, Recipe

LESSONS_SHOWN = 5
ROOM_FOR_LIBRARY = 8
"""Recipes of the offline library that always find room beside those of papers: their settings are known to run here."""


QUERY_CALLS = 12
"""Replies of the model that looks for papers: some eight searches and steps along citations, then the answer."""
CHOSEN = 8
"""Papers a model may choose to be read; the deepest plan reads as many."""


class Query(BaseModel):
    """What to search the sources for, and which of what was seen to read first."""

    model_config = ConfigDict(extra="forbid")
    words: list[str]
    papers: list[str] = Field(
        default_factory=list, max_length=CHOSEN, description="ids as a tool gave them, best first"
    )
    why: str


def literature(state: Notebook, desk: Desk) -> Steps:
    brief = goal(state)
    asked = yield from _query(brief, state, desk)
    found = yield from search_sources(desk, brief, asked)
    read = NOTHING_READ
    if desk.helm is not None and found.online:
        before = Reading.model_validate(state["reading"]) if state.get("reading") else None
        read = yield from read_papers(desk, brief, asked, found, before)
    known = [_known(entry, recipe) for entry in _held(found.papers) for recipe in entry.recipes]
    room = MOST_RECIPES - min(ROOM_FOR_LIBRARY, len(known))
    reading = Reading(
        query=asked.query, papers=[_as_read(paper, read) for paper in found.papers if _is_there(paper, read)],
        recipes=[*read.recipes[:room], *known][:MOST_RECIPES], claims=read.claims, sources=[*found.sources, *read.sources],
        lessons=_lessons(desk, brief), rejected=read.rejected, file=read.file, sha256=read.sha256,
    )  # fmt: skip
    for source in reading.sources:
        desk.journal.write("source", **source.to_json())
    return {"reading": reading.to_json()}


def _query(brief: Brief, state: Notebook, desk: Desk) -> Generator[Wait, None, Asked]:
    """By a model that looks round first, if there is one and sources may be asked; by one question, or by rule."""
    trouble = _trouble(state)
    evidence = {
        "task": brief.task,
        "data": brief.data,
        "method": brief.method,
        "metric": brief.metric,
        "trouble": trouble,
    }
    if desk.helm is not None and set(sources_of(brief, desk)) - {"library"}:
        found = yield from _looked_round(desk, state, evidence)
        choice, spoken = found or _by_rule(brief, trouble), found is not None
        if not spoken:
            desk.judged(choice.why, words=choice.words)
    else:
        made = judge(
            desk, Query, evidence, lambda: (_by_rule(brief, trouble), "the task's own words and the trouble at hand"), _objection,
        )  # fmt: skip
        choice, spoken = made.choice, made.by == "model"
    # a model's words were chosen to search with; a task's sentence was not, so it only ranks what the method finds
    core = [brief.method or "", *trouble, *(choice.words if spoken else [])]
    return Asked(" ".join(choice.words), " ".join(core), tuple(trouble), tuple(choice.papers))


def _looked_round(desk: Desk, state: Notebook, evidence: dict[str, Any]) -> Generator[Wait, None, Query | None]:
    from lab.model.agent import Caps
    from nodes.thinking import ponder
    from nodes.tools.table import tools_for

    tools = tools_for(desk.stage, desk, state, web=web_of(desk))
    caps = Caps(calls=QUERY_CALLS)
    thought = yield from ponder(desk, Query, evidence, tools, _objection, role="reading", caps=caps, part="searching")
    return thought.choice


def _objection(query: Query) -> str | None:
    if not any(terms(word) for word in query.words):
        return "name at least one word"
    strange = [name for name in query.papers if paper_name(name) is None]
    return f"papers: {strange[0]!r} is no id; give ids as a tool gave them" if strange else None


def _by_rule(brief: Brief, trouble: list[str]) -> Query:
    words = [brief.task, brief.method or "", brief.metric or "", *trouble, brief.claim or ""]
    return Query(words=[w for w in words if w], why="the task, its method and metric, and what went wrong so far")


def _trouble(state: Notebook) -> list[str]:
    """What the run has seen go wrong, as words to search for."""
    signals = {str(s["kind"]).replace("_", " ") for s in state.get("signals") or []}
    causes = [str(d["cause"]).replace("_", " ") for d in (state.get("diagnoses") or [])[:2]]
    return [*sorted(signals), *causes]


def _held(papers: tuple[Citation, ...]) -> list[Entry]:
    """The entries of the offline library among them."""
    return [find_entry(paper.id) for paper in papers if paper.in_library]


def _known(entry: Entry, recipe: KnownRecipe) -> Recipe:
    """A recipe of the library, in our words: its place is named, and there is no quote to check."""
    return Recipe(
        paper=entry.id, title=recipe.name, method=recipe.method, result=recipe.result, settings=recipe.settings,
        place=Place(source=entry.id, section=recipe.place), kept_by="library",
    )  # fmt: skip


def _is_there(paper: Citation, read: Read) -> bool:
    """A name that a model chose is a citation once a source has returned it: by a search, or by opening it."""
    return paper.why != CHOSEN_TO_BE_READ or bool(paper.title) or paper.id in {*read.titles, *read.how}


def _as_read(paper: Citation, read: Read) -> Citation:
    """How it was read; a title that nobody had told is the paper's own."""
    title = paper.title or read.titles.get(paper.id, "")
    return paper.model_copy(update={"title": title, "read": read.how.get(paper.id, "")})


def _lessons(desk: Desk, brief: Brief) -> list[Json]:
    """What earlier runs under this home learnt about the same method and data; the newest first."""
    told: list[dict[str, Any]] = [
        line for line in read_lines(desk.home / "lessons.jsonl") if line.get("run") != desk.run
    ]
    fitting = [line for line in told if line.get("method") == brief.method and line.get("data") == brief.data]
    return fitting[-LESSONS_SHOWN:][::-1]
