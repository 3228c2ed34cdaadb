"""group_leak without a group column: repeated subjects show as a gap in the distances to the nearest neighbours.

Where points lie smoothly in D directions, (d_k / d_k+1)^D is a Beta(k, 1) draw, independent for each k: that is the
chance model. With m rows a subject the gap after the (m-1)th neighbour is far too wide for it, in row after row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import Floats, Ints
from lab.checks.tables.regroup import FEWEST_GROUPS, Worth, worth
from lab.checks.tables.say import finding, pair, percent, read
from lab.checks.tables.space import dimension, neighbours, read_space
from lab.checks.tables.target import read_target

KIND = "group_leak"
NEAREST = 15
"""Up to this many further rows of one subject are seen."""
ODD = 0.01
"""Chance of a row's widest gap, below which it counts as odd."""
ODD_SHARE, CLEAR_SHARE = 0.07, 0.15
"""Share of odd rows from which subjects are looked for, and from which they are told of even where knowing them is worth
nothing: real and made tables without any had up to 0.05, with subjects 0.08 to 0.98."""
LINKED = 0.1
"""Where there are subjects, rows whose gap has this chance are linked to what lies before it."""
JUMP = 1.2
"""The widest gap of those rows, against what chance makes of it: copies with much noise jump by less and mean less."""
SHARED_ROWS, SHARED_SHARE = 5, 0.02


def replicates(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Test rows that huddle with training rows as repeats of one subject do."""
    space = read_space(train, test, roles, seed, 3000)
    if isinstance(space, str):
        return Looked(KIND, not_run=f"no group column, and {space}")
    points, places = np.unique(np.vstack([space.train, space.test]), axis=0, return_index=True)
    if len(points) < 80:
        return Looked(KIND, not_run="no group column, and fewer than 80 different rows")
    looked_at = (
        f"{read(train, test, len(space.train), len(space.test))}, {space.columns} measured columns, no group column"
    )
    distances, near = neighbours(points, points, 42)
    gap, chance, jump = gaps(distances[:, 1:])
    odd = chance < ODD
    if float(odd.mean()) < ODD_SHARE or jump < JUMP:
        return Looked(KIND, looked_at=looked_at)
    group = huddles(near, gap, chance < LINKED)
    label = np.empty(len(space.train) + len(space.test), dtype=np.int64)
    label[:] = -1
    label[places] = group
    mine, other = label[: len(space.train)], label[len(space.train) :]
    both = np.intersect1d(mine[mine >= 0], other[other >= 0])
    rows = np.flatnonzero(np.isin(other, both))
    if len(rows) < SHARED_ROWS or len(rows) < SHARED_SHARE * len(other):
        return Looked(KIND, looked_at=looked_at)
    known = _labels(train, test, roles, space.train_rows, space.test_rows)
    if known is not None and are_classes(known[1][places], group):
        return Looked(KIND, looked_at=looked_at)
    gain = _worth(known[0], known[1][places], points, group, seed) if known is not None else None
    if float(odd.mean()) < CLEAR_SHARE and (gain is None or not gain.counts):
        return Looked(KIND, looked_at=looked_at)
    severity = "warn"
    why = (
        f"{len(rows)} of {len(other):,} test rows huddle with training rows like repeats of one subject: "
        f"{percent(float(odd.mean()))} of rows have a gap behind their nearest neighbours that {percent(ODD)} would by chance"
    )
    inflation = None
    if gain is not None:
        inflation = gain.gain
        severity = "block" if gain.counts else "warn"
        why += f"; knowing the huddle is worth {gain.gain:+.3f} ({gain.errors:.1f} standard errors)"
    first = {int(each): place for place, each in reversed(list(enumerate(mine.tolist())))}
    examples = [pair(train, test, space.train_rows[first[int(other[row])]], space.test_rows[row]) for row in rows[:20]]
    said = finding(KIND, severity, round(len(rows) * len(test) / len(other)), len(test), why,
                   "find what the rows repeat, and split by it", examples, inflation)  # fmt: skip
    return Looked(KIND, (said,), looked_at=looked_at)


def gaps(distances: Floats) -> tuple[Ints, Floats, float]:
    """For each row the neighbour before its widest gap, the chance of such a gap, and how wide odd ones are."""
    spread = dimension(distances)
    ks = np.arange(1, NEAREST + 1)
    near, next_one = distances[:, :NEAREST], distances[:, 1 : NEAREST + 1]
    ratio = np.where(next_one > 0, near / np.maximum(next_one, 1e-300), 1.0)
    chance = np.power(ratio, spread * ks)  # uniform if all is smooth
    gap = chance.argmin(axis=1)
    least = chance.min(axis=1)
    luck = 1 - (1 - least) ** NEAREST
    odd = luck < ODD
    wide = ratio[np.arange(len(gap)), gap]
    expected = np.power(0.5, 1 / (spread * (gap + 1)))
    jump = float(np.median((expected / np.maximum(wide, 1e-12))[odd])) if odd.any() else 1.0
    return gap, luck, jump


def huddles(near: Ints, gap: Ints, linked: Any) -> Ints:
    """Rows that lie within each other's gap, as groups; -1 for a row without company."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    rows = len(near)
    links = [(row, int(near[row, k])) for row in np.flatnonzero(linked) for k in range(1, int(gap[row]) + 2)]
    if not links:
        return np.full(rows, -1)
    one, two = np.array(links).T
    there = coo_matrix((np.ones(len(one)), (one, two)), shape=(rows, rows)).tocsr()
    mutual = there.multiply(there.T)
    group = np.asarray(connected_components(mutual, directed=False)[1], dtype=np.int64)
    size = np.bincount(group)
    return np.where((size[group] > 1) & (size[group] <= 3 * NEAREST), group, -1)


def _labels(train: Table, test: Table, roles: Roles, here: Ints, there: Ints) -> tuple[str, Floats] | None:
    """Kind and values of the labels of these rows, train first; None where there are none to score by."""
    target = read_target(train, test, roles)
    if isinstance(target, str) or target.kind == "open":
        return None
    test_labels = target.test if target.test is not None else np.full(len(test), np.nan)
    return target.kind, np.concatenate([target.train[here], test_labels[there]])


def are_classes(y: Floats, group: Ints) -> bool:
    """Are the huddles what the label names? Then every huddle has a label of its own that counts from 0 or 1."""
    fine = np.isfinite(y) & (group >= 0)
    labels = np.unique(y[fine])
    huddles = len(np.unique(group[fine]))
    if not len(labels) or np.any(labels != np.floor(labels)) or len(labels) * 3 < huddles:
        return False
    return bool(labels[0] in (0, 1) and labels[-1] - labels[0] + 1 <= 1.2 * len(labels))


def _worth(kind: str, y: Floats, points: Floats, group: Ints, seed: int) -> Worth | None:
    alone = group < 0
    groups = np.where(alone, group.max() + 1 + np.arange(len(group)), group)
    fine = np.isfinite(y)
    if len(np.unique(group[~alone])) < FEWEST_GROUPS:
        return None
    return worth(kind, points[fine], y[fine], groups[fine], seed)
