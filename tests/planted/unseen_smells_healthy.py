"""Unseen half: other honest results. Closed until the end."""

from __future__ import annotations

import math
import random
from pathlib import Path

from tests.planted import make_smells as make
from tests.planted.case import Shelf, Smell, write
from tests.planted.make_smells import honest
from tests.planted.words import sentence

SHELF: Shelf[Smell] = Shelf("healthy smells")
SEVEN = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

for _name, _build in {
    "booleans": honest("booleans", 101, 640, ("true", "false"), 0.91),
    "letters_of_choices": honest("letters_of_choices", 102, 198, "ABCD", 0.46),
    "letters_many": honest("letters_many", 103, 1319, "ABCDE", 0.58, with_ids=True),
    "fifty_classes": honest("fifty_classes", 104, 900, tuple(range(50)), 0.71, ending="csv"),
    "weekdays_sorted": honest("weekdays_sorted", 105, 700, SEVEN, 0.8, order="sorted"),
    "sixteen_rows": honest("sixteen_rows", 106, 16, "abcd", 0.9),
    "fifty_rows": honest("fifty_rows", 107, 50, (0, 1), 0.9, ending="csv"),
    "rare_found": honest("rare_found", 108, 6000, ("ok", "bad"), 0.992, weights=(30, 1)),
    "long_tail": honest("long_tail", 109, 2500, tuple("abcdefghij"), 0.82, weights=(30, 20, 10, 8, 6, 5, 4, 3, 2, 1)),
    "claimed_164": honest("claimed_164", 110, 164, "abcdefgh", 0.63, claim=".1%"),
    "claimed_30": honest("claimed_30", 111, 30, tuple(range(20)), 0.55, claim=".3f"),
    "claimed_5000": honest("claimed_5000", 112, 5000, "abc", 0.88, claim=".4f", ending="csv"),
    "perfect_forty": honest("perfect_forty", 113, 40, ("left", "right"), 1.0, ending="csv"),
    "perfect_claimed": honest("perfect_claimed", 114, 100, ("on", "off"), 1.0, claim=".0%"),
    "weak_three": honest("weak_three", 115, 2400, "abc", 0.41),
    "strong_twenty": honest(
        "strong_twenty", 116, 2000, tuple(f"k{i}" for i in range(20)), 0.985, with_ids=True, ending="csv"
    ),
    "macro_f1_ten": honest("macro_f1_ten", 117, 1000, tuple(range(10)), 0.66, "--metric", "macro_f1"),
    "accuracy_named": honest("accuracy_named", 118, 333, "xyz", 0.72, "--metric", "accuracy", claim=".3f"),
}.items():
    SHELF.put(_name, _build)


@SHELF.add("regression_weak")
def _weak(folder: Path) -> Smell:
    return make.put(folder, "regression_weak", *make.numbers(random.Random(131), 600, 11), "--metric", "r2")


@SHELF.add("regression_series")
def _series(folder: Path) -> Smell:
    """A smooth series: yesterday's prediction is nearly as good."""
    rng = random.Random(132)
    answers = [round(40 + 15 * math.sin(i / 30) + rng.gauss(0, 0.4), 3) for i in range(700)]
    said = [round(a + rng.gauss(0, 1.2), 3) for a in answers]
    return make.put(folder, "regression_series", said, answers, "--metric", "r2", ending="csv")


@SHELF.add("regression_few")
def _few(folder: Path) -> Smell:
    return make.put(folder, "regression_few", *make.numbers(random.Random(133), 25, 4), "--metric", "mse", ending="csv")


@SHELF.add("numeric_match_with_units")
def _units(folder: Path) -> Smell:
    rng = random.Random(134)
    answers = [str(rng.randint(2, 900)) for _ in range(400)]
    said = [f"{a}.0" if rng.random() < 0.4 else a if rng.random() < 0.6 else str(int(a) + 3) for a in answers]
    return make.put(folder, "numeric_match_with_units", said, answers, "--metric", "numeric_match")


@SHELF.add("alternating_answers")
def _alternating(folder: Path) -> Smell:
    """The answers take turns, so that a shift by two changes nothing and one by one changes all."""
    rng = random.Random(135)
    answers = ["ask", "tell"] * 250
    return make.put(folder, "alternating_answers", make.guesses(rng, answers, 0.9), answers)


@SHELF.add("states_that_last")
def _states(folder: Path) -> Smell:
    rng = random.Random(136)
    answers = make.runs(rng, 1200, ("wake", "light", "deep", "dream"), 0.97)
    return make.put(folder, "states_that_last", make.guesses(rng, answers, 0.78), answers, ending="csv")


@SHELF.add("smoothed_states")
def _smoothed(folder: Path) -> Smell:
    """Each prediction is the commonest of the last five frames: late by two, and honest."""
    rng = random.Random(137)
    answers = make.runs(rng, 1000, ("a", "b", "c"), 0.96)
    raw = make.guesses(rng, answers, 0.8)
    said = []
    for i in range(1000):
        window = raw[max(0, i - 4) : i + 1]
        said.append(max(sorted(set(window)), key=window.count))
    return make.put(folder, "smoothed_states", said, answers)


@SHELF.add("free_answers_weak")
def _free(folder: Path) -> Smell:
    rng = random.Random(138)
    answers = [sentence(rng) for _ in range(350)]
    said = [a if rng.random() < 0.15 else sentence(rng) for a in answers]
    return make.put(folder, "free_answers_weak", said, answers, "--metric", "exact_match")


@SHELF.add("some_unparsed_no_claim")
def _unparsed(folder: Path) -> Smell:
    rng = random.Random(139)
    answers = make.labels(rng, 500, "ABCD")
    said = [None if rng.random() < 0.04 else p for p in make.guesses(rng, answers, 0.7)]
    return make.put(folder, "some_unparsed_no_claim", said, answers)


@SHELF.add("ordinal_neighbours")
def _ordinal(folder: Path) -> Smell:
    """Stars from one to five; mistakes fall on the next star."""
    rng = random.Random(140)
    answers = make.labels(rng, 900, (1, 2, 3, 4, 5))
    said = [a if rng.random() < 0.6 else min(5, max(1, a + rng.choice((-1, 1)))) for a in answers]
    return make.put(folder, "ordinal_neighbours", said, answers, ending="csv")


@SHELF.add("one_class_taken_for_another")
def _taken(folder: Path) -> Smell:
    """Most wolves are called dogs, and no dog is called a wolf."""
    rng = random.Random(141)
    answers = make.labels(rng, 800, ("dog", "wolf", "fox", "bear"), (4, 1, 3, 2))
    said = ["dog" if a == "wolf" and rng.random() < 0.7 else a for a in make.guesses(rng, answers, 0.92)]
    return make.put(folder, "one_class_taken_for_another", said, answers)


@SHELF.add("train_with_a_little_noise")
def _noise(folder: Path) -> Smell:
    rng = random.Random(142)
    train = write(folder / "train.jsonl", make.conflicting(rng, 300, "abc", 0.01))
    answers = make.labels(rng, 600, "abc")
    more = [{"text": f"case number {300 + i} of the ward"} for i in range(600)]
    return make.put(
        folder, "train_with_a_little_noise", make.guesses(rng, answers, 0.9), answers, "--train", str(train), more=more
    )
