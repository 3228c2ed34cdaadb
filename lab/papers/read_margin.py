"""The numbers that papers under review carry beside every line: no words of the paper, and nothing may be quoted with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from lab.papers.read_page import Box, Line, Page, Word

FEWEST = 12
"""Numbered lines of a page that has them; a page of nothing but figures has fewer, and nothing to be mistaken for text."""
IN_STEP = 0.9
"""Share of them that are one more than the one above; a float may take some away."""
NUMBER = re.compile(r"\d{1,4}")


def without_line_numbers(page: Page) -> Page:
    """The page without the columns of running numbers that stand left and right of all other words."""
    words = [(word, line) for line in page.lines if line.upright for word in line.words]
    gone: set[int] = set()
    for side in (0, -1):
        ends = [line.words[side] for line in page.lines if line.upright and NUMBER.fullmatch(line.words[side].text)]
        gone |= _numbers(ends, [word for word, _ in words], left=side == 0)
    if not gone:
        return page
    kept = ((line, tuple(w for w in line.words if id(w) not in gone)) for line in page.lines)
    return replace(page, lines=tuple(_of(line, words) for line, words in kept if words))


def _numbers(ends: Sequence[Word], words: Sequence[Word], *, left: bool) -> set[int]:
    """Those of them that stand outside everything else; none unless they count down the page."""
    chosen = {id(word) for word in ends}
    inner = [word for word in words if id(word) not in chosen]
    if not inner:
        return set()
    edge = min(w.box.x0 for w in inner) if left else max(w.box.x1 for w in inner)
    outer = [w for w in ends if (w.box.x1 < edge if left else w.box.x0 > edge)]
    outer.sort(key=lambda word: word.box.y0)
    steps = [int(b.text) - int(a.text) == 1 for a, b in pairwise(outer)]
    counted = len(outer) >= FEWEST and sum(steps) >= IN_STEP * len(steps)
    return {id(word) for word in outer} if counted else set()


def _of(line: Line, words: tuple[Word, ...]) -> Line:
    if len(words) == len(line.words):
        return line
    box = Box(
        min(w.box.x0 for w in words),
        min(w.box.y0 for w in words),
        max(w.box.x1 for w in words),
        max(w.box.y1 for w in words),
    )
    return replace(line, text=" ".join(w.text for w in words), box=box, size=max(w.size for w in words), words=words)
