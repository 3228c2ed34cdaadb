"""Unseen half: healthy tables, series and odd shapes. Closed until the end."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from tests.planted import make_healthy as make
from tests.planted import make_tables as tables
from tests.planted.case import Case, Shelf
from tests.planted.words import distinct, fill, paragraphs, prose, sentence

SHELF: Shelf[Case] = Shelf("healthy")


@SHELF.add("healthy_forecast_hours")
def _hours(folder: Path) -> Case:
    """Hours with yesterday's value as a feature, split forward: strong and legitimate."""
    rng = np.random.default_rng(112)
    load = 50 + 10 * np.sin(np.arange(900) / 24 * 2 * np.pi) + np.cumsum(rng.normal(0, 0.3, 900))
    rows = [
        {"timestamp": f"{np.datetime64('2022-03-01T00') + i}", "load_1h_ago": round(float(load[i - 1]), 3),
         "load": round(float(load[i]), 3)}
        for i in range(1, 900)
    ]  # fmt: skip
    return make.healthy(
        folder,
        "healthy_forecast_hours",
        *make.forward(rows, 0.2),
        "csv",
        "--label",
        "load",
        "--time",
        "timestamp",
        quiet=("time_leak",),
    )


@SHELF.add("healthy_groups_of_texts_apart")
def _authors(folder: Path) -> Case:
    rng = random.Random(113)
    rows = [
        {"author": f"w{a:03d}", "text": sentence(rng), "label": ("early", "late")[a % 2]}
        for a in range(70)
        for _ in range(5)
    ]
    train, test = make.by_group(rows, "author", 0.3, 113)
    return make.healthy(
        folder,
        "healthy_groups_of_texts_apart",
        train,
        test,
        "jsonl",
        "--label",
        "label",
        "--group",
        "author",
        quiet=("group_leak",),
    )


@SHELF.add("healthy_few_categories")
def _categories(folder: Path) -> Case:
    """Words for categories and two numbers."""
    rng = random.Random(114)
    rows = [
        {"colour": rng.choice(("red", "blue", "green")), "shape": rng.choice(("round", "square", "long", "flat")),
         "city": rng.choice(("Oslo", "Lima", "Cairo", "Osaka", "Perth")), "weight": round(rng.lognormvariate(2, 0.5), 2),
         "age": rng.randint(0, 90), "sold": rng.choice(("yes", "no", "no"))}
        for _ in range(500)
    ]  # fmt: skip
    return make.healthy(folder, "healthy_few_categories", *tables.cut(rows, 0.3, 114), "csv", "--label", "sold")


@SHELF.add("healthy_survey")
def _survey(folder: Path) -> Case:
    """Answers from one to five to ten questions, moved by one mood."""
    rng = np.random.default_rng(115)
    mood = rng.normal(0, 1, 450)
    rows = [
        {f"q{c}": int(np.clip(round(3 + 0.8 * m + rng.normal(0, 0.9)), 1, 5)) for c in range(10)}
        | {"stays": int(m + rng.normal(0, 0.8) > 0)}
        for m in mood
    ]
    return make.healthy(folder, "healthy_survey", *tables.cut(rows, 0.3, 115), "parquet", "--label", "stays")


@SHELF.add("healthy_embeddings")
def _embeddings(folder: Path) -> Case:
    """Unit vectors in tight classes, as encoders give them."""
    rng = np.random.default_rng(116)
    centres = rng.normal(0, 1, (5, 48))
    kinds = rng.integers(0, 5, 400)
    found = centres[kinds] + rng.normal(0, 0.5, (400, 48))
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    rows = [
        {f"e{c}": round(float(v), 5) for c, v in enumerate(line)} | {"label": int(k)}
        for line, k in zip(found, kinds, strict=True)
    ]
    return make.healthy(folder, "healthy_embeddings", *tables.cut(rows, 0.25, 116), "parquet", "--label", "label")


@SHELF.add("healthy_separable_by_one_axis")
def _separable(folder: Path) -> Case:
    """Easy and honest, as petal length is for one flower: a gap would be luck, an area of 0.98 is biology."""
    rng = np.random.default_rng(117)
    kinds = rng.integers(0, 2, 300)
    rows = [
        {"length": round(float(3 * k + rng.normal(0, 1)), 2), "width": round(float(k + rng.normal(0, 0.8)), 2),
         "depth": round(float(rng.normal(5, 1)), 2),
         "label": ("small", "large")[k]}
        for k in kinds
    ]  # fmt: skip
    return make.healthy(folder, "healthy_separable_by_one_axis", *tables.cut(rows, 0.3, 117), "csv", "--label", "label")


@SHELF.add("healthy_heavy_tailed_prices")
def _prices(folder: Path) -> Case:
    rng = np.random.default_rng(118)
    rows = []
    for i in range(500):
        area, rooms, age = float(rng.lognormal(4.3, 0.4)), int(rng.integers(1, 7)), int(rng.integers(0, 120))
        price = 2500 * area + 9000 * rooms - 300 * age + float(rng.normal(0, 60_000))
        rows.append(
            {
                "listing_id": 5_000 + i,
                "area": round(area, 1),
                "rooms": rooms,
                "age": age,
                "price": round(max(price, 20_000), -2),
            }
        )
    return make.healthy(folder, "healthy_heavy_tailed_prices", *tables.cut(rows, 0.3, 118), "csv", "--label", "price")


@SHELF.add("healthy_wide_texts_and_ids")
def _hashes(folder: Path) -> Case:
    rng = random.Random(119)
    rows = [
        {"uuid": f"{rng.getrandbits(64):016x}", "title": sentence(rng), "body": t, "label": rng.choice((0, 1, 2))}
        for t in paragraphs("wide", 320)
    ]
    return make.healthy(
        folder, "healthy_wide_texts_and_ids", rows[:240], rows[240:], "json", "--label", "label", quiet=("id_leak",)
    )


@SHELF.add("healthy_real_prose_two_packages")
def _prose(folder: Path) -> Case:
    rows = [{"text": t, "source": 0} for t in distinct(prose("networkx", "algorithms"), 200)]
    rows += [
        {"text": t, "source": 1} for t in distinct(prose("sklearn", "metrics") + prose("sklearn", "linear_model"), 160)
    ]
    return make.healthy(
        folder, "healthy_real_prose_two_packages", *tables.cut(rows, 0.25, 120), "parquet", "--label", "source"
    )


@SHELF.add("healthy_preferences")
def _preferences(folder: Path) -> Case:
    """Chosen and rejected answers to one prompt resemble each other within a row, and that is no leak."""
    rng = random.Random(121)
    rows = []
    for _ in range(300):
        ask, answer = fill(rng, "Describe the {adjective} {plain} of {name}."), sentence(rng)
        rows.append({"prompt": ask, "chosen": f"{answer} {sentence(rng)}", "rejected": f"{answer} {sentence(rng)}"})
    return make.healthy(folder, "healthy_preferences", rows[:230], rows[230:], "jsonl")


@SHELF.add("healthy_twenty_rows_twenty_columns")
def _twenty(folder: Path) -> Case:
    rows = tables.blobs(122, 24, columns=20)
    return make.healthy(folder, "healthy_twenty_rows_twenty_columns", rows[:16], rows[16:], "csv", "--label", "label")


@SHELF.add("healthy_no_names_given")
def _bare(folder: Path) -> Case:
    """Texts and classes with no option at all."""
    rng = random.Random(123)
    rows = [{"utterance": sentence(rng), "intent": rng.choice(("ask", "tell", "thank"))} for _ in range(360)]
    return make.healthy(folder, "healthy_no_names_given", rows[:270], rows[270:], "csv")
