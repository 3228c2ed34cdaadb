"""group_leak without a group column: repeated subjects show as a gap in the distances to the nearest neighbours.

Where points lie smoothly in D directions, (d_k / d_k+1)^D is a Beta(k, 1) draw, independent for each k: that is the
chance model. With m rows a subject the gap after the (m-1)th neighbour is far too wide for it, in row after row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import Floats, Ints
from lab.checks.tables.clumps import clumps
from lab.checks.tables.regroup import FEWEST_GROUPS, GAIN, Worth, worth
from lab.checks.tables.say import finding, pair, percent, read
from lab.checks.tables.space import dimension, neighbours, read_space
from lab.checks.tables.target import read_target
from state.products import Finding

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

CLUMPS_SURE = 16
"""Clumps from which they block: fewer and larger ones may be kinds of things that a model is meant to know."""


@dataclass(frozen=True)
class Told:
    """A group for each point (-1 for none), what knowing it is worth, and words for it."""

    group: Ints
    gain: Worth | None
    severity: str
    words: str


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
    kind, labels = _labels(train, test, roles, space.train_rows, space.test_rows) or ("", None)
    y = labels[places] if labels is not None else None
    softer: tuple[Finding, ...] = ()
    for search in (_repeats, _clumped):
        told = search(points, kind, y, seed)
        if isinstance(told, str) and not softer:
            return Looked(KIND, not_run=f"no group column, and {told}")
        group = np.full(len(space.train) + len(space.test), -1, dtype=np.int64)
        if isinstance(told, Told):
            group[places] = told.group
        mine, other = group[: len(space.train)], group[len(space.train) :]
        rows = np.flatnonzero((other >= 0) & np.isin(other, mine))
        if not isinstance(told, Told) or len(rows) < SHARED_ROWS or len(rows) < SHARED_SHARE * len(other):
            continue
        why = f"{len(rows)} of {len(other):,} test rows {told.words}"
        if told.gain is not None:
            why += f"; knowing the huddle is worth {told.gain.gain:+.3f} ({told.gain.errors:.1f} standard errors)"
        first = {int(each): place for place, each in reversed(list(enumerate(mine.tolist())))}
        examples = [
            pair(train, test, space.train_rows[first[int(other[row])]], space.test_rows[row]) for row in rows[:20]
        ]
        said = finding(KIND, told.severity, round(len(rows) * len(test) / len(other)), len(test), why,
                       "find what the rows repeat, and split by it", examples, told.gain.gain if told.gain else None)  # fmt: skip
        if told.severity == "block":
            return Looked(KIND, (said,), looked_at=looked_at)
        softer = softer or (said,)
    return Looked(KIND, softer, looked_at=looked_at)


def _repeats(points: Floats, kind: str, y: Floats | None, seed: int) -> Told | None:
    """Subjects of up to some 15 rows, by the gaps behind their nearest neighbours."""
    distances, near = neighbours(points, points, 42)
    gap, chance, jump = gaps(distances[:, 1:])
    odd = float((chance < ODD).mean())
    if odd < ODD_SHARE or jump < JUMP:
        return None
    group = huddles(near, gap, chance < LINKED)
    if not (group >= 0).any() or (y is not None and are_classes(y, group)):
        return None
    gain = _worth(kind, y, points, group, seed) if y is not None else None
    counts = gain is not None and gain.counts
    if odd < CLEAR_SHARE and not counts:
        return None
    words = (
        "huddle with training rows like repeats of one subject: "
        f"{percent(odd)} of rows have a gap behind their nearest neighbours that {percent(ODD)} would by chance"
    )
    return Told(group, gain, "block" if counts else "warn", words)


_UNCLEAR = "rows lie in {} clumps far apart: whether they are subjects or kinds of things can't be told"


def _clumped(points: Floats, kind: str, y: Floats | None, seed: int) -> Told | str | None:
    """Subjects of any number of rows, by the empty space between them; or why nobody can say whether they are any."""
    group = clumps(points)
    if group is None:
        return None
    count = len(np.unique(group[group >= 0]))
    if y is not None and are_classes(y, group):
        many = len(np.unique(y[np.isfinite(y)]))
        return None if count <= 2 * many else _UNCLEAR.format(count)
    gain = _worth(kind, y, points, group, seed) if y is not None else None
    if gain is None or (gain.gain >= GAIN and not gain.counts):
        return _UNCLEAR.format(count)
    if not gain.counts:
        return None
    words = (
        f"lie with training rows in {count} clumps that have much empty space between them, like rows of one subject"
    )
    return Told(group, gain, "block" if count >= CLUMPS_SURE else "warn", words)


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
