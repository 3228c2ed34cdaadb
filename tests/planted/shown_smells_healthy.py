"""Shown half: honest results, none of which may fail."""

from __future__ import annotations

import random
from pathlib import Path

from tests.planted import make_smells as make
from tests.planted.case import Shelf, Smell, write
from tests.planted.make_smells import honest
from tests.planted.words import name as a_name

SHELF: Shelf[Smell] = Shelf("healthy smells")
TEN, HUNDRED = tuple(range(10)), tuple(f"class {i}" for i in range(100))

for _name, _build in {
    "binary": honest("binary", 1, 500, ("no", "yes"), 0.88),
    "binary_numbers_csv": honest("binary_numbers_csv", 2, 800, (0, 1), 0.8, ending="csv"),
    "ten_classes": honest("ten_classes", 3, 1000, TEN, 0.96),
    "hundred_classes": honest("hundred_classes", 4, 5000, HUNDRED, 0.62),
    "hundred_classes_weak": honest("hundred_classes_weak", 5, 3000, HUNDRED, 0.12),
    "imbalanced_better": honest("imbalanced_better", 6, 2000, ("fine", "fraud"), 0.975, weights=(9, 1)),
    "imbalanced_three": honest("imbalanced_three", 7, 1500, ("a", "b", "c"), 0.9, weights=(7, 2, 1), ending="csv"),
    "twelve_rows": honest("twelve_rows", 8, 12, ("a", "b", "c", "d"), 0.93),
    "thirty_rows": honest("thirty_rows", 9, 30, ("x", "y", "z"), 0.85),
    "twenty_thousand": honest("twenty_thousand", 10, 20_000, ("a", "b", "c"), 0.77, ending="csv"),
    "joined_by_id": honest("joined_by_id", 11, 400, TEN, 0.9, with_ids=True),
    "joined_by_id_csv": honest("joined_by_id_csv", 12, 400, ("p", "q"), 0.83, with_ids=True, ending="csv"),
    "mediocre_ten": honest("mediocre_ten", 13, 800, TEN, 0.35),
    "mediocre_binary": honest("mediocre_binary", 14, 1500, ("no", "yes"), 0.62),
    "claimed_fraction": honest("claimed_fraction", 15, 150, "abcd", 0.87, claim=".3f"),
    "claimed_percent": honest("claimed_percent", 16, 150, "abcd", 0.87, claim=".1%"),
    "claimed_two_places": honest("claimed_two_places", 17, 1319, "abcd", 0.74, claim=".2f"),
    "claimed_whole_percent": honest("claimed_whole_percent", 18, 263, "abc", 0.91, claim=".0%"),
    "claimed_exactly": honest("claimed_exactly", 19, 700, "abc", 0.7, claim=".6f"),
    "sorted_by_class": honest("sorted_by_class", 20, 600, "abcdef", 0.9, order="sorted"),
    "sorted_binary": honest("sorted_binary", 21, 500, ("neg", "pos"), 0.86, order="sorted"),
    "balanced_accuracy": honest(
        "balanced_accuracy", 22, 900, "abc", 0.85, "--metric", "balanced_accuracy", weights=(6, 3, 1)
    ),
    "macro_f1": honest("macro_f1", 23, 900, "abc", 0.85, "--metric", "macro_f1", weights=(3, 2, 1), ending="csv"),
    "perfect_on_easy": honest("perfect_on_easy", 24, 60, ("even", "odd"), 1.0),
    "perfect_but_one": honest("perfect_but_one", 25, 40, "abc", 0.99),
    "iris_sized": honest("iris_sized", 26, 38, ("setosa", "versicolor", "virginica"), 0.95),
}.items():
    SHELF.put(_name, _build)


@SHELF.add("regression_r2")
def _r2(folder: Path) -> Smell:
    return make.put(folder, "regression_r2", *make.numbers(random.Random(31), 400, 5), "--metric", "r2", ending="csv")


@SHELF.add("regression_mse")
def _mse(folder: Path) -> Smell:
    return make.put(folder, "regression_mse", *make.numbers(random.Random(32), 250, 3), "--metric", "mse")


@SHELF.add("generation_exact_match")
def _generation(folder: Path) -> Smell:
    """Short free answers, two in five of them right."""
    rng = random.Random(33)
    answers = [f"{a_name(rng)} {a_name(rng)}" for _ in range(500)]
    said = [a if rng.random() < 0.4 else f"{a_name(rng)} {a_name(rng)}" for a in answers]
    return make.put(folder, "generation_exact_match", said, answers, "--metric", "exact_match")


@SHELF.add("sums_with_unparsed")
def _sums(folder: Path) -> Smell:
    """One in twelve said nothing that could be read; the claim counts them as wrong."""
    rng = random.Random(34)
    answers = [str(rng.randint(20, 1990)) for _ in range(400)]
    said = [
        a if rng.random() < 0.55 else "" if rng.random() < 0.2 else str(int(a) + rng.choice((-10, 1, 100)))
        for a in answers
    ]
    value = sum(p == a for p, a in zip(said, answers, strict=True)) / 400
    return make.put(folder, "sums_with_unparsed", said, answers, "--claimed", f"{value:.4f}")


@SHELF.add("answers_in_time_order")
def _time(folder: Path) -> Smell:
    rng = random.Random(35)
    answers = make.runs(rng, 900, ("rain", "sun", "snow"), 0.95)
    return make.put(folder, "answers_in_time_order", make.guesses(rng, answers, 0.9), answers)


@SHELF.add("late_by_a_step_in_time")
def _late(folder: Path) -> Smell:
    """A forecaster that says what it saw last: a little better when moved by one, and honest."""
    rng = random.Random(36)
    answers = make.runs(rng, 900, ("up", "down", "flat"), 0.9)
    said = make.guesses(rng, [answers[0], *answers[:-1]], 0.97)
    return make.put(folder, "late_by_a_step_in_time", said, answers, ending="csv")


@SHELF.add("two_classes_confused")
def _confused(folder: Path) -> Smell:
    """Cats and lynxes are told apart little better than by a coin."""
    rng = random.Random(37)
    answers = make.labels(rng, 700, ("cat", "lynx", "horse", "boat"))
    said = [rng.choice(("cat", "lynx")) if a in ("cat", "lynx") else a for a in make.guesses(rng, answers, 0.95)]
    return make.put(folder, "two_classes_confused", said, answers)


@SHELF.add("with_train_file")
def _train(folder: Path) -> Smell:
    rng = random.Random(38)
    train = write(
        folder / "train.csv", [{"text": f"note {i}", "answer": a} for i, a in enumerate(make.labels(rng, 900, "abc"))]
    )
    answers = make.labels(rng, 300, "abc")
    return make.put(
        folder, "with_train_file", make.guesses(rng, answers, 0.84), answers, "--train", str(train), ending="csv"
    )


@SHELF.add("one_class_never_said")
def _never_said(folder: Path) -> Smell:
    """The rarest of five is never predicted."""
    rng = random.Random(39)
    answers = make.labels(rng, 800, "abcde", (30, 25, 25, 17, 3))
    return make.put(
        folder, "one_class_never_said", ["a" if p == "e" else p for p in make.guesses(rng, answers, 0.87)], answers
    )
