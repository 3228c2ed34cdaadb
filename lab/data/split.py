"""Split a table once: train, validation, sealed.

The rules for small data, all of them here:
* by default 15 % of the rows validate and 25 % are sealed, never more than 2,000 and 5,000: at 5,000 rows an accuracy
  is known to 1.4 points, and more rows serve better as training;
* at least 20 sealed, 10 validation and 10 training rows, or there is nothing to examine and we say so;
* a table split by time keeps its latest rows sealed and those before them for validation;
* a class keeps at least one row (or group) in train; a group larger than the room left goes to train whole.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict

from lab.data.table import Row, Table
from state.errors import UserError
from state.words import Split

SHARES = (0.15, 0.25)
CAPS = (2_000, 5_000)
LEAST: dict[Split, int] = {"train": 10, "validation": 10, "sealed": 20}

Unit = list[str]
"""Ids that stay together: a group, or a single row."""


def split(table: Table, seed: int, sizes: tuple[float, float] | None = None) -> dict[Split, list[str]]:
    """Row ids of each split: random, by class when classes are few, by group when rows belong together.

    `sizes` is (validation, sealed); below 1 a share of the rows, else a number of rows.
    """
    wanted = _wanted(table, sizes)
    if table.ordered:
        return _by_time(table, wanted)
    strata = by_class(table)
    placed: dict[Split, list[str]] = {"train": [], "validation": [], "sealed": []}
    whole = {label: sum(map(len, units)) for label, units in strata.items()}
    quota = {name: _shares(whole, wanted[name]) for name in wanted}
    for label in sorted(strata):
        units = sorted(strata[label])
        random.Random(f"split:{seed}:{label}").shuffle(units)
        for name, ids in _fill(units, {each: quota[each][label] for each in quota}).items():
            placed[name].extend(ids)
    _enough(table, placed)
    return {name: sorted(ids) for name, ids in placed.items()}


def _by_time(table: Table, wanted: dict[Split, int]) -> dict[Split, list[str]]:
    """The latest rows are sealed, those before them validate; rows of one moment stay together, on the later side."""
    rows = sorted(table.rows, key=lambda row: (row.get("time", ""), row["id"]))
    sealed = _boundary(rows, len(rows) - wanted["sealed"])
    validation = _boundary(rows, sealed - wanted["validation"])
    parts = {"train": rows[:validation], "validation": rows[validation:sealed], "sealed": rows[sealed:]}
    placed: dict[Split, list[str]] = {name: [row["id"] for row in part] for name, part in parts.items()}  # type: ignore[misc]
    _enough(table, placed)
    return {name: sorted(ids) for name, ids in placed.items()}


def _boundary(rows: list[Row], at: int) -> int:
    while 0 < at < len(rows) and rows[at].get("time", "") == rows[at - 1].get("time", ""):
        at -= 1
    return at


def _wanted(table: Table, sizes: tuple[float, float] | None) -> dict[Split, int]:
    n = len(table.rows)
    least = sum(LEAST.values())
    if n < least:
        raise UserError(
            f"{table.name} has {n} rows; at least {least} are needed to train, validate and examine: bring more data"
        )
    asked = sizes or table.sizes
    if asked is None:
        validation, sealed = (min(cap, round(share * n)) for share, cap in zip(SHARES, CAPS, strict=True))
        return {"sealed": max(sealed, LEAST["sealed"]), "validation": max(validation, LEAST["validation"])}
    validation, sealed = (round(size * n) if size < 1 else int(size) for size in asked)
    if min(validation, sealed) < 1 or validation + sealed >= n:
        raise UserError(f"{validation} validation and {sealed} sealed rows can't be taken from the {n} of {table.name}")
    return {"sealed": sealed, "validation": validation}


def by_class(table: Table) -> dict[str, list[Unit]]:
    """Units by class (a group's most frequent one); all under one name when there are no classes."""
    members: dict[str, list[Row]] = defaultdict(list)
    for row in table.rows:
        members[row["id"] if row["group"] is None else f"group {row['group']}"].append(row)
    classes = set(table.labels)
    strata: dict[str, list[Unit]] = defaultdict(list)
    for rows in members.values():
        answer = Counter(sorted(row["answer"] for row in rows)).most_common(1)[0][0]
        strata[answer if answer in classes else ""].append(sorted(row["id"] for row in rows))
    return strata


def _shares(whole: dict[str, int], wanted: int) -> dict[str, int]:
    """Divide `wanted` over the classes in proportion, the largest remainders first."""
    total = sum(whole.values())
    exact = {label: wanted * size / total for label, size in whole.items()}
    given = {label: int(share) for label, share in exact.items()}
    short = wanted - sum(given.values())
    for label in sorted(exact, key=lambda each: (given[each] - exact[each], each))[:short]:
        given[label] += 1
    return given


def _fill(units: list[Unit], quota: dict[Split, int]) -> dict[Split, list[str]]:
    """Each unit into the first held-out split with room for it, else into train; the first unit always trains."""
    placed: dict[Split, list[str]] = defaultdict(list)
    placed["train"].extend(units[0])
    for unit in units[1:]:
        fits = (name for name in quota if len(placed[name]) + len(unit) <= quota[name])
        home: Split = next(fits, "train")
        placed[home].extend(unit)
    return placed


def _enough(table: Table, placed: dict[Split, list[str]]) -> None:
    for name, least in LEAST.items():
        if len(placed[name]) < least:
            kept = table.time_key if table.ordered else table.group_key
            why = f" because rows stay together by {kept}" if kept else ""
            raise UserError(
                f"{table.name} leaves {len(placed[name])} {name} rows{why}; {least} or more are needed: bring more data"
            )
