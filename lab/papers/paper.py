"""A paper as it was read: sections, tables, captions, equations, references; paged so that nothing is out of reach."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from lab.papers.words import terms
from state.errors import PostgradError

How = Literal["html", "ar5iv", "pdf"]
PAGE = 6_000
"""Characters shown at once: about 1,500 tokens, so that a reader sees a few sections before its window fills."""
LONGEST_HIT = 480
"""Characters of a found sentence that are shown; the place says where to read it whole."""


class NoPaper(PostgradError):
    """These bytes are no paper that can be read: why."""


class NoSuchPart(PostgradError):
    """Asked for a section or table that the paper does not have."""


@dataclass(frozen=True)
class Section:
    number: str
    name: str
    level: int
    text: str
    page: int | None = None
    """Page of the PDF it begins on; HTML has none."""
    turns: tuple[tuple[int, int], ...] = ()
    """Where in the text each further page begins: (offset, page)."""

    @property
    def heading(self) -> str:
        return f"{self.number} {self.name}".strip()

    def page_at(self, offset: int) -> int | None:
        at = bisect_right([start for start, _ in self.turns], offset)
        return self.turns[at - 1][1] if at else self.page


@dataclass(frozen=True)
class Table:
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    section: str = ""
    page: int | None = None

    @property
    def text(self) -> str:
        """As it is shown and quoted: a row a line, cells between bars."""
        return "\n".join(" | ".join(row) for row in (self.header, *self.rows) if row)


@dataclass(frozen=True)
class Caption:
    label: str
    """`Figure 3`, `Table 1`."""
    text: str
    page: int | None = None
    section: str = ""


@dataclass(frozen=True)
class Equation:
    text: str
    number: str = ""
    section: str = ""
    page: int | None = None


@dataclass(frozen=True)
class Reference:
    label: str
    text: str


@dataclass(frozen=True)
class Paper:
    """Everything that was read. What could not be read is no Paper at all (see `read.Unread`)."""

    id: str
    title: str
    abstract: str
    how: How
    sections: tuple[Section, ...]
    tables: tuple[Table, ...] = ()
    captions: tuple[Caption, ...] = ()
    equations: tuple[Equation, ...] = ()
    references: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader should know: another title than was asked for, parts that could not be converted."""


@dataclass(frozen=True)
class Piece:
    """A stretch of text that a quote can stand in, and what to call the place."""

    place: str
    text: str
    page: int | None = None
    section: Section | None = field(default=None, compare=False)

    def page_at(self, offset: int) -> int | None:
        return self.section.page_at(offset) if self.section else self.page


def pieces(paper: Paper) -> Iterator[Piece]:
    """The paper's own words, part by part. References are other people's titles, and no place for a quote."""
    yield Piece("title", paper.title)
    yield Piece("abstract", paper.abstract)
    for section in paper.sections:
        yield Piece(section.heading, section.text, section.page, section)
    for number, table in enumerate(paper.tables, 1):
        yield Piece(table_name(table, number), f"{table.caption}\n{table.text}", table.page)
    for caption in paper.captions:
        yield Piece(caption.label, caption.text, caption.page)


def table_name(table: Table, number: int) -> str:
    """What the paper calls it, else its number in the order of reading."""
    called = re.match(r"(?i:Table)\s+(?:[A-Z]?\.?\d+(\.\d+)*|[IVXL]+\b)", table.caption)
    return called.group(0) if called else f"table {number} of the paper"


def contents(paper: Paper) -> str:
    """The table of contents: what there is to read, and how long it is."""
    lines = [f"{paper.title} ({paper.id}, read from {paper.how})", *(f"Note: {note}" for note in paper.notes)]
    if paper.abstract:
        lines.append(f"[0] Abstract: {len(paper.abstract)} characters")
    for at, section in enumerate(paper.sections, 1):
        where = f", page {section.page}" if section.page else ""
        lines.append(f"{'  ' * section.level}[{at}] {section.heading}: {len(section.text)} characters{where}")
    tables = [f"{table_name(t, i)} ({len(t.rows)} rows)" for i, t in enumerate(paper.tables, 1)]
    figures = [c.label for c in paper.captions if c.label.startswith("Fig")]
    lines.append(f"Tables: {', '.join(tables) or 'none'}. Figures: {', '.join(figures) or 'none'}.")
    lines.append(f"Equations set apart: {len(paper.equations)}. References: {len(paper.references)}.")
    return "\n".join(lines)


def section_of(paper: Paper, asked: str | int) -> Section:
    """By its place in the contents ([5]), its heading, its number in the paper, or words of its name; else an error."""
    said = str(asked).strip()
    wanted = said.strip("[] ").casefold()
    placed = paper.sections[int(wanted) - 1 : int(wanted)] if wanted.isdigit() and wanted != "0" else ()
    if said.startswith("[") and placed:
        return placed[0]
    if wanted in ("0", "abstract") and paper.abstract:
        return Section("", "Abstract", 1, paper.abstract)
    if wanted == "references" and paper.references:
        return Section("", "References", 1, "\n".join(f"{r.label} {r.text}".strip() for r in paper.references))
    ways = (
        [s for s in paper.sections if wanted in (s.heading.casefold(), s.name.casefold())],
        [s for s in paper.sections if s.number and s.number.rstrip(".").casefold() == wanted.rstrip(".")],
        placed,
        [s for s in paper.sections if wanted and wanted in s.name.casefold()],
    )
    found = next((way[0] for way in ways if way), None)
    if found is None:
        raise NoSuchPart(f"{paper.id} has no section {said!r}; its contents name [0] to [{len(paper.sections)}]")
    return found


def page_of(paper: Paper, section: str | int, offset: int = 0, limit: int = PAGE) -> str:
    """A page of a section, with where to read on. Breaks at a word, and every character is on some page."""
    part = section_of(paper, section)
    if not 0 <= offset <= len(part.text) or limit < 1:
        raise NoSuchPart(f"{part.heading} has characters 0 to {len(part.text)}; offset {offset} is outside")
    end = _word_end(part.text, offset, offset + limit)
    page = part.page_at(offset)
    said = f"{part.heading}{f', page {page}' if page else ''}: characters {offset} to {end} of {len(part.text)}"
    more = f"\n[read on with offset {end}]" if end < len(part.text) else ""
    return f"{said}\n{part.text[offset:end]}{more}"


def _word_end(text: str, start: int, end: int) -> int:
    if end >= len(text):
        return len(text)
    space = max(text.rfind(" ", start, end), text.rfind("\n", start, end))
    return space + 1 if space > start else end


def find(paper: Paper, words: str, most: int = 8) -> str:
    """Where in the paper the words stand, the places that hold most of them first."""
    wanted = set(terms(words))
    if not wanted:
        raise NoSuchPart(f"nothing to look for in {words!r}; give a word of the paper")
    hits: list[tuple[int, int, str]] = []
    for piece in pieces(paper):
        for start, text in _sentences(piece.text):
            shared = wanted.intersection(terms(text))
            if shared:
                page = piece.page_at(start)
                where = f"{piece.place}{f', page {page}' if page else ''}, offset {start}"
                hits.append((-len(shared), len(hits), f"[{where}] {_clipped(text)}"))
    if not hits:
        return f"none of these words stand in {paper.id}"
    shown = [line for _, _, line in sorted(hits)[:most]]
    rest = f"\n[{len(hits) - most} more places; narrow the words]" if len(hits) > most else ""
    return "\n".join(shown) + rest


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    for found in re.finditer(r"\S(?:.*?)(?:[.!?](?=\s)|\n|\Z)", text, re.DOTALL):
        yield found.start(), " ".join(found.group(0).split())


def _clipped(sentence: str) -> str:
    return sentence if len(sentence) <= LONGEST_HIT else f"{sentence[:LONGEST_HIT]} [the sentence goes on]"
