"""Tools that find papers: searching, details, citations both ways, recommendations, passages, trends, what is linked. None writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from lab.model.tool import LONGEST, Tool
from lab.net.deadline import all_within
from lab.net.trouble import SourceTrouble
from lab.net.web import Web
from lab.papers import arxiv, hfpapers, semantic, told
from lab.papers.bm25 import Passage
from lab.papers.crawl import telling
from lab.papers.everywhere import DEPTH, SECONDS, from_entry, search_all, search_library, years
from lab.papers.found import SOURCES, Found, Link, Links, Page, arxiv_number, paper_id
from lab.papers.library import load_library
from lab.papers.merge import merge
from lab.papers.passages import find_passages
from lab.papers.semantic import Filters
from nodes.tools import papers_takes as takes
from state.errors import UserError
from state.words import SourceName

EACH = 10
"""Papers on a page: a model reads ten lines well, and asks for more when it needs them."""
BLOCK = 100
"""Citations or recommendations asked for at once and shown by tens: one question's worth for Semantic Scholar."""
PASSAGES = 50
"""Passages asked for at once; of some 500 words each, shown as many on a page as fit."""
ROOM = LONGEST - 2_000
"""Characters of a page of passages, with room for its heading."""


def search_tools(web: Web, library: bool = True, read: Callable[[], Sequence[Passage]] = tuple) -> list[Tool]:
    """What may find papers; `read` gives the pieces of texts this run has read so far (passages.pieces)."""
    desk = _Desk(web, library, read)
    everyone = ("arxivapi", "hub", "semantic")
    return [
        Tool("search_papers", takes.ABOUT_SEARCH, takes.SearchPapers, desk.search, reaches=everyone),
        Tool("paper_details", takes.ABOUT_DETAILS, takes.OnePaper, desk.details, reaches=everyone),
        Tool("citations", takes.ABOUT_CITATIONS, takes.Citations, desk.citations, reaches=("semantic",)),
        Tool("recommend", takes.ABOUT_RECOMMEND, takes.Recommend, desk.recommend, reaches=("semantic",)),
        Tool("find_passages", takes.ABOUT_PASSAGES, takes.FindPassages, desk.passages, reaches=("semantic",)),
        Tool("trending_papers", takes.ABOUT_TRENDING, takes.Trending, desk.trending, reaches=("hub",)),
        Tool("linked_resources", takes.ABOUT_LINKED, takes.LinkedResources, desk.linked, reaches=("hub",)),
    ]


class _Desk:
    """The tools' functions, with what they ask."""

    def __init__(self, web: Web, library: bool, read: Callable[[], Sequence[Passage]]) -> None:
        self.web, self.library, self.read = web, library, read

    def search(self, args: takes.SearchPapers) -> str:
        source = _narrowed(args)
        if source == "all":
            return self._everywhere(args)
        if source == "library" and not self.library:
            raise UserError("the offline library is not used in this run; ask another source")
        page, papers = self._one_source(source, args)
        at = told.page_of(args.page, EACH, page.total, bool(page.after))
        total = f" of {page.total:,} papers" if page.total is not None else ""
        lines = [f"{at}{total} · {source}, {args.sort.replace('_', ' ')}" + (f" · {page.note}" if page.note else "")]
        return _text([*lines, *told.listing(papers, 1 + (args.page - 1) * EACH)], "nothing found")

    def _everywhere(self, args: takes.SearchPapers) -> str:
        asked = [s for s in SOURCES if s != "library" or self.library]
        found = search_all(
            self.web,
            args.query,
            DEPTH * len(SOURCES),
            asked,
            category=args.category,
            since=args.since,
            until=args.until,
        )
        at = told.page_of(args.page, EACH, len(found.papers), False)
        counts = ", ".join(f"{s.name}: {s.why}" for s in found.sources if s.answered)
        first = (args.page - 1) * EACH
        lines = [f"{at} · {len(found.papers)} papers merged from {counts or 'nobody'}", *told.silent(found.sources)]
        lines += told.listing(found.papers[first : first + EACH], first + 1)
        if args.page * EACH >= len(found.papers):
            lines.append(f"These are the first {DEPTH} of each source; for more name one source.")
        return _text(lines, "nothing found")

    def _one_source(self, source: SourceName, args: takes.SearchPapers) -> tuple[Page, Sequence[Found]]:
        first, web = (args.page - 1) * EACH, self.web
        if source == "arxiv":
            within = {"category": args.category, "since": args.since, "until": args.until}
            order: arxiv.Order = "newest" if args.sort == "newest" else "relevance"
            page = arxiv.search(web, args.query, **within, k=EACH, start=first, order=order)
            return page, page.papers
        if source == "semantic":
            filters = Filters(year=years(args.since, args.until), min_citations=args.min_citations)
            if args.sort == "relevance":
                page = semantic.search(web, args.query, k=EACH, start=first, filters=filters)
                reachable = min(page.total or 0, semantic.MOST_RELEVANT)
                return Page(page.papers, "semantic", reachable, page.after), page.papers
            return _sorted(web, args.query, args.sort, filters, first)
        page = (
            hfpapers.search(web, args.query, k=first + EACH) if source == "hf" else search_library(args.query, k=DEPTH)
        )
        return page, page.papers[first : first + EACH]

    def details(self, args: takes.OnePaper) -> str:
        name = self._preprint(paper_id(args.paper))
        asks: dict[SourceName, Callable[[], list[Found]]] = {}
        if self.library and any(entry.id == name for entry in load_library()):
            asks["library"] = lambda: [from_entry(entry) for entry in load_library() if entry.id == name]
        if arxiv_number(name):
            asks["arxiv"] = lambda: list(arxiv.by_id(self.web, [name]))
            asks["hf"] = lambda: [hfpapers.details(self.web, name)]
        if not name.startswith("postgrad:"):
            asks["semantic"] = lambda: [semantic.details(self.web, name)]
        came = all_within(SECONDS, asks)
        papers: dict[SourceName, list[Found]] = {}
        lost: list[str] = []
        for source, got in came.items():
            if isinstance(got, list):
                papers[source] = got
            elif isinstance(got, SourceTrouble | TimeoutError):
                lost.append(f"{source} tells nothing: {got}")
            else:
                raise got
        merged = merge(papers)
        if not merged:
            raise UserError(f"nobody knows {name} ({'; '.join(lost) or 'no source has it'}); search for its title")
        lines = [line for paper in merged for line in told.whole(paper)] + lost
        known = [entry for entry in load_library() if self.library and entry.id in {p.id for p in merged}]
        return _text([*lines, *(line for entry in known for line in told.entry_lines(entry))], "")

    def _preprint(self, name: str) -> str:
        """The arXiv id of a paper asked for by another one, where Semantic Scholar knows it: the others know no other."""
        if not name.startswith(("doi:", "s2:")):
            return name
        try:
            told_as = semantic.details(self.web, name).id
        except SourceTrouble:
            return name  # asked again below, where its silence is told
        return told_as if arxiv_number(told_as) else name

    def citations(self, args: takes.Citations) -> str:
        first = (args.page - 1) * EACH
        ask = semantic.references if args.direction == "cites" else semantic.citations
        start = first // BLOCK * BLOCK
        links: Links = ask(self.web, args.paper, k=BLOCK, start=start)
        best = sorted(links.links, key=telling)
        if args.only:
            return _only(best, args)
        shown = best[first - start : first - start + EACH]
        more = first - start + EACH < len(best) or links.after is not None
        if not shown and args.page > 1:
            raise UserError(f"there is no page {args.page}; the one before was the last")
        what = "cites" if args.direction == "cites" else "is cited by"
        at = told.page_of(args.page, EACH, None, more)
        lines = [f"{at} · {paper_id(args.paper)} {what} (Semantic Scholar; of each {BLOCK} the most telling first)"]
        lines += [line for n, link in enumerate(shown, first + 1) for line in told.link_lines(link, n)]
        lines += [f"{links.unknown} more are known only as lines of text"] if links.unknown else []
        return _text([*lines, *([links.note] if links.note else [])], "nothing found")

    def recommend(self, args: takes.Recommend) -> str:
        page = semantic.recommend(self.web, args.like, args.unlike, k=BLOCK)
        first = (args.page - 1) * EACH
        at = told.page_of(args.page, EACH, len(page.papers), False)
        lines = [f"{at} · {len(page.papers)} papers like {', '.join(args.like)} (Semantic Scholar)"]
        return _text([*lines, *told.listing(page.papers[first : first + EACH], first + 1)], "nothing recommended")

    def passages(self, args: takes.FindPassages) -> str:
        found = find_passages(
            self.web,
            args.question,
            3 * PASSAGES,
            each=PASSAGES,
            read=self.read(),
            papers=args.papers,
            library=self.library,
        )
        pages = _packed([told.excerpt_block(excerpt, n) for n, excerpt in enumerate(found.found, 1)])
        at = told.page_of(args.page, 1, max(1, len(pages)), False)
        counts = ", ".join(f"{s.name}: {s.why}" for s in found.sources if s.answered)
        lines = [f"{at} · {counts} (at most {PASSAGES} of each)", *told.silent(found.sources)]
        return _text([*lines, *(pages[args.page - 1] if pages else [])], "no passage found")

    def trending(self, args: takes.Trending) -> str:
        page = hfpapers.trending(self.web, date=args.date, k=EACH, page=args.page - 1)
        at = told.page_of(args.page, EACH, None, bool(page.after))
        lines = [f"{at} · {args.date or 'trending now'} (Hugging Face Papers)"]
        return _text([*lines, *told.listing(page.papers, 1 + (args.page - 1) * EACH)], "no papers of that day")

    def linked(self, args: takes.LinkedResources) -> str:
        kinds: Sequence[hfpapers.Linked] = ("datasets", "models", "collections") if args.kind == "all" else (args.kind,)
        first = (args.page - 1) * EACH
        if args.kind == "all" and first:
            raise UserError("pages go on within one kind; name datasets, models or collections")
        asks = {kind: partial(hfpapers.linked, self.web, args.paper, kind, k=first + EACH) for kind in kinds}
        lines: list[str] = []
        for kind, got in all_within(SECONDS, asks).items():
            if isinstance(got, SourceTrouble | TimeoutError):
                lines.append(f"{kind}: the Hub did not answer: {got}")
            elif isinstance(got, Exception):
                raise got
            else:
                shown = got.items[first:]
                at = told.page_of(args.page, EACH, None, got.more)
                lines += [f"{kind} that name {paper_id(args.paper)} (Hugging Face Hub), {at}:"]
                lines += [told.resource_line(item) for item in shown] or ["- none"]
        return _text(lines, "")


def _narrowed(args: takes.SearchPapers) -> Literal["all"] | SourceName:
    """The one source that can do what was asked, where not all can."""
    if args.sort == "most_cited" or args.min_citations is not None:
        if args.source not in ("all", "semantic"):
            raise UserError(f"{args.source} does not count citations; ask with source=semantic")
        return "semantic"
    if args.sort == "newest":
        if args.source in ("library", "hf"):
            raise UserError(f"{args.source} does not sort by date; ask with source=arxiv or semantic")
        return "arxiv" if args.source == "all" else args.source
    return args.source


def _sorted(web: Web, words: str, sort: str, filters: Filters, first: int) -> tuple[Page, Sequence[Found]]:
    """Along the continuation tokens as far as this page needs."""
    order: semantic.BulkOrder = "citationCount:desc" if sort == "most_cited" else "publicationDate:desc"
    page = semantic.bulk(web, words, order=order, filters=filters)
    papers = list(page.papers)
    while page.after and len(papers) < first + EACH:
        page = semantic.bulk(web, words, order=order, filters=filters, token=page.after)
        papers += page.papers
    return page, papers[first : first + EACH]


def _only(links: Sequence[Link], args: takes.Citations) -> str:
    wanted = paper_id(args.only)
    for link in links:
        if link.paper.id == wanted:
            return "\n".join(told.link_lines(link, 1, contexts=max(len(link.contexts), told.CONTEXTS + 1)))
    raise UserError(f"{wanted} is not on page {args.page}; name one that is")


def _packed(blocks: Sequence[str]) -> list[list[str]]:
    """As many on a page as fit; one that fits on none goes on over several."""
    pages: list[list[str]] = []
    size = ROOM
    for block in blocks:
        for part in [block[at : at + ROOM] for at in range(0, len(block), ROOM)]:
            if not pages or size + len(part) > ROOM:
                pages.append([])
                size = 0
            pages[-1].append(part)
            size += len(part) + 1
    return pages


def _text(lines: Sequence[str], empty: str) -> str:
    return "\n".join([*lines, *([empty] if len(lines) <= 1 and empty else [])])
