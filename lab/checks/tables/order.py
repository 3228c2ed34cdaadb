"""row_order: the number of the row alone tells the label, as in a file sorted by class."""

from __future__ import annotations

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import Floats
from lab.checks.tables.frame import sample
from lab.checks.tables.refit import crossed, folds, skill, tree
from lab.checks.tables.say import finding, read
from lab.checks.tables.target import Target, read_target
from lab.checks.tables.times import moments
from state.products import Finding

KIND = "row_order"
TELLS = 0.5
"""Skill of the row number from which the order tells the label; in shuffled rows it is about 0."""
SORTED = 0.95
"""Rank correlation of row and quantity from which the file is sorted by it."""
FEWEST = 30
RUNS = 3
"""Sorted by class: at most this many stretches for each class. More are episodes, as sensors record them."""


def row_order(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Is train sorted by its label, and does the test run the same way?"""
    target = read_target(train, test, roles)
    if isinstance(target, str) or target.kind == "open":
        return Looked(KIND, not_run=target if isinstance(target, str) else "the label is an open answer")
    places = sample(len(train), 5000, seed)
    places = places[np.isfinite(target.train[places])]
    y = target.train[places]
    if len(y) < FEWEST or len(np.unique(y)) < 2:
        return Looked(KIND, not_run=f"fewer than {FEWEST} labels, or a single one")
    x = np.asarray([train.index[int(place)] for place in places], dtype=np.float64)[:, None]
    answers = crossed(tree(target.kind, seed), x, y, folds(len(y), 4, seed))
    own = skill(target.kind, y, answers)
    looked_at = f"{len(y):,} labelled train rows"
    if own < TELLS or not _beyond_chance(target.kind, y, answers):
        return Looked(KIND, looked_at=looked_at)
    said = [_inside(train, roles, target, x[:, 0], y, own)]
    across = _across(train, test, target, x, y, seed)
    return Looked(KIND, tuple(each for each in (*said, across) if each), looked_at=f"{looked_at}; {read(train, test)}")


def _beyond_chance(kind: str, y: Floats, answers: Floats) -> bool:
    from scipy.stats import binom

    if kind != "classes":
        return True
    most = float(np.unique(y, return_counts=True)[1].max()) / len(y)
    return float(binom.sf(int((answers == y).sum()) - 1, len(y), most)) < 1e-6


def _inside(train: Table, roles: Roles, target: Target, x: Floats, y: Floats, own: float) -> Finding:
    from scipy.stats import spearmanr

    timed = _timed(train, roles)
    if target.kind == "classes":
        runs = 1 + int((np.diff(y) != 0).sum())
        in_order = runs <= RUNS * len(np.unique(y))
    else:
        in_order = abs(float(spearmanr(x, y).statistic)) >= SORTED
    why = f"the row number alone has {own:.3f} skill at the label of train rows it was not fitted on"
    why += "; rows stand in the order of time" if timed else "; the file is sorted by its label" if in_order else ""
    loud = in_order and not timed
    return finding(KIND, "warn" if loud else "info", len(y), len(train), why,
                   "shuffle train (seeded), never use the row number as a feature")  # fmt: skip


def _timed(train: Table, roles: Roles) -> bool:
    """Do the rows simply follow the clock?"""
    if roles.time is None or roles.time not in train.columns:
        return False
    clock = moments(train.columns[roles.time])
    if clock is None or np.isnan(clock).any():
        return False
    steps = np.diff(clock)
    return bool((steps >= 0).mean() > 0.99 or (steps <= 0).mean() > 0.99)


def _across(train: Table, test: Table, target: Target, x: Floats, y: Floats, seed: int) -> Finding | None:
    """Does the place of a row in train tell the label at that place of the test?"""
    if target.test is None:
        return None
    places = sample(len(test), 2000, seed)
    places = places[np.isfinite(target.test[places])]
    w = target.test[places]
    if len(w) < FEWEST or len(np.unique(w)) < 2:
        return None
    z = np.asarray([test.index[int(place)] for place in places], dtype=np.float64)[:, None]
    own = skill(target.kind, w, tree(target.kind, seed)(x / train.total, y, z / max(1, test.total)))
    if own < TELLS:
        return None
    why = f"the place of a row tells the label across the split too: {own:.3f} skill on {len(w):,} test rows"
    return finding(KIND, "info", len(w), len(test), why, "never use the row number as a feature")
