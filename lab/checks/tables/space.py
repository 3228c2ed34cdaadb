"""Rows as points: columns that are really measured, on one scale, and the distances between neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.checks.parts import Roles, Table
from lab.checks.tables.cells import Floats, Ints
from lab.checks.tables.frame import feature_names, read_frame
from lab.checks.tables.rowkeys import CONTINUOUS

FEWEST_COLUMNS, MOST_COLUMNS = 3, 100
FEWEST_ROWS = 60
MOST_GAPS = 0.2
FINE = 60
"""Different values from which rounding no longer shapes the distances between rows of several columns."""
LONG_TAILS = 20.0
"""A normal column spans 3 times the width of its middle, an exponential one 5; beyond 20 its numbers are read as ranks."""
FAR = 40
"""Neighbours up to which the dimension of the cloud is read, well beyond any subject's copies."""


@dataclass(frozen=True)
class Space:
    train: Floats
    test: Floats
    train_rows: Ints
    test_rows: Ints
    columns: int


def read_space(train: Table, test: Table, roles: Roles, seed: int, rows: int = 4000) -> Space | str:
    """Measured columns of both sides, on a scale that outliers don't set; or why there are none."""
    names = feature_names(train, test, roles)
    if len(names) > 4 * MOST_COLUMNS:
        names = [names[int(place)] for place in np.linspace(0, len(names) - 1, 4 * MOST_COLUMNS)]
    if len(names) < FEWEST_COLUMNS or len(train) < FEWEST_ROWS or len(test) < 5:
        return f"fewer than {FEWEST_COLUMNS} features or {FEWEST_ROWS} training rows"
    frame = read_frame(train, test, names, seed, rows, rows // 2)
    keep = [column for column in range(len(names)) if frame.numeric[column] and _measured(frame.train[:, column])]
    keep = keep[:MOST_COLUMNS]
    if len(keep) < FEWEST_COLUMNS:
        return f"fewer than {FEWEST_COLUMNS} columns are measured finely enough for distances to speak"
    x, z = frame.train[:, keep], frame.test[:, keep]
    both = np.vstack([x, z])
    both = np.where(np.isnan(both), np.nanmedian(x, axis=0), both)
    for column in range(len(keep)):
        both[:, column] = _levelled(both[:, column])
    return Space(both[: len(x)], both[len(x) :], frame.train_rows, frame.test_rows, len(keep))


def _levelled(column: Floats) -> Floats:
    """The middle eight tenths at width 1; by rank where the tails are so long that the middle would be one point."""
    low, middle, high = np.quantile(column, [0.1, 0.5, 0.9])
    span = float(column.max() - column.min())
    if high <= low or span > LONG_TAILS * (high - low):
        place = np.unique(column, return_inverse=True)[1]
        return np.asarray(place / max(1, int(place.max())), dtype=np.float64) / 0.8
    return np.asarray((column - middle) / (high - low), dtype=np.float64)


def _measured(column: Floats) -> bool:
    live = column[np.isfinite(column)]
    return len(live) >= (1 - MOST_GAPS) * len(column) and len(np.unique(live)) >= min(FINE, CONTINUOUS * len(column))


def neighbours(points: Floats, among: Floats, count: int) -> tuple[Floats, Ints]:
    """Distances and places of the nearest, the nearest first."""
    from sklearn.neighbors import NearestNeighbors

    found = NearestNeighbors(n_neighbors=min(count, len(among))).fit(among).kneighbors(points)
    return np.asarray(found[0], dtype=np.float64), np.asarray(found[1], dtype=np.int64)


def dimension(distances: Floats, near: int = 15, far: int = FAR) -> float:
    """In how many directions the cloud spreads, from how fast neighbours get farther (maximum likelihood)."""
    far = min(far, distances.shape[1] - 1)
    near = min(near, far // 2)
    outer = distances[:, [far]]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(outer / distances[:, near:far])
    # given the far-th distance, those from near on: exponential spacings, cut at the near end
    slope = logs.sum(axis=1) + near * np.log(np.maximum(outer[:, 0] / np.maximum(distances[:, near], 1e-300), 1.0))
    good = np.isfinite(slope) & (slope > 0)
    if not good.any():
        return 1.0
    return float(max(1.0, (far - near) / np.median(slope[good])))
