"""Unseen half: other healthy splits. Closed until the end."""

# ruff: noqa: SIM905  (word lists read better as one line of words)

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

from tests.planted import make_healthy as make
from tests.planted import scripts_of_the_world as world
from tests.planted.case import Case, Rows, Shelf
from tests.planted.words import distinct, fill, functions, name, paragraphs, sentence, word

SHELF: Shelf[Case] = Shelf("healthy")

for _data, _seed, _ending in (
    ("iris", 11, "parquet"), ("iris", 12, "csv"), ("wine", 13, "jsonl"), ("breast_cancer", 14, "csv"), ("digits", 15, "csv"),
    ("digits", 16, "parquet"), ("diabetes", 17, "jsonl"),
):  # fmt: skip
    _name = f"healthy_{_data}_{_seed}"
    SHELF.put(_name, partial(make.known, name=_name, data=_data, seed=_seed, ending=_ending))


@SHELF.add("healthy_products_chat")
def _products(folder: Path) -> Case:
    """Multiplications as chat: the same words each time, other numbers."""
    rng = random.Random(101)
    pairs = [(a, b) for a in range(11, 80) for b in range(a, 80)]
    rng.shuffle(pairs)
    rows = [
        {"messages": [
            {"role": "user", "content": f"What is {a} times {b}? Give only the number."},
            {"role": "assistant", "content": str(a * b)},
        ]}
        for a, b in pairs[:900]
    ]  # fmt: skip
    return make.healthy(folder, "healthy_products_chat", rows[:700], rows[700:], "jsonl")


@SHELF.add("healthy_two_step_problems")
def _steps(folder: Path) -> Case:
    rng = random.Random(102)
    forms = (
        "A train with {a} cars of {b} seats each leaves {p}. If {c} seats are taken, how many are free?",
        "{p} sells {a} boxes with {b} pears each and throws {c} pears away. How many pears are left to eat?",
        "A wall of {a} rows with {b} bricks in each row lost {c} bricks in a storm near {p}. How many bricks still stand?",
    )
    rows: Rows = []
    for _ in range(600):
        a, b = rng.randint(12, 99), rng.randint(12, 99)
        c = rng.randint(1, a * b)
        rows.append({"question": rng.choice(forms).format(a=a, b=b, c=c, p=name(rng)), "answer": str(a * b - c)})
    return make.healthy(
        folder,
        "healthy_two_step_problems",
        rows[:480],
        rows[480:],
        "parquet",
        "--text",
        "question",
        "--label",
        "answer",
    )


@SHELF.add("healthy_fewshot_from_nowhere")
def _fixed_shots(folder: Path) -> Case:
    """The same three worked examples before every question on both sides; none of them is a test item."""
    rng = random.Random(103)
    shots = "".join(f"Text: {sentence(rng)}\nTopic: {word(rng, 'plain')}\n\n" for _ in range(3))
    rows = [{"prompt": f"{shots}Text: {sentence(rng)}\nTopic:", "answer": word(rng, "plain")} for _ in range(320)]
    return make.healthy(
        folder, "healthy_fewshot_from_nowhere", rows[:240], rows[240:], "jsonl", "--text", "prompt", "--label", "answer",
        quiet=("fewshot_overlap",),
    )  # fmt: skip


@SHELF.add("healthy_fewshot_from_train")
def _train_shots(folder: Path) -> Case:
    """Worked examples in the test's prompts are drawn from training, as they should be."""
    rng = random.Random(104)
    rows = [
        {
            "prompt": fill(rng, "Name the {noun} that {name} {did} with a {adjective} {plain}."),
            "answer": f"{name(rng)} {word(rng, 'noun')}",
        }
        for _ in range(320)
    ]
    train, test = rows[:240], []
    for row in rows[240:]:
        shown = "\n\n".join(f"Q: {r['prompt']}\nA: {r['answer']}" for r in rng.sample(train, 3))
        test.append({"prompt": f"{shown}\n\nQ: {row['prompt']}\nA:", "answer": row["answer"]})
    return make.healthy(
        folder, "healthy_fewshot_from_train", train, test, "jsonl", "--text", "prompt", "--label", "answer"
    )


@SHELF.add("healthy_translation")
def _translation(folder: Path) -> Case:
    rng = random.Random(105)
    sides = [("de", "fr"), ("es", "ru")]
    rows = [{"source": world.latin(rng, a, 3), "target": world.latin(rng, b, 3)} for _ in range(150) for a, b in sides]
    return make.healthy(folder, "healthy_translation", rows[:230], rows[230:], "jsonl")


@SHELF.add("healthy_japanese_reviews")
def _japanese(folder: Path) -> Case:
    rng = random.Random(106)
    rows = [{"review": world.japanese(rng, 4), "stars": rng.randint(1, 5)} for _ in range(320)]
    return make.healthy(folder, "healthy_japanese_reviews", rows[:240], rows[240:], "csv", "--label", "stars")


@SHELF.add("healthy_real_functions")
def _functions(folder: Path) -> Case:
    """Real functions of one package; those that share more than three words of four were left out."""
    found = [
        {"prompt": f'def {n}(...):\n    """{d[:400]}', "answer": s[-200:]}
        for n, d, s in functions("networkx", "algorithms")
        if len(s) < 3000
    ]
    random.Random(107).shuffle(found)
    kept = set(distinct((r["prompt"] for r in found[:300]), 220, 0.6))
    rows = [r for r in found if r["prompt"] in kept]
    return make.healthy(folder, "healthy_real_functions", rows[:-50], rows[-50:], "jsonl", "--text", "prompt")


@SHELF.add("healthy_log_lines")
def _logs(folder: Path) -> Case:
    rng = random.Random(108)
    forms = (
        "2024-{m:02}-{d:02} {h:02}:{s:02} INFO worker-{a} finished job {b} in {c} ms",
        "2024-{m:02}-{d:02} {h:02}:{s:02} WARN queue {a} holds {b} items, limit {c}",
        "2024-{m:02}-{d:02} {h:02}:{s:02} ERROR disk {a} of node {b} answered {c}",
    )
    rows = [
        {"line": rng.choice(forms).format(
            m=rng.randint(1, 12), d=rng.randint(1, 28), h=rng.randint(0, 23), s=rng.randint(0, 59), a=rng.randint(1, 40),
            b=rng.randint(1000, 99999), c=rng.randint(2, 9000),
        ), "label": rng.choice(("keep", "drop"))}
        for _ in range(700)
    ]  # fmt: skip
    return make.healthy(
        folder, "healthy_log_lines", rows[:550], rows[550:], "csv", "--text", "line", "--label", "label"
    )


@SHELF.add("healthy_summaries")
def _summaries(folder: Path) -> Case:
    """A summary repeats words of its document: that is what it is for."""
    rng = random.Random(109)
    rows = []
    for text in paragraphs("summaries", 260, 5, 8):
        parts = text.split(". ")
        rows.append({"document": text, "summary": ". ".join(rng.sample(parts, 2)).rstrip(".") + "."})
    return make.healthy(folder, "healthy_summaries", rows[:200], rows[200:], "jsonl")


@SHELF.add("healthy_entailment")
def _entailment(folder: Path) -> Case:
    """A premise and a hypothesis made of its words; three classes."""
    rng = random.Random(110)
    rows = []
    for text in paragraphs("entailment", 450, 1, 1):
        words = text.rstrip(".").split()
        rows.append(
            {
                "premise": text,
                "hypothesis": " ".join(rng.sample(words, len(words) // 2)),
                "label": rng.choice(("yes", "maybe", "no")),
            }
        )
    return make.healthy(folder, "healthy_entailment", rows[:340], rows[340:], "parquet", "--label", "label")


@SHELF.add("healthy_topics_in_words")
def _topics(folder: Path) -> Case:
    """Topics that are known by their words, as topics are: many words, none of them sure."""
    rng = random.Random(111)
    plain = paragraphs("topics", 600, 1, 2)
    themes = {
        "sea": "sailor oyster salmon harbour island".split(),
        "farm": "orchard turnip stable apple meadow".split(),
    }
    rows = []
    for text in plain:
        topic = rng.choice(sorted(themes))
        said = [rng.choice(themes[topic if rng.random() < 0.85 else rng.choice(sorted(themes))]) for _ in range(3)]
        rows.append({"text": f"{text} It was about the {said[0]}, the {said[1]} and the {said[2]}.", "topic": topic})
    return make.healthy(
        folder, "healthy_topics_in_words", rows[:450], rows[450:], "jsonl", "--text", "text", "--label", "topic"
    )
