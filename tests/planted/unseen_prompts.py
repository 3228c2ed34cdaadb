"""Unseen half: prompts, noise, classes, columns, broken texts, pictures. Closed until the end."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

from tests.planted import make_prompts as prompts
from tests.planted import make_tables as tables
from tests.planted.case import LEAK_OR_DOUBT, NOT_LEAKING, Case, Shelf, pair
from tests.planted.words import fill, paragraphs, sentence

SHELF: Shelf[Case] = Shelf("faults")


@SHELF.add("prompt_says_answer_as_hint")
def _hint(folder: Path) -> Case:
    rows = prompts.riddles(random.Random(115), 320)
    return prompts.answers_told(
        folder,
        "prompt_says_answer_as_hint",
        rows,
        "{prompt}\n\n<!-- gold: {answer} -->",
        share=0.9,
        seed=115,
        ending="parquet",
    )


@SHELF.add("prompt_says_answer_boxed")
def _boxed(folder: Path) -> Case:
    rows = prompts.sums(random.Random(116), 320)
    form = "{prompt} Show that the result is \\boxed{{{answer}}}."
    return prompts.answers_told(folder, "prompt_says_answer_boxed", rows, form, share=0.8, seed=116, ending="csv")


@SHELF.add("fewshot_user_assistant")
def _turns(folder: Path) -> Case:
    rows = prompts.riddles(random.Random(117), 240)
    return prompts.fewshot(
        folder,
        "fewshot_user_assistant",
        rows,
        shots=2,
        share=0.8,
        seed=117,
        ending="parquet",
        layout="User: {prompt}\nAssistant: {answer}",
    )


@SHELF.add("fewshot_input_output")
def _in_out(folder: Path) -> Case:
    rows = prompts.sums(random.Random(118), 260)
    return prompts.fewshot(
        folder,
        "fewshot_input_output",
        rows,
        shots=5,
        share=0.5,
        seed=118,
        ending="jsonl",
        layout="Input: {prompt}\nOutput: {answer}",
    )


@SHELF.add("noise_one_class_hit")
def _one_class(folder: Path) -> Case:
    """A third of one class carries another's name."""
    rng = random.Random(119)
    rows = tables.noisy_labels(119, 700, 0.0, classes=3)
    for row in rows:
        if row["label"] == 1 and rng.random() < 0.35:
            row["label"] = 2
    return tables.simple(folder, "noise_one_class_hit", rows, seed=119, expect=("label_noise",))


SHELF.put(
    "noise_binary",
    lambda f: tables.simple(
        f,
        "noise_binary",
        tables.noisy_labels(120, 800, 0.15, classes=2),
        seed=120,
        ending="parquet",
        expect=("label_noise",),
    ),
)


@SHELF.add("class_missing_in_train_of_texts")
def _gone(folder: Path) -> Case:
    rng = random.Random(121)
    rows = [{"text": t, "label": rng.choice(("art", "law", "sea", "war"))} for t in paragraphs("gone", 300, 1, 2)]
    return tables.class_gone(folder, "class_missing_in_train_of_texts", rows, "sea", seed=121, ending="jsonl")


SHELF.put(
    "class_missing_in_test_of_numbers",
    lambda f: tables.class_gone(
        f,
        "class_missing_in_test_of_numbers",
        tables.blobs(122, 500, classes=5),
        3,
        seed=122,
        ending="parquet",
        side="test",
    ),
)


@SHELF.add("imbalance_of_texts")
def _skew(folder: Path) -> Case:
    rng = random.Random(123)
    rows = [
        {"text": t, "label": "fraud" if i % 60 == 0 else "fine"} for i, t in enumerate(paragraphs("skew", 600, 1, 1))
    ]
    rng.shuffle(rows)
    return tables.simple(folder, "imbalance_of_texts", rows, seed=123, ending="jsonl", expect=("imbalance",))


SHELF.put(
    "constant_text",
    lambda f: tables.simple(
        f, "constant_text", tables.with_column(tables.blobs(124, 240), "version", lambda row, i: "v1.2"), seed=124, ending="jsonl",
        expect=("constant_column",),
    ),
)  # fmt: skip
SHELF.put(
    "empty_strings",
    lambda f: tables.simple(
        f, "empty_strings", tables.with_column(tables.blobs(125, 240), "remark", lambda row, i: ""), seed=125, ending="csv",
        expect=("constant_column|empty_column",),
    ),
)  # fmt: skip


@SHELF.add("conflict_of_feature_rows")
def _conflict(folder: Path) -> Case:
    """Equal rows of numbers with other labels in the test."""
    train, test = tables.cut(tables.blobs(126, 400, columns=5), 0.3, 126)
    train += [row | {"label": 1 - row["label"]} for row in random.Random(126).sample(test, 35)]
    return Case(
        "conflict_of_feature_rows",
        *pair(folder, train, test, "csv"),
        ("--label", "label"),
        ("label_conflict",),
        LEAK_OR_DOUBT,
    )


SHELF.put(
    "conflict_three_ways",
    lambda f: tables.conflict(
        f, "conflict_three_ways", paragraphs("conflict u", 400, 1, 3), ("low", "mid", "high"), share=0.25, seed=127, across=False,
        ending="parquet",
    ),
)  # fmt: skip


@SHELF.add("boilerplate_reports")
def _reports(folder: Path) -> Case:
    form = (
        "Incident report {number}/{year}. Site: {name}. The operator on duty noticed that the {plain} had been {did} and followed the "
        "standard procedure: the line was halted, the supervisor was called, and the area was made safe. Cause: {adjective} {noun}. "
        "No person was hurt. The line was started again after {number} minutes."
    )
    return prompts.boilerplate(folder, "boilerplate_reports", prompts.templated(128, 400, (form,)), ending="parquet")


@SHELF.add("boilerplate_footers")
def _footers(folder: Path) -> Case:
    foot = (
        "This message and any attachment are meant only for the person named above and may hold matter that is private. If it "
        "reached you by mistake, please tell the sender, delete it, and keep no copy. Views in it are those of the writer."
    )
    rng = random.Random(129)
    rows = [{"body": f"{sentence(rng)} {fill(rng, 'Regards, {name}')}\n\n{foot}"} for _ in range(400)]
    return prompts.boilerplate(folder, "boilerplate_footers", rows, ending="jsonl")


def _texts_with(case: str, change: object, pattern: str, ending: str, folder: Path) -> Case:
    rng = random.Random(case)
    rows = [{"article": t} for t in paragraphs(case, 320, 4, 7)]
    for row in rng.sample(rows, 70):
        row["article"] = change(row["article"], rng)  # type: ignore[operator]
    return Case(case, *pair(folder, rows[:240], rows[240:], ending), (), (pattern,), NOT_LEAKING)


SHELF.put(
    "texts_replacement_signs",
    partial(
        _texts_with, "texts_replacement_signs", lambda t, rng: t.replace("e", "\ufffd", 3).replace("o", "\ufffd", 2),
        "encod|mojibake|broken|garbled|mixed", "jsonl",
    ),
)  # fmt: skip
SHELF.put(
    "texts_cut_at_256", partial(_texts_with, "texts_cut_at_256", lambda t, rng: t[:256], "truncat|cut", "parquet")
)
SHELF.put(
    "images_same_among_many",
    lambda f: prompts.images(
        f, "images_same_among_many", prompts.encoded, seed=133, train=200, test=60, planted=12, side=28
    ),
)
SHELF.put(
    "images_resized",
    lambda f: prompts.images(
        f, "images_resized", lambda i: prompts.encoded(prompts.resized(i, 80)), seed=134, side=64, sure=False
    ),
)
SHELF.put(
    "images_darker_jpeg_paths",
    lambda f: prompts.images(
        f, "images_darker_jpeg_paths", lambda i: prompts.encoded(prompts.brighter(i, -10), "JPEG", quality=92), seed=135, paths=True,
        side=64, sure=False,
    ),
)  # fmt: skip
SHELF.put(
    "images_healthy_64",
    lambda f: prompts.images(f, "images_healthy_64", prompts.encoded, seed=136, planted=0, side=64, paths=True),
)


@SHELF.add("noise_none")
def _no_noise(folder: Path) -> Case:
    """Classes that overlap honestly are not noise that anyone may be blocked for."""
    rows = tables.blobs(137, 600, apart=0.6)
    return tables.simple(folder, "noise_none", rows, seed=137, never=("label_noise",))
