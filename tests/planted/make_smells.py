"""Predictions and answers: honest ones of many shapes, and what bugs and wishes make of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.planted.case import Rows, Smell, write

FAIL = frozenset({"FAIL"})
DOUBT = frozenset({"FAIL", "SUSPECT"})
GOOD = frozenset({"PASS", "SUSPECT"})
Values = list[Any]


def labels(rng: random.Random, n: int, kinds: Sequence[Any], weights: Sequence[float] | None = None) -> Values:
    return rng.choices(list(kinds), weights, k=n)


def guesses(rng: random.Random, answers: Sequence[Any], accuracy: float) -> Values:
    """Right with this chance, else another class that occurs."""
    kinds = sorted(set(answers), key=str)
    return [a if rng.random() < accuracy else rng.choice([k for k in kinds if k != a]) for a in answers]


def put(
    folder: Path, name: str, predictions: Sequence[Any], answers: Sequence[Any], *options: str, ending: str = "jsonl",
    ids: Sequence[Any] | None = None, mixed: int | None = None, verdict: frozenset[str] = GOOD, says: str = "",
    refused: bool = False, more: Rows | None = None,
) -> Smell:  # fmt: skip
    """Write both files; `mixed` is the seed by which the predictions' rows are shuffled (then joined by id)."""
    given: Rows = [{"prediction": p} for p in predictions]
    wanted: Rows = [{"answer": a} for a in answers]
    if ids is not None:
        given = [{"id": i} | row for i, row in zip(ids, given, strict=False)]
        wanted = [{"id": i} | row for i, row in zip(ids, wanted, strict=True)]
    if more is not None:
        wanted = [row | extra for row, extra in zip(wanted, more, strict=True)]
    if mixed is not None:
        random.Random(mixed).shuffle(given)
    return Smell(
        name, write(folder / f"predictions.{ending}", given), write(folder / f"answers.{ending}", wanted), options, verdict,
        says, refused,
    )  # fmt: skip


def honest(
    name: str, seed: int, n: int, kinds: Sequence[Any], accuracy: float, *options: str, weights: Sequence[float] | None = None,
    ending: str = "jsonl", with_ids: bool = False, claim: str = "", order: str = "",
) -> Callable[[Path], Smell]:  # fmt: skip
    """A classifier that is as good as it is; `claim` is the format in which its own value is claimed."""

    def build(folder: Path) -> Smell:
        rng = random.Random(seed)
        answers = labels(rng, n, kinds, weights)
        if order == "sorted":
            answers.sort(key=str)
        said = guesses(rng, answers, accuracy)
        value = sum(p == a for p, a in zip(said, answers, strict=True)) / n
        claimed = ("--claimed", format(value, claim)) if claim else ()
        ids = [f"q{i}" for i in range(n)] if with_ids else None
        return put(
            folder, name, said, answers, *options, *claimed, ending=ending, ids=ids, mixed=seed if with_ids else None
        )

    return build


def runs(rng: random.Random, n: int, kinds: Sequence[Any], stay: float) -> Values:
    """Answers in time order that stay for a while."""
    out = [rng.choice(list(kinds))]
    while len(out) < n:
        out.append(out[-1] if rng.random() < stay else rng.choice(list(kinds)))
    return out


def shifted(values: Sequence[Any], by: int) -> Values:
    return list(values[-by:]) + list(values[:-by])


def mapped(values: Sequence[Any], kinds: Sequence[Any], by: int = 1) -> Values:
    """Each class called by the name of another."""
    order = list(kinds)
    return [order[(order.index(v) + by) % len(order)] for v in values]


def numbers(rng: random.Random, n: int, noise: float) -> tuple[Values, Values]:
    """Predictions and answers of a regression."""
    answers = [rng.gauss(50, 12) for _ in range(n)]
    return [round(a + rng.gauss(0, noise), 3) for a in answers], [round(a, 3) for a in answers]


def conflicting(rng: random.Random, inputs: int, kinds: Sequence[Any], noise: float) -> Rows:
    """Training rows in which each input stands three times and its label is often another."""
    rows: Rows = []
    for i in range(inputs):
        true = rng.choice(list(kinds))
        for _ in range(3):
            wrong = rng.random() < noise
            label = rng.choice([k for k in kinds if k != true]) if wrong else true
            rows.append({"text": f"case number {i} of the ward", "answer": label})
    rng.shuffle(rows)
    return rows
