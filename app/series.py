"""A training's curve in a few characters."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.out import number

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 16
CURVES = ("rewards/true_exact/mean", "reward", "eval_loss", "loss", "train_loss")
"""What is drawn, the most telling first: what was really achieved, then what was optimised."""


def spark(folder: Path, width: int = WIDTH) -> str:
    """The curve so far in so many characters; a mark where what was measured is no number."""
    values = curve(folder)[1]
    if not values:
        return ""
    values = [values[i * len(values) // width] for i in range(width)] if len(values) > width else values
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return "!" * len(values)
    low, high = min(finite), max(finite)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(BARS[int((value - low) * scale)] if math.isfinite(value) else "!" for value in values)


def last(folder: Path, named: bool = True) -> str:
    """Where the curve stands, with the name of what is drawn."""
    name, values = curve(folder)
    if values and not named:
        return number(values[-1])
    return f"{name.removeprefix('rewards/').removesuffix('/mean')} {number(values[-1])}" if values else ""


def curve(folder: Path) -> tuple[str, list[float]]:
    """The name of what is drawn, and its values."""
    from nodes.record_read import metric_files

    files = tuple(metric_files(folder))
    return _curve(files, tuple(file.stat().st_size for file in files))


@lru_cache(maxsize=64)
def _curve(files: tuple[Path, ...], sizes: tuple[int, ...]) -> tuple[str, list[float]]:
    """Read again only when a file has grown."""
    from lab.ledger.files import read_lines

    rows = [row for file in files for row in read_lines(file) if isinstance(row, dict)]
    for name in CURVES:
        values = [float(row[name]) for row in rows if _measured(row.get(name)) and row.get("step", 0) >= 0]
        if values:
            return name, values
    return "", []


def _measured(value: Any) -> bool:
    if isinstance(value, str):
        return value in ("NaN", "Infinity", "-Infinity")
    return isinstance(value, int | float) and not isinstance(value, bool)
