"""Shown half: proxies, identifiers, groups, time, scripts, prompts, noise, classes, columns, pictures."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

from tests.planted import make_prompts as prompts
from tests.planted import make_tables as tables
from tests.planted import shown_scripts as scripts
from tests.planted.case import LEAK_OR_DOUBT, LEAKING, NOT_LEAKING, Case, Shelf, pair
from tests.planted.make_scripts import scripted
from tests.planted.words import paragraphs, sentence

SHELF: Shelf[Case] = Shelf("faults")

for _sort, _codes in (
    ("fitted", scripts.FITTED), ("oversampled", scripts.OVERSAMPLED), ("selected", scripts.SELECTED), ("right", scripts.RIGHT),
):  # fmt: skip
    for _name, _code in _codes.items():
        SHELF.put(
            f"script_{_sort}_{_name}",
            partial(scripted, name=f"script_{_sort}_{_name}", code=_code, sort=_sort, seed=31),
        )

SHELF.put("proxy_copied", lambda f: tables.proxy(f, "proxy_copied", lambda row, _: row["label"], seed=1))
SHELF.put(
    "proxy_encoded",
    lambda f: tables.proxy(
        f, "proxy_encoded", lambda row, _: ("K7", "M2", "Q9")[row["label"]], seed=2, classes=3, ending="parquet"
    ),
)
SHELF.put(
    "proxy_shifted_number",
    lambda f: tables.proxy(f, "proxy_shifted_number", lambda row, rng: 40 * row["label"] + rng.gauss(0, 2), seed=3),
)
SHELF.put(
    "proxy_noisy",
    lambda f: tables.proxy(
        f,
        "proxy_noisy",
        lambda row, rng: row["label"] if rng.random() < 0.985 else 1 - row["label"],
        seed=4,
        rows=800,
        sure=False,
    ),
)


@SHELF.add("proxy_keyword_in_text")
def _keyword(folder: Path) -> Case:
    """A tag left in the text says the class."""
    rng = random.Random(6)
    rows = [
        {"text": f"[{'queue-7' if kind == 'refund' else 'queue-3'}] {text}", "label": kind}
        for text in paragraphs("keyword", 400, 1, 2)
        for kind in [rng.choice(("refund", "delivery"))]
    ]
    return tables.simple(
        folder, "proxy_keyword_in_text", rows, seed=6, ending="jsonl", expect=("label_proxy",), verdict=LEAK_OR_DOUBT
    )


SHELF.put("id_sorted", lambda f: tables.sorted_ids(f, "id_sorted", lambda i: i, seed=7))
SHELF.put(
    "id_sorted_named",
    lambda f: tables.sorted_ids(
        f, "id_sorted_named", lambda i: 10_000 + 3 * i, seed=8, column="case_id", named=True, ending="jsonl"
    ),
)
SHELF.put("rows_sorted_numbers", lambda f: tables.sorted_rows(f, "rows_sorted_numbers", tables.blobs(9, 400), seed=9))
SHELF.put(
    "rows_sorted_texts",
    lambda f: tables.sorted_rows(
        f, "rows_sorted_texts",
        [{"text": t, "label": ("neg", "pos")[i % 2]} for i, t in enumerate(paragraphs("sorted", 300, 1, 2))], seed=10, ending="jsonl",
    ),
)  # fmt: skip


@SHELF.add("group_named")
def _group(folder: Path) -> Case:
    rows = tables.subjects(11, 80, 5, noise=0.4)
    return tables.simple(
        folder, "group_named", rows, seed=11, expect=("group_leak",), verdict=LEAKING,
        options=("--label", "label", "--group", "patient"),
    )  # fmt: skip


@SHELF.add("group_guessed")
def _guessed(folder: Path) -> Case:
    rows = tables.subjects(12, 60, 6, noise=0.5, key="patient_id")
    return tables.simple(
        folder, "group_guessed", rows, seed=12, ending="parquet", expect=("group_leak",), verdict=LEAK_OR_DOUBT
    )


@SHELF.add("group_without_id")
def _nameless(folder: Path) -> Case:
    """Six copies of each person with a little noise and no column that says who it is."""
    rows = tables.without(tables.subjects(13, 70, 6, columns=10, noise=0.04), "patient")
    return tables.simple(
        folder, "group_without_id", rows, seed=13, expect=("group_leak|near_duplicate",), verdict=LEAK_OR_DOUBT
    )


@SHELF.add("group_texts_by_author")
def _authors(folder: Path) -> Case:
    rng = random.Random(14)
    rows = [
        {"author": f"user_{a}", "text": sentence(rng) + " " + sentence(rng), "label": ("spam", "ham")[a % 2]}
        for a in range(60)
        for _ in range(6)
    ]
    return tables.simple(
        folder, "group_texts_by_author", rows, seed=14, ending="jsonl", expect=("group_leak",), verdict=LEAKING,
        options=("--label", "label", "--group", "author", "--text", "text"),
    )  # fmt: skip


SHELF.put(
    "time_named",
    lambda f: tables.time_leak(
        f, "time_named", tables.walk(15, 500), seed=15, ending="csv", options=("--label", "target", "--time", "date")
    ),
)
SHELF.put(
    "time_guessed",
    lambda f: tables.time_leak(
        f,
        "time_guessed",
        tables.walk(16, 700, column="timestamp"),
        seed=16,
        ending="parquet",
        options=("--label", "target"),
    ),
)


@SHELF.add("prompt_says_answer")
def _told(folder: Path) -> Case:
    rows = prompts.sums(random.Random(17), 300)
    return prompts.answers_told(
        folder, "prompt_says_answer", rows, "{prompt} (answer: {answer})", share=1.0, seed=17, ending="jsonl"
    )


@SHELF.add("prompt_says_answer_half")
def _half_told(folder: Path) -> Case:
    rows = prompts.riddles(random.Random(18), 300)
    form = "Solution: {answer}\n\nNow solve: {prompt}"
    return prompts.answers_told(folder, "prompt_says_answer_half", rows, form, share=0.5, seed=18, ending="csv")


@SHELF.add("fewshot_riddles")
def _shots(folder: Path) -> Case:
    rows = prompts.riddles(random.Random(19), 240)
    return prompts.fewshot(folder, "fewshot_riddles", rows, shots=3, share=0.7, seed=19, ending="jsonl")


@SHELF.add("fewshot_sums")
def _shot_sums(folder: Path) -> Case:
    rows = prompts.sums(random.Random(20), 240)
    layout = "Problem: {prompt}\nSolution: {answer}"
    return prompts.fewshot(folder, "fewshot_sums", rows, shots=4, share=0.6, seed=20, ending="jsonl", layout=layout)


def _noise(share: float, seed: int, folder: Path) -> Case:
    rows = tables.noisy_labels(seed, 600, share)
    return tables.simple(folder, f"noise_{seed}", rows, seed=seed, expect=("label_noise",))


for _share, _seed in ((0.12, 21), (0.2, 22)):
    SHELF.put(f"noise_{_seed}", partial(_noise, _share, _seed))
SHELF.put(
    "class_missing_in_train",
    lambda f: tables.class_gone(
        f, "class_missing_in_train", tables.blobs(23, 400, classes=4), 2, seed=23, ending="csv"
    ),
)
SHELF.put(
    "class_missing_in_test",
    lambda f: tables.class_gone(
        f, "class_missing_in_test", tables.blobs(24, 400, classes=3), 0, seed=24, ending="jsonl", side="test"
    ),
)
SHELF.put(
    "imbalance_one_in_fifty",
    lambda f: tables.simple(f, "imbalance_one_in_fifty", tables.skewed(25, 1600, 0.01), seed=25, expect=("imbalance",)),
)
SHELF.put(
    "constant_number",
    lambda f: tables.simple(
        f,
        "constant_number",
        tables.with_column(tables.blobs(26, 200), "site", lambda row, i: 7),
        seed=26,
        expect=("constant_column",),
    ),
)
SHELF.put(
    "empty_column",
    lambda f: tables.simple(
        f, "empty_column", tables.with_column(tables.blobs(27, 200), "comment", lambda row, i: None), seed=27, ending="parquet",
        expect=("constant_column|empty_column",),
    ),
)  # fmt: skip
SHELF.put(
    "conflict_within_train",
    lambda f: tables.conflict(
        f,
        "conflict_within_train",
        paragraphs("conflict a", 320, 1, 2),
        ("yes", "no"),
        share=0.2,
        seed=28,
        across=False,
        ending="csv",
    ),
)
SHELF.put(
    "conflict_across",
    lambda f: tables.conflict(
        f,
        "conflict_across",
        paragraphs("conflict b", 320, 1, 2),
        ("a", "b", "c"),
        share=0.3,
        seed=29,
        across=True,
        ending="jsonl",
    ),
)


@SHELF.add("boilerplate_letters")
def _letters(folder: Path) -> Case:
    form = (
        "Dear {name}, thank you for contacting customer care about your recent order of a {plain}. We are sorry to hear that it arrived "
        "{did}. Our team in {name} will send you a new one within {number} days, free of charge. Yours sincerely, the {noun} desk."
    )
    return prompts.boilerplate(folder, "boilerplate_letters", prompts.templated(30, 400, (form,)), ending="jsonl")


@SHELF.add("boilerplate_instructions")
def _instructions(folder: Path) -> Case:
    lead = (
        "Below is an instruction that describes a task, paired with an input that provides further context. Write a response that "
        "appropriately completes the request. Instruction: decide whether the sentence is about trade. Input: "
    )
    rng = random.Random(31)
    rows = [{"text": f"{lead}{text} Response:"} for text in prompts.notes(rng, 400)]
    return prompts.boilerplate(folder, "boilerplate_instructions", rows, ending="csv")


def _texts_with(name: str, change: object, pattern: str, folder: Path) -> Case:
    rng = random.Random(name)
    rows = [{"text": t} for t in paragraphs(name, 300, 3, 5)]
    for row in rng.sample(rows, 60):
        row["text"] = change(row["text"], rng)  # type: ignore[operator]
    return Case(name, *pair(folder, rows[:220], rows[220:], "jsonl"), (), (pattern,), NOT_LEAKING)


def cut_off(text: str, rng: random.Random) -> str:
    """Cut at 120 characters, in the middle of a word as often as not."""
    return text[:120]


SHELF.put(
    "texts_mojibake", partial(_texts_with, "texts_mojibake", prompts.broken, "encod|mojibake|broken|garbled|mixed")
)
SHELF.put("texts_truncated", partial(_texts_with, "texts_truncated", cut_off, "truncat|cut"))
SHELF.put("images_same", lambda f: prompts.images(f, "images_same", prompts.encoded, seed=33))
SHELF.put(
    "images_reencoded_paths",
    lambda f: prompts.images(
        f, "images_reencoded_paths", lambda i: prompts.encoded(i, "JPEG", quality=88), seed=34, paths=True, side=48
    ),
)
SHELF.put(
    "images_brighter",
    lambda f: prompts.images(f, "images_brighter", lambda i: prompts.encoded(prompts.brighter(i)), seed=35, sure=False),
)
SHELF.put("images_healthy", lambda f: prompts.images(f, "images_healthy", prompts.encoded, seed=36, planted=0))
