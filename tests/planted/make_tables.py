"""Tables with planted faults: proxies, identifiers, groups, time, noise, missing classes, dead columns."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.planted.case import ANY, LEAK_OR_DOUBT, LEAKING, NOT_LEAKING, Case, Row, Rows, pair


def blobs(seed: int, rows: int, columns: int = 6, classes: int = 2, apart: float = 1.0) -> Rows:
    """Numbers that say something about the class, but not all."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, apart, (classes, columns))
    kinds = rng.integers(0, classes, rows)
    values = centres[kinds] + rng.normal(0, 1.4, (rows, columns))
    return [
        {f"f{c}": round(float(v), 4) for c, v in enumerate(line)} | {"label": int(k)}
        for line, k in zip(values, kinds, strict=True)
    ]


def cut(rows: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """A random split."""
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)
    at = round(len(rows) * (1 - share))
    return [rows[i] for i in order[:at]], [rows[i] for i in order[at:]]


def with_column(rows: Rows, column: str, value: Callable[[Row, int], Any]) -> Rows:
    return [row | {column: value(row, i)} for i, row in enumerate(rows)]


def simple(
    folder: Path, name: str, rows: Rows, *, seed: int, ending: str = "csv", expect: Sequence[str] = (),
    verdict: frozenset[str] = NOT_LEAKING, options: tuple[str, ...] = ("--label", "label"), never: tuple[str, ...] = (),
    quiet: tuple[str, ...] = (), share: float = 0.3,
) -> Case:  # fmt: skip
    """A random split of a table."""
    train, test = cut(rows, share, seed)
    return Case(name, *pair(folder, train, test, ending), options, tuple(expect), verdict, never, quiet)


def proxy(folder: Path, name: str, value: Callable[[Row, random.Random], Any], *, seed: int, rows: int = 400,
          classes: int = 2, ending: str = "csv", sure: bool = True, column: str = "outcome_code") -> Case:  # fmt: skip
    """A column that carries the label under another name."""
    rng = random.Random(seed)
    table = with_column(blobs(seed, rows, classes=classes, apart=0.4), column, lambda row, _: value(row, rng))
    verdict = LEAKING if sure else LEAK_OR_DOUBT
    return simple(folder, name, table, seed=seed, ending=ending, expect=("label_proxy",), verdict=verdict)


def sorted_ids(folder: Path, name: str, number: Callable[[int], Any], *, seed: int, column: str = "id", rows: int = 400,
               ending: str = "csv", named: bool = False) -> Case:  # fmt: skip
    """Identifiers given out class by class before the split."""
    table = sorted(blobs(seed, rows, apart=0.3), key=lambda row: row["label"])
    table = [{column: number(i)} | row for i, row in enumerate(table)]
    options = ("--label", "label", *(("--id", column) if named else ()))
    return simple(
        folder,
        name,
        table,
        seed=seed,
        ending=ending,
        expect=("id_leak|label_proxy",),
        verdict=LEAK_OR_DOUBT,
        options=options,
    )


def sorted_rows(folder: Path, name: str, rows: Rows, *, seed: int, ending: str = "csv", label: str = "label") -> Case:
    """Rows that lie class by class in both files: the place of a row tells its class."""
    train, test = cut(rows, 0.3, seed)
    train.sort(key=lambda row: str(row[label]))
    test.sort(key=lambda row: str(row[label]))
    return Case(name, *pair(folder, train, test, ending), ("--label", label), ("row_order",), NOT_LEAKING)


def subjects(
    seed: int,
    people: int,
    visits: int,
    *,
    columns: int = 8,
    noise: float = 0.05,
    classes: int = 2,
    key: str = "patient",
) -> Rows:
    """People seen several times: their numbers repeat with a little noise, and so does their label."""
    rng = np.random.default_rng(seed)
    table: Rows = []
    for person in range(people):
        body, kind = rng.normal(0, 1, columns), int(rng.integers(0, classes))
        for _ in range(visits):
            seen = body + rng.normal(0, noise, columns)
            table.append(
                {key: f"P{person:04d}"} | {f"m{c}": round(float(v), 4) for c, v in enumerate(seen)} | {"label": kind}
            )
    return table


def without(rows: Rows, *columns: str) -> Rows:
    return [{k: v for k, v in row.items() if k not in columns} for row in rows]


def walk(seed: int, days: int, *, start: str = "2019-01-01", column: str = "date") -> Rows:
    """A slow random walk with its date, so that yesterday tells today."""
    rng = np.random.default_rng(seed)
    level = np.cumsum(rng.normal(0, 1, days)) + 100
    stamps = np.datetime64(start) + np.arange(days)
    return [
        {column: str(day), "volume": round(float(rng.lognormal(3, 0.4)), 2), "target": round(float(v), 3)}
        for day, v in zip(stamps, level, strict=True)
    ]


def time_leak(folder: Path, name: str, rows: Rows, *, seed: int, ending: str, options: tuple[str, ...]) -> Case:
    """A random split of what goes on in time."""
    return simple(
        folder, name, rows, seed=seed, ending=ending, expect=("time_leak",), verdict=LEAK_OR_DOUBT, options=options
    )


def noisy_labels(seed: int, rows: int, share: float, classes: int = 3) -> Rows:
    """Well-separated classes with a share of labels drawn anew."""
    rng = random.Random(seed)
    table = blobs(seed, rows, columns=8, classes=classes, apart=6.0)
    for row in table:
        if rng.random() < share:
            row["label"] = rng.choice([k for k in range(classes) if k != row["label"]])
    return table


def skewed(seed: int, rows: int, rare: float) -> Rows:
    """Two classes of which one is rare."""
    table = blobs(seed, rows, apart=1.2)
    ones = [row for row in table if row["label"] == 1]
    return [row for row in table if row["label"] == 0] + ones[: max(4, round(rare * rows))]


def class_gone(folder: Path, name: str, rows: Rows, gone: Any, *, seed: int, ending: str, side: str = "train") -> Case:
    """A class that one side has never seen."""
    train, test = cut(rows, 0.3, seed)
    if side == "train":
        train = [row for row in train if row["label"] != gone]
    else:
        test = [row for row in test if row["label"] != gone]
    return Case(name, *pair(folder, train, test, ending), ("--label", "label"), ("missing_class",), NOT_LEAKING)


def conflict(folder: Path, name: str, texts: Sequence[str], labels: Sequence[str], *, share: float, seed: int,
             across: bool, ending: str) -> Case:  # fmt: skip
    """The same text under two labels: within training, or in training and in the test."""
    rng = random.Random(seed)
    cut_at = len(texts) // 4
    test = [{"text": t, "label": rng.choice(list(labels))} for t in texts[:cut_at]]
    train = [{"text": t, "label": rng.choice(list(labels))} for t in texts[cut_at:]]
    chosen = rng.sample(test if across else train, round(share * (len(test) if across else len(train))))
    train += [{"text": row["text"], "label": rng.choice([k for k in labels if k != row["label"]])} for row in chosen]
    rng.shuffle(train)
    verdict = LEAK_OR_DOUBT if across else ANY
    return Case(name, *pair(folder, train, test, ending), ("--label", "label"), ("label_conflict",), verdict)
