"""Splits whose test rows came into training: word for word, changed, embedded, as chat, as few-shot examples."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.planted.case import LEAKING, Case, Row, pair
from tests.planted.mutate import KINDS

EXPECTED = {
    "exact": "exact_duplicate",
    "case": "exact_duplicate|near_duplicate",
    "spacing": "exact_duplicate|near_duplicate",
    "punctuation": "exact_duplicate|near_duplicate",
    "embedded": "contained_text",
}
OVERLAP = "exact_duplicate|near_duplicate|contained_text|contamination"
Mutation = Callable[[str, random.Random], str]


def plant(
    train: list[str], test: Sequence[str], share: float, mutate: Mutation, rng: random.Random
) -> tuple[list[str], dict[int, int]]:
    """Put changed copies of some test texts among the training texts; test row to training row."""
    chosen = rng.sample(range(len(test)), max(1, round(share * len(test))))
    places = rng.sample(range(len(train)), len(chosen))
    out = list(train)
    for row, place in zip(chosen, places, strict=True):
        out[place] = mutate(test[row], rng)
    return out, dict(zip(chosen, places, strict=True))


def overlap(
    folder: Path, name: str, texts: Sequence[str], *, how: str = "exact", mutate: Mutation | None = None, tests: int = 100,
    share: float = 0.2, seed: int = 0, ending: str = "csv", column: str = "text", labels: Sequence[str] = (),
    expect: str = "", verdict: frozenset[str] = LEAKING, options: tuple[str, ...] = (),
) -> Case:  # fmt: skip
    """The last texts become the test; a share of them is planted in the training part."""
    rng = random.Random(f"{name}{seed}")
    test, rest = list(texts[:tests]), list(texts[tests:])
    train, pairs = plant(rest, test, share, mutate or KINDS[how], rng)
    kind_of = {row: rng.choice(list(labels)) for row in range(len(test))} if labels else {}
    at = {place: row for row, place in pairs.items()}

    def row(text: str, label: str | None) -> Row:
        return {column: text} | ({"label": label} if labels else {})

    train_rows = [
        row(text, kind_of[at[i]] if i in at and labels else rng.choice(list(labels)) if labels else None)
        for i, text in enumerate(train)
    ]
    test_rows = [row(text, kind_of.get(i)) for i, text in enumerate(test)]
    wanted = expect or EXPECTED.get(how, "near_duplicate")
    return Case(
        name,
        *pair(folder, train_rows, test_rows, ending),
        options,
        (wanted,),
        verdict,
        truth={OVERLAP: frozenset(pairs)},
    )


def exams(rng: random.Random, count: int, make: Callable[[random.Random], str]) -> list[Row]:
    """Multiple-choice questions with four options each, as a benchmark stores them."""
    out: list[Row] = []
    for _ in range(count):
        options = [make(rng) for _ in range(4)]
        out.append({"question": make(rng) + " " + make(rng), "choices": options, "answer": rng.choice("ABCD")})
    return out


def as_chat(item: Row, rng: random.Random, *, reletter: bool = False) -> Row:
    """A benchmark item as a conversation; the options may stand in another order under other letters."""
    order = list(range(4))
    if reletter:
        rng.shuffle(order)
    letters = "1234" if reletter else "ABCD"
    listed = "\n".join(f"{letters[i]}) {item['choices'][at]}" for i, at in enumerate(order))
    right = letters[order.index("ABCD".index(item["answer"]))]
    ask = rng.choice(("Please answer the question below.\n\n{q}\n{o}", "{q}\n\nOptions:\n{o}\n\nThink step by step."))
    return {
        "messages": [
            {"role": "system", "content": "You are a careful assistant."},
            {"role": "user", "content": ask.format(q=item["question"], o=listed)},
            {"role": "assistant", "content": f"The right answer is {right}."},
        ]
    }


def as_prose(item: Row, rng: random.Random) -> Row:
    """A benchmark item rewritten as a synthetic note, as derived datasets carry it."""
    right = item["choices"]["ABCD".index(item["answer"])]
    lead = rng.choice(("Study note.", "Synthetic example, generated for training.", "Fact card:"))
    question = re.sub(r"\s+", " ", item["question"])
    return {
        "text": f"{lead} {question} The best of the offered statements is this one: {right}",
        "source": "synthetic-mix-v2",
    }


def contamination(
    folder: Path, name: str, items: Sequence[Row], others: Sequence[Row], change: Callable[[Row, random.Random], Row],
    *, share: float, seed: int, ending: str,
) -> Case:  # fmt: skip
    """A training set in its own form that holds items of the benchmark it will be measured on."""
    rng = random.Random(f"{name}{seed}")
    chosen = rng.sample(range(len(items)), max(1, round(share * len(items))))
    train = [change(item, rng) for item in others] + [change(items[i], rng) for i in chosen]
    rng.shuffle(train)
    return Case(
        name, *pair(folder, train, list(items), ending), (), ("contamination|contained_text|near_duplicate",), LEAKING,
        truth={OVERLAP: frozenset(chosen)},
    )  # fmt: skip
