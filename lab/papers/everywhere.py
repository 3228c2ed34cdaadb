"""One question to every source at once: the door of the literature stage. A source that fails is named and fails nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from lab.net.deadline import all_within
from lab.net.trouble import SourceTrouble
from lab.net.web import Web
from lab.papers import arxiv, hfpapers, semantic
from lab.papers.bm25 import search as search_entries
from lab.papers.found import SOURCES, Found, Page, date_of
from lab.papers.library import Entry, find_entry, load_library
from lab.papers.merge import rank
from lab.papers.semantic import Filters
from lab.papers.words import terms
from state.errors import UserError
from state.reading import Source
from state.words import SourceName

DEPTH = 50
"""Papers asked of each source: what is further down in one list alone is hardly ever what was meant."""
SECONDS = 60.0
"""For all sources together: arXiv may need two questions three seconds apart, each with a second try."""


@dataclass(frozen=True)
class Searched:
    """What came back, and who did not answer."""

    papers: tuple[Found, ...]
    """The best k, best first (merge.rank)."""
    sources: tuple[Source, ...]
    left_out: int = 0
    """Papers found beyond the best k."""


def search_all(
    web: Web, question: str, k: int, sources: Iterable[SourceName] = SOURCES, *, category: str = "", since: str = "",
    until: str = "", seconds: float = SECONDS, entries: Sequence[Entry] | None = None,
) -> Searched:  # fmt: skip
    """Ask these sources at the same time; merge, rank, and say what became of each. Years bind every source, the arXiv
    category arXiv alone."""
    if not terms(question):
        raise UserError(f"nothing to search for in {question!r}; name a method, a symptom or a dataset")
    if k < 1:
        raise UserError(f"a search for {k} papers finds nothing; ask for at least 1")
    wanted, span = [source for source in SOURCES if source in set(sources)], years(since, until)
    asks: dict[SourceName, Callable[[], Page]] = {
        "library": partial(search_library, question, k=DEPTH, entries=entries),
        "arxiv": partial(arxiv.search, web, question, category=category, since=since, until=until, k=DEPTH),
        "hf": partial(hfpapers.search, web, question, k=DEPTH),
        "semantic": partial(semantic.search, web, question, k=DEPTH, filters=Filters(year=span)),
    }
    came = all_within(seconds, {source: asks[source] for source in wanted})
    pages = {source: came[source] for source in wanted}
    lists = {
        s: [p for p in page.papers if _in_years(p, since, until)] for s, page in pages.items() if isinstance(page, Page)
    }
    told = tuple(_told(source, page, len(lists.get(source, ()))) for source, page in pages.items())
    ranked = rank(question, lists)
    return Searched(tuple(ranked[:k]), told, max(0, len(ranked) - k))


def search_library(question: str, *, k: int = 10, entries: Sequence[Entry] | None = None) -> Page:
    """The offline library, by BM25 over titles, methods, settings, claims and text."""
    read = load_library() if entries is None else entries
    papers = tuple(from_entry(find_entry(hit.id, read)) for hit in search_entries(question, k, read))
    return Page(papers, "library", len(papers))


def from_entry(entry: Entry) -> Found:
    """An entry as any source's paper; its text is in our words, not the paper's."""
    return Found(
        id=entry.id, title=entry.title, authors=(entry.authors,), year=entry.year, abstract=" ".join(entry.body.split()),
        sources=("library",), url=entry.looked_up.where if entry.looked_up else "",
        notes=(f"in the offline library with {len(entry.recipes)} recipes and {len(entry.claims)} claims",),
    )  # fmt: skip


def years(since: str, until: str) -> str:
    """Dates as Semantic Scholar writes a span of years; it filters by whole years."""
    first, last = (date_of(said)[1] if said else "" for said in (since, until))
    return f"{first}-{last}" if first or last else ""


def _in_years(paper: Found, since: str, until: str) -> bool:
    """A paper whose year nobody told stays: it may be the one that was meant."""
    if paper.year is None:
        return True
    return not (since and paper.year < int(since[:4])) and not (until and paper.year > int(until[:4]))


def _told(source: SourceName, came: Page | Exception, kept: int) -> Source:
    if isinstance(came, Page):
        more = f" of {came.total:,}" if came.total and came.total > kept else ""
        note = f"; {came.note}" if came.note else ""
        return Source(name=source, answered=True, why=f"{kept} papers{more}{note}{' (cached)' if came.cached else ''}")
    if isinstance(came, SourceTrouble | TimeoutError):
        return Source(name=source, answered=False, why=str(came))
    raise came
