"""Unseen half: other subjects, other dresses. Closed until the end."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.planted import make_overlap as make
from tests.planted import mutate
from tests.planted import scripts_of_the_world as world
from tests.planted.case import LEAKING, Case, Row, Shelf, pair
from tests.planted.make_prompts import riddles
from tests.planted.make_tables import blobs, cut
from tests.planted.words import distinct, functions, name, paragraphs, prose, sentence, word

SHELF: Shelf[Case] = Shelf("overlap")


def _grammar(how: str, ending: str, share: float, folder: Path) -> Case:
    texts = paragraphs(f"unseen {how}", 520, 1, 5)
    column = random.Random(how).choice(("body", "sentence", "content", "review"))
    return make.overlap(
        folder, f"overlap_{how}", texts, how=how, ending=ending, column=column, share=share, seed=101, tests=130
    )


for _how, _ending, _share in (
    ("exact", "parquet", 0.1), ("case", "csv", 0.15), ("spacing", "parquet", 0.3), ("punctuation", "csv", 0.25),
    ("edit", "jsonl", 0.35), ("typos", "csv", 0.3), ("reorder", "arrow", 0.4), ("paraphrase", "jsonl", 0.3),
    ("embedded", "parquet", 0.25), ("truncated", "json", 0.3),
):  # fmt: skip
    SHELF.put(f"overlap_{_how}", partial(_grammar, _how, _ending, _share))


@SHELF.add("overlap_prefixed_and_suffixed")
def _dressed(folder: Path) -> Case:
    """A header and a footer put around each copy."""

    def dress(text: str, rng: random.Random) -> str:
        return f"[scraped {rng.randint(1, 28)} May] {text} -- read more at {name(rng).lower()}.example"

    texts = paragraphs("unseen dressed", 420)
    return make.overlap(
        folder, "overlap_prefixed_and_suffixed", texts, mutate=dress, ending="jsonl", seed=102,
        expect="near_duplicate|contained_text",
    )  # fmt: skip


@SHELF.add("overlap_two_changes_at_once")
def _twice(folder: Path) -> Case:
    def both(text: str, rng: random.Random) -> str:
        return mutate.recase(mutate.edit(mutate.reorder(text, rng), rng), rng)

    texts = paragraphs("unseen twice", 420, 3, 5)
    return make.overlap(folder, "overlap_two_changes_at_once", texts, mutate=both, ending="parquet", seed=103)


@SHELF.add("overlap_names_swapped_in_real_prose")
def _prose(folder: Path) -> Case:
    texts = (
        list(prose("sklearn", "linear_model")) + list(prose("sklearn", "cluster")) + list(prose("sklearn", "ensemble"))
    )
    random.Random(104).shuffle(texts)
    return make.overlap(
        folder, "overlap_names_swapped_in_real_prose", distinct(texts, 360), mutate=mutate.mistype, share=0.3, tests=90,
        ending="csv", seed=104,
    )  # fmt: skip


@SHELF.add("overlap_html")
def _html(folder: Path) -> Case:
    """Copies still in their markup."""

    def mark(text: str, rng: random.Random) -> str:
        return "".join(f"<p>{part}</p>\n" for part in re.split(r"(?<=\.) ", text)).replace("the ", "the&nbsp;")

    texts = paragraphs("unseen html", 420)
    return make.overlap(
        folder, "overlap_html", texts, mutate=mark, ending="jsonl", seed=105, share=0.25,
        expect="near_duplicate|exact_duplicate|contained_text",
    )  # fmt: skip


@SHELF.add("overlap_japanese_in_long_text")
def _japanese(folder: Path) -> Case:
    rng = random.Random(106)
    texts = [world.japanese(rng, 4) for _ in range(340)]

    def inside(text: str, rng: random.Random) -> str:
        return world.japanese(rng, 4) + text + world.japanese(rng, 4)

    return make.overlap(
        folder, "overlap_japanese_in_long_text", texts, mutate=inside, ending="jsonl", seed=106, share=0.25,
        expect="contained_text|near_duplicate",
    )  # fmt: skip


@SHELF.add("overlap_russian_edited")
def _russian(folder: Path) -> Case:
    rng = random.Random(107)
    texts = distinct((world.latin(rng, "ru", 5) for _ in range(3000)), 340, 0.75)

    def change(text: str, rng: random.Random) -> str:
        words = text.split()
        del words[rng.randrange(len(words))]
        return " ".join(words)

    return make.overlap(
        folder, "overlap_russian_edited", texts, mutate=change, ending="csv", seed=107, share=0.3, tests=80,
        expect="near_duplicate|exact_duplicate",
    )  # fmt: skip


@SHELF.add("overlap_code_renamed")
def _code(folder: Path) -> Case:
    """Two variables of each function renamed."""

    def rename(text: str, rng: random.Random) -> str:
        names = sorted(set(re.findall(r"\b([a-z_]{3,})\b(?= =)", text)))
        for old in rng.sample(names, min(2, len(names))):
            text = re.sub(rf"\b{old}\b", f"{old}_{rng.choice('abcxyz')}", text)
        return text

    found = [source for _, _, source in functions("networkx", "algorithms") if len(source) < 4000]
    random.Random(108).shuffle(found)
    return make.overlap(
        folder, "overlap_code_renamed", distinct(found, 200, 0.75), mutate=rename, tests=40, share=0.4, ending="jsonl",
        column="code", seed=108, expect="near_duplicate|exact_duplicate",
    )  # fmt: skip


@SHELF.add("overlap_table_rows_rounded")
def _rounded(folder: Path) -> Case:
    """Rows of numbers whose copies were rounded to fewer places."""
    train, test = cut(blobs(109, 500, columns=9), 0.3, 109)
    chosen = random.Random(9).sample(range(len(test)), 45)
    train = train + [{k: round(v, 3) if k != "label" else v for k, v in test[i].items()} for i in chosen]
    return Case(
        "overlap_table_rows_rounded", *pair(folder, train, test, "parquet"), ("--label", "label"),
        ("near_duplicate|exact_duplicate|group_leak",), frozenset({"leaking", "suspect"}),
    )  # fmt: skip


def _exam(case: str, change: Callable[[Row, random.Random], Row], ending: str, folder: Path) -> Case:
    rng = random.Random(case)

    def option(rng: random.Random) -> str:
        return f"{word(rng, 'adjective')} {word(rng, 'plain')} of {name(rng)}"

    items, others = make.exams(rng, 70, option), make.exams(rng, 260, option)
    for item in items + others:
        item["question"] = sentence(rng) + " " + sentence(rng) + " What follows?"
    return make.contamination(folder, case, items, others, change, share=0.4, seed=110, ending=ending)


SHELF.put(
    "contamination_relettered",
    partial(_exam, "contamination_relettered", partial(make.as_chat, reletter=True), "jsonl"),
)
SHELF.put("contamination_notes", partial(_exam, "contamination_notes", make.as_prose, "parquet"))


@SHELF.add("contamination_transitive_mix")
def _mix(folder: Path) -> Case:
    """A mixture whose one part was derived from the benchmark: reworded, in another layout, among thousands of its own."""
    rng = random.Random("mix")
    items, others = riddles(rng, 100), riddles(rng, 1500)

    def derive(item: Row, rng: random.Random) -> Row:
        return {
            "instruction": mutate.edit(item["prompt"], rng), "output": f"It was the {item['answer']}.",
            "origin": rng.choice(("self-made", "evolved")),
        }  # fmt: skip

    return make.contamination(
        folder, "contamination_transitive_mix", items, others, derive, share=0.35, seed=111, ending="jsonl"
    )


@SHELF.add("contamination_conversations_of_many_turns")
def _turns(folder: Path) -> Case:
    """Benchmark questions as the second question of a conversation."""
    rng = random.Random("turns")
    items, others = riddles(rng, 80), riddles(rng, 300)

    def talk(item: Row, rng: random.Random) -> Row:
        return {"conversations": [
            {"from": "human", "value": sentence(rng)}, {"from": "gpt", "value": sentence(rng)},
            {"from": "human", "value": item["prompt"]}, {"from": "gpt", "value": item["answer"]},
        ]}  # fmt: skip

    case = make.contamination(
        folder, "contamination_conversations_of_many_turns", items, others, talk, share=0.4, seed=112, ending="jsonl"
    )
    return Case(case.name, case.train, case.test, case.options, case.expect, LEAKING, truth=case.truth)
