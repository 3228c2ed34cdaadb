"""group_leak: rows of one subject on both sides, by the column that names it, or else by rows that huddle together."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import Ints, codes
from lab.checks.tables.regroup import Worth, worth_of
from lab.checks.tables.replicates import replicates
from lab.checks.tables.say import finding, pair, read
from state.products import Finding

KIND = "group_leak"
BLOCK_ROWS, BLOCK_SHARE = 3, 0.01
"""One stray row of a group flatters nothing that could be seen."""
COMMON = 0.05
"""A group with more of the rows than this is a category, like a country: a model may know those."""
FEWEST_GROUPS = 10


def group_leak(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Test rows whose group stands in train."""
    if len(train) < 2 or len(test) < 1:
        return Looked(KIND, not_run="too few rows")
    name = roles.group
    if name is None or name not in train.columns or name not in test.columns:
        return replicates(train, test, roles, seed)
    said = shared(KIND, train, test, roles, name, "group" not in roles.guessed, seed)
    return Looked(KIND, (said,) if said else (), looked_at=f"{read(train, test)}, groups of the column {name!r}")


def shared(kind: str, train: Table, test: Table, roles: Roles, name: str, named: bool, seed: int) -> Finding | None:
    """Groups on both sides. A column that was only guessed must prove that knowing the group is worth something."""
    known: dict[Hashable, int] = {}
    here, there = codes(train.columns[name], known), codes(test.columns[name], known)
    both = np.intersect1d(here[here >= 0], there[there >= 0])
    if not len(both) or len(known) < 3:  # with one or two groups there is nothing to split by
        return None
    rows = np.flatnonzero(np.isin(there, both))
    gain = worth_of(train, test, roles, name, np.concatenate([here, there]), seed)
    severity = _severity(here, len(known), len(rows), len(rows) / len(test), named, gain)
    if not severity:
        return None
    first = {int(group): place for place, group in reversed(list(enumerate(here.tolist())))}
    why = (
        f"{len(rows)} of {len(test):,} test rows are of {len(both)} groups ({name!r}) that train has too"
        + (f"; knowing the group is worth {gain.gain:+.3f} ({gain.errors:.1f} standard errors)" if gain else "")
        + ("" if named else f"; {name!r} was guessed to be the group")
    )
    examples = [pair(train, test, first[int(there[place])], place) for place in rows[:20]]
    inflation = gain.gain if gain else None
    return finding(kind, severity, len(rows), len(test), why, f"split by {name!r}, so that no group stands on both sides",
                   examples, inflation)  # fmt: skip


def _severity(here: Ints, groups: int, rows: int, share: float, named: bool, gain: Worth | None) -> str:
    counts = np.bincount(here[here >= 0], minlength=groups) if groups else np.zeros(1)
    small = groups >= FEWEST_GROUPS and float(np.median(counts[counts > 0])) <= COMMON * len(here)
    many = rows >= BLOCK_ROWS and share >= BLOCK_SHARE
    if named:
        return "block" if many else "warn"
    if not small:
        return ""
    if gain is not None and gain.counts:
        return "block" if many else "warn"
    return "warn" if gain is None and many else "info"
