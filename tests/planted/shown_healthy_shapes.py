"""Shown half: healthy tables, series and odd shapes; nothing in them may be blocked."""

# ruff: noqa: SIM905  (word lists read better as one line of words)

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from tests.planted import make_healthy as make
from tests.planted import make_tables as tables
from tests.planted.case import Case, Rows, Shelf
from tests.planted.words import fill, paragraphs, sentence

SHELF: Shelf[Case] = Shelf("healthy")


@SHELF.add("healthy_forward_in_time")
def _series(folder: Path) -> Case:
    train, test = make.forward(tables.walk(14, 600), 0.2)
    return make.healthy(
        folder,
        "healthy_forward_in_time",
        train,
        test,
        "csv",
        "--label",
        "target",
        "--time",
        "date",
        quiet=("time_leak",),
    )


@SHELF.add("healthy_groups_apart")
def _groups(folder: Path) -> Case:
    train, test = make.by_group(tables.subjects(15, 80, 5, noise=0.3), "patient", 0.25, 15)
    return make.healthy(
        folder,
        "healthy_groups_apart",
        train,
        test,
        "csv",
        "--label",
        "label",
        "--group",
        "patient",
        quiet=("group_leak",),
    )


@SHELF.add("healthy_one_hot")
def _hot(folder: Path) -> Case:
    rows = make.one_hot(np.random.default_rng(16), 500, (4, 5, 6, 5, 7, 6))
    return make.healthy(folder, "healthy_one_hot", *tables.cut(rows, 0.3, 16), "csv", "--label", "label")


@SHELF.add("healthy_sparse_counts")
def _counts(folder: Path) -> Case:
    rows = make.counts(np.random.default_rng(17), 400, 60)
    return make.healthy(folder, "healthy_sparse_counts", *tables.cut(rows, 0.25, 17), "parquet", "--label", "label")


@SHELF.add("healthy_sensors")
def _sensors(folder: Path) -> Case:
    """Slow sensors, split forward, with the running number of each reading."""
    rng = np.random.default_rng(18)
    drift = np.cumsum(rng.normal(0, 0.1, (600, 5)), axis=0)
    rows = [
        {"reading": i, "second": 1_700_000_000 + 60 * i} | {f"t{c}": round(float(v), 3) for c, v in enumerate(line)}
        | {"load": round(float(line.sum() + rng.normal()), 3)}
        for i, line in enumerate(drift)
    ]  # fmt: skip
    return make.healthy(folder, "healthy_sensors", *make.forward(rows, 0.25), "csv", "--label", "load")


@SHELF.add("healthy_strong_feature")
def _strong(folder: Path) -> Case:
    """One honest measurement with an area of about 0.97."""
    rng = np.random.default_rng(19)
    rows = tables.blobs(19, 600, apart=0.5)
    rows = tables.with_column(rows, "marker", lambda row, _: round(float(2.7 * row["label"] + rng.normal()), 3))
    return make.healthy(folder, "healthy_strong_feature", *tables.cut(rows, 0.3, 19), "csv", "--label", "label")


@SHELF.add("healthy_many_good_features")
def _many(folder: Path) -> Case:
    rows = make.signs(np.random.default_rng(20), 500, 12, 0.8)
    return make.healthy(folder, "healthy_many_good_features", *tables.cut(rows, 0.3, 20), "jsonl", "--label", "label")


@SHELF.add("healthy_ten_rows")
def _ten(folder: Path) -> Case:
    rows = tables.blobs(21, 10)
    return make.healthy(folder, "healthy_ten_rows", rows[:7], rows[7:], "csv", "--label", "label")


@SHELF.add("healthy_ten_texts")
def _ten_texts(folder: Path) -> Case:
    rows = [{"text": t, "label": ("a", "b")[i % 2]} for i, t in enumerate(paragraphs("ten", 14, 1, 1))]
    return make.healthy(folder, "healthy_ten_texts", rows[:10], rows[10:], "jsonl", "--label", "label")


@SHELF.add("healthy_wide")
def _wide(folder: Path) -> Case:
    """Five hundred columns of chance against a hundred rows: some look good by luck."""
    rows = tables.blobs(22, 120, columns=500, apart=0.15)
    return make.healthy(folder, "healthy_wide", *tables.cut(rows, 0.3, 22), "csv", "--label", "label")


@SHELF.add("healthy_regression")
def _regression(folder: Path) -> Case:
    rng = np.random.default_rng(23)
    x = rng.normal(0, 1, (400, 6))
    y = 3 * x[:, 0] - x[:, 1] + 0.5 * x[:, 2] * x[:, 3] + rng.normal(0, 0.7, 400)
    rows = [
        {f"x{c}": round(float(v), 4) for c, v in enumerate(line)} | {"price": round(float(t), 3)}
        for line, t in zip(x, y, strict=True)
    ]
    return make.healthy(folder, "healthy_regression", *tables.cut(rows, 0.3, 23), "csv", "--label", "price")


@SHELF.add("healthy_consecutive_ids")
def _ids(folder: Path) -> Case:
    rows = [{"id": i} | row for i, row in enumerate(tables.blobs(24, 400))]
    return make.healthy(
        folder, "healthy_consecutive_ids", rows[:300], rows[300:], "csv", "--label", "label", quiet=("id_leak",)
    )


@SHELF.add("healthy_dates_as_strings")
def _dates(folder: Path) -> Case:
    """Birthdays: dates that no split has to mind."""
    rng = random.Random(25)
    rows = tables.with_column(
        tables.blobs(25, 400),
        "born",
        lambda row, i: f"{rng.randint(1940, 2004)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
    )
    return make.healthy(folder, "healthy_dates_as_strings", *tables.cut(rows, 0.3, 25), "csv", "--label", "label")


@SHELF.add("healthy_sorted_by_class_reviews")
def _reviews(folder: Path) -> Case:
    """Known review sets lie this way on disk: all of one class, then all of the other, on both sides."""
    rng = random.Random(26)
    rows: Rows = [{"text": t, "label": int(i % 2)} for i, t in enumerate(paragraphs("reviews", 400, 1, 3))]
    rng.shuffle(rows)
    train, test = (sorted(part, key=lambda r: int(r["label"])) for part in (rows[:300], rows[300:]))
    return make.healthy(folder, "healthy_sorted_by_class_reviews", train, test, "jsonl", "--label", "label")


@SHELF.add("healthy_dialogues")
def _dialogues(folder: Path) -> Case:
    """Conversations with one system prompt and common courtesies."""
    rng = random.Random(27)
    rows = [
        {"messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": f"Hello! {fill(rng, 'How should one go about {doing} a {adjective} {plain} in {name}?')}"},
            {"role": "assistant", "content": f"Sure, I can help with that. {sentence(rng)} {sentence(rng)}"},
        ]}
        for _ in range(300)
    ]  # fmt: skip
    return make.healthy(folder, "healthy_dialogues", rows[:230], rows[230:], "jsonl")


@SHELF.add("healthy_short_commands")
def _short(folder: Path) -> Case:
    """Very short texts: commands to a voice box, each asked once, of a small vocabulary."""
    rng = random.Random(28)
    acts, rooms, things = (
        "turn dim open close start stop".split(),
        "kitchen hall attic cellar study bedroom".split(),
        "lamp blind heater fan radio door".split(),
    )
    every = [f"{a} the {t} in the {r} at {h}" for a in acts for t in things for r in rooms for h in range(1, 13)]
    rng.shuffle(every)
    rows = [{"text": t} for t in every[:900]]
    return make.healthy(folder, "healthy_short_commands", rows[:700], rows[700:], "csv", "--text", "text")
