"""label_conflict: the same input with different labels, within train and across the split."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.frame import feature_names
from lab.checks.tables.rowkeys import Keys, by_chance, row_keys
from lab.checks.tables.say import finding, pair, percent, read
from lab.checks.tables.target import Target, read_target
from state.products import Finding

KIND = "label_conflict"
WARN_ROWS, WARN_SHARE = 3, 0.005
"""Fewer are slips that every real set has."""
OVER_CHANCE = 3.0
"""Coarse tables repeat rows by chance, and repeated rows may differ in their label: no conflict, only noise."""
PROSE = 20
"""Characters from which equal texts are no accident."""


def label_conflict(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """One input, several labels: no model can fit them all."""
    target = read_target(train, test, roles)
    if isinstance(target, str):
        return Looked(KIND, not_run=target)
    texts = [name for name in roles.text if name in train.columns and name in test.columns and name != roles.label]
    names = [*texts, *(name for name in feature_names(train, test, roles) if name not in texts)]
    if not names or (not texts and len(names) < 2):
        return Looked(KIND, not_run="no input columns are shared by train and test")
    here, there, agree = row_keys(train, test, names)
    looked_at = read(train, test)
    inside = _within(here, target.train)
    across = _across(here, there, target)
    natural = 0.0 if _prose(train, texts) else by_chance(here, agree)
    said = [
        _said(len(inside), len(train), natural, target, "training rows have an input that occurs with another label",
              [{"train": int(train.index[one]), "score": float(train.index[two])} for one, two in inside[:20]]),
        _said(len(across), len(test), natural, target, "test rows have the input of training rows, whose label differs",
              [pair(train, test, one, two) for one, two in across[:20]]),
    ]  # fmt: skip
    return Looked(KIND, tuple(each for each in said if each), looked_at=looked_at)


def _prose(train: Table, texts: list[str]) -> bool:
    """Are there texts so long that two of them don't agree by chance?"""
    for name in texts:
        some = [len(value) for value in train.columns[name][:500] if isinstance(value, str) and value.strip()]
        if some and float(np.median(some)) >= PROSE:
            return True
    return False


def _within(keys: Keys, labels: object) -> list[tuple[int, int]]:
    """Train rows and another one with the same key and another label."""
    label = np.asarray(labels, dtype=np.float64)
    rows: dict[int, list[int]] = defaultdict(list)
    for place, key in enumerate(keys.tolist()):
        if key and np.isfinite(label[place]):
            rows[key].append(place)
    found: list[tuple[int, int]] = []
    for places in rows.values():
        if len(places) < 2:
            continue
        for place in places:
            other = next((each for each in places if label[each] != label[place]), None)
            if other is not None:
                found.append((place, other))
    return sorted(found)


def _across(here: Keys, there: Keys, target: Target) -> list[tuple[int, int]]:
    """Train and test rows with the same key, where no training row of that key has the test row's label."""
    if target.test is None:
        return []
    wanted = set(there.tolist()) - {0}
    rows: dict[int, list[int]] = defaultdict(list)
    for place, key in enumerate(here.tolist()):
        if key in wanted and np.isfinite(target.train[place]):
            rows[key].append(place)
    found = []
    for place, key in enumerate(there.tolist()):
        twins = rows.get(key, [])
        known = np.isfinite(target.test[place])
        if twins and known and all(target.train[each] != target.test[place] for each in twins):
            found.append((twins[0], place))
    return found


def _said(
    count: int, of: int, natural: float, target: Target, what: str, examples: list[dict[str, int | float]]
) -> Finding | None:
    if not count:
        return None
    share = count / of
    loud = target.kind == "classes" and count >= WARN_ROWS and share >= WARN_SHARE and share > OVER_CHANCE * natural
    why = f"{count} of {of:,} {what} ({percent(natural)} of rows repeat by chance)"
    if target.kind == "open":
        why += "; open answers may differ rightly"
    return finding(KIND, "warn" if loud else "info", count, of, why, "look at how these rows were labelled", examples)
