"""Curves in a few numbers: where each metric began, ended, was lowest and highest, how it slopes, where it was lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lab.checks.series import number, step_of

Json = dict[str, Any]
Point = tuple[float, float]

NO_METRICS = ("step", "time", "epoch", "kind")
SLOPED = 0.5
"""The slope is that of the last half: the first is warm-up and the fall from the start."""


@dataclass(frozen=True)
class Summary:
    """One metric of one training."""

    name: str
    logged: int
    first: Point
    last: Point
    lowest: Point
    highest: Point
    slope: float | None
    """Per step, least squares over the last half; None with fewer than three points."""
    lost_at: float | None
    """The first step at which it was no number."""


def summaries(rows: Sequence[Json]) -> list[Summary]:
    """Every metric that was ever a number, in the order in which they were first logged: one pass, however many names there are."""
    logged: dict[str, list[Json]] = {}
    for row in rows:
        for name in row:
            if name not in NO_METRICS:
                logged.setdefault(name, []).append(row)
    return [made for name, its in logged.items() if (made := summary(its, name))]


def summary(rows: Sequence[Json], name: str) -> Summary | None:
    points, lost = points_of(rows, name)
    if not points:
        return None
    return Summary(
        name, len(points), points[0], points[-1], min(points, key=lambda p: p[1]), max(points, key=lambda p: p[1]),
        slope(points[int(len(points) * SLOPED) :]), lost,
    )  # fmt: skip


def points_of(rows: Sequence[Json], name: str) -> tuple[list[Point], float | None]:
    """(step, value) where it is a number that a sum can bear, and the first step at which it is none."""
    points: list[Point] = []
    lost: float | None = None
    for row in rows:
        value = row.get(name)
        told = None if isinstance(value, str) else number(value)
        if told is None:
            continue
        if math.isfinite(told):
            points.append((step_of(row), told))
        elif lost is None:
            lost = step_of(row)
    return points, lost


def slope(points: Sequence[Point]) -> float | None:
    if len(points) < 3:
        return None
    mean_x = math.fsum(x for x, _ in points) / len(points)
    mean_y = math.fsum(y for _, y in points) / len(points)
    spread = math.fsum((x - mean_x) ** 2 for x, _ in points)
    return math.fsum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else None


def window(rows: Sequence[Json], first: float, last: float, most: int) -> tuple[list[Json], int]:
    """Rows of these steps; where there are more than fit, evenly spaced ones with the first and the last. And how many there are."""
    inside = [row for row in rows if first <= step_of(row) <= last]
    if len(inside) <= most:
        return inside, len(inside)
    kept = sorted({round(at * (len(inside) - 1) / (most - 1)) for at in range(most)})
    return [inside[at] for at in kept], len(inside)
