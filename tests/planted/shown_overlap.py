"""Shown half: test rows that came into training, in many dresses."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.planted import make_overlap as make
from tests.planted import scripts_of_the_world as world
from tests.planted.case import LEAK_OR_DOUBT, Case, Shelf, pair
from tests.planted.make_prompts import riddles
from tests.planted.words import distinct, functions, paragraphs, prose, sentence

SHELF: Shelf[Case] = Shelf("overlap")


def _grammar(how: str, ending: str, folder: Path) -> Case:
    texts = paragraphs(f"shown {how}", 400)
    return make.overlap(folder, f"overlap_{how}", texts, how=how, ending=ending, seed=1)


for _how, _ending in (
    ("exact", "csv"), ("case", "jsonl"), ("spacing", "jsonl"), ("punctuation", "parquet"), ("edit", "csv"),
    ("typos", "jsonl"), ("reorder", "parquet"), ("paraphrase", "csv"), ("embedded", "jsonl"), ("truncated", "csv"),
):  # fmt: skip
    SHELF.put(f"overlap_{_how}", partial(_grammar, _how, _ending))


@SHELF.add("overlap_real_prose_edited")
def _prose(folder: Path) -> Case:
    texts = list(prose("networkx", "algorithms"))
    random.Random(5).shuffle(texts)
    return make.overlap(
        folder, "overlap_real_prose_edited", distinct(texts, 400), how="edit", share=0.25, ending="parquet", seed=2
    )


@SHELF.add("overlap_labelled_exact")
def _labelled(folder: Path) -> Case:
    texts = paragraphs("shown labelled", 500, 1, 2)
    labels = ("good", "bad")
    return make.overlap(
        folder,
        "overlap_labelled_exact",
        texts,
        share=0.3,
        labels=labels,
        ending="csv",
        seed=3,
        options=("--label", "label"),
    )


@SHELF.add("overlap_chinese_edited")
def _chinese(folder: Path) -> Case:
    rng = random.Random(11)
    texts = [world.chinese(rng, 4) for _ in range(360)]
    return make.overlap(
        folder, "overlap_chinese_edited", texts, mutate=world.edit_characters, share=0.2, ending="jsonl", seed=4,
        expect="near_duplicate",
    )  # fmt: skip


@SHELF.add("overlap_code_exact_and_reformatted")
def _code(folder: Path) -> Case:
    def reformat(text: str, rng: random.Random) -> str:
        return text.replace("    ", "  ").replace("\n\n", "\n") if rng.random() < 0.7 else text

    texts = [source for _, _, source in functions("networkx", "generators")]
    random.Random(3).shuffle(texts)
    texts = distinct(texts, 200, 0.75)
    return make.overlap(
        folder, "overlap_code_exact_and_reformatted", texts, mutate=reformat, tests=40, share=0.3, ending="jsonl",
        column="code", seed=5, expect="exact_duplicate|near_duplicate",
    )  # fmt: skip


@SHELF.add("overlap_few_rows")
def _few(folder: Path) -> Case:
    """Three of two hundred: to be told of, whatever it is called."""
    texts = paragraphs("shown few", 600)
    return make.overlap(folder, "overlap_few_rows", texts, tests=200, share=0.015, verdict=LEAK_OR_DOUBT, seed=6)


@SHELF.add("overlap_table_rows")
def _tables(folder: Path) -> Case:
    """Rows of numbers that stand on both sides."""
    from tests.planted.make_tables import blobs, cut

    train, test = cut(blobs(21, 500, columns=7), 0.3, 21)
    chosen = random.Random(2).sample(range(len(test)), 40)
    train = train + [test[i] for i in chosen]
    return Case(
        "overlap_table_rows", *pair(folder, train, test, "csv"), ("--label", "label"), ("exact_duplicate",),
        frozenset({"leaking"}), truth={make.OVERLAP: frozenset(chosen)},
    )  # fmt: skip


def _exam(name: str, change: Callable[..., object], ending: str, folder: Path) -> Case:
    rng = random.Random(name)
    items, others = make.exams(rng, 80, sentence), make.exams(rng, 300, sentence)
    return make.contamination(folder, name, items, others, change, share=0.3, seed=7, ending=ending)  # type: ignore[arg-type]


SHELF.put("contamination_chat", partial(_exam, "contamination_chat", make.as_chat, "jsonl"))
SHELF.put("contamination_prose", partial(_exam, "contamination_prose", make.as_prose, "jsonl"))


@SHELF.add("contamination_question_answer_joined")
def _joined(folder: Path) -> Case:
    """A benchmark of riddles whose items came into training as one text of question and answer."""
    rng = random.Random("joined")
    items, others = riddles(rng, 90), riddles(rng, 300)

    def join(item: dict[str, str], _: random.Random) -> dict[str, str]:
        return {"text": f"### Question\n{item['prompt']}\n### Answer\n{item['answer']}"}

    return make.contamination(
        folder, "contamination_question_answer_joined", items, others, join, share=0.3, seed=8, ending="jsonl"
    )
