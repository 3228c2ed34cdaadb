"""Healthy splits: known tables cut at random, and the shapes that cheap detectors take for leaks."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.planted.case import NOT_LEAKING, Case, Row, Rows, pair
from tests.planted.make_tables import cut

OVERLAPS = ("exact_duplicate", "near_duplicate", "contained_text", "contamination")


def healthy(folder: Path, name: str, train: Sequence[Row], test: Sequence[Row], ending: str, *options: str,
            quiet: tuple[str, ...] = ()) -> Case:  # fmt: skip
    """Nothing here may be blocked."""
    return Case(name, *pair(folder, train, test, ending), options, (), NOT_LEAKING, quiet=quiet)


def known(folder: Path, name: str, data: str, seed: int, ending: str = "csv") -> Case:
    """A table that sklearn carries, cut at random; rows that stand in it twice are taken out first."""
    from sklearn import datasets

    found = getattr(datasets, f"load_{data}")()
    names = [str(n) for n in getattr(found, "feature_names", [])] or [f"x{i}" for i in range(found.data.shape[1])]
    lines: dict[tuple[float, ...], Row] = {}
    for values, target in zip(found.data, found.target, strict=True):
        key = tuple(float(v) for v in values)
        label = float(target) if data == "diabetes" else str(found.target_names[target])
        lines[key] = dict(zip(names, key, strict=True)) | {"target": label}
    train, test = cut(list(lines.values()), 0.25, seed)
    return healthy(folder, name, train, test, ending, "--label", "target")


def signs(rng: np.random.Generator, rows: int, columns: int, accuracy: float) -> Rows:
    """Each column says the label right with the same chance, independently: strong together, honest one by one."""
    kinds = rng.integers(0, 2, rows)
    right = rng.random((rows, columns)) < accuracy
    seen = np.where(right, kinds[:, None], 1 - kinds[:, None]) + rng.normal(0, 0.1, (rows, columns))
    return [
        {f"s{c}": round(float(v), 3) for c, v in enumerate(line)} | {"label": int(k)}
        for line, k in zip(seen, kinds, strict=True)
    ]


def span_questions(rng: random.Random, count: int, context: Sequence[str]) -> Rows:
    """Extractive questions: the answer stands in the context, and that is the task."""
    rows: Rows = []
    for i in range(count):
        text = context[i]
        words = text.rstrip(".").split()
        at = rng.randrange(len(words) - 3)
        rows.append(
            {
                "context": text,
                "question": f"Which words follow '{words[at]}'?",
                "answer": " ".join(words[at + 1 : at + 3]),
            }
        )
    return rows


def counts(rng: np.random.Generator, rows: int, columns: int) -> Rows:
    """Sparse counts: most are nought."""
    kinds = rng.integers(0, 3, rows)
    rates = rng.gamma(0.25, 1.2, (3, columns))
    table = rng.poisson(rates[kinds])
    return [
        {f"w{c}": int(v) for c, v in enumerate(line)} | {"label": f"topic{k}"}
        for line, k in zip(table, kinds, strict=True)
    ]


def one_hot(rng: np.random.Generator, rows: int, widths: Sequence[int]) -> Rows:
    """A few small categories as one-hot columns: many rows are alike because there are few ways to differ."""
    out: Rows = []
    for _ in range(rows):
        row: Row = {}
        total = 0
        for c, width in enumerate(widths):
            pick = int(rng.integers(0, width))
            total += pick
            row |= {f"c{c}_{v}": int(v == pick) for v in range(width)}
        row["label"] = int(total + rng.normal(0, 2) > sum(widths) / 2)
        out.append(row)
    return out


def forward(rows: Rows, share: float) -> tuple[Rows, Rows]:
    """The past to train on, the future to be tested on."""
    at = round(len(rows) * (1 - share))
    return rows[:at], rows[at:]


def by_group(rows: Rows, key: str, share: float, seed: int) -> tuple[Rows, Rows]:
    """No group on both sides."""
    groups = sorted({row[key] for row in rows})
    random.Random(seed).shuffle(groups)
    held = set(groups[: round(share * len(groups))])
    return [row for row in rows if row[key] not in held], [row for row in rows if row[key] in held]
