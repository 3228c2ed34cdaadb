"""The one seam to pymupdf (AGPL, and pinned below 2): bytes in, pages of plain shapes out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from lab.papers.paper import NoPaper
from lab.papers.read_page import Box, Document, Drawn, Line, Page, Ruled, Word

_one_at_a_time = threading.RLock()
"""MuPDF is not safe between threads, and readers work in several."""

RAISED = 0.82
"""Type smaller than this share of its line's, and raised, is a superscript; TeX sets them at 0.7."""
GAP = 0.22
"""A gap of more than this share of the type size parts two words where no space was written; TeX's is 0.33, a kern 0.1."""
SMALL, TIGHT = 0.9, 0.35
"""Small capitals are set at 0.8 of the size, and nearer than a word's space."""
COLUMN_GAP = 2.5
"""A gap of more than this share of the type size parts two columns or cells set on one baseline."""
MOST_PATHS = 20_000
"""Drawn paths of one page that are looked at; a scatter plot of more is named, not read."""
BOLD, MATHS = (
    ("bold", "black", "heavy", "-medi", "demi", "cmbx", "sfbx"),
    ("cmmi", "cmsy", "cmex", "math", "msbm", "symbol"),
)
ON_PAGE = 64
"""TEXT_MEDIABOX_CLIP alone: ligatures are spelt out, and nothing is read that lies off the page."""


def read_document(body: bytes) -> Document:
    """Every page, or NoPaper with the reason."""
    import pymupdf

    if not body.lstrip()[:5].startswith(b"%PDF"):
        raise NoPaper("the file is no PDF")
    with _one_at_a_time:
        pymupdf.TOOLS.mupdf_display_errors(False)
        pymupdf.TOOLS.mupdf_display_warnings(False)
        pymupdf.no_recommend_layout()  # else it advertises on standard output
        try:
            with pymupdf.open(stream=body, filetype="pdf") as document:
                return _document(document)
        except NoPaper:
            raise
        except (pymupdf.FileDataError, pymupdf.mupdf.FzErrorBase, RuntimeError, ValueError) as wrong:
            raise NoPaper(f"the PDF is damaged ({' '.join(str(wrong).split())[:120]})") from wrong


def _document(document: Any) -> Document:
    if document.needs_pass:
        raise NoPaper("the PDF is locked with a password")
    if not document.page_count:
        raise NoPaper("the PDF has no pages")
    pages = tuple(_page(page, number) for number, page in enumerate(document, 1))
    outline = tuple((int(level), str(title).strip(), int(page)) for level, title, page in document.get_toc())
    return Document(str((document.metadata or {}).get("title") or "").strip(), outline, pages)


def _page(page: Any, number: int) -> Page:
    lines = tuple(_lines(page.get_text("rawdict", flags=ON_PAGE)))
    drawn = tuple(_drawn(page))
    upright = sum(d.box.width < 1 and d.box.height > 8 for d in drawn)
    ruled = tuple(_ruled(page)) if upright >= 2 or any(d.rectangle for d in drawn) else ()
    pictures = tuple(_box(info["bbox"]) for info in page.get_image_info())
    return Page(number, page.rect.width, page.rect.height, lines, drawn, ruled, pictures)


def _box(found: Any) -> Box:
    x0, y0, x1, y1 = (float(v) for v in found)
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _lines(raw: dict[str, Any]) -> Iterator[Line]:
    for block in raw["blocks"]:
        for line in block.get("lines", ()):
            level = abs(line["dir"][0] - 1) < 0.01
            for piece in _pieces(line, level):
                words = tuple(_small_capitals(_words(piece)))
                text = " ".join(word.text for word in words)
                if not text.strip():
                    continue
                fonts = [font.casefold() for _, _, font, heavy in piece]
                bold = sum(heavy for _, _, _, heavy in piece) > 0.8 * len(piece)
                size = max(size for _, size, _, _ in piece)
                box = _around([word.box for word in words])
                yield Line(text, box, size, bold, any(m in f for f in fonts for m in MATHS), words, level)


Letter = tuple[dict[str, Any], float, str, bool]


def _pieces(line: dict[str, Any], level: bool) -> Iterator[list[Letter]]:
    """A line's letters, parted where the gap is that between columns. Space is kept as a letter."""
    now: list[Letter] = []
    for span in line["spans"]:
        font = str(span["font"])
        heavy = bool(span["flags"] & 16) or any(mark in font.casefold() for mark in BOLD)
        for letter in span["chars"]:
            entry = (letter, float(span["size"]), font, heavy)
            if now and level and letter["bbox"][0] - now[-1][0]["bbox"][2] > COLUMN_GAP * entry[1]:
                yield now
                now = []
            now.append(entry)
    if now:
        yield now


def _words(letters: list[Letter]) -> Iterator[Word]:
    """Words with their boxes; a raised part of smaller type is written with a caret."""
    size = max(entry[1] for entry in letters)
    text, boxes, sizes, raised, last = "", list[Box](), list[float](), False, None
    for letter, own, _, _ in letters:
        box = _box(letter["bbox"])
        blank = not letter["c"].strip()
        if text and (blank or (last is not None and box.x0 - last > GAP * own)):
            yield Word(text, _around(boxes), max(sizes))
            text, boxes, sizes, raised = "", [], [], False
        if blank:
            last = None
            continue
        above = own < RAISED * size and letter["origin"][1] < letters[0][0]["origin"][1] - 0.12 * size
        if above and not raised and text:
            text += "^"
        raised = above
        text, last = text + letter["c"], box.x1
        boxes.append(box)
        sizes.append(own)
    if text:
        yield Word(text, _around(boxes), max(sizes))


def _small_capitals(words: Iterator[Word]) -> Iterator[Word]:
    """A first letter goes with the smaller capitals after it, which are set as if apart: I NTRODUCTION is one word."""
    last: Word | None = None
    for word in words:
        if last and len(last.text) == 1 and last.text.isupper() and word.text.isupper() and _follows(last, word):
            last = Word(last.text + word.text, _around([last.box, word.box]), last.size)
            continue
        if last:
            yield last
        last = word
    if last:
        yield last


def _follows(capital: Word, rest: Word) -> bool:
    return rest.size < SMALL * capital.size and rest.box.x0 - capital.box.x1 < TIGHT * rest.size


def _around(boxes: list[Box]) -> Box:
    return Box(min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))


def _drawn(page: Any) -> Iterator[Drawn]:
    found = page.get_cdrawings()
    for path in found[:MOST_PATHS]:
        points: list[tuple[float, float]] = []
        curved = False
        for item in path["items"]:
            corners = _corners(item)
            curved = curved or item[0] == "c"
            points += corners if not points or points[-1] != corners[0] else corners[1:]
        fill, stroke = path.get("fill"), path.get("color")
        one = len(path["items"]) == 1 and path["items"][0][0] in ("re", "qu")
        yield Drawn(
            _box(path["rect"]), tuple(points), tuple(fill) if fill and "f" in path["type"] else None,
            tuple(stroke) if stroke and "s" in path["type"] else None, float(path.get("width") or 0),
            str(path.get("dashes") or ""), curved, one,
        )  # fmt: skip


def _corners(item: Any) -> list[tuple[float, float]]:
    """The points a piece of a path runs through; a curve's handles are none."""
    kind = item[0]
    if kind == "re":
        box = _box(item[1])
        return [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
    if kind == "qu":
        q = item[1]
        return [_xy(q[0]), _xy(q[1]), _xy(q[3]), _xy(q[2])]
    if kind == "c":
        return [_xy(item[1]), _xy(item[4])]
    return [_xy(item[1]), _xy(item[2])]


def _xy(point: Any) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def _ruled(page: Any) -> Iterator[Ruled]:
    for table in page.find_tables(strategy="lines_strict").tables:
        rows = [tuple(" ".join((cell or "").split()) for cell in row) for row in table.extract()]
        if len(rows) > 1 and len(rows[0]) > 1 and sum(bool(cell) for row in rows for cell in row) > len(rows):
            yield Ruled(_box(table.bbox), tuple(rows))
