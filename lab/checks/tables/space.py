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
    middle = np.nanmedian(x, axis=0)
    x, z = np.where(np.isnan(x), middle, x), np.where(np.isnan(z), middle, z)
    low, high = np.quantile(x, [0.1, 0.9], axis=0)
    width = np.where(high > low, high - low, 1.0)
    top = 50.0  # an outlier stays far away, and does not drown the other columns
    return Space(
        np.clip((x - middle) / width, -top, top), np.clip((z - middle) / width, -top, top),
        frame.train_rows, frame.test_rows, len(keep),
    )  # fmt: skip


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
