"""Following citations both ways from a few papers: bounded in depth, breadth and questions asked, and always in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from lab.net.trouble import SourceTrouble
from lab.net.web import Web
from lab.papers import semantic
from lab.papers.found import Found, Link, Links, paper_id
from state.errors import UserError

Way = Literal["references", "citations"]
WAYS: tuple[Way, ...] = ("references", "citations")
LOOKED_AT = 100
"""References or citations of one paper among which the best are chosen: one question's worth."""
HOPELESS = ("unreachable", "offline", "limited", "refused")
"""Kinds of trouble that the next question would meet again."""


@dataclass(frozen=True)
class Step:
    """How a paper was come upon: from which one, which way, and in which words the one cites the other."""

    start: str
    way: Way
    contexts: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    influential: bool = False


@dataclass(frozen=True)
class Reached:
    """One paper of the crawl, met once however many lead to it."""

    paper: Found
    depth: int
    steps: tuple[Step, ...] = ()


@dataclass
class Crawled:
    """Everything reached, what a bound cut off, and what went wrong."""

    reached: dict[str, Reached] = field(default_factory=dict)
    """By id, in the order in which they were met."""
    cut: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    requests: int = 0


def follow_citations(
    web: Web, start: Sequence[str], *, depth: int = 1, breadth: int = 10, ways: Sequence[Way] = WAYS, requests: int = 30
) -> Crawled:
    """From these papers `depth` steps along references and citations, at each paper the `breadth` most telling each way.

    Asks `/graph/v1/paper/ID/references` and `/citations` at most `requests` times, the start papers' batch included."""
    if depth < 0 or breadth < 1 or requests < 1:
        raise UserError("a crawl needs a depth of 0 or more, a breadth of 1 or more and at least one request")
    crawl = Crawled()
    frontier = _begin(web, start, crawl)
    for level in range(1, depth + 1):
        met: list[str] = []
        for name in frontier:
            for way in ways:
                links = _ask(web, name, way, crawl, requests)
                if links is None:
                    return crawl
                met += _take(crawl, name, way, links, level, breadth)
        frontier = met
    return crawl


def telling(link: Link) -> tuple[bool, int, int, str]:
    """The order in which links are followed: influential ones, then those cited in more places, then the more cited."""
    return (not link.influential, -len(link.contexts), -(link.paper.citations or 0), link.paper.id)


def _begin(web: Web, start: Sequence[str], crawl: Crawled) -> list[str]:
    wanted = list(dict.fromkeys(paper_id(name) for name in start))
    known = [name for name in wanted if not name.startswith("postgrad:")]
    crawl.troubles += [f"{name} is an entry of our own, which nobody cites" for name in wanted if name not in known]
    if not known:
        return []
    crawl.requests += 1
    try:
        papers = semantic.batch(web, known)
    except SourceTrouble as wrong:
        crawl.troubles.append(str(wrong))
        return []
    crawl.troubles += [f"Semantic Scholar does not know {name}" for name in known if name not in papers]
    for paper in papers.values():
        crawl.reached.setdefault(paper.id, Reached(paper, 0))
    return list(crawl.reached)


def _ask(web: Web, name: str, way: Way, crawl: Crawled, most: int) -> Links | None:
    """Some links; none where this paper's can't be had, and None when there is no use in going on."""
    if crawl.requests >= most:
        crawl.cut.append(f"stopped before the {way} of {name}: {most} requests are used up")
        return None
    crawl.requests += 1
    ask = semantic.references if way == "references" else semantic.citations
    try:
        links = ask(web, crawl.reached[name].paper.id, k=LOOKED_AT)
    except SourceTrouble as wrong:
        crawl.troubles.append(f"{way} of {name}: {wrong}")
        if wrong.kind not in HOPELESS:
            return Links(())
        crawl.cut.append(f"stopped at the {way} of {name}: {wrong.source} does not answer")
        return None
    if links.note:
        crawl.troubles.append(links.note)
    return links


def _take(crawl: Crawled, name: str, way: Way, links: Links, level: int, breadth: int) -> list[str]:
    """Note the best links; returns the papers that were not met before."""
    best = sorted({link.paper.id: link for link in reversed(links.links)}.values(), key=telling)
    best = [link for link in best if link.paper.id != name]
    if len(best) > breadth or links.after is not None:
        more = " and there are more than were looked at" if links.after is not None else ""
        crawl.cut.append(f"{way} of {name}: {min(breadth, len(best))} of {len(best)} followed{more}")
    new: list[str] = []
    for link in best[:breadth]:
        step = Step(name, way, link.contexts, link.intents, link.influential)
        known = crawl.reached.get(link.paper.id)
        if known is None:
            new.append(link.paper.id)
            known = Reached(link.paper, level)
        crawl.reached[link.paper.id] = replace(known, steps=(*known.steps, step))
    return new
