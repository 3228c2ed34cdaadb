"""Rows that repeat one subject, found without its name: for a split that keeps them together."""

from __future__ import annotations

import numpy as np

from lab.checks.parts import Roles, Table
from lab.checks.tables.cells import Floats, Ints
from lab.checks.tables.clumps import clumps
from lab.checks.tables.replicates import LINKED, gaps, huddles
from lab.checks.tables.space import neighbours, read_space

MOST_ROWS = 20_000
NEAREST = 42
STRAY = 0.5
"""A row of no group joins its nearest neighbour's when that is nearer than half of the way to the next group."""


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
    distances, near = neighbours(points, points, NEAREST)
    gap, chance, _ = gaps(distances[:, 1:])
    found, large = huddles(near, gap, chance < LINKED), clumps(points)
    if large is not None:  # what stands alone is whole; the gaps know the smaller subjects
        found = np.where(large >= 0, large, np.where(found >= 0, found + len(points), -1))
    group = gathered(found, distances, near)[back.ravel()]
    return {int(row): int(each) for row, each in zip(space.train_rows, group, strict=True) if each >= 0}


def gathered(group: Ints, distances: Floats, near: Ints) -> Ints:
    """Stray rows join the group they lie in, the nearest rows first, so that none is torn apart."""
    out = group.copy()
    for row in np.argsort(distances[:, 1], kind="stable"):
        if out[row] >= 0:
            continue
        around = out[near[row, 1:]]
        first = int(around[0])
        strangers = distances[row, 1:][(around >= 0) & (around != first)]
        beyond = float(strangers[0]) if len(strangers) else float(distances[row, -1])
        if first >= 0 and distances[row, 1] < STRAY * beyond:
            out[row] = first
    return out
