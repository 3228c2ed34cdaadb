"""The legend of a plot: which colour and which dashes go by which name, and which shapes are only its samples."""

from __future__ import annotations

from collections.abc import Sequence

from lab.papers.read_axes import Axes
from lab.papers.read_page import Box, Colour, Drawn, Page, Word

TOUCH = 1.2
"""Points within which two shapes touch."""
LARGEST_MARKER = 12.0
"""Points; a marker is smaller, a bar is wider or taller."""
SAMPLE = (6.0, 45.0)
"""Points that the sample beside a legend's word is long."""
ROUND = 120.0
"""Points round the axes in which a legend may stand beside them."""
PALE = 0.97
"""A fill with every part above this is white: ground, not a bar."""

Named = dict[tuple[str, str], str]


def legend_of(page: Page, axes: Axes) -> tuple[Named, set[int]]:
    """Names by colour and dashes, and which shapes are the legend's own samples."""
    names: Named = {}
    samples: set[int] = set()
    everything = [d for d in page.drawn if axes.box.holds(d.box.centre, ROUND) and seen_colour(d)]
    frames = [
        d.box for d in page.drawn
        if d.fill is not None and min(d.fill) > 0.9 and d.box.width < 0.9 * axes.box.width and axes.box.holds(d.box.centre, ROUND)
    ]  # fmt: skip
    for line in page.lines:
        words = line.words
        if not line.upright or not axes.box.holds(line.box.centre, ROUND) or not any(c.isalpha() for c in line.text):
            continue
        beside = [d for d in everything if _is_sample(d, words[0], axes.box, frames)]
        for sample in beside:
            samples.add(id(sample))
            names.setdefault((hexed(seen_colour(sample)), sample.dashes if sample.stroke else ""), line.text)
        if beside:  # the marker on a line's sample
            spot = beside[0].box
            samples.update(id(d) for d in everything if spot.holds(d.box.centre, 3) and d.box.width <= LARGEST_MARKER)
    return names, samples


def _is_sample(path: Drawn, word: Word, box: Box, frames: Sequence[Box]) -> bool:
    """A short line or patch right beside a word; a lone marker only within a legend's frame, else it may be data."""
    gap = word.box.x0 - path.box.x1
    level = abs(path.box.centre[1] - word.box.centre[1]) < 0.5 * word.size
    if not level or gap <= 0 or abs(path.box.y1 - box.y1) < TOUCH:
        return False
    short = SAMPLE[0] <= path.box.width <= SAMPLE[1] and path.box.height <= 1.4 * word.size
    marker = max(path.box.width, path.box.height) <= LARGEST_MARKER and path.curved
    framed = any(f.holds(path.box.centre) and f.holds(word.box.centre) for f in frames)
    return (short and not marker and gap < 1.5 * word.size) or (marker and framed and gap < 2.5 * word.size)


def seen_colour(path: Drawn) -> Colour | None:
    if path.fill is not None and min(path.fill) < PALE:
        return path.fill
    return path.stroke


def hexed(colour: Colour | None) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour) if colour else ""
