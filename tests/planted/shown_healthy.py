"""Shown half: healthy splits of many shapes; nothing in them may be blocked."""

# ruff: noqa: SIM905  (word lists read better as one line of words)

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import numpy as np

from tests.planted import make_healthy as make
from tests.planted import make_prompts as prompts
from tests.planted import make_tables as tables
from tests.planted import scripts_of_the_world as world
from tests.planted.case import Case, Rows, Shelf
from tests.planted.make_overlap import exams
from tests.planted.words import distinct, docstrings, fill, name, paragraphs, prose, sentence

SHELF: Shelf[Case] = Shelf("healthy")

for _data, _seed, _ending in (
    ("iris", 0, "csv"), ("iris", 1, "jsonl"), ("wine", 0, "csv"), ("wine", 2, "parquet"), ("breast_cancer", 0, "csv"),
    ("breast_cancer", 3, "parquet"), ("digits", 0, "parquet"), ("diabetes", 0, "csv"), ("diabetes", 4, "arrow"),
):  # fmt: skip
    _name = f"healthy_{_data}_{_seed}"
    SHELF.put(_name, partial(make.known, name=_name, data=_data, seed=_seed, ending=_ending))


@SHELF.add("healthy_long_boilerplate")
def _boilerplate(folder: Path) -> Case:
    lead = (
        "You are an expert annotator. Read the following passage with great care, consider every claim that it makes, and decide "
        "which of the categories below fits best. Answer with a single word and do not explain yourself. If two categories fit, "
        "choose the more specific one. The categories are: craft, trade, nature, travel.\n\nPassage: "
    )
    rng = random.Random(1)
    rows = [
        {"prompt": lead + sentence(rng), "label": rng.choice(("craft", "trade", "nature", "travel"))}
        for _ in range(400)
    ]
    return make.healthy(
        folder, "healthy_long_boilerplate", rows[:300], rows[300:], "jsonl", "--text", "prompt", "--label", "label"
    )


@SHELF.add("healthy_arithmetic")
def _sums(folder: Path) -> Case:
    rng = random.Random(2)
    pairs = [(a, b) for a in range(1, 60) for b in range(a, 60)]
    rng.shuffle(pairs)
    rows = [{"prompt": f"{a} + {b} =", "answer": str(a + b)} for a, b in pairs[:1500]]
    return make.healthy(
        folder, "healthy_arithmetic", rows[:1200], rows[1200:], "jsonl", "--text", "prompt", "--label", "answer"
    )


@SHELF.add("healthy_word_problems")
def _problems(folder: Path) -> Case:
    rng = random.Random(3)
    rows: Rows = []
    for _ in range(500):
        who, a, b = name(rng), rng.randint(2, 99), rng.randint(2, 99)
        rows.append({
            "question": f"{who} has {a} marbles and finds {b} more in the garden. How many marbles does {who} have now?",
            "answer": str(a + b),
        })  # fmt: skip
    return make.healthy(folder, "healthy_word_problems", rows[:400], rows[400:], "jsonl")


@SHELF.add("healthy_docstrings")
def _docs(folder: Path) -> Case:
    """Docstrings of different functions: kin, not copies."""
    docs = [d for d in docstrings("networkx", "algorithms") if len(d) > 600]
    random.Random(4).shuffle(docs)
    rows = [{"text": d} for d in distinct(docs, 300, 0.6)]
    return make.healthy(folder, "healthy_docstrings", rows[:-60], rows[-60:], "parquet", quiet=("exact_duplicate",))


@SHELF.add("healthy_tickets")
def _tickets(folder: Path) -> Case:
    forms = (
        "Ticket {number}{number}: the {plain} of customer {name} was {did} on day {number}; please {adverb} check the {noun}.",
        "Customer {name} from {name} reports that the {plain} no longer works since the {noun}. Order {number}-{number}.",
        "Refund of {number} dollars asked by {name} for a {adjective} {plain}; reference {number}{number}.",
    )
    rows = prompts.templated(5, 500, forms)
    rng = random.Random(5)
    rows = [row | {"queue": rng.choice(("billing", "repair", "returns"))} for row in rows]
    return make.healthy(folder, "healthy_tickets", rows[:400], rows[400:], "csv", "--text", "text", "--label", "queue")


@SHELF.add("healthy_multilingual")
def _languages(folder: Path) -> Case:
    rng = random.Random(6)
    rows = [{"text": world.latin(rng, lang, 4), "lang": lang} for lang in ("de", "fr", "es", "ru") for _ in range(90)]
    rng.shuffle(rows)
    return make.healthy(
        folder, "healthy_multilingual", rows[:270], rows[270:], "jsonl", "--text", "text", "--label", "lang"
    )


@SHELF.add("healthy_chinese")
def _chinese(folder: Path) -> Case:
    rng = random.Random(7)
    rows = [{"text": world.chinese(rng, 4)} for _ in range(300)]
    return make.healthy(folder, "healthy_chinese", rows[:230], rows[230:], "jsonl")


@SHELF.add("healthy_code")
def _code(folder: Path) -> Case:
    """Small functions written to one pattern, each doing something else."""
    rng = random.Random(8)
    ops = ("sum", "max", "min", "len", "sorted", "set", "list", "tuple", "any", "all")
    rows = []
    for i in range(320):
        n, a, b = name(rng).lower(), rng.choice(ops), rng.choice(ops)
        body = rng.choice((
            f"    total = {rng.randint(1, 99)}\n    for item in values:\n"
            f"        total += {a}(item) * {rng.randint(2, 30)}\n    return total",
            f"    if not values:\n        raise ValueError('{fill(rng, 'no {plain} to {did}')}')\n    return {a}({b}(v) for v in values)",
            f"    found = {{}}\n    for key in values:\n        found.setdefault({a}(key), []).append(key + {i})\n    return found",
        ))  # fmt: skip
        rows.append({"code": f'def {n}_{i}(values):\n    """{sentence(rng)}"""\n{body}\n'})
    return make.healthy(folder, "healthy_code", rows[:250], rows[250:], "jsonl", "--text", "code")


@SHELF.add("healthy_extractive")
def _spans(folder: Path) -> Case:
    rng = random.Random(9)
    context = paragraphs("extractive", 300)
    rows = make.span_questions(rng, 300, context)
    return make.healthy(folder, "healthy_extractive", rows[:220], rows[220:], "jsonl")


@SHELF.add("healthy_extractive_real_in_one_prompt")
def _span_prompts(folder: Path) -> Case:
    rng = random.Random(10)
    context = list(prose("networkx"))
    rng.shuffle(context)
    context = distinct(context, 320)
    rows = [
        {"prompt": f"Context: {r['context']}\nQuestion: {r['question']}\nAnswer:", "answer": r["answer"]}
        for r in make.span_questions(rng, len(context), context)
    ]
    return make.healthy(
        folder,
        "healthy_extractive_real_in_one_prompt",
        rows[:250],
        rows[250:],
        "jsonl",
        "--text",
        "prompt",
        "--label",
        "answer",
    )


@SHELF.add("healthy_multiple_choice")
def _choices(folder: Path) -> Case:
    rng = random.Random(11)
    rows = exams(rng, 300, sentence)
    return make.healthy(folder, "healthy_multiple_choice", rows[:220], rows[220:], "jsonl")


@SHELF.add("healthy_multiple_choice_prompt")
def _choice_prompts(folder: Path) -> Case:
    """The right option stands in the prompt among the others."""
    rng = random.Random(12)
    rows = []
    for item in exams(rng, 300, sentence):
        listed = "\n".join(f"{k}. {o}" for k, o in zip("ABCD", item["choices"], strict=True))
        right = item["choices"]["ABCD".index(item["answer"])]
        rows.append({"prompt": f"{item['question']}\n{listed}\nAnswer:", "answer": rng.choice((right,))})
    return make.healthy(
        folder,
        "healthy_multiple_choice_prompt",
        rows[:220],
        rows[220:],
        "jsonl",
        "--text",
        "prompt",
        "--label",
        "answer",
    )


@SHELF.add("healthy_yes_no_questions")
def _yes_no(folder: Path) -> Case:
    """Prompts that name both answers."""
    rng = random.Random(13)
    rows = [
        {"prompt": f"{sentence(rng)} Is this true? Answer yes or no.", "answer": rng.choice(("yes", "no"))}
        for _ in range(300)
    ]
    return make.healthy(
        folder, "healthy_yes_no_questions", rows[:220], rows[220:], "csv", "--text", "prompt", "--label", "answer"
    )


@SHELF.add("healthy_forward_in_time")
def _series(folder: Path) -> Case:
    train, test = make.forward(tables.walk(14, 600), 0.2)
    return make.healthy(
        folder,
        "healthy_forward_in_time",
        train,
        test,
        "csv",
        "--label",
        "target",
        "--time",
        "date",
        quiet=("time_leak",),
    )


@SHELF.add("healthy_groups_apart")
def _groups(folder: Path) -> Case:
    train, test = make.by_group(tables.subjects(15, 80, 5, noise=0.3), "patient", 0.25, 15)
    return make.healthy(
        folder,
        "healthy_groups_apart",
        train,
        test,
        "csv",
        "--label",
        "label",
        "--group",
        "patient",
        quiet=("group_leak",),
    )


@SHELF.add("healthy_one_hot")
def _hot(folder: Path) -> Case:
    rows = make.one_hot(np.random.default_rng(16), 500, (4, 5, 6, 5, 7, 6))
    return make.healthy(folder, "healthy_one_hot", *tables.cut(rows, 0.3, 16), "csv", "--label", "label")


@SHELF.add("healthy_sparse_counts")
def _counts(folder: Path) -> Case:
    rows = make.counts(np.random.default_rng(17), 400, 60)
    return make.healthy(folder, "healthy_sparse_counts", *tables.cut(rows, 0.25, 17), "parquet", "--label", "label")


@SHELF.add("healthy_sensors")
def _sensors(folder: Path) -> Case:
    """Slow sensors, split forward, with the running number of each reading."""
    rng = np.random.default_rng(18)
    drift = np.cumsum(rng.normal(0, 0.1, (600, 5)), axis=0)
    rows = [
        {"reading": i, "second": 1_700_000_000 + 60 * i} | {f"t{c}": round(float(v), 3) for c, v in enumerate(line)}
        | {"load": round(float(line.sum() + rng.normal()), 3)}
        for i, line in enumerate(drift)
    ]  # fmt: skip
    return make.healthy(folder, "healthy_sensors", *make.forward(rows, 0.25), "csv", "--label", "load")


@SHELF.add("healthy_strong_feature")
def _strong(folder: Path) -> Case:
    """One honest measurement with an area of about 0.97."""
    rng = np.random.default_rng(19)
    rows = tables.blobs(19, 600, apart=0.5)
    rows = tables.with_column(rows, "marker", lambda row, _: round(float(2.7 * row["label"] + rng.normal()), 3))
    return make.healthy(folder, "healthy_strong_feature", *tables.cut(rows, 0.3, 19), "csv", "--label", "label")


@SHELF.add("healthy_many_good_features")
def _many(folder: Path) -> Case:
    rows = make.signs(np.random.default_rng(20), 500, 12, 0.8)
    return make.healthy(folder, "healthy_many_good_features", *tables.cut(rows, 0.3, 20), "jsonl", "--label", "label")


@SHELF.add("healthy_ten_rows")
def _ten(folder: Path) -> Case:
    rows = tables.blobs(21, 10)
    return make.healthy(folder, "healthy_ten_rows", rows[:7], rows[7:], "csv", "--label", "label")


@SHELF.add("healthy_ten_texts")
def _ten_texts(folder: Path) -> Case:
    rows = [{"text": t, "label": ("a", "b")[i % 2]} for i, t in enumerate(paragraphs("ten", 14, 1, 1))]
    return make.healthy(folder, "healthy_ten_texts", rows[:10], rows[10:], "jsonl", "--label", "label")


@SHELF.add("healthy_wide")
def _wide(folder: Path) -> Case:
    """Five hundred columns of chance against a hundred rows: some look good by luck."""
    rows = tables.blobs(22, 120, columns=500, apart=0.15)
    return make.healthy(folder, "healthy_wide", *tables.cut(rows, 0.3, 22), "csv", "--label", "label")


@SHELF.add("healthy_regression")
def _regression(folder: Path) -> Case:
    rng = np.random.default_rng(23)
    x = rng.normal(0, 1, (400, 6))
    y = 3 * x[:, 0] - x[:, 1] + 0.5 * x[:, 2] * x[:, 3] + rng.normal(0, 0.7, 400)
    rows = [
        {f"x{c}": round(float(v), 4) for c, v in enumerate(line)} | {"price": round(float(t), 3)}
        for line, t in zip(x, y, strict=True)
    ]
    return make.healthy(folder, "healthy_regression", *tables.cut(rows, 0.3, 23), "csv", "--label", "price")


@SHELF.add("healthy_consecutive_ids")
def _ids(folder: Path) -> Case:
    rows = [{"id": i} | row for i, row in enumerate(tables.blobs(24, 400))]
    return make.healthy(
        folder, "healthy_consecutive_ids", rows[:300], rows[300:], "csv", "--label", "label", quiet=("id_leak",)
    )


@SHELF.add("healthy_dates_as_strings")
def _dates(folder: Path) -> Case:
    """Birthdays: dates that no split has to mind."""
    rng = random.Random(25)
    rows = tables.with_column(
        tables.blobs(25, 400),
        "born",
        lambda row, i: f"{rng.randint(1940, 2004)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
    )
    return make.healthy(folder, "healthy_dates_as_strings", *tables.cut(rows, 0.3, 25), "csv", "--label", "label")


@SHELF.add("healthy_sorted_by_class_reviews")
def _reviews(folder: Path) -> Case:
    """Known review sets lie this way on disk: all of one class, then all of the other, on both sides."""
    rng = random.Random(26)
    rows: Rows = [{"text": t, "label": int(i % 2)} for i, t in enumerate(paragraphs("reviews", 400, 1, 3))]
    rng.shuffle(rows)
    train, test = (sorted(part, key=lambda r: int(r["label"])) for part in (rows[:300], rows[300:]))
    return make.healthy(folder, "healthy_sorted_by_class_reviews", train, test, "jsonl", "--label", "label")


@SHELF.add("healthy_dialogues")
def _dialogues(folder: Path) -> Case:
    """Conversations with one system prompt and common courtesies."""
    rng = random.Random(27)
    rows = [
        {"messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": f"Hello! {fill(rng, 'How should one go about {doing} a {adjective} {plain} in {name}?')}"},
            {"role": "assistant", "content": f"Sure, I can help with that. {sentence(rng)} {sentence(rng)}"},
        ]}
        for _ in range(300)
    ]  # fmt: skip
    return make.healthy(folder, "healthy_dialogues", rows[:230], rows[230:], "jsonl")


@SHELF.add("healthy_short_commands")
def _short(folder: Path) -> Case:
    """Very short texts: commands to a voice box, each asked once, of a small vocabulary."""
    rng = random.Random(28)
    acts, rooms, things = (
        "turn dim open close start stop".split(),
        "kitchen hall attic cellar study bedroom".split(),
        "lamp blind heater fan radio door".split(),
    )
    every = [f"{a} the {t} in the {r} at {h}" for a in acts for t in things for r in rooms for h in range(1, 13)]
    rng.shuffle(every)
    rows = [{"text": t} for t in every[:900]]
    return make.healthy(folder, "healthy_short_commands", rows[:700], rows[700:], "csv", "--text", "text")
