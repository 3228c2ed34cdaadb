"""What a group is worth: a simple model scored on rows of groups it knows, and on rows of groups it never met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lab.checks.parts import Roles, Table
from lab.checks.tables.cells import Floats, Ints
from lab.checks.tables.frame import feature_names, read_frame
from lab.checks.tables.refit import crossed, folds, forest
from lab.checks.tables.target import read_target

FEWEST_ROWS, FEWEST_GROUPS = 40, 8
PARTS, TIMES = 4, 3
GAIN, SURE = 0.05, 3.0
"""A knowledge of the group that is worth five points, three standard errors (over groups) above none, counts."""
MOST_ROWS = 3000


@dataclass(frozen=True)
class Worth:
    """How much knowing the group flatters: accuracy, or share of the variance."""

    gain: float
    errors: float
    """Standard errors the gain is above nothing."""

    @property
    def counts(self) -> bool:
        return self.gain >= GAIN and self.errors >= SURE


def worth(kind: str, x: Floats, y: Floats, groups: Ints, seed: int) -> Worth | None:
    """Random parts against parts that keep groups whole; the same model, the same number of parts."""
    _, group = np.unique(groups, return_inverse=True)
    count = int(group.max()) + 1 if len(group) else 0
    if len(y) < FEWEST_ROWS or count < FEWEST_GROUPS or count > 0.95 * len(y) or len(np.unique(y)) < 2 or not x.size:
        return None
    better = np.zeros(len(y))
    spread = float(y.var())
    for turn in range(TIMES):
        fit = forest(kind, seed + turn, 25)
        mixed = crossed(fit, x, y, folds(len(y), PARTS, seed + turn))
        whole = crossed(fit, x, y, folds(count, PARTS, seed + turn)[group])
        if kind == "classes":
            better += (mixed == y).astype(float) - (whole == y)
        else:
            better += ((whole - y) ** 2 - (mixed - y) ** 2) / max(spread, 1e-300)
    better /= TIMES
    gain = float(better.mean())
    sums = np.bincount(group, weights=better - gain)
    error = float(np.sqrt((sums**2).sum())) / len(y)
    return Worth(gain, gain / error if error > 0 else 0.0)


def worth_of(train: Table, test: Table, roles: Roles, column: str, keys: Any, seed: int) -> Worth | None:
    """The worth of the groups of one column, in train and test together. `keys`: a group number for every row."""
    target = read_target(train, test, roles)
    names = [name for name in feature_names(train, test, roles) if name != column][:100]
    if isinstance(target, str) or target.kind == "open" or not names:
        return None
    frame = read_frame(train, test, names, seed, MOST_ROWS, MOST_ROWS // 2)
    there = target.test if target.test is not None else np.full(len(test), np.nan)
    y = np.concatenate([target.train[frame.train_rows], there[frame.test_rows]])
    here = np.concatenate([frame.train_rows, frame.test_rows + len(train)])
    fine = np.isfinite(y) & (keys[here] >= 0)
    return worth(target.kind, np.vstack([frame.train, frame.test])[fine], y[fine], keys[here][fine], seed)
