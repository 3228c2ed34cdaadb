"""A paper from the HTML that arXiv and ar5iv make of its LaTeX (LaTeXML's markup)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from lab.papers.found import stem
from lab.papers.paper import Caption, Equation, How, NoPaper, Paper, Reference, Section, Table
from lab.papers.read_html_tables import inside, table_of
from lab.papers.read_html_text import classes, having, inline, math, strings

LEVELS = {
    "ltx_part": 1, "ltx_chapter": 1, "ltx_section": 1, "ltx_appendix": 1, "ltx_subsection": 2, "ltx_subsubsection": 3,
    "ltx_paragraph": 4, "ltx_subparagraph": 5,
}  # fmt: skip
APART = {
    "ltx_bibliography",
    "ltx_abstract",
    "ltx_authors",
    "ltx_dates",
    "ltx_page_footer",
    "ltx_pagination",
    "ltx_toclist",
}
"""Parts that are kept elsewhere or are no text of the paper."""
TEXTS = (
    "ltx_p",
    "ltx_tabular",
    "ltx_equation",
    "ltx_eqn_table",
    "ltx_listing",
    "ltx_verbatim",
    "ltx_section",
    "ltx_title",
)
"""What lies inside a part that is walked on through; a part with none of these is a line of text itself."""
LABEL = re.compile(
    r"(?:Figure|Fig\.?|Table|Tab\.|Algorithm|Listing)\s+(?:[A-Z]?\.?\d+(?:\.\d+)*|[IVXL]+\b)", re.IGNORECASE
)
WATERMARK = re.compile(r"arXiv:\s*(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})")
WITHDRAWN = re.compile(r"\bthis (?:paper|article|submission) has been withdrawn\b", re.IGNORECASE)
BROKEN_OFF = "Conversion to HTML had a Fatal error and exited abruptly"
"""What arXiv and ar5iv write at the end of half a paper."""
SHORT_OF_A_PAPER = 600
"""Characters of text; what has less is a notice, not a paper."""


def read_html(paper_id: str, body: bytes, how: How = "html") -> Paper:
    """The paper, or NoPaper with the reason."""
    from lxml import etree, html

    try:
        root = html.document_fromstring(body, parser=html.HTMLParser(encoding="utf-8"))
    except etree.LxmlError as wrong:
        raise NoPaper("the page is empty") from wrong
    found = sorted(  # arXiv's own warning about packages stands first and calls itself a document as well
        (n for n in having(root, "ltx_document") if "package-alerts" not in classes(n)),
        key=lambda n: n.tag != "article",
    )
    if not found:
        raise NoPaper("the page holds no converted paper (arXiv answers so where there is no HTML version)")
    whole = root.text_content()
    if BROKEN_OFF in whole:
        raise NoPaper("the page breaks off where its conversion failed")
    walk = _Walk()
    walk.part(found[0])
    walk.close()
    text = sum(len(s.text) for s in walk.sections)
    if WITHDRAWN.search(whole) and text < SHORT_OF_A_PAPER * 5:
        raise NoPaper("the paper has been withdrawn")
    if text < SHORT_OF_A_PAPER:
        raise NoPaper(f"the page has {text} characters of text: a notice or an abstract, not a paper")
    return Paper(
        id=paper_id, title=_title(found[0]), abstract=_abstract(found[0]), how=how, sections=tuple(walk.sections),
        tables=tuple(walk.tables), captions=tuple(walk.captions), equations=tuple(walk.equations),
        references=tuple(_references(found[0])), notes=tuple(_notes(root, found[0], paper_id)),
    )  # fmt: skip


def _title(article: Any) -> str:
    """Without the thanks that hang on it as a note."""
    titles = [deepcopy(found) for found in having(article, "ltx_title_document")[:1]]
    for note in (note for title in titles for note in having(title, "ltx_note")):
        note.drop_tree()
    return " ".join(map(inline, titles))


def _abstract(article: Any) -> str:
    blocks = having(article, "ltx_abstract")
    return "\n\n".join(inline(p) for p in having(blocks[0], "ltx_p")) if blocks else ""


def _references(article: Any) -> Iterator[Reference]:
    for item in having(article, "ltx_bibitem"):
        tags = having(item, "ltx_tag_bibitem")
        label = inline(tags[0]) if tags else ""
        text = " ".join(inline(block) for block in having(item, "ltx_bibblock")) or inline(item)
        yield Reference(label, text)


def _notes(root: Any, article: Any, paper_id: str) -> Iterator[str]:
    broken = len(having(article, "ltx_ERROR"))
    if broken:
        yield f"{broken} commands of the source could not be converted; text near them may be missing"
    stamped = WATERMARK.search(" ".join(root.xpath("//*[@id='watermark-tr']//text()")))
    asked = stem(paper_id)
    if stamped and stem(stamped.group(1)) != asked:
        yield f"the page is stamped arXiv:{stamped.group(1)}, and {asked} was asked for"


@dataclass
class _Walk:
    """Walks the article once, in the order of reading."""

    sections: list[Section] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    captions: list[Caption] = field(default_factory=list)
    equations: list[Equation] = field(default_factory=list)
    number: str = ""
    name: str = "Front matter"
    level: int = 1
    lines: list[str] = field(default_factory=list)

    @property
    def here(self) -> str:
        return f"{self.number} {self.name}".strip()

    def close(self) -> None:
        """The section that was open ends: kept if it has a text or a heading."""
        text = "\n\n".join(line for line in self.lines if line)
        if text or self.name != "Front matter":
            self.sections.append(Section(self.number, self.name, self.level, text))
        self.lines = []

    def part(self, node: Any) -> None:
        if not isinstance(node.tag, str) or node.tag == "svg":
            return
        kinds = classes(node)
        if kinds & APART or "ltx_title_document" in kinds:
            return
        level = next((LEVELS[name] for name in LEVELS if name in kinds), None)
        if level is not None:
            self.begin(node, level)
        elif node.tag == "figure" or kinds & {"ltx_figure", "ltx_table", "ltx_float"}:
            self.figure(node)
        elif kinds & {"ltx_equation", "ltx_equationgroup", "ltx_eqn_table"}:
            self.equation(node)
        elif "ltx_tabular" in kinds:
            self.tables.append(table_of(node, "", self.here))
        elif "ltx_title" in kinds:
            self.lines += [inline(node)] if "ltx_title_theorem" in kinds else []
        elif "ltx_p" in kinds or kinds & {"ltx_listing", "ltx_verbatim"} or node.tag in ("p", "pre"):
            self.paragraph(node)
        elif "ltx_tag" not in kinds and (said := _said(node)):
            self.lines.append(said)
        elif any(having(node, name) for name in TEXTS):
            for child in node:
                self.part(child)
        elif "ltx_tag" not in kinds:
            self.lines.append(inline(node))

    def begin(self, node: Any, level: int) -> None:
        titles = [n for n in node if isinstance(n.tag, str) and "ltx_title" in classes(n)]
        if titles:
            self.close()
            tags = having(titles[0], "ltx_tag")
            self.number = inline(tags[0]).strip(" .") if tags else ""
            whole = inline(titles[0])
            self.name = whole.removeprefix(inline(tags[0])).strip() if tags else whole
            self.level = level
        for child in node:
            self.part(child)

    def paragraph(self, node: Any) -> None:
        """A table set within a line is taken out of it, so that its cells stay cells."""
        tables = having(node, "ltx_tabular")
        if not tables:
            self.lines.append(inline(node))
            return
        for table in tables:
            if not any("ltx_tabular" in classes(up) for up in table.iterancestors()):
                self.tables.append(table_of(table, "", self.here))
        rest = [s for child in node if "ltx_tabular" not in classes(child) for s in (*strings(child), child.tail or "")]
        self.lines.append(" ".join("".join([node.text or "", *rest]).split()))

    def equation(self, node: Any) -> None:
        """One per numbered row; it also stays in the text where the paper has it."""
        rows = having(node, "ltx_eqn_row") or [node]
        for row in rows:
            texts = [math(m) for m in row.iter("math")]
            tags = having(row, "ltx_tag_equation") or having(row, "ltx_tag_equationgroup")
            number = inline(tags[0]) if tags else ""
            text = " ".join(" ".join(texts).split())
            if text:
                self.equations.append(Equation(text, number, self.here))
                self.lines.append(f"{text}  {number}".strip())

    def figure(self, node: Any) -> None:
        """Its captions and tables, panel by panel; an algorithm's or a listing's lines are text."""
        said = {c: inline(c) for c in list(node.iter("figcaption")) or having(node, "ltx_caption")}
        self.captions += [_caption(text, said.values(), self.here) for text in said.values() if text]
        tables = [t for t in having(node, "ltx_tabular") if not inside(t, node)]
        self.tables += [table_of(table, _over(table, node, said), self.here) for table in tables]
        if not tables:
            kept = [inline(line) for line in (*having(node, "ltx_listingline"), *having(node, "ltx_p"))]
            self.lines += [line for line in kept if line and not any(line in text for text in said.values())]


def _said(node: Any) -> str:
    """The words that stand in it directly, after its title, as acknowledgements and key words do; none where it has none."""
    if not (node.text or "").strip() and not any((child.tail or "").strip() for child in node):
        return ""
    titles = [inline(child) for child in node if isinstance(child.tag, str) and "ltx_title" in classes(child)]
    return inline(node).removeprefix(titles[0] if titles else "").strip()


def _caption(text: str, all_said: Iterable[str], section: str) -> Caption:
    """`Figure 1` by its number; a panel of it, which says (a) alone, as `Figure 1 (a)`."""
    number, panel = LABEL.match(text), re.match(r"\(\w{1,3}\)", text)
    whole = next((found for other in all_said if (found := LABEL.match(other))), None)
    named = f"{whole[0]} {panel[0]}" if panel and whole else text[:30]
    return Caption(number[0] if number else named, text, None, section)


def _over(table: Any, figure: Any, said: Mapping[Any, str]) -> str:
    """The caption a table stands under: that of its own panel, with the whole's before it where the panel has no number."""
    near, whole = "", next((text for text in said.values() if LABEL.match(text)), "")
    for up in table.iterancestors():
        near = next((said[c] for c in up.iter() if said.get(c)), "")
        if near or up is figure:
            break
    return near if LABEL.match(near) or whole in ("", near) else f"{whole} {near}"
