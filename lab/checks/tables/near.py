"""near_duplicate for tables: test rows that are a training row with a little noise, as copies made before a split are."""

from __future__ import annotations

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import Floats
from lab.checks.tables.exact import inflation_of
from lab.checks.tables.say import finding, pair, percent, read
from lab.checks.tables.space import dimension, neighbours, read_space

KIND = "near_duplicate"
CLOSE = 0.1
"""Nearer to its nearest training row than a tenth of the way to the twelfth one."""
AMONG = 12
SURE = 1e-6
"""Chance of as many such rows in a cloud of that dimension; a single table is asked once, but many tables are."""
DOUBT = 0.7
"""The dimension is taken this much lower than it was read: real clouds have thin places."""
BLOCK_ROWS, BLOCK_SHARE = 3, 0.01
BOUND = 0.3
"""The nearest row may be at most this share of the usual distance away, so that far outliers in pairs don't count."""


def near_duplicate(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Test rows with a training row far closer than the cloud of rows explains."""
    from scipy.stats import binom

    if roles.text or roles.image:
        return Looked(KIND, not_run="rows are texts or images: those are compared as such")
    space = read_space(train, test, roles, seed, 12000)
    if isinstance(space, str):
        return Looked(KIND, not_run=space)
    looked_at = f"{read(train, test, len(space.train), len(space.test))}, {space.columns} measured columns"
    points = np.unique(space.train, axis=0)
    if len(points) < 60:
        return Looked(KIND, not_run="fewer than 60 different training rows")
    inner, _ = neighbours(points[:: max(1, len(points) // 1500)], points, 42)
    spread = max(1.0, DOUBT * dimension(inner[:, 1:]))
    distances, near = neighbours(space.test, space.train, 3 * AMONG)
    nearest = distances[:, 0]
    reach = np.median(distances[:, AMONG - 1])
    outer = _twelfth_beyond(distances)
    close = (nearest > 0) & (nearest < CLOSE * outer) & (nearest < BOUND * reach)
    chance = 1 - (1 - CLOSE**spread) ** (AMONG - 1)
    count = int(close.sum())
    share = count / len(close)
    if count < BLOCK_ROWS or float(binom.sf(count - 1, len(close), chance)) > SURE:
        return Looked(KIND, looked_at=looked_at)
    rows = np.flatnonzero(close)
    many = share >= BLOCK_SHARE
    gain = inflation_of(train, test, roles, {int(space.test_rows[row]) for row in rows}, seed) if many else None
    why = (
        f"{count} of {len(close):,} test rows lie ten times nearer to a training row than to its neighbours; "
        f"{percent(chance)} would by chance"
        + (f"; the score on all test rows is {gain:+.3f} against the others" if gain is not None else "")
    )
    examples = [
        pair(train, test, space.train_rows[near[row, 0]], space.test_rows[row], 1 - nearest[row] / outer[row])
        for row in rows[:20]
    ]
    said = finding(KIND, "block" if many else "warn", round(share * len(test)), len(test), why,
                   "split before rows are copied or noise is added; drop these from train", examples, gain)  # fmt: skip
    return Looked(KIND, (said,), looked_at=looked_at)


def _twelfth_beyond(distances: Floats) -> Floats:
    """How far the twelfth neighbour is, not counting further copies of the nearest one."""
    copies = (distances < 3 * np.maximum(distances[:, :1], 1e-300)).sum(axis=1)
    place = np.minimum(copies - 1 + AMONG - 1, distances.shape[1] - 1)
    return np.asarray(distances[np.arange(len(distances)), place])
