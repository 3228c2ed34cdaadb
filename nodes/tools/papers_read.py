"""Tools that read papers: contents, sections, tables, plotted values, words, quotes. All paged; none writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from lab.model.tool import Tool
from lab.net.web import Web
from lab.papers.figures import TOLERANCE, Panel
from lab.papers.paper import PAGE, NoSuchPart, Paper, contents, find, page_of, table_name
from lab.papers.quotes import NotThere, place_of, source_of
from lab.papers.read import Shelf
from lab.papers.read_said import ClaimSaid, RecipeSaid, accepted

HOSTS = ("arxiv", "ar5iv")


class _Takes(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Nothing(_Takes):
    """Nothing is asked."""


class SectionPage(_Takes):
    section: str = Field(description="its heading, its number in the paper, or its place in the contents as [5]")
    offset: int = Field(0, ge=0, description="characters already read of it")


class TablePage(_Takes):
    table: int = Field(0, ge=0, description="1 is the first of the paper; 0 lists them")
    row: int = Field(0, ge=0, description="rows already read of it")


class FigurePage(_Takes):
    offset: int = Field(0, ge=0, description="characters already read of the answer")


class Words(_Takes):
    words: str


class Quote(_Takes):
    quote: str = Field(description="word for word, as you would give it")


class Draft(_Takes):
    recipe: RecipeSaid | None = None
    claim: ClaimSaid | None = None


class OnePaper(_Takes):
    paper: str = Field(description="arXiv id, e.g. 2402.03300")


class SectionOf(SectionPage, OnePaper): ...


class TableOf(TablePage, OnePaper): ...


class FiguresOf(FigurePage, OnePaper): ...


class WordsOf(Words, OnePaper): ...


class QuoteOf(Quote, OnePaper): ...


ABOUT = {
    "read_paper": "The contents of the paper: sections with their sizes, tables, figures. Start here.",
    "read_section": "The text of a section, page by page. Also: abstract, references.",
    "paper_tables": "A table of the paper, row by row with its header and caption; or the list of all tables.",
    "figure_values": "Values measured in the paper's vector figures, with what could not be measured and why. They are measured "
    f"from the drawing (within {TOLERANCE:.1%} of the axis), not printed: no quote can rest on them.",
    "find_in_paper": "Sentences of the paper that hold these words, each with its place.",
    "check_quote": "Does this quote stand in the paper word for word? Its place, or why not. Check before you hand in.",
    "check_draft": "Would this recipe or claim be accepted? Yes with its places, or what does not stand.",
}


def reading_tools(web: Web, cache: Shelf | None = None) -> list[Tool]:
    """For any paper on arXiv, named in each call; papers once opened stay on the shelf."""
    shelf = cache or Shelf(web)
    return [
        _tool("read_paper", OnePaper, lambda a: contents(shelf.open(a.paper))),
        _tool("read_section", SectionOf, lambda a: page_of(shelf.open(a.paper), a.section, a.offset)),
        _tool("paper_tables", TableOf, lambda a: table_page(shelf.open(a.paper), a.table, a.row)),
        _tool("figure_values", FiguresOf, lambda a: paged(figures_text(shelf.figures(a.paper)), a.offset)),
        _tool("find_in_paper", WordsOf, lambda a: find(shelf.open(a.paper), a.words)),
        _tool("check_quote", QuoteOf, lambda a: quote_text(shelf.open(a.paper), a.quote)),
    ]


def tools_of(paper: Paper, shelf: Shelf) -> list[Tool]:
    """For one paper and no other: what its own reader gets."""
    return [
        _tool("read_paper", Nothing, lambda a: contents(paper), asks=False),
        _tool("read_section", SectionPage, lambda a: page_of(paper, a.section, a.offset), asks=False),
        _tool("paper_tables", TablePage, lambda a: table_page(paper, a.table, a.row), asks=False),
        _tool("figure_values", FigurePage, lambda a: paged(figures_text(shelf.figures(paper.id)), a.offset)),
        _tool("find_in_paper", Words, lambda a: find(paper, a.words), asks=False),
        _tool("check_quote", Quote, lambda a: quote_text(paper, a.quote), asks=False),
        _tool("check_draft", Draft, lambda a: draft_text(paper, a), asks=False),
    ]


Takes = TypeVar("Takes", bound=BaseModel)


def _tool(name: str, takes: type[Takes], run: Callable[[Takes], str], asks: bool = True) -> Tool:
    return Tool(name, ABOUT[name], takes, run, reaches=HOSTS if asks else ())


def table_page(paper: Paper, number: int, row: int) -> str:
    """The list of tables, or rows of one with its caption and header each time."""
    if not paper.tables:
        return f"no table could be made out in {paper.id}; the words of its tables, if any, stand in its sections"
    if number == 0:
        named = [f"[{i}] {table_name(t, i)}: {t.caption} ({len(t.rows)} rows)" for i, t in enumerate(paper.tables, 1)]
        return "\n".join(named)
    if number > len(paper.tables):
        raise NoSuchPart(f"{paper.id} has {len(paper.tables)} tables")
    table = paper.tables[number - 1]
    if row > len(table.rows):
        raise NoSuchPart(f"{table_name(table, number)} has {len(table.rows)} rows")
    page = f", page {table.page}" if table.page else ""
    lines = [f"{table.caption or 'no caption'} ({table.section}{page})", " | ".join(table.header)]
    size = sum(map(len, lines))
    for at, cells in enumerate(table.rows[row:], row):
        line = " | ".join(cells)
        if size + len(line) > PAGE and at > row:
            return "\n".join([*lines, f"[read on with row {at}; {len(table.rows)} rows in all]"])
        lines.append(line)
        size += len(line)
    return "\n".join(lines)


def paged(text: str, offset: int) -> str:
    """A page of a long answer, with where to read on."""
    if offset > len(text):
        raise NoSuchPart(f"the answer has {len(text)} characters")
    end = min(len(text), offset + PAGE)
    return text[offset:end] + (f"\n[read on with offset {end} of {len(text)}]" if end < len(text) else "")


def figures_text(panels: list[Panel]) -> str:
    """What was measured and what could not be, panel by panel."""
    if not panels:
        return "no plotted figure could be made out"
    lines: list[str] = []
    for number, panel in enumerate(panels, 1):
        lines.append(f"[{number}] page {panel.page}: {panel.caption or 'without a caption near it'}")
        lines += [f"  note: {note}" for note in panel.notes]
        if panel.why_not:
            lines.append(f"  not measured: {panel.why_not}")
        for series in panel.series:
            points = ", ".join(f"{x if isinstance(x, str) else format(x, 'g')}: {y:g}" for x, y in series.points)
            lines.append(f"  {series.kind} {series.name or 'without a name in a legend'} ({series.colour}): {points}")
    return "\n".join(lines)


def quote_text(paper: Paper, quote: str) -> str:
    found = place_of(quote, source_of(paper))
    if isinstance(found, NotThere):
        return f"no: {found.why}"
    return f"yes: {found.section}{f', page {found.page}' if found.page else ''}"


def draft_text(paper: Paper, draft: Draft) -> str:
    told = [("recipe", draft.recipe), ("claim", draft.claim)]
    lines = []
    for name, said in told:
        if said is not None:
            made, why = accepted(said, paper)
            lines.append(f"{name}: accepted" if made else f"{name}: rejected; {why}")
    return "\n".join(lines) or "nothing was given to check"
