"""Feature columns of both sides as one matrix of floats, of a sample of rows when there are many."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lab.checks.parts import Roles, Table
from lab.checks.tables.cells import Floats, Ints, codes, numbers, row_name

GLANCE = 500
"""Rows that are enough to see whether a column names its rows."""

HUGE = 1e30
"""Trees read single precision, and squares must stay finite: what lies beyond is cut here."""


@dataclass(frozen=True)
class Frame:
    """Gaps are NaN in columns of numbers and -1 in columns of names."""

    train: Floats
    test: Floats
    names: tuple[str, ...]
    numeric: tuple[bool, ...]
    train_rows: Ints
    """Places of the rows in their table (not yet their numbers in the file)."""
    test_rows: Ints


def sample(rows: int, most: int, seed: int) -> Ints:
    """Places of at most `most` rows, in their order."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, size=most, replace=False))


def feature_names(train: Table, test: Table, roles: Roles) -> list[str]:
    """Columns a model could learn from: no label, and nothing that only names the row, the group or the time."""
    aside = {roles.label, roles.id, roles.group, roles.time}
    names = [name for name in roles.features if name in train.columns and name in test.columns and name not in aside]
    places = sample(len(train), GLANCE, 0)
    return [name for name in names if not row_name(take(train.columns[name], places), train.total + test.total)]


def take(values: Sequence[Any], places: Ints) -> list[Any]:
    return list(values) if len(places) == len(values) else [values[place] for place in places]


def read_frame(
    train: Table, test: Table, names: Sequence[str], seed: int, rows: int = 4000, test_rows: int = 2000
) -> Frame:
    """The named columns of at most that many rows of either side."""
    here, there = sample(len(train), rows, seed), sample(len(test), test_rows, seed + 1)
    matrix = np.empty((len(here) + len(there), len(names)))
    numeric = []
    for column, name in enumerate(names):
        values = take(train.columns[name], here) + take(test.columns[name], there)
        found = numbers(values)
        numeric.append(found is not None)
        matrix[:, column] = found if found is not None else _ranked(values, len(here))
    matrix = np.clip(matrix, -HUGE, HUGE)
    return Frame(matrix[: len(here)], matrix[len(here) :], tuple(names), tuple(numeric), here, there)


def _ranked(values: Sequence[Any], of_train: int) -> Floats:
    """Names as numbers: the commonest in train is 0; names that train never saw come last."""
    known: dict[Hashable, int] = {}
    found = codes(values, known)
    counts = np.bincount(found[:of_train][found[:of_train] >= 0], minlength=len(known))
    rank = np.empty(len(known), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(known))
    return np.where(found >= 0, rank[found] if len(known) else -1, -1).astype(np.float64)


def filled(matrix: Floats) -> Floats:
    """Gaps as a value of their own, below all others, where a tree can find them."""
    if not np.isnan(matrix).any():
        return matrix
    out = matrix.copy()
    empty = np.isnan(out)
    low = np.where(empty, np.inf, out).min(axis=0)
    high = np.where(empty, -np.inf, out).max(axis=0)
    fine = np.isfinite(low)
    span = np.where(fine, np.where(fine, high, 0) - np.where(fine, low, 0), 0)
    below = np.where(fine, np.where(fine, low, 0) - span - 1, 0)
    out[empty] = np.broadcast_to(below, out.shape)[empty]
    return out
