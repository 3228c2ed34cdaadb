"""Reading papers with a model: one reader a paper, side by side, each with tools for its own paper only; code keeps what stands."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.ledger.files import write_json
from nodes.desk import Desk, Wait
from nodes.effort import plan_for
from nodes.literature_merge import merge_claims, merge_recipes, rank_claims, rank_recipes
from nodes.literature_search import Asked, Looked, in_background, web_of
from state.brief import Brief
from state.products import Json
from state.reading import MOST_CLAIMS, Citation, Claim, Reading, Recipe, Source

if TYPE_CHECKING:
    from lab.model.agent import Thought
    from lab.papers.paper import Paper
    from lab.papers.read import Shelf
    from lab.papers.read_said import ClaimSaid, PaperSaid, RecipeSaid
    from nodes.thinking import Pondering

READER_CALLS = 14
"""Replies of one reader: contents, some eight pages and tables, a few checks, the answer."""
OPENED_FOR_ONE = 2
"""Papers tried for each that is to be read: half of arXiv's older ones have no HTML, and few have neither that nor a text."""
SAID = 600
"""Characters of a rejected recipe or claim that are written down."""
FILE = "reading.json"


@dataclass(frozen=True)
class Read:
    """What reading came to."""

    recipes: list[Recipe] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    how: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    """As the papers themselves say."""
    rejected: int = 0
    file: str = ""
    sha256: str = ""


NOTHING_READ = Read()


def read_papers(
    desk: Desk, brief: Brief, asked: Asked, found: Looked, before: Reading | None
) -> Generator[Wait, None, Read]:
    """Open, read, keep what stands in its source, merge with what an earlier visit kept, rank, write all of it down."""
    from lab.papers.read import Shelf
    from nodes.thinking import ponder_all

    shelf = Shelf(web_of(desk))
    done = {paper.id: paper.read for paper in before.papers if paper.read} if before else {}
    opened, told = yield from in_background(lambda: _open(shelf, found, plan_for(brief).reads, set(done)))
    questions = [_question(desk, brief, asked, paper, shelf) for paper in opened]
    thoughts: list[Thought[PaperSaid]] = []
    if questions:
        thoughts = yield from ponder_all(desk, questions)
    recipes, claims, rejected = _kept(desk, list(zip(opened, thoughts, strict=True)))
    recipes = yield from in_background(lambda: _looked_up(desk, recipes))
    old = [r for r in before.recipes if r.kept_by == "reader"] if before else []
    recipes = rank_recipes(merge_recipes([*old, *recipes]), brief, found.wanted)
    claims = rank_claims(merge_claims([*(before.claims if before else []), *claims]), brief, found.wanted)
    how = {**done, **{paper.id: paper.how for paper, t in zip(opened, thoughts, strict=True) if t.choice is not None}}
    sha = _write(desk, asked, opened, recipes, claims, told)
    total = rejected + (before.rejected if before else 0)
    titles = {paper.id: paper.title for paper in opened}
    return Read(recipes, claims[:MOST_CLAIMS], told, how, titles, total, FILE, sha)


def _open(shelf: Shelf, found: Looked, reads: int, done: set[str]) -> tuple[list[Paper], list[Source]]:
    """The named paper first, then by rank with every third from the citations; one that can't be read makes room for the next."""
    from lab.papers.read import Unread

    opened: list[Paper] = []
    told: list[Source] = []
    for paper in _order(found, done)[: OPENED_FOR_ONE * reads]:
        if len(opened) == reads:
            break
        try:
            read = shelf.open(paper.id, paper.title)
        except Unread as wrong:
            told.append(Source(name=paper.id, answered=False, why=f"unread: {wrong.why}"[:400]))
        else:
            opened.append(read)
            told.append(
                Source(name=paper.id, answered=True, why="; ".join([f"opened as {read.how}", *read.notes])[:400])
            )
    return opened, told


def _order(found: Looked, done: set[str]) -> list[Citation]:
    papers = [p for p in found.papers if p.id not in done and p.id.startswith("arxiv:")]
    ranked = [p for p in papers if p.id not in found.crawled]
    met = [p for p in papers if p.id in found.crawled]
    ordered: list[Citation] = []
    while ranked or met:
        ordered += [*ranked[:2], *met[:1]]
        ranked, met = ranked[2:], met[1:]
    return ordered


def _question(desk: Desk, brief: Brief, asked: Asked, paper: Paper, shelf: Shelf) -> Pondering[PaperSaid]:
    from lab.model.agent import Caps
    from lab.papers.paper import contents
    from lab.papers.read_said import PaperSaid
    from nodes.thinking import Pondering
    from nodes.tools.table import reader_tools
    from prompts import fill, load

    evidence = {
        "task": brief.task, "data": brief.data, "method": brief.method, "metric": brief.metric, "claim": brief.claim,
        "trouble": asked.trouble, "paper": paper.id, "contents": contents(paper),
    }  # fmt: skip
    prompt = f"{fill('rules', stage=desk.stage).rstrip()}\n\n{load('reader')}"
    tools = reader_tools(desk.stage, paper, shelf)
    caps = Caps(calls=READER_CALLS)
    return Pondering(PaperSaid, evidence, tools, None, "reading", prompt, caps, f"reading {paper.id}")


def _kept(desk: Desk, read: list[tuple[Paper, Thought[PaperSaid]]]) -> tuple[list[Recipe], list[Claim], int]:
    """What stands in its source; the rest is written down as rejected, with the reason."""
    from lab.papers.quotes import source_of
    from lab.papers.read_said import accepted

    recipes: list[Recipe] = []
    claims: list[Claim] = []
    rejected = 0
    for paper, thought in read:
        if thought.choice is None:
            continue
        source = source_of(paper)
        told: list[RecipeSaid | ClaimSaid] = [*thought.choice.recipes, *thought.choice.claims]
        for said in told:
            made, why = accepted(said, source)
            if isinstance(made, Recipe):
                recipes.append(made)
            elif isinstance(made, Claim):
                claims.append(made)
            else:
                rejected += 1
                _reject(desk, paper.id, said, why)
    return recipes, claims, rejected


def _reject(desk: Desk, paper: str, said: RecipeSaid | ClaimSaid, why: str) -> None:
    what = "recipe" if "result" in type(said).model_fields else "claim"
    desk.journal.write("rejected", what=what, paper=paper, why=why, said=said.model_dump_json()[:SAID])
    desk.say(f"{paper}: a {what} does not stand in the paper ({why})")


def _looked_up(desk: Desk, recipes: list[Recipe]) -> list[Recipe]:
    """Whether each data set can be had, as far as the Hub can be asked."""
    from nodes.literature_datasets import exist

    there = exist(web_of(desk), sorted({recipe.dataset for recipe in recipes}))
    return [recipe.model_copy(update={"dataset_exists": there[recipe.dataset]}) for recipe in recipes]


def _write(
    desk: Desk, asked: Asked, opened: list[Paper], recipes: list[Recipe], claims: list[Claim], told: list[Source]
) -> str:
    """The whole reading as a file of the run; the state keeps the best of it and this file's hash."""
    from lab.papers.paper import contents

    papers: list[Json] = [
        {"id": p.id, "title": p.title, "how": p.how, "notes": list(p.notes), "contents": contents(p)} for p in opened
    ]
    whole: dict[str, Any] = {
        "query": asked.query, "papers": papers, "recipes": [r.to_json() for r in recipes],
        "claims": [c.to_json() for c in claims], "unread": [s.to_json() for s in told if not s.answered],
    }  # fmt: skip
    path = desk.workspace / FILE
    write_json(path, whole)
    return hashlib.sha256(path.read_bytes()).hexdigest()
