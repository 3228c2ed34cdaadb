"""One number a row, equal for equal rows: twins are found in one pass, a column at a time."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from lab.checks.parts import Table
from lab.checks.tables.cells import Floats, Ints, codes, numbers, rounded

Keys = NDArray[np.uint64]

MOST_CELLS = 20_000_000
"""Cells read for the keys; above it columns are taken evenly, and what is equal in all of those is called equal."""
CONTINUOUS = 0.3
"""A column whose different values are this share of its rows is measured: equal rows then don't come by chance."""


def evenly(names: Sequence[str], rows: int, most: int = MOST_CELLS) -> list[str]:
    """All the names, or an even choice of them that keeps within the cells."""
    keep = max(8, most // max(1, rows))
    if len(names) <= keep:
        return list(names)
    return [names[int(place)] for place in np.linspace(0, len(names) - 1, keep)]


def row_keys(train: Table, test: Table, names: Sequence[str]) -> tuple[Keys, Keys, dict[str, float]]:
    """Keys of both sides (0 where a row is blank), and for each column the chance that two train rows agree in it."""
    rows, split = len(train) + len(test), len(train)
    total = np.zeros(rows, dtype=np.uint64)
    anything = np.zeros(rows, dtype=bool)
    agree: dict[str, float] = {}
    for place, name in enumerate(evenly(names, rows)):
        column, empty = _column(list(train.columns[name]) + list(test.columns[name]))
        anything |= ~empty
        total += _mixed(column, place)
        agree[name] = _agreement(column[:split])
    total = np.where(anything, total | np.uint64(1), np.uint64(0))
    return total[:split], total[split:], agree


def _column(values: Sequence[object]) -> tuple[Floats, NDArray[np.bool_]]:
    found = numbers(values)
    if found is not None:
        empty = np.isnan(found)
        return np.where(empty, -1.2345e300, rounded(found)), empty
    known: dict[Hashable, int] = {}
    named: Ints = codes(values, known)
    return named.astype(np.float64), named < 0


def _mixed(column: Floats, place: int) -> Keys:
    """Bits of the values, stirred so that sums of columns don't meet by accident."""
    bits = np.ascontiguousarray(column).view(np.uint64) + np.uint64((place * 0x9E3779B97F4A7C15 + 0x632BE5AB) % 2**64)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(bits ^ (bits >> np.uint64(31)), dtype=np.uint64)


def _agreement(column: Floats) -> float:
    counts = np.unique(column, return_counts=True)[1].astype(np.float64)
    rows = counts.sum()
    return float((counts * (counts - 1)).sum() / (rows * (rows - 1))) if rows > 1 else 1.0


def by_chance(keys: Keys, agree: dict[str, float]) -> float:
    """Chance that a new row equals some training row.

    Columns that depend on each other agree together more often than their product says, so where every column is
    coarse, how often train repeats itself is the better guess; measured columns don't repeat by chance.
    """
    rows = len(keys)
    if rows < 2:
        return 0.0
    alone = 1.0 - float(1.0 - np.prod(list(agree.values()) or [1.0])) ** rows
    measured = [each for each in agree.values() if each * rows < 1.0 / CONTINUOUS]
    if measured:
        return alone
    _, counts = np.unique(keys[keys != 0], return_counts=True)
    return max(alone, float(counts[counts > 1].sum() / rows))
