"""Rows that repeat one subject, found without its name: for a split that keeps them together."""

from __future__ import annotations

import numpy as np

from lab.checks.parts import Roles, Table
from lab.checks.tables.replicates import LINKED, gaps, huddles
from lab.checks.tables.space import neighbours, read_space

MOST_ROWS = 20_000


def subjects(table: Table, roles: Roles, seed: int = 0) -> dict[int, int] | str:
    """The subject of each row that has company, by the row's place in the table; or why none can be told."""
    if len(table) > MOST_ROWS:
        return f"{len(table)} rows are too many to be grouped by their likeness; {MOST_ROWS} can be"
    space = read_space(table, table, roles, seed, len(table))
    if isinstance(space, str):
        return space
    points, back = np.unique(space.train, axis=0, return_inverse=True)
    if len(points) < 80:
        return "fewer than 80 different rows"
    distances, near = neighbours(points, points, 42)
    gap, chance, _ = gaps(distances[:, 1:])
    group = huddles(near, gap, chance < LINKED)[back.ravel()]
    return {int(row): int(each) for row, each in zip(space.train_rows, group, strict=True) if each >= 0}
