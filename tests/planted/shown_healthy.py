"""Shown half: healthy splits of many shapes; nothing in them may be blocked."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

from tests.planted import make_healthy as make
from tests.planted import make_prompts as prompts
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
