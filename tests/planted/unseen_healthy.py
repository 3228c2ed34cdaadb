"""Unseen half: other healthy splits. Closed until the end."""

# ruff: noqa: SIM905  (word lists read better as one line of words)

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import numpy as np

from tests.planted import make_healthy as make
from tests.planted import make_tables as tables
from tests.planted import scripts_of_the_world as world
from tests.planted.case import Case, Rows, Shelf
from tests.planted.words import distinct, fill, functions, name, paragraphs, prose, sentence, word

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


@SHELF.add("healthy_forecast_hours")
def _hours(folder: Path) -> Case:
    """Hours with yesterday's value as a feature, split forward: strong and legitimate."""
    rng = np.random.default_rng(112)
    load = 50 + 10 * np.sin(np.arange(900) / 24 * 2 * np.pi) + np.cumsum(rng.normal(0, 0.3, 900))
    rows = [
        {"timestamp": f"{np.datetime64('2022-03-01T00') + i}", "load_1h_ago": round(float(load[i - 1]), 3),
         "load": round(float(load[i]), 3)}
        for i in range(1, 900)
    ]  # fmt: skip
    return make.healthy(
        folder,
        "healthy_forecast_hours",
        *make.forward(rows, 0.2),
        "csv",
        "--label",
        "load",
        "--time",
        "timestamp",
        quiet=("time_leak",),
    )


@SHELF.add("healthy_groups_of_texts_apart")
def _authors(folder: Path) -> Case:
    rng = random.Random(113)
    rows = [
        {"author": f"w{a:03d}", "text": sentence(rng), "label": ("early", "late")[a % 2]}
        for a in range(70)
        for _ in range(5)
    ]
    train, test = make.by_group(rows, "author", 0.3, 113)
    return make.healthy(
        folder,
        "healthy_groups_of_texts_apart",
        train,
        test,
        "jsonl",
        "--label",
        "label",
        "--group",
        "author",
        quiet=("group_leak",),
    )


@SHELF.add("healthy_few_categories")
def _categories(folder: Path) -> Case:
    """Words for categories and two numbers."""
    rng = random.Random(114)
    rows = [
        {"colour": rng.choice(("red", "blue", "green")), "shape": rng.choice(("round", "square", "long", "flat")),
         "city": rng.choice(("Oslo", "Lima", "Cairo", "Osaka", "Perth")), "weight": round(rng.lognormvariate(2, 0.5), 2),
         "age": rng.randint(0, 90), "sold": rng.choice(("yes", "no", "no"))}
        for _ in range(500)
    ]  # fmt: skip
    return make.healthy(folder, "healthy_few_categories", *tables.cut(rows, 0.3, 114), "csv", "--label", "sold")


@SHELF.add("healthy_survey")
def _survey(folder: Path) -> Case:
    """Answers from one to five to ten questions, moved by one mood."""
    rng = np.random.default_rng(115)
    mood = rng.normal(0, 1, 450)
    rows = [
        {f"q{c}": int(np.clip(round(3 + 0.8 * m + rng.normal(0, 0.9)), 1, 5)) for c in range(10)}
        | {"stays": int(m + rng.normal(0, 0.8) > 0)}
        for m in mood
    ]
    return make.healthy(folder, "healthy_survey", *tables.cut(rows, 0.3, 115), "parquet", "--label", "stays")


@SHELF.add("healthy_embeddings")
def _embeddings(folder: Path) -> Case:
    """Unit vectors in tight classes, as encoders give them."""
    rng = np.random.default_rng(116)
    centres = rng.normal(0, 1, (5, 48))
    kinds = rng.integers(0, 5, 400)
    found = centres[kinds] + rng.normal(0, 0.5, (400, 48))
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    rows = [
        {f"e{c}": round(float(v), 5) for c, v in enumerate(line)} | {"label": int(k)}
        for line, k in zip(found, kinds, strict=True)
    ]
    return make.healthy(folder, "healthy_embeddings", *tables.cut(rows, 0.25, 116), "parquet", "--label", "label")


@SHELF.add("healthy_separable_by_one_axis")
def _separable(folder: Path) -> Case:
    """Easy and honest, as petal length is for one flower: a gap would be luck, an area of 0.98 is biology."""
    rng = np.random.default_rng(117)
    kinds = rng.integers(0, 2, 300)
    rows = [
        {"length": round(float(3 * k + rng.normal(0, 1)), 2), "width": round(float(k + rng.normal(0, 0.8)), 2),
         "depth": round(float(rng.normal(5, 1)), 2),
         "label": ("small", "large")[k]}
        for k in kinds
    ]  # fmt: skip
    return make.healthy(folder, "healthy_separable_by_one_axis", *tables.cut(rows, 0.3, 117), "csv", "--label", "label")


@SHELF.add("healthy_heavy_tailed_prices")
def _prices(folder: Path) -> Case:
    rng = np.random.default_rng(118)
    rows = []
    for i in range(500):
        area, rooms, age = float(rng.lognormal(4.3, 0.4)), int(rng.integers(1, 7)), int(rng.integers(0, 120))
        price = 2500 * area + 9000 * rooms - 300 * age + float(rng.normal(0, 60_000))
        rows.append(
            {
                "listing_id": 5_000 + i,
                "area": round(area, 1),
                "rooms": rooms,
                "age": age,
                "price": round(max(price, 20_000), -2),
            }
        )
    return make.healthy(folder, "healthy_heavy_tailed_prices", *tables.cut(rows, 0.3, 118), "csv", "--label", "price")


@SHELF.add("healthy_wide_texts_and_ids")
def _hashes(folder: Path) -> Case:
    rng = random.Random(119)
    rows = [
        {"uuid": f"{rng.getrandbits(64):016x}", "title": sentence(rng), "body": t, "label": rng.choice((0, 1, 2))}
        for t in paragraphs("wide", 320)
    ]
    return make.healthy(
        folder, "healthy_wide_texts_and_ids", rows[:240], rows[240:], "json", "--label", "label", quiet=("id_leak",)
    )


@SHELF.add("healthy_real_prose_two_packages")
def _prose(folder: Path) -> Case:
    rows = [{"text": t, "source": 0} for t in distinct(prose("networkx", "algorithms"), 200)]
    rows += [
        {"text": t, "source": 1} for t in distinct(prose("sklearn", "metrics") + prose("sklearn", "linear_model"), 160)
    ]
    return make.healthy(
        folder, "healthy_real_prose_two_packages", *tables.cut(rows, 0.25, 120), "parquet", "--label", "source"
    )


@SHELF.add("healthy_preferences")
def _preferences(folder: Path) -> Case:
    """Chosen and rejected answers to one prompt resemble each other within a row, and that is no leak."""
    rng = random.Random(121)
    rows = []
    for _ in range(300):
        ask, answer = fill(rng, "Describe the {adjective} {plain} of {name}."), sentence(rng)
        rows.append({"prompt": ask, "chosen": f"{answer} {sentence(rng)}", "rejected": f"{answer} {sentence(rng)}"})
    return make.healthy(folder, "healthy_preferences", rows[:230], rows[230:], "jsonl")


@SHELF.add("healthy_twenty_rows_twenty_columns")
def _twenty(folder: Path) -> Case:
    rows = tables.blobs(122, 24, columns=20)
    return make.healthy(folder, "healthy_twenty_rows_twenty_columns", rows[:16], rows[16:], "csv", "--label", "label")


@SHELF.add("healthy_no_names_given")
def _bare(folder: Path) -> Case:
    """Texts and classes with no option at all."""
    rng = random.Random(123)
    rows = [{"utterance": sentence(rng), "intent": rng.choice(("ask", "tell", "thank"))} for _ in range(360)]
    return make.healthy(folder, "healthy_no_names_given", rows[:270], rows[270:], "csv")
