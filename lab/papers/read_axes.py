"""The axes of a plotted figure: its box, the numbers beside it, and the line from points on the page to values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab.papers.read_page import Box, Drawn, Line, Page, Word
from lab.papers.read_ticks import Scale, Tick, number, scale

SMALLEST_BOX = 36.0
"""Points; half an inch. What is smaller is a legend or a marker."""
TICK_REACH = 45.0
"""Points between the box and its tick labels."""
TOUCH = 1.5
"""Points within which two things touch."""
BESIDE = 0.75
"""A tick mark belongs to the number whose middle is within this share of the type size."""


@dataclass(frozen=True)
class Axes:
    box: Box
    x: Scale | str
    """The scale, or why there is none."""
    y: Scale | str
    names: tuple[tuple[float, str], ...]
    """Words under the box, where they are: names of bars."""
    area: Box
    """The box with its labels."""
    left_names: tuple[tuple[float, str], ...] = ()


def axes_of(page: Page) -> list[Axes]:
    """Every plotted figure of the page: boxes with numbers beside them or under them, and plots without any."""
    words = [word for line in page.lines if line.upright for word in line.words]
    sides = [(box, _beside(words, box), _under(words, box)) for box in _boxes(page.drawn)]
    # a legend's box stands near the same numbers as the axes round it, but beside fewer of them
    sides.sort(key=lambda side: (-_numbers(side[1]) - _numbers(side[2]), side[0].width * side[0].height))
    found: list[Axes] = []
    for box, left, under in sides:
        labelled = _numbers(left) + _numbers(under) > 0
        if any(box.holds(w.box.centre, -1) for w in (*left, *under)) or not (labelled or _plots(page, box)):
            continue
        if not any(_meet(box, other.box) and not _inset(left, box, other.box) for other in found):
            found.append(_axes(page, box, left, under, words))
    return found


def _numbers(words: Sequence[Word]) -> int:
    return sum(number(word.text) is not None for word in words)


def _meet(a: Box, b: Box) -> bool:
    return a.x0 < b.x1 - TOUCH and b.x0 < a.x1 - TOUCH and a.y0 < b.y1 - TOUCH and b.y0 < a.y1 - TOUCH


def _inset(left: Sequence[Word], box: Box, outer: Box) -> bool:
    """Axes within axes have their own numbers, which stand within the outer box."""
    return _within(box, outer) and _numbers(left) >= 2 and all(outer.holds(w.box.centre) for w in left)


def _plots(page: Page, box: Box) -> bool:
    """Is something plotted in a box that has no numbers? A coloured curve, or bars on one line."""
    within = [d for d in page.drawn if _within(d.box, box) and not d.curved]
    curves = [
        d for d in within if d.stroke and max(d.stroke) - min(d.stroke) > 0.1 and len(d.points) >= 3 and not d.rectangle
    ]
    bars = [d.box.y1 for d in within if d.rectangle and d.fill and min(d.fill) < 0.85 and d.box.width < box.width / 2]
    return bool(curves) or any(sum(abs(a - b) < TOUCH for b in bars) >= 2 for a in bars)


def _axes(page: Page, box: Box, left: list[Word], under: list[Word], words: list[Word]) -> Axes:
    y_ticks = [t for t in (_tick(w, box, page.drawn, upright=True) for w in left) if t]
    x_ticks = [t for t in (_tick(w, box, page.drawn, upright=False) for w in under) if t]
    top = [w.text for w in words if box.x0 - 20 < w.box.centre[0] < box.x0 + 40 and -16 < w.box.centre[1] - box.y0 < 0]
    end = [w.text for w in words if abs(w.box.x1 - box.x1) < 30 and 0 < w.box.y0 - box.y1 < TICK_REACH]
    area = Box(
        min([box.x0, *(w.box.x0 for w in left)]), min(box.y0, *(w.box.y0 for w in left)) if left else box.y0,
        box.x1, max([box.y1, *(w.box.y1 for w in under)]),
    )  # fmt: skip
    second = [w for w in words if 0 < w.box.x0 - box.x1 < 20 and number(w.text) and box.y0 < w.box.centre[1] < box.y1]
    y: Scale | str = scale(y_ticks, "y", top)
    if sum(_mark(w.box.centre[1], w.size, box.x1, page.drawn) is not None for w in second) >= 2:
        y = "there are two y axes, and which series belongs to which is not drawn"
    names = [
        (w.box.centre[0], w) for w in under if number(w.text) is None or not isinstance(scale(x_ticks, "x", end), Scale)
    ]
    left_names = [(w.box.centre[1], _whole_name(w, words)) for w in left if number(w.text) is None]
    return Axes(box, scale(x_ticks, "x", end), y, _phrases([w for _, w in names]), area, tuple(left_names))


def _phrases(words: Sequence[Word]) -> tuple[tuple[float, str], ...]:
    """Words of one name together, with the middle of the name."""
    first = min((w.box.y0 for w in words), default=0)
    groups: list[list[Word]] = []
    for word in sorted((w for w in words if w.box.y0 < first + _height(w)), key=lambda w: w.box.x0):
        if groups and word.box.x0 - groups[-1][-1].box.x1 < 0.6 * word.size:
            groups[-1].append(word)
        else:
            groups.append([word])
    return tuple(((g[0].box.x0 + g[-1].box.x1) / 2, " ".join(w.text for w in g)) for g in groups)


def _whole_name(last: Word, words: Sequence[Word]) -> str:
    """A name left of the box, from its last word leftwards."""
    name, at = last.text, last.box.x0
    level = [w for w in words if abs(w.box.centre[1] - last.box.centre[1]) < 0.3 * last.size]
    for word in sorted(level, key=lambda w: -w.box.x1):
        if -TOUCH < at - word.box.x1 < 0.6 * word.size:
            name, at = f"{word.text} {name}", word.box.x0
    return name


def _height(word: Word) -> float:
    return 0.8 * word.size


def _boxes(drawn: Sequence[Drawn]) -> list[Box]:
    """Filled or framed rectangles, and frames made of a left and a bottom line."""
    boxes = [d.box for d in drawn if d.rectangle and _large(d.box) and (d.fill is None or min(d.fill) > 0.85)]
    uprights = [d.box for d in drawn if d.stroke and d.box.width < 0.5 and d.box.height > SMALLEST_BOX]
    levels = [d.box for d in drawn if d.stroke and d.box.height < 0.5 and d.box.width > SMALLEST_BOX]
    for upright in uprights:
        for level in levels:
            if abs(upright.y1 - level.y1) < TOUCH and abs(upright.x0 - level.x0) < TOUCH:
                boxes.append(Box(upright.x0, upright.y0, level.x1, level.y1))
    return boxes


def _large(box: Box) -> bool:
    return box.width > SMALLEST_BOX and box.height > SMALLEST_BOX


def _same(a: Box, b: Box) -> bool:
    return max(abs(a.x0 - b.x0), abs(a.y0 - b.y0), abs(a.x1 - b.x1), abs(a.y1 - b.y1)) < 3 * TOUCH


def _within(inner: Box, outer: Box) -> bool:
    return outer.holds((inner.x0, inner.y0), TOUCH) and outer.holds((inner.x1, inner.y1), TOUCH)


def _beside(words: Sequence[Word], box: Box) -> list[Word]:
    """Words left of the box, the nearest column of them: tick labels, not the axis's name."""
    near = [
        w for w in words
        if 0 <= box.x0 - w.box.x1 + TOUCH < TICK_REACH and box.y0 - w.size / 2 <= w.box.centre[1] <= box.y1 + w.size / 2
    ]  # fmt: skip
    edge = max((w.box.x1 for w in near), default=0.0)
    return [w for w in near if edge - w.box.x1 < 0.7 * w.size]


def _under(words: Sequence[Word], box: Box) -> list[Word]:
    """Words under the box, the nearest row of them."""
    near = [
        w for w in words
        if -TOUCH <= w.box.y0 - box.y1 + 0.35 * w.size < TICK_REACH and box.x0 - 2 * w.size <= w.box.centre[0] <= box.x1 + 2 * w.size
    ]  # fmt: skip
    edge = min((w.box.centre[1] for w in near), default=0.0)
    return [w for w in near if w.box.centre[1] - edge < 0.5 * w.size]


def _tick(word: Word, box: Box, drawn: Sequence[Drawn], upright: bool) -> Tick | None:
    said = number(word.text)
    if said is None:
        return None
    if said[0] > 0 and any(_minus(d, word) for d in drawn):
        said = (-said[0], said[1])
    middle = word.box.centre[1] if upright else word.box.centre[0]
    mark = _mark(middle, word.size, box.x0, drawn) if upright else _mark_under(middle, word.size, box.y1, drawn)
    return Tick(middle if mark is None else mark, said[0], said[1], mark is not None)


def _minus(path: Drawn, word: Word) -> bool:
    """Is this a minus that was drawn, not set, right before the number? matplotlib did so for years."""
    size = word.size
    thin = path.fill is not None and path.stroke is None and path.box.height < 0.2 * size
    near = -0.1 * size < word.box.x0 - path.box.x1 < 0.35 * size and 0.3 * size < path.box.width < size
    return thin and near and abs(path.box.centre[1] - word.box.centre[1]) < 0.4 * size


def _mark(middle: float, size: float, edge: float, drawn: Sequence[Drawn]) -> float | None:
    """The short level line at the edge of the box beside a number."""
    marks = [
        d.box.y0 for d in drawn
        if d.box.height < 0.5 and 0.5 < d.box.width < 10 and d.stroke
        and min(abs(d.box.x0 - edge), abs(d.box.x1 - edge)) < TOUCH and abs(d.box.y0 - middle) < BESIDE * size
    ]  # fmt: skip
    return min(marks, key=lambda y: abs(y - middle), default=None)


def _mark_under(middle: float, size: float, edge: float, drawn: Sequence[Drawn]) -> float | None:
    marks = [
        d.box.x0 for d in drawn
        if d.box.width < 0.5 and 0.5 < d.box.height < 10 and d.stroke
        and min(abs(d.box.y0 - edge), abs(d.box.y1 - edge)) < TOUCH and abs(d.box.x0 - middle) < BESIDE * size
    ]  # fmt: skip
    return min(marks, key=lambda x: abs(x - middle), default=None)


def lines_outside(lines: Sequence[Line], axes: Sequence[Axes]) -> list[Line]:
    """Without the labels within a figure, which belong to no sentence."""
    return [line for line in lines if not any(a.area.holds(line.box.centre) for a in axes)]
