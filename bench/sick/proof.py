"""Does a planted fault show in the numbers, and does a healthy run learn? What does not is not kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from bench.sick.record import Lines

LATE = 10
EARLY = 5
FROM, TO = 0.10, 0.25
"""Shares of the plan after onset in which a fault must show: where a good detector is asked to have seen it."""


@dataclass(frozen=True)
class Shows:
    """A reading of one metric: before the onset against after it, or of a healthy run's start against its end."""

    key: str
    op: Literal["rises", "falls", "over", "under", "nan"]
    amount: float = 0.0


def values(lines: Lines, key: str, first: float, last: float) -> list[float]:
    found = [line[key] for line in lines if key in line and first < line["step"] <= last]
    return [math.nan if value is None else float(value) for value in found]


def mean(some: list[float]) -> float:
    return sum(some) / len(some) if some else math.nan


def shown(lines: Lines, onset: int, steps: int, what: Shows) -> tuple[bool, str]:
    """Whether the fault shows within a quarter of the plan after its onset, and the numbers."""
    before = values(lines, what.key, max(0, onset - LATE), onset) if onset >= EARLY else values(lines, what.key, 0, 3)
    return judge(what, before, values(lines, what.key, onset + FROM * steps, onset + TO * steps))


def learned(lines: Lines, steps: int, what: Shows) -> tuple[bool, str]:
    """Whether a healthy run gets from its start to a better end, and the numbers."""
    last = lines[-1]["step"]
    every = max(1, last // max(1, sum(what.key in line for line in lines)))
    return judge(what, values(lines, what.key, 0, EARLY * every), values(lines, what.key, last - LATE * every, last))


def kept(lines: Lines, key: str) -> tuple[bool, str]:
    """Whether what was won was kept: the end stands above half-way between start and best stretch."""
    found = values(lines, key, 0, lines[-1]["step"])
    if len(found) < 3 * LATE:
        return True, f"{key} too short to judge"
    stretches = [mean(found[i : i + LATE]) for i in range(len(found) - LATE + 1)]
    start, best, end = mean(found[:EARLY]), max(stretches), stretches[-1]
    return end >= (start + best) / 2, f"{key} kept: start {start:.4g}, best {best:.4g}, end {end:.4g}"


def judge(what: Shows, before: list[float], after: list[float]) -> tuple[bool, str]:
    a, b = mean(before), mean(after)
    text = f"{what.key} {what.op} {what.amount:g}: {a:.4g} -> {b:.4g}"
    if what.op == "nan":
        return any(not math.isfinite(value) for value in after), text
    gain = {"rises": b - a, "falls": a - b, "over": b, "under": -b}[what.op]
    return gain >= (-what.amount if what.op == "under" else what.amount), text
