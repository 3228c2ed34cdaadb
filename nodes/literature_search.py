"""Looking for papers: the offline library by rule, the other sources at once, and citations both ways from the best."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from lab.papers.bm25 import search
from lab.papers.follow import related
from lab.papers.found import SOURCES, Found, paper_id
from lab.papers.library import find_entry, load_library
from lab.papers.words import terms
from nodes.desk import Desk, Wait
from nodes.effort import Plan, plan_for
from state.brief import Brief
from state.errors import UserError
from state.reading import Citation, Source
from state.words import SourceName

if TYPE_CHECKING:
    from lab.net.web import Web
    from lab.papers.crawl import Reached

T = TypeVar("T")
STARTS = 3
"""Papers whose citations are followed: the best, beyond which the search itself is in doubt."""
CRAWL_REQUESTS = 30
"""Questions a crawl may ask: half a minute at one a second."""
CHOSEN_TO_BE_READ = "chosen to be read"
LOOK, EVERY = 60.0, 0.05
"""Seconds after which the wrapper comes back from a wait even so, and between two looks at whether it is over."""


@dataclass(frozen=True)
class Asked:
    """What is searched for. A paper must hold a word of the core; the query only ranks."""

    query: str
    core: str
    trouble: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    """Papers that a model chose to have read, by the ids its tools gave it."""


@dataclass(frozen=True)
class Looked:
    """What was found, in the order in which it is cited."""

    papers: tuple[Citation, ...]
    sources: tuple[Source, ...]
    online: bool = False
    """May anything beyond this machine be asked?"""
    crawled: frozenset[str] = field(default_factory=frozenset)
    wanted: str = ""
    """The paper the brief names, as an id."""


def sources_of(brief: Brief, desk: Desk) -> list[SourceName]:
    """Those the brief names; else all of them with a model, and without one the library alone, as it ever was."""
    if brief.sources is not None:
        return list(brief.sources)
    return list(SOURCES) if desk.helm is not None else ["library"]


def search_sources(desk: Desk, brief: Brief, asked: Asked) -> Generator[Wait, None, Looked]:
    sources = sources_of(brief, desk)
    plan = plan_for(brief)
    wanted = (paper_name(brief.paper) or brief.paper) if brief.paper else ""
    ours = _library(asked, plan.papers) if "library" in sources else []
    online = [source for source in sources if source != "library"]
    found: list[Citation] = []
    told: list[Source] = []
    if online:
        found, told = yield from in_background(lambda: _elsewhere(web_of(desk), asked, plan.papers, online))
    merged = _chosen_first(asked.chosen, _merged(found, ours)) if online else ours
    papers = _wanted_first(wanted, merged, bool(online))
    why = _why_unread(wanted, papers, bool(online), desk.helm is not None)
    if why:
        desk.journal.write("source", name=brief.paper, answered=False, why=f"{why}, so it is unread")
    papers += _followed(papers, plan.papers) if "library" in sources else []
    crawled: list[Citation] = []
    if "semantic" in online:
        crawled, more = yield from in_background(lambda: _crawl(web_of(desk), papers, asked, plan))
        told += more
    if "library" in sources:
        fit = sum(paper.in_library for paper in papers)
        told.insert(0, Source(name="offline library", answered=True, why=f"{len(load_library())} entries, {fit} fit"))
    return Looked((*papers, *crawled), tuple(told), bool(online), frozenset(c.id for c in crawled), wanted)


def web_of(desk: Desk) -> Web:
    from lab.net.web import Web

    return Web(desk.home / "cache" / "sources")


def in_background(work: Callable[[], T]) -> Generator[Wait, None, T]:
    """Waiting for the network in a thread, so that a stop request is heard and a server goes on serving."""
    done = threading.Event()
    came: list[T] = []
    wrong: list[BaseException] = []

    def run() -> None:
        try:
            came.append(work())
        except BaseException as trouble:  # noqa: BLE001  raised again below, where someone can hear it
            wrong.append(trouble)
        finally:
            done.set()

    threading.Thread(target=run, name="sources", daemon=True).start()
    while not done.is_set():
        yield Wait((), LOOK, done.is_set, EVERY)
    if wrong:
        raise wrong[0]
    return came[0]


def paper_name(said: str) -> str | None:
    """The id of a paper however it is written, or None if it is no id."""
    try:
        return paper_id(said)
    except UserError:
        return None


def _library(asked: Asked, limit: int) -> list[Citation]:
    core = set(terms(asked.core))
    hits = [hit for hit in search(asked.query, 3 * limit, entries=load_library()) if core & set(hit.why)]
    return [
        Citation(id=hit.id, title=hit.title, why=f"names {', '.join(hit.why)}", looked_up=_looked_up(hit.id), in_library=True)
        for hit in hits[:limit]
    ]  # fmt: skip


def _looked_up(name: str) -> str:
    found = find_entry(name)
    return found.looked_up.where if found.looked_up else "our own measurements"


def _elsewhere(
    web: Web, asked: Asked, limit: int, sources: Sequence[SourceName]
) -> tuple[list[Citation], list[Source]]:
    from lab.papers.everywhere import search_all

    came = search_all(web, asked.query, limit, sources)
    return [_cited(paper, f"found by {', '.join(paper.sources)}") for paper in came.papers], list(came.sources)


def _cited(paper: Found, why: str) -> Citation:
    held = next((entry for entry in load_library() if entry.id == paper.id), None)
    looked_up = paper.url or (_looked_up(held.id) if held else "")
    title = paper.title or (held.title if held else "")
    return Citation(id=paper.id, title=title, why=why, looked_up=looked_up, in_library=held is not None)


def _merged(found: list[Citation], ours: list[Citation]) -> list[Citation]:
    """What the sources rank first stays first; an entry of the library keeps the words it was found by."""
    known = {paper.id: paper for paper in ours}
    first = [known.get(paper.id, paper) for paper in found]
    return [*first, *(paper for paper in ours if paper.id not in {p.id for p in first})]


def _chosen_first(chosen: tuple[str, ...], papers: list[Citation]) -> list[Citation]:
    """What a model saw and chose stands before what the search ranks; its title is told when it is opened."""
    names = list(dict.fromkeys(name for name in map(paper_name, chosen) if name))
    known = {paper.id: paper for paper in papers}
    why = CHOSEN_TO_BE_READ
    first = [
        known[name].model_copy(update={"why": f"{why}; {known[name].why}"}) if name in known
        else _cited(Found(id=name, title=""), why)
        for name in names if not name.startswith("postgrad:") or name in known
    ]  # fmt: skip
    return [*first, *(paper for paper in papers if paper.id not in names)]


def _wanted_first(wanted: str, papers: list[Citation], online: bool) -> list[Citation]:
    """The paper the brief names comes first; the library may hold it, a source may have found it, or it is tried unseen."""
    if not wanted:
        return papers
    rest = [paper for paper in papers if paper.id != wanted]
    if any(entry.id == wanted for entry in load_library()):
        entry = find_entry(wanted)
        first = Citation(
            id=entry.id, title=entry.title, why="named in the brief", looked_up=_looked_up(entry.id), in_library=True
        )
        return [first, *rest]
    met = [paper.model_copy(update={"why": "named in the brief"}) for paper in papers if paper.id == wanted]
    if met or not online:
        return [*met, *rest]
    return [Citation(id=wanted, title="", why="named in the brief"), *rest]


def _why_unread(wanted: str, papers: list[Citation], online: bool, reader: bool) -> str:
    """Why the paper of the brief will not be read; empty where the library holds it or a reader will try to open it."""
    if not wanted or any(paper.id == wanted and paper.in_library for paper in papers):
        return ""
    if not online:
        return "not in the offline library"
    if not reader:
        return "there is no model to read it"
    return "" if wanted.startswith("arxiv:") else "only papers on arXiv can be opened"


def _followed(papers: list[Citation], limit: int) -> list[Citation]:
    """One step along the citations that the library knows, from the best three."""
    have = {p.id for p in papers}
    more: list[Citation] = []
    for paper in [p for p in papers if p.in_library][:STARTS]:
        for name in related(paper.id):
            if name not in have and len(more) < max(1, limit // 3):
                have.add(name)
                title = find_entry(name).title
                why = f"cited with {paper.id}"
                more.append(Citation(id=name, title=title, why=why, looked_up=_looked_up(name), in_library=True))
    return more


def _crawl(web: Web, papers: list[Citation], asked: Asked, plan: Plan) -> tuple[list[Citation], list[Source]]:
    """Along references and citations of the best; what shares no word with the question is left."""
    from lab.papers.crawl import follow_citations

    starts = [paper.id for paper in papers if not paper.id.startswith("postgrad:")][:STARTS]
    if not starts:
        return [], []
    depth, breadth = plan.crawl
    crawl = follow_citations(web, starts, depth=depth, breadth=breadth, requests=CRAWL_REQUESTS)
    have = {paper.id for paper in papers}
    core = set(terms(asked.core)) or set(terms(asked.query))
    new = [r for r in crawl.reached.values() if r.depth and r.paper.id not in have and core & _words(r.paper)]
    new.sort(key=lambda r: (-len(r.steps), not any(s.influential for s in r.steps), r.depth, r.paper.id))
    kept = [_cited(r.paper, _way(r)) for r in new[: max(1, plan.papers // 3)]]
    why = f"{len(crawl.reached)} papers met in {crawl.requests} questions, {len(kept)} kept"
    told = [Source(name="citations", answered=bool(crawl.reached), why="; ".join([why, *crawl.troubles[:3]]))]
    return kept, told


def _words(paper: Found) -> set[str]:
    return set(terms(f"{paper.title} {paper.abstract}"))


def _way(reached: Reached) -> str:
    step = reached.steps[0]
    return f"{'cited by' if step.way == 'references' else 'cites'} {step.start}"
