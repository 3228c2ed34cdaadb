"""The report's pictures: curves, intervals, the experiment tree. SVG, the same bytes for the same facts."""

from __future__ import annotations

import io
import math
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lab.checks.series import Series

INK, MUTED, RULE, PAPER = "#22252a", "#6b7078", "#d9dbdf", "#ffffff"
SICK, WINNER = "#d55e00", "#0072b2"
OTHERS = ("#00805d", "#b5508c", "#94700a", "#6a4c93", "#6b7078", "#8c564b")
"""Near Okabe and Ito's hues, darker, so that names set in them are legible; line styles say the same again."""
FONTS = ("Inter", "Source Sans 3", "Helvetica Neue", "Helvetica", "Arial", "Liberation Sans", "DejaVu Sans")
WIDTH = 7.4
MOST_POINTS = 600
MARK = {"finished": ("o", True), "running": ("o", False), "queued": ("o", False), "planned": ("o", False)}


@dataclass(frozen=True)
class Line:
    """One experiment in a picture of curves."""

    name: str
    label: str
    role: str
    """`sick`, `winner`, `cured`, `not cured`, or empty."""
    marked: int | None = None
    """Step at which a detector spoke."""


@dataclass(frozen=True)
class Row:
    """One score with its interval."""

    label: str
    value: float
    interval: tuple[float, float] | None
    dots: tuple[float, ...] = ()
    colour: str = INK


@dataclass(frozen=True)
class Node:
    """One experiment in the tree."""

    depth: int
    parent: int | None
    """Row of its parent."""
    name: str
    text: str
    status: str
    value: str
    colour: str = INK


def curves(panels: Sequence[tuple[str, Mapping[str, Series]]], lines: Sequence[Line], titles: Mapping[str, str]) -> str:
    """One panel a metric, one line an experiment: raw values thin, the running mean on top, its name at the end."""
    with _dress() as new:
        heights = [1.35, *[1.0] * (len(panels) - 1)]
        size = (WIDTH, 0.45 + 1.95 * sum(heights))
        figure = new(figsize=size, layout="constrained")
        figure.get_layout_engine().set(h_pad=0.09)
        axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=heights)
        colours = _colours(lines)
        for at, ((key, by_name), axis) in enumerate(zip(panels, axes[:, 0], strict=True)):
            _quiet(axis)
            axis.set_title(plain(titles.get(key, key)), loc="left")
            shown = [(line, by_name[line.name]) for line in lines if line.name in by_name]
            ends = [_draw(axis, line, curve, colours[line.name]) for line, curve in shown]
            _limit(axis, [curve for _, curve in shown])
            if at == 0:
                texts = [(x, y, line.label, colours[line.name]) for (x, y), (line, _) in zip(ends, shown, strict=True)]
                _name_ends(axis, texts)
        axes[-1, 0].set_xlabel("step")
        return _svg(figure)


def intervals(rows: Sequence[Row], name: str, target: float | None) -> str:
    """Scores with their 95 % intervals, single seeds as dots."""
    with _dress() as new:
        figure = new(figsize=(WIDTH, 0.75 + 0.5 * len(rows)), layout="constrained")
        axis = figure.subplots()
        _quiet(axis, grid="x")
        for at, row in enumerate(reversed(rows)):
            if row.interval:
                axis.plot(row.interval, (at, at), color=row.colour, linewidth=2.2, solid_capstyle="butt")
            axis.plot(
                row.dots, [at - 0.24] * len(row.dots), "o", color=row.colour, alpha=0.6, markersize=4, markeredgewidth=0
            )
            axis.plot([row.value], [at], "D", color=row.colour, markersize=6)
        axis.set_yticks(range(len(rows)), [plain(row.label) for row in reversed(rows)])
        axis.set_ylim(-0.6, len(rows) - 0.4)
        axis.spines["left"].set_visible(False)
        axis.tick_params(axis="y", labelcolor=INK, labelsize=9.5)
        if target is not None and math.isfinite(target):
            axis.axvline(target, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
            axis.annotate("target", (target, 1), xycoords=("data", "axes fraction"), xytext=(4, -2),
                          textcoords="offset points", va="top", color=MUTED, fontsize=8.5)  # fmt: skip
        axis.set_xlabel(plain(name))
        return _svg(figure)


def tree(nodes: Sequence[Node]) -> str:
    """Experiments below their parents, one a row; a filled mark ended well, a cross was stopped or failed."""
    with _dress() as new:
        row, indent = 0.27, 0.26
        height = 0.2 + row * len(nodes)
        figure = new(figsize=(WIDTH, height))
        axis = figure.add_axes((0, 0, 1, 1))
        axis.set(xlim=(0, WIDTH), ylim=(height, 0))
        axis.axis("off")
        for at, node in enumerate(nodes):
            x, y = 0.12 + indent * node.depth, 0.1 + row * (at + 0.5)
            if node.parent is not None:
                up = 0.1 + row * (node.parent + 0.5)
                axis.plot((x - indent, x - indent, x - 0.06), (up + 0.07, y, y), color=RULE, linewidth=1.1, zorder=1)
            marker, filled = MARK.get(node.status, ("x", True))
            axis.plot([x], [y], marker, color=node.colour, markersize=6, zorder=2, markeredgewidth=1.5,
                      markerfacecolor=node.colour if filled else PAPER)  # fmt: skip
            label = axis.text(x + 0.13, y, plain(node.name), va="center", fontsize=9, color=INK, fontweight="bold")
            axis.annotate(plain(node.text, 78 - 4 * node.depth), (1, 0.5), xycoords=label, xytext=(7, 0), va="center",
                          textcoords="offset points", fontsize=8.5, color=MUTED)  # fmt: skip
            axis.text(WIDTH - 0.08, y, node.value, va="center", ha="right", fontsize=9, color=INK)
        return _svg(figure)


def plain(text: str, width: int = 60) -> str:
    """A label the font can draw; letters it may not have become dots."""
    flat = " ".join(text.split())
    flat = flat if len(flat) <= width else flat[: width - 1] + "…"
    return "".join(c if ord(c) < 0x250 or c in "…–—−→·" else "·" for c in flat if c.isprintable())


def _colours(lines: Sequence[Line]) -> dict[str, str]:
    fixed = {line.name: SICK if line.role == "sick" else WINNER for line in lines if line.role in ("sick", "winner")}
    rest = [line.name for line in lines if line.name not in fixed]
    return fixed | {name: OTHERS[i % len(OTHERS)] for i, name in enumerate(rest)}


def _draw(axis: Any, line: Line, curve: Series, colour: str) -> tuple[float, float]:
    """Draw one line; the point where it ends."""
    every = max(1, len(curve) // MOST_POINTS)
    steps, raw, smooth = curve.steps[::every], curve.values[::every], curve.smooth[::every]
    bold = line.role in ("sick", "winner")
    axis.plot(steps, raw, color=colour, linewidth=0.7, alpha=0.28)
    axis.plot(steps, smooth, color=colour, linewidth=2.1 if bold else 1.5,
              linestyle=(0, (4, 1.6)) if line.role == "not cured" else "-", zorder=4 if bold else 3)  # fmt: skip
    spoke = curve.at(line.marked) if line.marked is not None else None
    if line.marked is not None and spoke is not None:
        axis.plot(
            [line.marked],
            [spoke],
            "o",
            color=colour,
            markerfacecolor=PAPER,
            markeredgewidth=1.6,
            markersize=7,
            zorder=5,
        )
    return float(steps[-1]), smooth[-1]


def _limit(axis: Any, shown: Sequence[Series]) -> None:
    """A metric that explodes must not flatten all others: the axis ends where nine tenths of the values do."""
    values = sorted(v for curve in shown for v in curve.values)
    if len(values) < 20:
        return
    low, high = values[len(values) // 20], values[len(values) * 19 // 20]
    if values[-1] - low > 6 * (high - low) > 0:
        axis.set_ylim(min(values[0], low), high + 0.5 * (high - low))


def _name_ends(axis: Any, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Names at the lines' ends, pushed apart so that none covers another."""
    low, high = axis.get_ylim()
    gap = (high - low) * 0.085
    order = sorted(range(len(ends)), key=lambda i: ends[i][1])
    places = {i: min(max(ends[i][1], low), high) for i in order}
    for below, above in pairwise(order):
        places[above] = max(places[above], places[below] + gap)
    over = max(0.0, max(places.values(), default=low) - high)
    last = max((end[0] for end in ends), default=0.0)
    for i in order:
        x, y, label, colour = ends[i]
        thread = {"arrowstyle": "-", "color": colour, "linewidth": 0.5, "alpha": 0.5, "shrinkB": 2}
        point, place = (x, min(max(y, low), high)), (last * 1.025, places[i] - over)
        axis.annotate(plain(label, 40), point, place, color=colour, va="center", fontsize=8.5, annotation_clip=False,
                      arrowprops=thread)  # fmt: skip


def _quiet(axis: Any, grid: str = "y") -> None:
    axis.grid(axis=grid, color=RULE, linewidth=0.6)
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.spines["bottom"].set_color(RULE)
    axis.tick_params(colors=MUTED, length=0, labelsize=8.5)


_dressing = threading.Lock()


@contextmanager
def _dress() -> Iterator[Any]:
    """Figures in the report's dress, without a screen; the library's settings are global, so one thread at a time."""
    import matplotlib
    from matplotlib import font_manager
    from matplotlib.figure import Figure

    there = set(font_manager.fontManager.get_font_names())
    style = {
        "font.family": next((name for name in FONTS if name in there), "DejaVu Sans"), "font.size": 9,
        "axes.titlesize": 9.5, "axes.titlecolor": INK, "axes.labelcolor": MUTED, "axes.labelsize": 9,
        "figure.facecolor": PAPER, "axes.facecolor": PAPER, "text.parse_math": False,
        "svg.hashsalt": "postgrad", "svg.fonttype": "path",
    }  # fmt: skip
    with _dressing, matplotlib.rc_context(style):
        yield Figure


def _svg(figure: Any) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = out.getvalue()
    return re.sub(r' d="[^"]*"', _rounded, text[text.index("<svg") :])


def _rounded(path: re.Match[str]) -> str:
    """A hundredth of a point is finer than any screen, and half the size."""
    return re.sub(r"-?\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}", path[0])
