"""Tables of a PDF page: those with lines round the cells as found, and those set between rules (booktabs) by their columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lab.papers.read_page import Box, Line, Page, Word

SHORTEST_RULE = 60.0
"""Points; a shorter line underlines a word or a part of a header."""
SAME_RULE = 4.0
"""Points by which two rules of one table may differ in where they begin and end."""
TALLEST = 500.0
"""Points between two rules of one table; further apart they belong to two."""
CELL_GAP = 0.6
"""A gap of more than this share of the type size between words parts two cells; a word space is 0.25 to 0.4."""
UNDER = 0.8
"""Share of a heading's height within which a rule under it is its own (a booktabs cmidrule)."""
NEAR = 70.0
"""Points between a table and its caption."""
CAPTION = re.compile(r"^(Table|Tab\.)\s+[A-Z]?\.?\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    box: Box
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables_of(page: Page) -> list[Found]:
    """From the top of the page."""
    found = [Found(r.box, r.rows[0], r.rows[1:]) for r in page.ruled]
    for region, second in _between_rules(page):
        if not any(region.holds(other.box.centre) for other in found):
            table = _columns(page, region, second)
            if table is not None:
                found.append(table)
    return sorted(found, key=lambda t: (t.box.y0, t.box.x0))


def _between_rules(page: Page) -> list[tuple[Box, float]]:
    """Regions from a first to a last rule of one width near a caption, and where the second rule is."""
    rules = sorted(
        (d.box for d in page.drawn if d.box.height < 2.5 and d.box.width > SHORTEST_RULE), key=lambda b: b.y0
    )
    stacks: list[list[Box]] = []
    captions = [line for line in page.lines if CAPTION.match(line.text)]
    for rule in rules:
        for stack in stacks:
            last = stack[-1]
            same = abs(last.x0 - rule.x0) < SAME_RULE and abs(last.x1 - rule.x1) < SAME_RULE
            parted = any(
                last.y1 < c.box.centre[1] < rule.y0 and c.box.x1 > rule.x0 and c.box.x0 < rule.x1 for c in captions
            )
            if same and rule.y0 - last.y1 < TALLEST and not parted:
                stack.append(rule)
                break
        else:
            stacks.append([rule])
    regions = []
    for stack in stacks:
        levels = [stack[0], *(b for a, b in pairwise(stack) if b.y0 - a.y0 > 3)]
        region = Box(stack[0].x0, levels[0].y0, stack[0].x1, levels[-1].y1)
        if len(levels) >= 3 and _captioned(region, captions):
            regions.append((region, levels[1].y0))
    return regions


def _captioned(region: Box, captions: Sequence[Line]) -> bool:
    """A caption above or below tells a table from an algorithm or a framed remark."""
    return any(
        c.box.x0 < region.x1 and c.box.x1 > region.x0 - NEAR
        and (-NEAR < c.box.y0 - region.y1 < NEAR or -NEAR < region.y0 - c.box.y1 < NEAR)
        for c in captions
    )  # fmt: skip


def _columns(page: Page, region: Box, second: float) -> Found | None:
    """Cells by the gaps that run down the body; a header over several columns is repeated over each."""
    words = [w for line in page.lines if line.upright for w in line.words if region.holds(w.box.centre, 1.0)]
    rows = [_cells(row) for row in _rows(words)]
    head = [row for row in rows if row and row[0][0].centre[1] < second]
    body = [row for row in rows if row and row[0][0].centre[1] >= second]
    columns = _gaps([box for row in body if len(row) > 1 for box, _ in row])
    if len(columns) < 2 or not body:
        return None
    laid = [_laid(row, columns, spread=False) for row in body]
    parting = [d.box for d in page.drawn if d.box.height < 2.5 and region.y0 < d.box.y0 < second]
    over = [_laid(_reaching(row, parting), columns, spread=True) for row in head]
    header = (
        tuple(" / ".join(dict.fromkeys(c for c in column if c)) for column in zip(*over, strict=True)) if over else ()
    )
    return Found(region, header, tuple(laid))


Cell = tuple[Box, str]


def _rows(words: Sequence[Word]) -> list[list[Word]]:
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda w: w.box.centre[1]):
        if rows and abs(rows[-1][0].box.centre[1] - word.box.centre[1]) < 0.4 * word.size:
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(row, key=lambda w: w.box.x0) for row in rows]


def _cells(row: Sequence[Word]) -> list[Cell]:
    cells: list[Cell] = []
    for word in row:
        if cells and word.box.x0 - cells[-1][0].x1 < CELL_GAP * word.size:
            box, text = cells[-1]
            cells[-1] = (
                Box(box.x0, min(box.y0, word.box.y0), word.box.x1, max(box.y1, word.box.y1)),
                f"{text} {word.text}",
            )
        else:
            cells.append((word.box, word.text))
    return cells


def _gaps(boxes: Sequence[Box]) -> list[tuple[float, float]]:
    """Columns: what remains between the gaps that no cell of the body fills."""
    columns: list[tuple[float, float]] = []
    for box in sorted(boxes, key=lambda b: b.x0):
        if columns and box.x0 <= columns[-1][1] + 1.0:
            columns[-1] = (columns[-1][0], max(columns[-1][1], box.x1))
        else:
            columns.append((box.x0, box.x1))
    return columns


def _reaching(row: Sequence[Cell], rules: Sequence[Box]) -> list[Cell]:
    """A heading over several columns reaches as far as the rule right under it and it alone, however short its words are."""
    made = dict(enumerate(row))
    for rule in rules:
        under = [
            at for at, (box, _) in enumerate(row)
            if 0 <= rule.y0 - box.y1 < UNDER * box.height and rule.x0 - 2 <= box.centre[0] <= rule.x1 + 2
        ]  # fmt: skip
        if len(under) == 1:
            box, text = row[under[0]]
            made[under[0]] = Box(min(box.x0, rule.x0), box.y0, max(box.x1, rule.x1), box.y1), text
    return list(made.values())


def _laid(row: Sequence[Cell], columns: Sequence[tuple[float, float]], spread: bool) -> tuple[str, ...]:
    out = [""] * len(columns)
    for box, text in row:
        over = [i for i, (a, b) in enumerate(columns) if box.x0 < b + 1 and box.x1 > a - 1]
        if not over:
            over = [min(range(len(columns)), key=lambda i: abs(sum(columns[i]) / 2 - box.centre[0]))]
        for i in over if spread else over[:1]:
            out[i] = f"{out[i]} {text}".strip()
    return tuple(out)
