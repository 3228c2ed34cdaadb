"""A paper that a source told of, under one id whoever told of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import get_args

from state.errors import UserError
from state.words import SourceName

SOURCES: tuple[SourceName, ...] = get_args(SourceName)

NEW_ARXIV = r"\d{4}\.\d{4,5}"
OLD_ARXIV = r"[a-z][a-z-]+(?:\.[A-Za-z]{2})?/\d{7}"
VERSIONED = re.compile(rf"(?i)^(?:arxiv:)?({NEW_ARXIV}|{OLD_ARXIV})(?:v\d+)?$")
ARXIV_DOI = re.compile(rf"(?i)^10\.48550/arxiv\.({NEW_ARXIV}|{OLD_ARXIV})(?:v\d+)?$")
ARXIV_PAGE = re.compile(
    r"(?i)^https?://(?:[\w-]+\.)*(?:arxiv\.org/(?:abs|pdf|html|src|format)|huggingface\.co/papers)/(.+)$"
)
DOI = re.compile(r"(?i)^(?:doi:|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S+)$")
SEMANTIC_ID = re.compile(r"(?i)^(?:s2:)?([0-9a-f]{40})$")
SEMANTIC_PAGE = re.compile(r"(?i)^https?://(?:www\.)?semanticscholar\.org/paper/(?:[^/]+/)?([0-9a-f]{40})")
CORPUS_ID = re.compile(r"(?i)^(?:s2:)?corpus(?:id)?:(\d+)$")
DATE = re.compile(r"^(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?$")
OURS = re.compile(r"^postgrad:recipe-[a-z0-9-]+$")


@dataclass(frozen=True)
class Found:
    """One paper as far as its sources told."""

    id: str
    """`arxiv:2402.03300`; where there is none `doi:...`, `s2:...`, or the library's own `postgrad:recipe-...`."""
    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    abstract: str = ""
    citations: int | None = None
    """How often it is cited, as Semantic Scholar counts; None where nobody said."""
    sources: tuple[SourceName, ...] = ()
    """Who told of it."""
    url: str = ""
    pdf: str = ""
    """An open PDF, where one is named."""
    doi: str = ""
    s2: str = ""
    """Semantic Scholar's own id of it."""
    code: str = ""
    """The repository its authors name."""
    notes: tuple[str, ...] = ()
    """What else a source said of it: venue, comment, votes; each one line."""


@dataclass(frozen=True)
class Page:
    """Some of what a source has, and how to get the rest."""

    papers: tuple[Found, ...]
    source: SourceName
    total: int | None = None
    """How many there are, as the source counts; None where it does not say."""
    after: str = ""
    """What to ask for next, in the source's own words; empty when this was the last."""
    note: str = ""
    cached: bool = False


@dataclass(frozen=True)
class Link:
    """One paper citing another, and in which words."""

    paper: Found
    """The other end."""
    contexts: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    influential: bool = False


@dataclass(frozen=True)
class Links:
    """Some of a paper's references or citations."""

    links: tuple[Link, ...]
    after: int | None = None
    """Where the next ones begin; None when these were the last."""
    unknown: int = 0
    """References the source has only as a line of text, without a paper behind it."""
    note: str = ""


def paper_id(said: str) -> str:
    """The one id of a paper, from any of the ways it is written; versions are stripped."""
    text = said.strip()
    if found := ARXIV_PAGE.match(text):
        text = re.sub(r"(?i)\.(pdf|md)$", "", found[1].split("?")[0].split("#")[0].rstrip("/"))
    for pattern in (VERSIONED, ARXIV_DOI):
        if found := pattern.match(text):
            return f"arxiv:{found[1]}"
    if found := DOI.match(text):
        inner = ARXIV_DOI.match(found[1])
        return f"arxiv:{inner[1]}" if inner else f"doi:{found[1].lower().rstrip('.,;')}"
    if found := SEMANTIC_ID.match(text) or SEMANTIC_PAGE.match(text):
        return f"s2:{found[1].lower()}"
    if found := CORPUS_ID.match(text):
        return f"s2:corpus:{found[1]}"
    if OURS.match(text):
        return text
    raise UserError(
        f"{said!r} is no paper; give an id such as arxiv:2402.03300, doi:10.1234/x or s2:..., or search for its title"
    )


def arxiv_number(name: str) -> str | None:
    """The bare number of an arXiv id: 2402.03300."""
    return name.removeprefix("arxiv:") if name.startswith("arxiv:") else None


def stem(name: str) -> str:
    """The number alone: without version, and without the class that an old one may carry (math.GT/0309136v1)."""
    return re.sub(r"v\d+$", "", re.sub(r"\.[A-Z]{2}(?=/)", "", name.removeprefix("arxiv:")))


def one_line(text: str | None) -> str:
    """What a page says, in one line: no text of a source can look like a line of ours."""
    return " ".join((text or "").split())


def date_of(said: str) -> re.Match[str]:
    """YYYY, YYYY-MM or YYYY-MM-DD, as year, month and day; the last two may be None."""
    found = DATE.match(said.strip())
    if not found:
        raise UserError(f"{said!r} is no date; write 2024, 2024-03 or 2024-03-31")
    return found
