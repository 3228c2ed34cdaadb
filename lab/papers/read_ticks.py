"""The numbers beside an axis, and the straight or logarithmic line through them. Nothing is guessed."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

STRAIGHT = 0.01
"""The largest share of the ticks' range by which a tick may miss the fitted line; labels are rounded, not misplaced."""
POWER = re.compile(r"^([-−]?)10\^([-−+]?\d+)$")
SCIENTIFIC = re.compile(r"^([-−]?)(\d+(?:\.\d+)?)[×x·]10\^([-−+]?\d+)$")
PLAIN = re.compile(r"^[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-−+]?\d+)?(?:%|[kKMB])?$")
MULTIPLIER = re.compile(r"^(?:1e([-−+]?\d+)|[×x]10\^([-−+]?\d+))$")
SCALES = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9}


@dataclass(frozen=True)
class Tick:
    at: float
    """Where on the page, along the axis."""
    value: float
    power: bool
    """Written as a power of ten."""
    marked: bool
    """Taken from the tick mark, not from the middle of its number."""


@dataclass(frozen=True)
class Scale:
    """From a point on the page to a value."""

    slope: float
    start: float
    logarithmic: bool
    ticks: int
    note: str = ""

    def value(self, at: float) -> float:
        found = self.slope * at + self.start
        return float(10**found) if self.logarithmic else found


def number(text: str) -> tuple[float, bool] | None:
    """What a tick label says, and whether it is written as a power of ten."""
    word = text.strip().rstrip(",;")
    power = POWER.match(word)
    if power:
        return (-1 if power.group(1) else 1) * 10.0 ** _whole(power.group(2)), True
    scientific = SCIENTIFIC.match(word)
    if scientific:
        sign = -1 if scientific.group(1) else 1
        return sign * float(scientific.group(2)) * 10.0 ** _whole(scientific.group(3)), False
    if not PLAIN.match(word) or not any(c.isdigit() for c in word):
        return None
    bare = word.replace("−", "-").replace(",", "").rstrip("%kKMB")
    return float(bare) * SCALES.get(word[-1], 1.0), False


def _whole(text: str) -> int:
    return int(text.replace("−", "-"))


def scale(ticks: Sequence[Tick], name: str, beyond: Sequence[str] = ()) -> Scale | str:
    """A straight or a logarithmic axis through the ticks, or why neither can be told. Nothing is guessed."""
    marked = [t for t in ticks if t.marked]
    used = marked if len(marked) >= 2 else list(ticks)
    if len({t.value for t in used}) < 2:
        return f"the {name} axis has {'no number' if not used else 'one number'}; two are needed"
    factor = 0
    for word in beyond:
        said = MULTIPLIER.match(word)
        if said:
            factor = _whole(said.group(1) or said.group(2))
        elif word in ("1e", "×10", "x10"):
            return f"the {name} axis has a multiplier whose exponent can't be read"
        elif word.startswith("+") and number(word[1:]):
            return f"the {name} axis counts from {word}, which can't be told apart from a label"
    values = [t.value * 10.0**factor for t in used]
    places = [t.at for t in used]
    note = "" if len(marked) >= 2 else f"{name} fitted on the middles of its numbers, not on tick marks"
    powers = all(t.power or t.value == 1 for t in used) and any(t.power for t in used)
    straight = _line(places, values)
    if straight and not powers:
        doubt = "; two numbers only: a straight axis is assumed" if len(used) == 2 else ""
        return Scale(*straight, False, len(used), (note + doubt).lstrip("; "))
    if min(values) > 0:
        curved = _line(places, [math.log10(v) for v in values])
        if curved:
            return Scale(*curved, True, len(used), note)
    return f"the numbers of the {name} axis lie on no straight and no logarithmic scale"


def _line(places: Sequence[float], values: Sequence[float]) -> tuple[float, float] | None:
    """Slope and start by least squares, if every tick is on it."""
    n, mx, my = len(places), sum(places) / len(places), sum(values) / len(values)
    spread = sum((x - mx) ** 2 for x in places)
    span = max(values) - min(values)
    if n < 2 or spread == 0 or span == 0:
        return None
    slope = sum((x - mx) * (y - my) for x, y in zip(places, values, strict=True)) / spread
    start = my - slope * mx
    worst = max(abs(slope * x + start - y) for x, y in zip(places, values, strict=True))
    return (slope, start) if worst <= STRAIGHT * span else None
