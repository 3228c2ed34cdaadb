"""time_leak: test rows from before the end of train, in data where that is worth something."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import Floats, blank, numbers
from lab.checks.tables.frame import HUGE, feature_names, read_frame
from lab.checks.tables.power import promising
from lab.checks.tables.refit import Fit, forest
from lab.checks.tables.say import finding, pair, read
from lab.checks.tables.target import Target, read_target
from state.products import Finding

KIND = "time_leak"
INSIDE = 0.01
"""Share of test rows from before the end of train that a split by time may have, by days that straddle it."""
GAIN = 0.05
FAR_OUT = 4.0
"""The forward score must lie this many standard deviations below those of the same rows in random order."""
TURNS = 8
CUTS = (0.5, 0.625, 0.75, 0.875)
"""The past grows over these shares of the rows; each time the next eighth is foretold."""
MOST_ROWS, MOST_COLUMNS, FEWEST = 1500, 30, 80
FORMATS = (
    "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d.%m.%Y", "%d-%m-%Y", "%Y-%m", "%d %b %Y", "%b %d, %Y", "%B %d, %Y",
    "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%Y/%m/%d %H:%M", "%d.%m.%Y %H:%M", "%Y/%m/%d %H:%M:%S", "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S %z", "%a %b %d %H:%M:%S %z %Y",
)  # fmt: skip
OF_A_PERSON = re.compile(r"birth|dob|born|built|model|vintage", re.IGNORECASE)
"""A date or year that describes the thing and not when it was seen."""


def moments(values: Sequence[Any]) -> Floats | None:
    """The column as seconds or any other number that grows with time; None when it is no time."""
    found = numbers(values)
    if found is not None:
        return np.clip(found, -HUGE, HUGE)
    filled = [str(value).strip() for value in values if not blank(value)]
    some = filled[:: max(1, len(filled) // 200)]
    for parse in (_iso, *(_by(form) for form in FORMATS)):
        if some and sum(parse(each) is not None for each in some) >= 0.95 * len(some):
            read_all = [None if blank(value) else parse(str(value).strip()) for value in values]
            return np.array([np.nan if each is None else each for each in read_all], dtype=np.float64)
    return None


def _iso(text: str) -> float | None:
    try:
        return _seconds(datetime.datetime.fromisoformat(text))
    except ValueError:
        return None


def _by(form: str) -> Callable[[str], float | None]:
    def parse(text: str) -> float | None:
        try:
            return _seconds(datetime.datetime.strptime(text, form))
        except ValueError:
            return None

    return parse


def _seconds(when: datetime.datetime) -> float:
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.UTC)
    return (when - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)).total_seconds()


def time_leak(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Does the split look into the future, and does the future help?"""
    name = roles.time
    if name is None or name not in train.columns or name not in test.columns:
        return Looked(KIND, not_run="no time column is known on both sides")
    clock = moments([*train.columns[name], *test.columns[name]])
    if clock is None:
        return Looked(KIND, not_run=f"the column {name!r} does not read as time")
    here, there = clock[: len(train)], clock[len(train) :]
    if np.isfinite(here).sum() < 5 or np.isfinite(there).sum() < 2 or np.nanmin(here) == np.nanmax(here):
        return Looked(KIND, not_run=f"too few different times in {name!r}")
    looked_at = f"{read(train, test)}, times of {name!r}"
    last = float(np.nanmax(here))
    early = np.flatnonzero(there < last)
    if not len(early):
        return Looked(KIND, looked_at=looked_at)
    before = bool(np.nanmax(there) < np.nanmin(here))
    return Looked(KIND, (_judged(train, test, roles, here, there, early, before, seed),), looked_at=looked_at)


def _judged(
    train: Table, test: Table, roles: Roles, here: Floats, there: Floats, early: Any, before: bool, seed: int
) -> Finding:
    share = len(early) / len(test)
    where = "the whole test lies before train" if before else (
        f"{len(early)} of {len(test):,} test rows are from before the end of train"
    )  # fmt: skip
    worth = _forward(train, test, roles, here, there, seed) if share > INSIDE else None
    guessed = "time" in roles.guessed
    thing = bool(OF_A_PERSON.search(roles.time or "")) or (guessed and not _dated(train, roles))
    leaks = worth is not None and worth.gain >= GAIN and worth.far >= FAR_OUT
    severity = "info" if share <= INSIDE or not (leaks or before) else "warn" if thing or not leaks else "block"
    if before and thing:
        severity = "info"
    if worth is not None:
        where += (
            f"; the same model scores {worth.mixed:.3f} in random order and {worth.forward:.3f} when it must foretell "
            f"({worth.far:.1f} standard deviations)"
        )
    late = int(np.nanargmax(here))
    examples = [pair(train, test, late, row) for row in early[:20]]
    gain = worth.gain if worth is not None else None
    return finding(KIND, severity, len(early), len(test), where, "split by time: the test after the end of train",
                   examples, gain)  # fmt: skip


def _dated(train: Table, roles: Roles) -> bool:
    """Are these real dates, rather than bare numbers?"""
    values = [value for value in train.columns[roles.time or ""][:200] if not blank(value)]
    return bool(values) and numbers([str(value) for value in values]) is None


@dataclass(frozen=True)
class Forward:
    """One model on the same rows, foretelling and at random."""

    forward: float
    mixed: float
    gain: float
    far: float


def _forward(train: Table, test: Table, roles: Roles, here: Floats, there: Floats, seed: int) -> Forward | None:
    target = read_target(train, test, roles)
    if isinstance(target, str) or target.kind == "open":
        return None
    frame = read_frame(train, test, feature_names(train, test, roles), seed, MOST_ROWS, MOST_ROWS // 2)
    other = target.test if target.test is not None else np.full(len(test), np.nan)
    y = np.concatenate([target.train[frame.train_rows], other[frame.test_rows]])
    clock = np.concatenate([here[frame.train_rows], there[frame.test_rows]])
    x = np.vstack([frame.train, frame.test])
    fine = np.isfinite(y) & np.isfinite(clock)
    x, y, clock = x[fine], y[fine], clock[fine]
    if len(y) < FEWEST or len(np.unique(y)) < 2:
        return None
    best = promising(target.kind, x, y, frame.numeric)[0][:MOST_COLUMNS]
    x = np.column_stack([x[:, best], clock])
    return measured(target, x, y, np.argsort(clock, kind="stable"), seed)


def measured(target: Target, x: Floats, y: Floats, order: Any, seed: int) -> Forward:
    """The score in the order of time against the scores in random orders, all with as much past."""
    rng = np.random.default_rng(seed)
    fits: tuple[Fit, ...] = (forest(target.kind, seed, 20),)
    if target.kind == "quantity":
        fits = (*fits, _line)
    forward = max((_foretold(target.kind, fit, x[order], y[order]) for fit in fits), key=lambda each: each[0])[0]
    shuffles = [rng.permutation(len(y)) for _ in range(TURNS)]
    tries = [max(_foretold(target.kind, fit, x[each], y[each]) for fit in fits) for each in shuffles]
    mixed = np.array([each[0] for each in tries])
    noise = max(float(mixed.std(ddof=1)), float(np.mean([each[1] for each in tries])), 0.005)
    gain = float(mixed.mean() - forward)
    return Forward(forward, float(mixed.mean()), gain, gain / noise)


def _foretold(kind: str, fit: Fit, x: Floats, y: Floats) -> tuple[float, float]:
    """Accuracy, or one less the error as a share of the variance of all rows, over the four futures; and its error."""
    errors = []
    for cut in CUTS:
        now, end = int(cut * len(y)), int((cut + 0.125) * len(y))
        if len(np.unique(y[:now])) < 2:
            continue
        answers = fit(x[:now], y[:now], x[now:end])
        errors.append((answers != y[now:end]) if kind == "classes" else (answers - y[now:end]) ** 2 / y.var())
    if not errors:
        return 0.0, 1.0
    every = np.concatenate(errors).astype(np.float64)
    return max(-1.0, 1.0 - float(every.mean())), float(every.std()) / float(np.sqrt(len(every)))


def _line(x: Floats, y: Floats, z: Floats) -> Floats:
    """A straight line can go on where trees stop."""
    both = np.vstack([x, z])
    both = np.where(np.isnan(both), np.nanmean(np.where(np.isnan(both).all(axis=0), 0.0, both), axis=0), both)
    middle, width = both[: len(x)].mean(axis=0), both[: len(x)].std(axis=0)
    scaled = (both - middle) / np.where(width > 0, width, 1.0)
    whole = np.column_stack([scaled, np.ones(len(both))])
    inner = whole[: len(x)]
    ridge = inner.T @ inner + 1e-3 * len(x) * np.eye(whole.shape[1])
    return np.asarray(whole[len(x) :] @ np.linalg.solve(ridge, inner.T @ y), dtype=np.float64)
