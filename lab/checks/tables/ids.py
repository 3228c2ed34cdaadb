"""id_leak: ids that stand on both sides, or that tell the label."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import Floats, Ints, blank, codes, numbers, row_name
from lab.checks.tables.frame import feature_names, read_frame, sample, take
from lab.checks.tables.groups import shared
from lab.checks.tables.refit import crossed, folds, forest, score, skill, tree
from lab.checks.tables.say import finding, pair, percent, read
from lab.checks.tables.target import read_target
from state.products import Finding

KIND = "id_leak"
NAME = re.compile(
    r"(^|[_\s.-])(id|ids|uid|uuid|guid|idx|index|key|row|no|nr|number|unnamed:?.*)$|[a-z]Id$|ID$", re.IGNORECASE
)
NUMBER = re.compile(r"(\d+)(?!.*\d)")
BLOCK_ROWS, BLOCK_SHARE = 3, 0.01
OVER_CHANCE = 3.0
ONE_EACH = 0.9
"""From this share of different values an id names rows; below, it names groups of them."""
COUNTER = 1.5
"""Ids that fill their range to two thirds, from 0 or 1 on both sides: every file counts for itself."""
ALIKE = 0.25
"""By so much more often rows of one id must be nearer to each other than to another row, to be the same thing."""
TELLS = 0.9
"""Skill of the id from which it tells the label; petal length on iris has 0.93, but an id should have none."""
GAIN = 0.05
"""What using the id must be worth on the test for it to block."""
FEWEST = 30


def id_leak(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Same ids on both sides, and ids that give the label away."""
    name = _column(train, roles)
    if name is None:
        return Looked(KIND, not_run="no column looks like an id")
    if len(train) < 2 or len(test) < 1:
        return Looked(KIND, not_run="too few rows")
    found = [_met(train, test, roles, name, seed) if name in test.columns else None]
    found.append(_told(train, test, roles, name, seed))
    return Looked(KIND, tuple(each for each in found if each), looked_at=f"{read(train, test)}, ids of {name!r}")


def _column(train: Table, roles: Roles) -> str | None:
    if roles.id is not None:
        return roles.id if roles.id in train.columns else None
    places = sample(len(train), 500, 0)
    aside = {roles.label, roles.group, roles.time, *roles.text, *roles.image}
    for name, values in train.columns.items():
        if name not in aside and NAME.search(name) and row_name(take(values, places), train.total):
            return name
    return None


def _met(train: Table, test: Table, roles: Roles, name: str, seed: int) -> Finding | None:
    """Ids of the test that train has."""
    known: dict[Hashable, int] = {}
    here, there = codes(train.columns[name], known), codes(test.columns[name], known)
    filled = here[here >= 0]
    both = np.intersect1d(filled, there[there >= 0])
    if not len(both) or not len(filled):
        return None
    named = roles.id is not None and "id" not in roles.guessed
    if len(np.unique(filled)) < ONE_EACH * len(filled):
        return shared(KIND, train, test, roles, name, named, seed)
    first = {int(key): place for place, key in reversed(list(enumerate(here.tolist())))}
    rows = np.flatnonzero(np.isin(there, both))
    pairs = [(first[int(there[row])], int(row)) for row in rows]
    share = len(rows) / len(test)
    counted = _counters(train.columns[name], test.columns[name])
    chance = _by_chance(train.columns[name], test.columns[name])
    alike = _alike(train, test, roles, name, pairs, seed)
    severity = "block" if len(rows) >= BLOCK_ROWS and share >= BLOCK_SHARE else "warn"
    why = f"{len(rows)} of {len(test):,} test rows have an id ({name!r}) that train has too"
    if counted and (alike is None or alike < ALIKE):
        severity, why = "info", why + "; both files count from the start, and rows of one id are not alike"
    elif share <= OVER_CHANCE * chance:
        severity, why = "info", why + f"; {percent(chance)} would by chance"
    if alike is not None and alike >= ALIKE:
        why += "; rows of one id are alike"
    examples = [pair(train, test, one, two) for one, two in pairs[:20]]
    return finding(KIND, severity, len(rows), len(test), why, "drop the training rows whose id the test has", examples)


def _integers(values: Sequence[Any]) -> Floats | None:
    """The ids as numbers: their own, or the last one in their text."""
    found = numbers(values)
    if found is not None:
        return found
    inside = [None if blank(value) else NUMBER.search(str(value)) for value in values]
    if sum(each is not None for each in inside) < 0.9 * len(values):
        return None
    return np.array([np.nan if each is None else min(float(each.group(1)), 1e300) for each in inside])


def _counters(here: Sequence[Any], there: Sequence[Any]) -> bool:
    for values in (here, there):
        found = _integers(values)
        if found is None or not np.isfinite(found).any():
            return False
        live = found[np.isfinite(found)]
        if live.min() > 1 or live.max() - live.min() + 1 > COUNTER * len(live):
            return False
    return True


def _by_chance(here: Sequence[Any], there: Sequence[Any]) -> float:
    """Chance that a test id meets one of train, if ids were drawn from the range they lie in."""
    mine, other = numbers(here), numbers(there)
    if mine is None or other is None:
        return 0.0  # keys in letters don't meet by chance
    both = np.concatenate([mine, other])
    width = float(np.nanmax(both) - np.nanmin(both)) + 1
    return 1 - float(1 - 1 / max(width, 2.0)) ** len(mine) if width > COUNTER * len(both) else 0.0


def _alike(train: Table, test: Table, roles: Roles, name: str, pairs: list[tuple[int, int]], seed: int) -> float | None:
    """By how much more often the rows of a pair are nearer to each other than to the next pair's; None if unknowable."""
    if len(pairs) < 5:
        return None
    columns = [each for each in train.columns if each in test.columns and each != name][:20]
    rng = np.random.default_rng(seed)
    chosen = [pairs[int(place)] for place in rng.permutation(len(pairs))[:500]]
    one = np.array([each[0] for each in chosen])
    two = np.array([each[1] for each in chosen])
    votes = [_votes(take(train.columns[each], one), take(test.columns[each], two)) for each in columns]
    live = [each for each in votes if each is not None]
    return float(np.mean(live)) if live else None


def _votes(here: list[Any], there: list[Any]) -> float | None:
    both = numbers([*here, *there])
    if both is None:
        known: dict[Hashable, int] = {}
        named: Ints = codes([*here, *there], known)
        if len(known) < 2:
            return None
        a, b = named[: len(here)], named[len(here) :]
        return float((a == b).mean() - (a == np.roll(b, 1)).mean())
    x, z = both[: len(here)], both[len(here) :]
    near, far = np.abs(x - z), np.abs(x - np.roll(z, 1))
    return float((near < far).mean() - (far < near).mean()) if np.nanmax(both) > np.nanmin(both) else None


def _told(train: Table, test: Table, roles: Roles, name: str, seed: int) -> Finding | None:
    """Does the id tell the label?"""
    target = read_target(train, test, roles)
    if isinstance(target, str) or target.kind == "open":
        return None
    places = sample(len(train), 4000, seed)
    places = places[np.isfinite(target.train[places])]
    y = target.train[places]
    x = _parts(take(train.columns[name], places))
    if x is None or len(y) < FEWEST or len(np.unique(y)) < 2:
        return None
    own = skill(target.kind, y, crossed(tree(target.kind, seed), x, y, folds(len(y), 4, seed)))
    if own < TELLS:
        return None
    gain = _gain(train, test, roles, name, seed)
    used = name in roles.features
    severity = "block" if used and gain is not None and gain >= GAIN else "warn"
    why = f"the id {name!r} alone has {own:.3f} skill at the label of train rows it was not fitted on" + (
        "" if used else "; it is not among the features"
    )
    return finding(KIND, severity, round(own * len(y)), len(y), why, f"never give {name!r} to a model; number rows anew",
                   [{"column": name}], gain)  # fmt: skip


def _parts(values: list[Any]) -> Floats | None:
    """What a model can read in an id: its number, and the letters before it."""
    count = _integers(values)
    known: dict[Hashable, int] = {}
    letters = codes(["-" if blank(value) else re.sub(r"\d", "", str(value))[:40] or "-" for value in values], known)
    few = len(known) <= max(2, len(values) // 10)
    if count is None and not few:
        return None
    return np.column_stack([np.zeros(len(values)) if count is None else count, letters if few else 0 * letters])


def _gain(train: Table, test: Table, roles: Roles, name: str, seed: int) -> float | None:
    """What the id adds to a simple model on the test."""
    target = read_target(train, test, roles)
    if isinstance(target, str) or target.test is None or name not in test.columns:
        return None
    names = [each for each in feature_names(train, test, roles) if each != name][:100]
    frame = read_frame(train, test, names, seed)
    both = _parts([*take(train.columns[name], frame.train_rows), *take(test.columns[name], frame.test_rows)])
    y, w = target.train[frame.train_rows], target.test[frame.test_rows]
    fine, good = np.isfinite(y), np.isfinite(w)
    if both is None or good.sum() < 10:
        return None
    fit = forest(target.kind, seed)
    x, z = np.column_stack([frame.train, both[: len(y)]])[fine], np.column_stack([frame.test, both[len(y) :]])[good]
    with_it = score(target.kind, w[good], fit(x, y[fine], z))
    most = np.bincount(y[fine].astype(int)).argmax() if target.kind == "classes" else float(y[fine].mean())
    none = score(target.kind, w[good], np.full(int(good.sum()), float(most)))
    without = score(target.kind, w[good], fit(x[:, :-2], y[fine], z[:, :-2])) if names else none
    return with_it - max(without, none)
