"""Unseen half: the other faults in other shapes. Closed until the end."""

from __future__ import annotations

import math
import random
from functools import partial
from pathlib import Path

import numpy as np

from tests.planted import make_tables as tables
from tests.planted import unseen_scripts as scripts
from tests.planted.case import LEAK_OR_DOUBT, LEAKING, Case, Rows, Shelf, pair
from tests.planted.make_scripts import scripted
from tests.planted.words import paragraphs

SHELF: Shelf[Case] = Shelf("faults")

for _sort, _codes in (
    ("fitted", scripts.FITTED), ("oversampled", scripts.OVERSAMPLED), ("selected", scripts.SELECTED), ("right", scripts.RIGHT),
):  # fmt: skip
    for _name, _code in _codes.items():
        SHELF.put(
            f"script_{_sort}_{_name}",
            partial(scripted, name=f"script_{_sort}_{_name}", code=_code, sort=_sort, seed=131),
        )

SHELF.put(
    "proxy_words_for_classes",
    lambda f: tables.proxy(
        f, "proxy_words_for_classes",
        lambda row, rng: rng.choice((("no", "none"), ("mild", "some"), ("bad", "worst"), ("gone",))[row["label"]]),
        seed=101, classes=4, ending="jsonl", column="severity_note",
    ),
)  # fmt: skip
SHELF.put(
    "proxy_inverted",
    lambda f: tables.proxy(
        f, "proxy_inverted", lambda row, _: 1 - row["label"], seed=102, column="not_churned", ending="parquet"
    ),
)
SHELF.put(
    "proxy_missing_when_negative",
    lambda f: tables.proxy(
        f,
        "proxy_missing_when_negative",
        lambda row, rng: rng.randint(1, 400) if row["label"] else None,
        seed=103,
        column="days_to_event",
    ),
)


@SHELF.add("proxy_of_a_number")
def _number(folder: Path) -> Case:
    """The same price in another currency."""
    rng = np.random.default_rng(104)
    x = rng.normal(0, 1, (400, 5))
    price = np.exp(x @ rng.normal(0, 0.4, 5) + 5 + rng.normal(0, 0.5, 400))
    rows: Rows = [
        {f"x{c}": round(float(v), 4) for c, v in enumerate(line)}
        | {"listed_eur": round(float(0.92 * p), 2), "price": round(float(p), 2)}
        for line, p in zip(x, price, strict=True)
    ]
    return tables.simple(
        folder,
        "proxy_of_a_number",
        rows,
        seed=104,
        expect=("label_proxy",),
        verdict=LEAK_OR_DOUBT,
        options=("--label", "price"),
    )


@SHELF.add("proxy_signature_in_text")
def _signature(folder: Path) -> Case:
    """Each class was written on another machine, which signs."""
    rng = random.Random(105)
    rows = []
    for text in paragraphs("signature", 420, 1, 3):
        kind = rng.choice(("genuine", "forged"))
        rows.append({"text": f"{text} Sent from my {'Veltro 9' if kind == 'forged' else 'Harmon Mail'}", "label": kind})
    return tables.simple(
        folder,
        "proxy_signature_in_text",
        rows,
        seed=105,
        ending="parquet",
        expect=("label_proxy",),
        verdict=LEAK_OR_DOUBT,
    )


SHELF.put(
    "id_blocks_of_letters",
    lambda f: tables.sorted_ids(
        f, "id_blocks_of_letters", lambda i: f"{'A' if i < 200 else 'B'}{i:05d}", seed=106, column="record_id"
    ),
)
SHELF.put(
    "id_sorted_parquet",
    lambda f: tables.sorted_ids(
        f, "id_sorted_parquet", lambda i: 900_000 + i * 7, seed=107, column="row_id", ending="parquet", rows=700
    ),
)
SHELF.put(
    "rows_sorted_three_classes",
    lambda f: tables.sorted_rows(
        f, "rows_sorted_three_classes", tables.blobs(108, 500, classes=3), seed=108, ending="parquet"
    ),
)


@SHELF.add("rows_almost_sorted")
def _almost(folder: Path) -> Case:
    """Sorted by class, and then one row in thirty moved."""
    rng = random.Random(109)
    case = tables.sorted_rows(folder, "rows_almost_sorted", tables.blobs(109, 600), seed=109)
    train, test = tables.cut(tables.blobs(109, 600), 0.3, 109)
    for part in (train, test):
        part.sort(key=lambda row: row["label"])
        for _ in range(len(part) // 30):
            a, b = rng.randrange(len(part)), rng.randrange(len(part))
            part[a], part[b] = part[b], part[a]
    return Case("rows_almost_sorted", *pair(folder, train, test, "csv"), case.options, case.expect, case.verdict)


@SHELF.add("group_recordings")
def _recordings(folder: Path) -> Case:
    """Windows of a recording, cut at random."""
    rng = np.random.default_rng(110)
    rows: Rows = []
    for rec in range(40):
        base, kind = rng.normal(0, 1, 12), int(rng.integers(0, 3))
        for window in range(12):
            seen = base + rng.normal(0, 0.15, 12)
            rows.append(
                {"recording": f"r{rec:03d}.wav", "window": window}
                | {f"band{c}": round(float(v), 4) for c, v in enumerate(seen)}
                | {"label": kind}
            )
    return tables.simple(
        folder, "group_recordings", rows, seed=110, ending="csv", expect=("group_leak",), verdict=LEAKING,
        options=("--label", "label", "--group", "recording"),
    )  # fmt: skip


@SHELF.add("group_guessed_by_subject")
def _subject(folder: Path) -> Case:
    rows = tables.subjects(111, 50, 8, noise=0.3, key="subject_id", classes=3)
    return tables.simple(
        folder,
        "group_guessed_by_subject",
        rows,
        seed=111,
        ending="jsonl",
        expect=("group_leak",),
        verdict=LEAK_OR_DOUBT,
    )


@SHELF.add("group_without_id_few_copies")
def _copies(folder: Path) -> Case:
    """Augmentation before the split: five copies of each row with small noise."""
    rows = tables.without(tables.subjects(112, 90, 5, columns=14, noise=0.03, classes=3), "patient")
    return tables.simple(
        folder,
        "group_without_id_few_copies",
        rows,
        seed=112,
        ending="parquet",
        expect=("group_leak|near_duplicate",),
        verdict=LEAK_OR_DOUBT,
    )


@SHELF.add("time_named_seconds")
def _seconds(folder: Path) -> Case:
    rows = [
        row | {"ts": 1_600_000_000 + 3600 * i} for i, row in enumerate(tables.without(tables.walk(113, 600), "date"))
    ]
    return tables.time_leak(
        folder, "time_named_seconds", rows, seed=113, ending="parquet", options=("--label", "target", "--time", "ts")
    )


@SHELF.add("time_named_with_classes")
def _classes(folder: Path) -> Case:
    """A class that follows a slow swing."""
    rng = np.random.default_rng(114)
    rows = [
        {"created_at": f"2023-{1 + i // 56:02}-{1 + (i // 2) % 28:02}T{12 * (i % 2):02}:00:00", "a": round(float(rng.normal()), 3),
         "label": int(math.sin(i / 45) + rng.normal(0, 0.3) > 0)}
        for i in range(640)
    ]  # fmt: skip
    return tables.time_leak(
        folder,
        "time_named_with_classes",
        rows,
        seed=114,
        ending="jsonl",
        options=("--label", "label", "--time", "created_at"),
    )
