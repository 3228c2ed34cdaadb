"""The order in which a page is read, and the paragraphs its lines make. Pure over lines and boxes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from lab.papers.read_page import Box, Line, Page

MARGIN = 0.08
"""Share of the page's height at top and bottom in which running heads and page numbers stand."""
CROSSING = 0.25
"""A page has two columns if less than this share of its letters stands in lines across the middle: title, wide tables."""
EACH_SIDE = 0.05
"""And each side of the middle has at least this share."""
SLACK = 2.0
"""Points by which boxes that touch may overlap."""
APART = 0.55
"""A gap of more than this share of the type size between two lines begins a paragraph; set solid it is about 0.2."""
INDENT = 0.8
"""A line that begins this share of the type size to the right of the one before begins a paragraph."""
STAMP = re.compile(r"arXiv:\s*(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})")


def furniture(pages: Sequence[Page]) -> set[str]:
    """What stands at the top or the bottom of several pages, digits apart: running heads, page numbers, notices."""
    seen: Counter[str] = Counter()
    for page in pages:
        seen.update({shape(line.text) for line in page.lines if at_edge(line, page)})
    return {text for text, times in seen.items() if times >= max(2, min(4, len(pages) // 3))}


def shape(text: str) -> str:
    return re.sub(r"\d+", "#", text).strip().casefold()


def at_edge(line: Line, page: Page) -> bool:
    return line.box.y1 < MARGIN * page.height or line.box.y0 > (1 - MARGIN) * page.height


def running_text(page: Page, repeated: set[str]) -> list[Line]:
    """Lines that are read: upright, and neither running head nor page number."""
    kept = []
    for line in page.lines:
        if not line.upright:
            continue
        if at_edge(line, page) and (shape(line.text) in repeated or re.fullmatch(r"\W*\d{1,4}\W*", line.text)):
            continue
        kept.append(line)
    return kept


def middle(lines: Sequence[Line], page: Page) -> float | None:
    """Where the gap between two columns is, or None for one column."""
    total = sum(len(line.text) for line in lines)
    if not lines or not total:
        return None
    left, right = min(line.box.x0 for line in lines), max(line.box.x1 for line in lines)
    best: tuple[float, float] | None = None
    for step in range(-4, 5):
        x = (left + right) / 2 + step * 0.01 * page.width
        across = sum(len(line.text) for line in lines if line.box.x0 + SLACK < x < line.box.x1 - SLACK)
        sides = [
            sum(len(line.text) for line in lines if line.box.x1 - SLACK <= x),
            sum(len(line.text) for line in lines if line.box.x0 + SLACK >= x),
        ]
        if across < CROSSING * total and min(sides) > EACH_SIDE * total and (best is None or across < best[0]):
            best = (across, x)
    return best[1] if best else None


def in_order(lines: Sequence[Line], page: Page) -> list[Line]:
    """One column from the top; two columns band by band, a band ending at every line that runs across both."""
    gap = middle(lines, page)
    if gap is None:
        return _down(lines)
    across = [line for line in lines if line.box.x0 + SLACK < gap < line.box.x1 - SLACK]
    rest = [line for line in lines if line not in across]
    ordered: list[Line] = []
    for line in [*_down(across), None]:
        top = line.box.centre[1] if line else page.height * 2
        band = [other for other in rest if other.box.centre[1] < top]
        rest = [other for other in rest if other.box.centre[1] >= top]
        ordered += _down([b for b in band if b.box.centre[0] < gap]) + _down(
            [b for b in band if b.box.centre[0] >= gap]
        )
        ordered += [line] if line else []
    return ordered


def _down(lines: Sequence[Line]) -> list[Line]:
    """From the top; pieces on one baseline from the left."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda found: (found.box.y1, found.box.x0)):
        if rows and abs(rows[-1][0].box.y1 - line.box.y1) < 0.35 * line.size and _same_row(rows[-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda found: found.box.x0)]


def _same_row(row: Sequence[Line], line: Line) -> bool:
    return all(line.box.x0 >= other.box.x1 - SLACK or line.box.x1 <= other.box.x0 + SLACK for other in row)


def begins_paragraph(before: Line, line: Line) -> bool:
    """A gap, an indent, or another column after a sentence has ended."""
    if before.text.rstrip().endswith("-") and line.text[:1].islower():
        return False
    size = max(before.size, line.size)
    gap = line.box.y0 - before.box.y1
    if gap < -0.5 * size:  # the top of the next column, or of the next page
        return before.text.rstrip().endswith((".", ":", "!", "?")) and not line.text[:1].islower()
    if abs(line.box.y1 - before.box.y1) < 0.35 * size:
        return False
    if gap > APART * size:
        return True
    return line.box.x0 - before.box.x0 > INDENT * size and before.text.rstrip().endswith((".", ":", "!", "?", ")"))


HYPHENED = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)[-\u2010]$")
SOFT = "\u00ad"
"""The hyphen of programs that know it is one of their own (not TeX's): never part of the word."""


def joined(lines: Sequence[str], known: set[str]) -> str:
    """Lines as one paragraph. A hyphen at a line's end goes unless the paper writes the word with one elsewhere."""
    text = ""
    for line in lines:
        piece = " ".join(line.split())
        if text.endswith(SOFT):
            text = text.removesuffix(SOFT) + piece
            continue
        cut = HYPHENED.search(text)
        if cut and piece[:1].islower():
            following = re.match(r"[^\W\d_]+", piece)
            first, second = cut.group(1).casefold(), (following.group(0) if following else "").casefold()
            keep = first + second not in known and (f"{first}-{second}" in known or "-" in first)
            text = (text if keep else text[:-1]) + piece
        else:
            text = f"{text} {piece}".strip() if not (cut and piece) else text + piece
    return text


def words_of(lines: Sequence[Line]) -> set[str]:
    """Every word the paper writes in one piece, with its inner hyphens: what mending hyphens is judged by."""
    found: set[str] = set()
    for line in lines:
        found.update(w.casefold() for w in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*(?!-?$)", line.text))
    return found


def covered(box: Box, regions: Sequence[Box]) -> bool:
    return any(region.holds(box.centre, SLACK) for region in regions)
