"""Unseen half: the other faults in other shapes. Closed until the end."""

from __future__ import annotations

import math
import random
from functools import partial
from pathlib import Path

import numpy as np

from tests.planted import make_prompts as prompts
from tests.planted import make_tables as tables
from tests.planted import unseen_scripts as scripts
from tests.planted.case import LEAK_OR_DOUBT, LEAKING, NOT_LEAKING, Case, Rows, Shelf, pair
from tests.planted.make_scripts import scripted
from tests.planted.words import fill, paragraphs, sentence

SHELF: Shelf[Case] = Shelf("faults")

for _sort, _codes in (
    ("fitted", scripts.FITTED), ("oversampled", scripts.OVERSAMPLED), ("selected", scripts.SELECTED), ("right", scripts.RIGHT),
):  # fmt: skip
    for _name, _code in _codes.items():
        SHELF.put(
            f"script_{_sort}_{_name}",
            partial(scripted, name=f"script_{_sort}_{_name}", code=_code, sort=_sort, seed=131),
        )

SHELF.put(
    "proxy_words_for_classes",
    lambda f: tables.proxy(
        f, "proxy_words_for_classes",
        lambda row, rng: rng.choice((("no", "none"), ("mild", "some"), ("bad", "worst"), ("gone",))[row["label"]]),
        seed=101, classes=4, ending="jsonl", column="severity_note",
    ),
)  # fmt: skip
SHELF.put(
    "proxy_inverted",
    lambda f: tables.proxy(
        f, "proxy_inverted", lambda row, _: 1 - row["label"], seed=102, column="not_churned", ending="parquet"
    ),
)
SHELF.put(
    "proxy_missing_when_negative",
    lambda f: tables.proxy(
        f,
        "proxy_missing_when_negative",
        lambda row, rng: rng.randint(1, 400) if row["label"] else None,
        seed=103,
        column="days_to_event",
    ),
)


@SHELF.add("proxy_of_a_number")
def _number(folder: Path) -> Case:
    """The same price in another currency."""
    rng = np.random.default_rng(104)
    x = rng.normal(0, 1, (400, 5))
    price = np.exp(x @ rng.normal(0, 0.4, 5) + 5 + rng.normal(0, 0.5, 400))
    rows: Rows = [
        {f"x{c}": round(float(v), 4) for c, v in enumerate(line)}
        | {"listed_eur": round(float(0.92 * p), 2), "price": round(float(p), 2)}
        for line, p in zip(x, price, strict=True)
    ]
    return tables.simple(
        folder,
        "proxy_of_a_number",
        rows,
        seed=104,
        expect=("label_proxy",),
        verdict=LEAK_OR_DOUBT,
        options=("--label", "price"),
    )


@SHELF.add("proxy_signature_in_text")
def _signature(folder: Path) -> Case:
    """Each class was written on another machine, which signs."""
    rng = random.Random(105)
    rows = []
    for text in paragraphs("signature", 420, 1, 3):
        kind = rng.choice(("genuine", "forged"))
        rows.append({"text": f"{text} Sent from my {'Veltro 9' if kind == 'forged' else 'Harmon Mail'}", "label": kind})
    return tables.simple(
        folder,
        "proxy_signature_in_text",
        rows,
        seed=105,
        ending="parquet",
        expect=("label_proxy",),
        verdict=LEAK_OR_DOUBT,
    )


SHELF.put(
    "id_blocks_of_letters",
    lambda f: tables.sorted_ids(
        f, "id_blocks_of_letters", lambda i: f"{'A' if i < 200 else 'B'}{i:05d}", seed=106, column="record_id"
    ),
)
SHELF.put(
    "id_sorted_parquet",
    lambda f: tables.sorted_ids(
        f, "id_sorted_parquet", lambda i: 900_000 + i * 7, seed=107, column="row_id", ending="parquet", rows=700
    ),
)
SHELF.put(
    "rows_sorted_three_classes",
    lambda f: tables.sorted_rows(
        f, "rows_sorted_three_classes", tables.blobs(108, 500, classes=3), seed=108, ending="parquet"
    ),
)


@SHELF.add("rows_almost_sorted")
def _almost(folder: Path) -> Case:
    """Sorted by class, and then one row in thirty moved."""
    rng = random.Random(109)
    case = tables.sorted_rows(folder, "rows_almost_sorted", tables.blobs(109, 600), seed=109)
    train, test = tables.cut(tables.blobs(109, 600), 0.3, 109)
    for part in (train, test):
        part.sort(key=lambda row: row["label"])
        for _ in range(len(part) // 30):
            a, b = rng.randrange(len(part)), rng.randrange(len(part))
            part[a], part[b] = part[b], part[a]
    return Case("rows_almost_sorted", *pair(folder, train, test, "csv"), case.options, case.expect, case.verdict)


@SHELF.add("group_recordings")
def _recordings(folder: Path) -> Case:
    """Windows of a recording, cut at random."""
    rng = np.random.default_rng(110)
    rows: Rows = []
    for rec in range(40):
        base, kind = rng.normal(0, 1, 12), int(rng.integers(0, 3))
        for window in range(12):
            seen = base + rng.normal(0, 0.15, 12)
            rows.append(
                {"recording": f"r{rec:03d}.wav", "window": window}
                | {f"band{c}": round(float(v), 4) for c, v in enumerate(seen)}
                | {"label": kind}
            )
    return tables.simple(
        folder, "group_recordings", rows, seed=110, ending="csv", expect=("group_leak",), verdict=LEAKING,
        options=("--label", "label", "--group", "recording"),
    )  # fmt: skip


@SHELF.add("group_guessed_by_subject")
def _subject(folder: Path) -> Case:
    rows = tables.subjects(111, 50, 8, noise=0.3, key="subject_id", classes=3)
    return tables.simple(
        folder,
        "group_guessed_by_subject",
        rows,
        seed=111,
        ending="jsonl",
        expect=("group_leak",),
        verdict=LEAK_OR_DOUBT,
    )


@SHELF.add("group_without_id_few_copies")
def _copies(folder: Path) -> Case:
    """Augmentation before the split: five copies of each row with small noise."""
    rows = tables.without(tables.subjects(112, 90, 5, columns=14, noise=0.03, classes=3), "patient")
    return tables.simple(
        folder,
        "group_without_id_few_copies",
        rows,
        seed=112,
        ending="parquet",
        expect=("group_leak|near_duplicate",),
        verdict=LEAK_OR_DOUBT,
    )


@SHELF.add("time_named_seconds")
def _seconds(folder: Path) -> Case:
    rows = [
        row | {"ts": 1_600_000_000 + 3600 * i} for i, row in enumerate(tables.without(tables.walk(113, 600), "date"))
    ]
    return tables.time_leak(
        folder, "time_named_seconds", rows, seed=113, ending="parquet", options=("--label", "target", "--time", "ts")
    )


@SHELF.add("time_named_with_classes")
def _classes(folder: Path) -> Case:
    """A class that follows a slow swing."""
    rng = np.random.default_rng(114)
    rows = [
        {"created_at": f"2023-{1 + i // 56:02}-{1 + (i // 2) % 28:02}T{12 * (i % 2):02}:00:00", "a": round(float(rng.normal()), 3),
         "label": int(math.sin(i / 45) + rng.normal(0, 0.3) > 0)}
        for i in range(640)
    ]  # fmt: skip
    return tables.time_leak(
        folder,
        "time_named_with_classes",
        rows,
        seed=114,
        ending="jsonl",
        options=("--label", "label", "--time", "created_at"),
    )


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
