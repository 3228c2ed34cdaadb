"""Opening a paper: arXiv's HTML, then ar5iv's, then the PDF. What can't be read is said to be unread, and why."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lab.net.host import host
from lab.net.trouble import SourceTrouble
from lab.net.web import Answer, Web
from lab.papers.figures import Panel, figure_values
from lab.papers.html import read_html
from lab.papers.paper import How, NoPaper, Paper
from lab.papers.read_pdf import read_pdf
from lab.papers.words import terms
from state.errors import PostgradError

ARXIV = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(v\d+)?")
SAME_TITLE = 0.5
"""Share of a title's words that another spelling of it keeps: subtitles come and go between versions."""
LARGEST = 60_000_000
"""Bytes of a paper; longer ones are books of pictures."""


class Unread(PostgradError):
    """A paper that was not read, and why, source by source. Never an abstract in the guise of a paper."""

    def __init__(self, paper_id: str, why: str) -> None:
        super().__init__(f"{paper_id} is unread: {why}")
        self.paper_id = paper_id
        self.why = why


def arxiv_id(name: str) -> str | None:
    """The identifier in whatever way it is written: with a prefix, a version, as an address."""
    found = ARXIV.search(name)
    return found.group(0) if found else None


def read_paper(web: Web, name: str, title: str = "") -> Paper:
    """The whole paper, or Unread. `title` is what whoever named the paper called it."""
    wanted = arxiv_id(name)
    if wanted is None:
        raise Unread(name, "only papers on arXiv can be opened; give an arXiv id")
    paper_id = f"arxiv:{wanted}"
    ways: list[tuple[How, str, str]] = [
        ("html", "arxiv", f"/html/{wanted}"), ("ar5iv", "ar5iv", f"/html/{wanted}"), ("pdf", "arxiv", f"/pdf/{wanted}"),
    ]  # fmt: skip
    misses = []
    for how, place, path in ways:
        try:
            answer = web.get(host(place), path, most=LARGEST)
            return _checked(_parsed(paper_id, answer, how), title)
        except (NoPaper, SourceTrouble) as wrong:
            misses.append(f"{how}: {wrong}")
    raise Unread(paper_id, "; ".join(misses))


def _parsed(paper_id: str, answer: Answer, how: How) -> Paper:
    """By what the bytes are, not by what was asked for: a PDF may be given for a page."""
    if answer.body.lstrip()[:5].startswith(b"%PDF"):
        return read_pdf(paper_id, answer.body)
    if how == "pdf":
        raise NoPaper("the host gave a page instead of a PDF (withdrawn, or made anew; try again in a minute)")
    return read_html(paper_id, answer.body, how)


def _checked(paper: Paper, title: str) -> Paper:
    """Says when the title does not fit the one it was found under."""
    called, found = set(terms(title)), set(terms(paper.title))
    if not called or not found or len(called & found) >= SAME_TITLE * min(len(called), len(found)):
        return paper
    return replace(paper, notes=(*paper.notes, f"it was found as {title!r}, and its own title is {paper.title!r}"))


@dataclass
class Shelf:
    """Papers that were opened, each read once. Safe to share between readers."""

    web: Web
    papers: dict[str, Paper | Unread] = field(default_factory=dict)
    drawn: dict[str, list[Panel]] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, name: str, title: str = "") -> Paper:
        """The paper, or Unread again if it was unread before."""
        key = arxiv_id(name) or name
        with self._own(key):
            if key not in self.papers:
                self.papers[key] = _outcome(lambda: read_paper(self.web, name, title))
            found = self.papers[key]
        if isinstance(found, Unread):
            raise Unread(found.paper_id, found.why)
        return found

    def figures(self, name: str) -> list[Panel]:
        """What its PDF plots. The PDF is fetched also where the words came from HTML."""
        key = arxiv_id(name)
        if key is None:
            raise Unread(name, "only papers on arXiv can be opened; give an arXiv id")
        with self._own(key):
            if key not in self.drawn:
                body = self.web.get(host("arxiv"), f"/pdf/{key}", most=LARGEST).body
                self.drawn[key] = figure_values(body)
            return self.drawn[key]

    def _own(self, key: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(key, threading.Lock())


def _outcome(work: Callable[[], Paper]) -> Paper | Unread:
    try:
        return work()
    except Unread as unread:
        return unread
