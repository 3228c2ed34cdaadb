"""Which rows change sides when a split is made anew: whole groups, or the latest rows for the test."""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.checks.audit.load import typed
from lab.checks.parts import Part

TRIES = 20
"""Random choices of groups; the one whose test has most nearly the size and the classes it had is taken."""


@dataclass(frozen=True)
class Placed:
    """Numbers of the rows that change sides."""

    to_test: NDArray[np.int64]
    to_train: NDArray[np.int64]


def by_group(train: Part, test: Part, column: str, label: str | None, seed: int) -> Placed | str:
    """Groups on both sides go to one of them, so that test keeps about as many rows; or why that can't be."""
    here, there = _column(train, column), _column(test, column)
    mine, held = Counter(each for each in here if each is not None), Counter(each for each in there if each is not None)
    shared = sorted(mine.keys() & held.keys(), key=str)
    if not shared:
        return f"no group of {column!r} is on both sides"
    if len(mine.keys() | held.keys()) < 2:
        return f"{column!r} has one group only"
    alone = sum(count for group, count in held.items() if group not in mine) + sum(each is None for each in there)
    classes = (
        (_column(train, label), _column(test, label)) if label in train.columns and label in test.columns else None
    )
    best: tuple[float, set[Any]] | None = None
    for attempt in range(TRIES):
        chosen = _fill(shared, mine, held, alone, len(there), np.random.default_rng([seed, attempt]))
        if len(mine) - len(chosen) < 1 or (not chosen and not alone):
            continue
        cost = _cost(chosen, set(shared), here, there, classes)
        if best is None or cost < best[0]:
            best = cost, chosen
    if best is None:
        return f"the groups of {column!r} are too few or too large to stand on one side each"
    chosen, both = best[1], set(shared)
    to_test = [at for at, group in enumerate(here) if group in chosen]
    to_train = [at for at, group in enumerate(there) if group in both and group not in chosen]
    return Placed(np.array(to_test, np.int64), np.array(to_train, np.int64))


def _fill(shared: list[Any], mine: Counter[Any], held: Counter[Any], alone: int, wanted: int, rng: Any) -> set[Any]:
    """Groups in random order into the test, as long as it comes nearer to its size."""
    chosen: set[Any] = set()
    size = alone
    for at in rng.permutation(len(shared)):
        group = shared[int(at)]
        weight = mine[group] + held[group]
        if abs(size + weight - wanted) < abs(size - wanted):
            chosen.add(group)
            size += weight
    return chosen


def _cost(
    chosen: set[Any], shared: set[Any], here: list[Any], there: list[Any], classes: tuple[list[Any], list[Any]] | None
) -> float:
    """How far the new test is from the old one in size and classes; a class lost to train weighs most."""
    stay = [group not in shared or group in chosen for group in there]
    come = [group in chosen for group in here]
    size = sum(stay) + sum(come)
    cost = abs(size - len(there)) / max(1, len(there))
    if classes is None:
        return cost
    old = Counter(map(str, classes[1]))
    new = Counter(str(each) for each, keep in zip(classes[1], stay, strict=True) if keep)
    new.update(str(each) for each, keep in zip(classes[0], come, strict=True) if keep)
    left = {str(each) for each, gone in zip(classes[0], come, strict=True) if not gone}
    left |= {str(each) for each, keep in zip(classes[1], stay, strict=True) if not keep}
    if len(old) > 100:
        return cost
    far = sum(abs(new[each] / max(1, size) - count / len(there)) for each, count in old.items())
    return cost + far + 10 * len(new.keys() - left)


def by_time(train: Part, test: Part, column: str, label: str | None, seed: int) -> Placed | str:
    """The latest rows are the test, as many as before; rows of one moment stay together, on the later side."""
    here, there = (_moments(part, column) for part in (train, test))
    if here is None or there is None:
        return f"the values of {column!r} are no moments that could be put in order"
    both = np.concatenate([here, there])
    if np.isnan(both).any():
        return f"{int(np.isnan(both).sum()):,} rows have no moment in {column!r}: they can't be placed"
    order = np.sort(both)
    border = order[len(here)]
    if border == order[0]:
        return f"too many rows are of one moment in {column!r}"
    return Placed(np.flatnonzero(here >= border), np.flatnonzero(there < border))


def _moments(part: Part, column: str) -> NDArray[np.float64] | None:
    values = typed(_column(part, column))
    found = [_moment(value) for value in values]
    return None if any(each is None for each in found) else np.array(found, np.float64)


def _moment(value: Any) -> float | None:
    """Seconds, or any number that grows with time; NaN where there is nothing, None where it can't be read."""
    if value is None:
        return float("nan")
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, datetime.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=datetime.UTC)).timestamp()
    if isinstance(value, datetime.date):
        return value.toordinal() * 86400.0
    return None


def _parsed(text: str) -> datetime.datetime | None:
    for way in (datetime.datetime.fromisoformat, _european):
        try:
            return way(text)
        except ValueError:
            continue
    return None


def _european(text: str) -> datetime.datetime:
    """01.02.2024 is unambiguous; 01/02/2024 is not, and is left alone."""
    return datetime.datetime.strptime(text, "%d.%m.%Y").replace(tzinfo=datetime.UTC)


def _column(part: Part, column: str | None) -> list[Any]:
    assert column is not None
    return [value for batch in part.batches([column]) for value in batch[column]]
