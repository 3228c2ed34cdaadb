"""Large subjects without a name: clumps of rows with much empty space between them, however many rows a clump has.

Links between rows that are among each other's nearest hold a smooth cloud together; where subjects lie far apart no
link leads from one to the next, so that the linked parts are the subjects.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lab.checks.tables.cells import Floats, Ints
from lab.checks.tables.space import neighbours

LINKS = 10
"""Neighbours a row is linked to: smooth clouds of 2 to 50 directions stay in one piece but for single outliers."""
SMALLEST = 8
"""Smaller parts are outliers of a smooth cloud, or repeats that the gaps of replicates tell."""
APART = 1.5
"""How much farther the nearest stranger is than the farthest link, at the middle row of a clump that stands alone."""
COVERED = 0.6
"""Share of all rows that must lie in clumps that stand alone: a cloud with a few islands has no subjects."""
LARGEST = 0.35
"""A clump with more of the rows is the cloud itself."""


def clumps(points: Floats) -> Ints | None:
    """The clump of each row, -1 for a row of none; None where the cloud does not fall apart into clumps."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    rows = len(points)
    if rows < 4 * LINKS:
        return None
    distances, near = neighbours(points, points, LINKS + 1)
    ones = np.ones(rows * LINKS)
    here = np.repeat(np.arange(rows), LINKS)
    there = coo_matrix((ones, (here, near[:, 1:].ravel())), shape=(rows, rows)).tocsr()
    part = np.asarray(connected_components(there.multiply(there.T), directed=False)[1], dtype=np.int64)
    size = np.bincount(part)
    out = np.full(rows, -1, dtype=np.int64)
    for each in np.flatnonzero((size >= SMALLEST) & (size <= LARGEST * rows)):
        if _alone(points, part == each, distances[:, -1], size[part] >= SMALLEST):
            out[part == each] = each
    return out if float((out >= 0).mean()) >= COVERED else None


def _alone(points: Floats, inside: Any, reach: Floats, solid: Any) -> bool:
    """Is the nearest row of another part much farther than the links within?"""
    others = points[~inside & solid]
    if not len(others):
        return False
    strangers = neighbours(points[inside], others, 1)[0][:, 0]
    return bool(np.median(strangers / np.maximum(reach[inside], 1e-300)) >= APART)
