"""The values that a vector figure plots, read from its paths. It measures and never guesses: what can't be measured is said."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lab.papers.pdf import read_document
from lab.papers.read_axes import Axes, axes_of
from lab.papers.read_legend import LARGEST_MARKER, PALE, TOUCH, Named, hexed, legend_of, seen_colour
from lab.papers.read_page import Box, Colour, Drawn, Page
from lab.papers.read_pdf import CAPTION
from lab.papers.read_ticks import Scale

TOLERANCE = 0.005
"""Share of an axis's range within which values come back: tick marks are drawn to a tenth of a point on some 150 points."""
PICTURE = 60.0
"""Points; a smaller picture is a logo or an icon."""
GREY = 0.08
"""Colours whose parts differ by less are grey: grid, frame, error bar."""

FINEST = 0.05
"""Points of the page that a drawing tells apart; values are rounded to what that is worth."""

Kind = Literal["bars", "line", "points"]


@dataclass(frozen=True)
class Series:
    kind: Kind
    name: str
    """From the legend by its colour; empty where there is none."""
    colour: str
    points: tuple[tuple[float | str, float], ...]
    """Pairs of x (a number, or a bar's name) and y; a line's are the corners of what is drawn."""


@dataclass(frozen=True)
class Panel:
    """One pair of axes."""

    page: int
    caption: str
    series: tuple[Series, ...]
    notes: tuple[str, ...] = ()
    why_not: str = ""
    """Why no value could be measured; then there are no series."""


def figure_values(body: bytes, page: int | None = None) -> list[Panel]:
    """Every plotted figure of a PDF, or of one of its pages, and every picture that can't be measured."""
    found: list[Panel] = []
    for sheet in read_document(body).pages:
        if page in (None, sheet.number):
            found += panels(sheet)
    return found


def panels(page: Page) -> list[Panel]:
    pictures = [p for p in page.pictures if p.width > PICTURE and p.height > PICTURE]
    axes = axes_of(page)
    made = [_panel(page, one, axes) for one in axes if not any(one.box.holds(p.centre) for p in pictures)]
    for picture in pictures:
        why = "it is a picture of pixels; its values can't be measured from drawn paths"
        made.append(Panel(page.number, _caption(page, picture), (), (), why))
    return made


def _panel(page: Page, axes: Axes, others: Sequence[Axes]) -> Panel:
    caption = _caption(page, axes.area)
    insets = [o.box for o in others if o is not axes and axes.box.holds(o.box.centre)]
    drawn = [d for d in page.drawn if _inside(d, axes.box) and not any(i.holds(d.box.centre, TOUCH) for i in insets)]
    legend, samples = legend_of(page, axes)
    shapes = [d for d in drawn if id(d) not in samples]
    if isinstance(axes.y, str) and isinstance(axes.x, str):
        return Panel(page.number, caption, (), (), f"{axes.y}; {axes.x}")
    notes = [scale.note for scale in (axes.x, axes.y) if isinstance(scale, Scale) and scale.note]
    lying = isinstance(axes.y, str)
    bars, unmeasured = _bars(shapes, axes, legend, lying)
    if lying:
        if bars:
            return Panel(page.number, caption, tuple(bars), tuple(notes))
        return Panel(page.number, caption, (), tuple(notes), "; ".join(filter(None, [str(axes.y), unmeasured])))
    lines, strange = _lines(shapes, axes, legend)
    points = _points(shapes, axes, legend, {(s.colour) for s in lines})
    series = (*bars, *lines, *points)
    notes += [f"{strange} curves are drawn with bends; they were not measured"] * (strange > 0)
    if isinstance(axes.x, str) and (lines or points):
        notes.append(f"x is given in shares of the axis's length: {axes.x}")
    notes += [unmeasured] * bool(unmeasured and series)
    if not series:
        return Panel(
            page.number, caption, (), tuple(notes), unmeasured or "nothing within the axes is a bar, a line or a marker"
        )
    return Panel(page.number, caption, series, tuple(notes))


def _caption(page: Page, area: Box) -> str:
    """The nearest caption of a figure at or under the axes, or above them."""
    captions = [line for line in page.lines if CAPTION.match(line.text) and not line.text.startswith(("Tab", "tab"))]
    over = [c for c in captions if c.box.x0 < area.x1 and c.box.x1 > area.x0] or captions

    def away(top: float, bottom: float) -> float:
        return top - area.y1 if top > area.y1 - 5 else 2 * abs(area.y0 - bottom)

    return min(over, key=lambda c: away(c.box.y0, c.box.y1)).text if over else ""


def _inside(path: Drawn, box: Box) -> bool:
    """Is it drawn within the axes, as far as it is seen? A bar may run on below the box unseen."""
    if not path.rectangle and all(not box.holds(point, TOUCH) for point in path.points):
        return False  # it passes behind an inset
    overlaps = path.box.x0 < box.x1 + TOUCH and path.box.x1 > box.x0 - TOUCH
    seen = path.box.y0 < box.y1 + TOUCH and path.box.y1 > box.y0 - TOUCH
    covers = path.box.width > 0.98 * box.width and path.box.height > 0.98 * box.height
    return overlaps and seen and not (covers and path.rectangle)


def _bars(shapes: Sequence[Drawn], axes: Axes, legend: Named, lying: bool) -> tuple[list[Series], str]:
    """Filled rectangles that stand on the axis or on zero; each reaches from there to its value. Else why none is measured."""
    scale = axes.x if lying else axes.y
    rectangles = [d for d in shapes if d.rectangle and d.fill is not None and min(d.fill) < PALE and not _flat(d)]
    if not rectangles or isinstance(scale, str):
        return [], ""
    if any(_crosses(d.box, axes.box, lying) for d in rectangles):
        return [], "bars filled with a pattern, or cut by the axes, were not measured"
    edges = Counter(round(edge, 1) for d in rectangles for edge in set(_ends(d, lying)))
    ground = edges.most_common(1)[0][0]
    if not _is_ground(ground, axes.box, scale, lying):
        return [], "filled rectangles that stand neither on the axis nor on zero were not measured"
    series: dict[str, list[tuple[float | str, float]]] = {}
    for d in sorted(rectangles, key=lambda found: found.box.centre[1] if lying else found.box.centre[0]):
        low, high = _ends(d, lying)
        if min(abs(low - ground), abs(high - ground)) > TOUCH:
            return _stacked(rectangles, axes, legend, lying, scale), ""
        end = high if abs(low - ground) <= abs(high - ground) else low
        series.setdefault(hexed(d.fill), []).append((_name(d, axes, lying), _rounded(scale.value(end), scale)))
    return [Series("bars", legend.get((c, ""), ""), c, tuple(found)) for c, found in series.items()], ""


def _crosses(bar: Box, box: Box, lying: bool) -> bool:
    """Does it run over a side that no bar runs over? The tiles of a pattern do: how far they are seen is not told."""
    if lying:
        return bar.y0 < box.y0 - TOUCH or bar.y1 > box.y1 + TOUCH
    return bar.x0 < box.x0 - TOUCH or bar.x1 > box.x1 + TOUCH


def _is_ground(edge: float, box: Box, scale: Scale, lying: bool) -> bool:
    """The foot of the axes or beyond it unseen, or the value zero."""
    if edge <= box.x0 + TOUCH if lying else edge >= box.y1 - TOUCH:
        return True
    span = abs(scale.slope) * (box.width if lying else box.height)
    return not scale.logarithmic and abs(scale.value(edge)) < 2 * TOLERANCE * span


def _stacked(rectangles: Sequence[Drawn], axes: Axes, legend: Named, lying: bool, scale: Scale) -> list[Series]:
    """Bars that stand on one another: each is worth its own length. A logarithmic axis gives no lengths."""
    if scale.logarithmic:
        return []
    series: dict[str, list[tuple[float | str, float]]] = {}
    for d in rectangles:
        low, high = _ends(d, lying)
        series.setdefault(hexed(d.fill), []).append(
            (_name(d, axes, lying), _rounded(abs(scale.value(low) - scale.value(high)), scale))
        )
    return [
        Series("bars", f"{legend.get((c, ''), '')} (length of each part)".strip(), c, tuple(f))
        for c, f in series.items()
    ]


def _flat(path: Drawn) -> bool:
    return path.box.width < 0.8 or path.box.height < 0.05


def _ends(path: Drawn, lying: bool) -> tuple[float, float]:
    return (path.box.x0, path.box.x1) if lying else (path.box.y1, path.box.y0)


def _name(path: Drawn, axes: Axes, lying: bool) -> float | str:
    """The word under (or left of) a bar; else its place on the other axis, if that has numbers."""
    at = path.box.centre[1] if lying else path.box.centre[0]
    names = axes.left_names if lying else axes.names
    other = axes.y if lying else axes.x
    if isinstance(other, Scale):
        return _rounded(other.value(at), other)
    nearest = min(names, key=lambda found: abs(found[0] - at), default=None)
    step = (axes.box.height if lying else axes.box.width) / max(1, len(names))
    return nearest[1] if nearest and abs(nearest[0] - at) < 0.6 * step else ""


def _lines(shapes: Sequence[Drawn], axes: Axes, legend: Named) -> tuple[list[Series], int]:
    """Stroked paths of straight pieces. Frame, grid and error bars are grey or black and run along an axis."""
    found: list[Series] = []
    strange = 0
    for d in shapes:
        if d.stroke is None or d.rectangle or d.width <= 0 or (d.fill is not None and d.fill == d.stroke):
            continue
        if max(d.box.width, d.box.height) <= LARGEST_MARKER or (d.points[0] == d.points[-1] and len(d.points) > 2):
            continue
        along = d.box.width < 0.5 or d.box.height < 0.5
        if along and (_grey(d.stroke) or d.box.width < 0.5):
            continue
        if d.curved:
            strange += 1
            continue
        points = tuple(_value(p, axes) for p in d.points)
        colour = hexed(d.stroke)
        found.append(Series("line", legend.get((colour, d.dashes), ""), colour, points))
    return found, strange


def _points(shapes: Sequence[Drawn], axes: Axes, legend: Named, drawn_through: set[str]) -> list[Series]:
    """Markers alone; those on a line are its corners already."""
    series: dict[str, list[tuple[float | str, float]]] = {}
    for d in shapes:
        colour = seen_colour(d)
        small = 1 < d.box.width <= LARGEST_MARKER and 1 < d.box.height <= LARGEST_MARKER
        if (
            not small
            or colour is None
            or d.rectangle
            or hexed(colour) in drawn_through
            or not axes.box.holds(d.box.centre)
        ):
            continue
        series.setdefault(hexed(colour), []).append(_value(d.box.centre, axes))
    names = {colour: name for (colour, _), name in legend.items()}
    return [Series("points", names.get(c, ""), c, tuple(p)) for c, p in series.items() if len(p) > 1]


def _grey(colour: Colour) -> bool:
    return max(colour) - min(colour) < GREY


def _value(point: tuple[float, float], axes: Axes) -> tuple[float | str, float]:
    assert isinstance(axes.y, Scale)
    share = round((point[0] - axes.box.x0) / axes.box.width, 4)
    x = share if isinstance(axes.x, str) else _rounded(axes.x.value(point[0]), axes.x)
    return x, _rounded(axes.y.value(point[1]), axes.y)


def _rounded(value: float, scale: Scale) -> float:
    """To what the drawing can tell, so that 3.0000012 is 3."""
    if scale.logarithmic or scale.slope == 0:
        return float(f"{value:.4g}")
    return round(value, -math.floor(math.log10(abs(scale.slope) * FINEST))) + 0.0  # no minus zero
