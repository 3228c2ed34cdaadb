"""A paper from its PDF: columns in reading order, headings by their type, tables as tables, hyphens mended."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from lab.papers.found import stem
from lab.papers.paper import Caption, Equation, NoPaper, Paper, Reference, Section, Table
from lab.papers.pdf import read_document
from lab.papers.read_axes import axes_of, lines_outside
from lab.papers.read_headings import Heading, Type, body_type, heading, title_of
from lab.papers.read_layout import STAMP, begins_paragraph, covered, furniture, in_order, joined, running_text, words_of
from lab.papers.read_margin import without_line_numbers
from lab.papers.read_page import Document, Line, Page
from lab.papers.read_pdf_tables import Found, tables_of

CAPTION = re.compile(
    r"^(Figure|Fig\.|Table|Tab\.|Algorithm|Listing)\s+([A-Z]?\.?\d+(?:\.\d+)*)\s*[.:|–—]", re.IGNORECASE
)
NUMBERED_EQUATION = re.compile(r"\((?:[A-Z]\.?)?\d{1,3}[a-z]?\)\s*$")
LONGEST_EQUATION = 200
"""Characters of a displayed formula's line; a longer line that ends in (3) is prose."""
ITEM = re.compile(r"^(\[\d{1,3}\]|\[[A-Za-z+]+\d{2}[a-z]?\]|\d{1,3}\.)\s")
REFERENCES = {"references", "bibliography", "literature cited"}
SCANNED = 200
"""Characters a page has at least on average unless it is a picture of a page; a full one has three thousand."""
RUN_IN_ABSTRACT = re.compile(r"^Abstract\s*[—–:.-]\s*", re.IGNORECASE)


def read_pdf(paper_id: str, body: bytes) -> Paper:
    """The paper, or NoPaper with the reason."""
    return assemble(paper_id, read_document(body))


def _refuse_scans(document: Document) -> None:
    letters = sum(len(line.text) for page in document.pages for line in page.lines)
    if letters < SCANNED * len(document.pages):
        pictured = any(page.pictures for page in document.pages)
        what = "it is scanned: its pages are pictures" if pictured else "its pages hold no text"
        raise NoPaper(f"the PDF has {letters} characters on {len(document.pages)} pages; {what}")


def assemble(paper_id: str, document: Document) -> Paper:
    _refuse_scans(document)
    document = replace(document, pages=tuple(map(without_line_numbers, document.pages)))
    title, title_lines = title_of(document)
    walk = _Walk(body_type(document), words_of([line for page in document.pages for line in page.lines]))
    repeated = furniture(document.pages)
    for page in document.pages:
        skip = {id(line) for line in title_lines} if page.number == 1 else set()
        walk.page(page, [line for line in running_text(page, repeated) if id(line) not in skip])
    walk.close()
    return walk.paper(paper_id, title, _notes(document, paper_id))


def _notes(document: Document, paper_id: str) -> tuple[str, ...]:
    """The stamp arXiv sets in the margin says which paper this is."""
    asked = stem(paper_id)
    stamps = [STAMP.search(line.text) for line in document.pages[0].lines if not line.upright]
    others = {stamp.group(1) for stamp in stamps if stamp and stem(stamp.group(1)) != asked}
    return tuple(f"the PDF is stamped arXiv:{other}, and {asked} was asked for" for other in sorted(others))


def _bands(lines: list[Line], page: Page) -> list[list[Line]]:
    """On the first page who wrote it, in however many columns, is read before what stands below: the abstract and the text."""
    abstract = next((ln for ln in lines if page.number == 1 and RUN_IN_ABSTRACT.match(f"{ln.text}:")), None)
    if abstract is None:
        return [lines]
    top = abstract.box.y0 - 1.5 * abstract.size
    return [[ln for ln in lines if ln.box.centre[1] < top], [ln for ln in lines if ln.box.centre[1] >= top]]


@dataclass
class _Walk:
    """Goes through the pages once, closing a paragraph, a caption or a section as the next begins."""

    body: Type
    known: set[str]
    sections: list[Section] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    captions: list[Caption] = field(default_factory=list)
    equations: list[Equation] = field(default_factory=list)
    now: Heading = field(default_factory=lambda: Heading("", "Front matter", 1))
    began: int = 1
    text: str = ""
    turns: list[tuple[int, int]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    caption: tuple[str, int, list[Line]] | None = None
    number: int = 1
    last: Line = field(init=False)
    """The last heading's line."""
    heads: bool = False
    """The last line was a heading, which may go on."""

    @property
    def here(self) -> str:
        return f"{self.now.number} {self.now.name}".strip()

    def page(self, page: Page, lines: list[Line]) -> None:
        self.number = page.number
        if self.text or self.lines:
            self.turns.append((len(self.text) + sum(len(line.text) + 1 for line in self.lines), page.number))
        found = tables_of(page)
        regions = [table.box for table in found]
        first = len(self.captions)
        prose = lines_outside([ln for ln in lines if not covered(ln.box, regions)], axes_of(page))
        for band in _bands(prose, page):
            for line in in_order(band, page):
                self.line(line)
        self.end_caption()
        self.tables += [self.table(table, page, self.captions[first:]) for table in found]

    def line(self, line: Line) -> None:
        said = CAPTION.match(line.text)
        head = None if said else heading(line, self.number, self.body)
        if said:
            self.end_caption()
            self.caption = (f"{said.group(1).capitalize()} {said.group(2)}", self.number, [line])
        elif self.caption and not head and not self._left_caption(line):
            self.caption[2].append(line)
        elif head and not (self.now.name == "References" and self.lines and not head.number):
            self.begin(head, line)
        elif self.heads and line.bold and not head and line.size > 0.97 * self.last.size and line.size > self.body.size:
            self.now = replace(self.now, name=f"{self.now.name} {' '.join(line.text.split())}")
        else:
            self.end_caption()
            self.add(line)
            return
        if self.caption is None:
            self.last = line

    def _left_caption(self, line: Line) -> bool:
        """Further down than its lines are apart, in other type, or begun left of where it began: then it was one centred line."""
        said = self.caption[2] if self.caption else [line]
        last, first = said[-1], said[0]
        gap = line.box.y0 - last.box.y1
        apart = last.box.y0 - said[-2].box.y1 + 0.3 * last.size if len(said) > 1 else 0.6 * last.size
        moved = line.box.x0 < first.box.x0 - last.size or abs(line.size - last.size) > 0.6
        return moved or not -0.8 * last.size < gap < max(apart, 0.4 * last.size)

    def begin(self, head: Heading, line: Line) -> None:
        self.end_caption()
        self.close()
        name = "References" if head.name.casefold() in REFERENCES else head.name
        self.now, self.began, self.last, self.heads = replace(head, name=name), self.number, line, True

    def add(self, line: Line) -> None:
        self.heads = False
        if self.lines and begins_paragraph(self.lines[-1], line):
            self.end_paragraph()
        self.lines.append(line)
        number = NUMBERED_EQUATION.search(line.text)
        if number and len(line.text) < LONGEST_EQUATION:
            self.equation(line.text[: number.start()].strip(), number.group(0).strip(), line)

    def equation(self, text: str, number: str, line: Line) -> None:
        """A formula and its number, which is mostly set apart at the margin. It also stays in the text."""
        before = [ln for ln in self.lines[:-1] if abs(ln.box.centre[1] - line.box.centre[1]) < 0.8 * line.size]
        if line.mathematical or any(ln.mathematical for ln in before):
            whole = " ".join([*(ln.text for ln in before), text]).strip()
            self.equations.append(Equation(whole, number, self.here, self.number))

    def end_paragraph(self) -> None:
        paragraph = joined([line.text for line in self.lines], self.known)
        if paragraph:
            self.text = f"{self.text}\n\n{paragraph}" if self.text else paragraph
        self.lines = []

    def end_caption(self) -> None:
        if self.caption:
            label, page, lines = self.caption
            self.captions.append(Caption(label, joined([ln.text for ln in lines], self.known), page, self.here))
        self.caption = None

    def close(self) -> None:
        """The open section ends. What stood before the first heading is kept as front matter."""
        self.end_paragraph()
        if self.text or self.now.name != "Front matter":
            turns = ((0, self.began), *((at, page) for at, page in self.turns if at <= len(self.text)))
            self.sections.append(
                Section(self.now.number, self.now.name, self.now.level, self.text, self.began, tuple(turns))
            )
        self.text, self.turns = "", []

    def table(self, found: Found, page: Page, captions: list[Caption]) -> Table:
        """The nearest caption on the page that says Table and is no other table's yet."""
        taken = {table.caption for table in self.tables}
        free = [c.text for c in captions if c.label.startswith("Tab") and c.text not in taken]
        places = {c: min((abs(ln.box.centre[1] - found.box.centre[1]) for ln in page.lines if ln.text[:20] == c[:20]),
                         default=page.height) for c in free}  # fmt: skip
        caption = min(free, key=lambda c: places[c], default="")
        section = next((c.section for c in captions if c.text == caption), self.here)
        return Table(caption, found.header, found.rows, section, page.number)

    def paper(self, paper_id: str, title: str, notes: tuple[str, ...]) -> Paper:
        kept = [s for s in self.sections if s.name not in ("Abstract", "References")]
        abstract = next((s.text for s in self.sections if s.name.casefold() == "abstract"), "")
        kept = [s for s in kept if s.name.casefold() != "abstract"]
        if not abstract and kept and kept[0].name == "Front matter":
            parts = [p for p in kept[0].text.split("\n\n") if RUN_IN_ABSTRACT.match(p)]
            abstract = RUN_IN_ABSTRACT.sub("", parts[0]) if parts else ""
        references = [r for s in self.sections if s.name == "References" for r in references_of(s.text)]
        return Paper(
            id=paper_id, title=title, abstract=abstract, how="pdf", sections=tuple(kept), tables=tuple(self.tables),
            captions=tuple(self.captions), equations=tuple(self.equations), references=tuple(references), notes=notes,
        )  # fmt: skip


def references_of(text: str) -> list[Reference]:
    """By their labels if they have some, else a paragraph each."""
    marked = re.split(r"(?:(?<=\s)|^)(?=\[\d{1,3}\]\s)", text)
    parts = [p for p in marked if p.strip()] if len(marked) > 2 else text.split("\n\n")
    made = []
    for part in parts:
        label = ITEM.match(part)
        made.append(Reference(label.group(1) if label else "", " ".join(part[label.end() if label else 0 :].split())))
    return [reference for reference in made if reference.text]
