"""Worked examples in many layouts: a test question among them is told, other questions are not."""

from __future__ import annotations

import random
from typing import Any

import pytest

from lab.checks.parts import Roles, Table
from lab.checks.tables.fewshot import fewshot_overlap

LAYOUTS = {
    "qa": "Q: {q}\nA: {a}", "input_output": "Input: {q}\nOutput: {a}", "example": "### Example\nQ: {q}\nA: {a}",
    "headings": "### Question\n{q}\n### Answer\n{a}", "bold": "**Question:** {q}\n**Answer:** {a}", "arrow": "Input: {q} => {a}",
    "brackets": "[Question] {q}\n[Answer] {a}", "tags": "<question>{q}</question>\n<answer>{a}</answer>", "bare": "{q}\n{a}",
    "chat": "User: {q}\nAssistant: {a}", "inline": "Question: {q} Answer: {a}", "numbered": "{n}. {q}\nAnswer: {a}",
    "numbered_words": "Example {n}: {q}\nSolution: {a}",
}  # fmt: skip
NAMES = [
    a + b
    for a in ("Mar", "Jo", "Ka", "El", "Tim", "Ru", "Ser", "Wil")
    for b in ("tha", "nas", "rin", "vira", "othy", "gio")
]


def questions(kind: str, rng: random.Random, count: int) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    while len(found) < count:
        a, b = rng.randint(100, 9999), rng.randint(100, 9999)
        if kind == "sums":
            found[f"{a} + {b} ="] = str(a + b)
        else:
            one, two = rng.sample(NAMES, 2)
            found[f"In which year did {one} sell the {a} boats of {two} in Leith?"] = str(1500 + b % 500)
    return list(found.items())


def prompt(layout: str, shots: list[tuple[str, str]], own: str) -> str:
    blocks = [layout.format(q=q, a=a, n=at + 1) for at, (q, a) in enumerate(shots)]
    blocks.append(layout.split("{a}")[0].format(q=own, n=len(shots) + 1).rstrip())
    return (" " if "Question: {q} Answer" in layout else "\n\n").join(blocks)


def table(rows: list[dict[str, Any]]) -> Table:
    return Table({name: [row[name] for row in rows] for name in rows[0]}, range(len(rows)), len(rows))


@pytest.mark.parametrize("kind", ["sums", "words"])
@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("leaks", [True, False])
def test_examples_from_the_test_are_found(name: str, kind: str, leaks: bool) -> None:
    rng, layout = random.Random(3), LAYOUTS[name]
    every = questions(kind, rng, 240)
    train, test, spare = every[:120], every[120:180], every[180:]
    rows = [
        {
            "prompt": prompt(layout, rng.sample([each for each in (test if leaks else spare) if each[0] != q], 3), q),
            "answer": a,
        }
        for q, a in test
    ]
    plain = [{"prompt": prompt(layout, [], q), "answer": a} for q, a in train]
    found = fewshot_overlap(table(plain), table(rows), Roles(text=("prompt",), label="answer"))
    assert bool(found.findings) == leaks, found
    if leaks:
        assert found.findings[0].severity == "block" and found.findings[0].count > 30


def test_a_conversation_that_goes_on_is_no_example() -> None:
    """Rows of one dialogue, each a turn longer: what went before is no worked example."""
    rng = random.Random(4)
    rows = []
    for _ in range(30):
        turns = questions("words", rng, 4)
        for at in range(4):
            said = "".join(f"User: {q}\nAssistant: {a}\n" for q, a in turns[:at])
            rows.append({"prompt": f"{said}User: {turns[at][0]}\nAssistant:", "answer": turns[at][1]})
    train = [{"prompt": q, "answer": a} for q, a in questions("words", rng, 60)]
    assert not fewshot_overlap(table(train), table(rows), Roles(text=("prompt",), label="answer")).findings


def test_small_sums_meet_by_chance() -> None:
    rng = random.Random(5)

    def some(count: int) -> list[tuple[str, str]]:
        return [(f"{a} + {b} + {c} =", str(a + b + c)) for a, b, c in
                ((rng.randint(10, 20), rng.randint(10, 20), rng.randint(10, 20)) for _ in range(count))]  # fmt: skip

    rows = [{"prompt": prompt("Q: {q}\nA: {a}", some(4), q), "answer": a} for q, a in some(200)]
    train = [{"prompt": q, "answer": a} for q, a in some(400)]
    assert not fewshot_overlap(table(train), table(rows), Roles(text=("prompt",), label="answer")).findings


def test_an_article_is_no_example() -> None:
    from lab.checks.tables.fewshot import EXAMPLES

    for name in ("article", "democracy", "fewer", "snapshot", "democrat", "vehicle"):
        assert not EXAMPLES.search(name), name
    for name in ("few_shot", "fewshot", "examples", "icl_examples", "demos", "in_context", "few-shot", "shots"):
        assert EXAMPLES.search(name), name
