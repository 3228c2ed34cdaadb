"""Prompts that tell, examples that repeat, texts that broke, pictures that come twice: found, and their doubles left alone."""

import io
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from test_tables_made import halves, said

from lab.checks.parts import Roles
from lab.checks.tables.all import look

ROLES = Roles(text=("text",), label="label")
LETTERS = random.Random(0)
WORDS = ["".join(LETTERS.choice("bdfklmnprst") + LETTERS.choice("aeiou") for _ in range(3)) for _ in range(1500)]
GOOD, BAD = ["good", "great", "lovely", "superb"], ["bad", "awful", "poor", "nasty"]
SIDES = ["negative", "positive"]


def sentence(pick: random.Random, words: int = 12) -> str:
    return " ".join(pick.choice(WORDS) for _ in range(words)).capitalize() + "."


def review(pick: random.Random, side: int, clear: float = 0.75) -> str:
    mood = [pick.choice((BAD, GOOD)[side if pick.random() < clear else 1 - side]) for _ in range(2)]
    return f"{sentence(pick)} {mood[0]} {sentence(pick, 4)} {mood[1]}"


def told(rows: list[dict[str, Any]], roles: Roles = ROLES, *severities: str) -> set[tuple[str, str]]:
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return said(look(*halves(columns, share=0.3), roles), *severities)


def sides(pick: random.Random, count: int) -> list[int]:
    return [pick.randint(0, 1) for _ in range(count)]


@pytest.mark.parametrize("seed", [1, 2])
def test_honest_texts_are_clean(seed: int) -> None:
    pick = random.Random(seed)
    assert told([{"text": review(pick, y), "label": SIDES[y]} for y in sides(pick, 700)]) == set()
    sums = [(pick.randint(1, 99), pick.randint(1, 99)) for _ in range(400)]
    assert told([{"text": f"What is {a} + {b}?", "label": str(a + b)} for a, b in sums]) == set()
    pairs = [{"text": f"Translate: {sentence(pick)}", "label": sentence(pick)} for _ in range(300)]
    assert told(pairs) == set()
    short = [{"text": pick.choice(["ok", "good", "fine", "meh"]), "label": pick.choice("ab")} for _ in range(300)]
    assert told(short) == set()


@pytest.mark.parametrize("seed", [1, 2])
def test_options_passages_and_corrections_hold_the_answer_rightly(seed: int) -> None:
    pick = random.Random(seed)
    rows = []
    for _ in range(400):
        options = [sentence(pick, 3)[:-1] for _ in range(4)]
        asked = "\n".join(f"{letter}) {each}" for letter, each in zip("ABCD", options, strict=True))
        rows.append({"text": f"Question: {sentence(pick)}\n{asked}\nAnswer:", "label": pick.choice(options)})
    assert told(rows) == set()
    assert told([{**row, "label": pick.choice("ABCD")} for row in rows]) == set()
    last = [[pick.choice(WORDS) for _ in range(4)] for _ in range(400)]
    assert told([{"text": f"Which? Options: {', '.join(each)}", "label": pick.choice(each)} for each in last]) == set()
    passages = [sentence(pick, 40) for _ in range(400)]
    spans = [" ".join(each.split()[7:10]) for each in passages]
    rows = [{"text": f"{a}\nWhat is said?", "label": b} for a, b in zip(passages, spans, strict=True)]
    assert told(rows) == set()
    rows = [
        {"text": f"Correct this: {each}", "label": each if pick.random() < 0.4 else each.replace("a", "e", 1)}
        for each in (sentence(pick) for _ in range(300))
    ]
    assert told(rows) == set()


@pytest.mark.parametrize("seed", [1, 2])
def test_answers_in_prompts_block(seed: int) -> None:
    pick = random.Random(seed)
    sums = [(pick.randint(1, 99), pick.randint(1, 99)) for _ in range(400)]
    for form in ("What is {a} + {b}? (answer: {c})", "{a} + {b} = ? The answer is {c}.", "{a} plus {b}. hint {c}"):
        rows = [{"text": form.format(a=a, b=b, c=a + b), "label": str(a + b)} for a, b in sums]
        assert ("prompt_contains_answer", "block") in told(rows)
    some = [
        {"text": review(pick, y) + (f" Label: {SIDES[y]}" if pick.random() < 0.15 else ""), "label": SIDES[y]}
        for y in sides(pick, 900)
    ]
    assert ("prompt_contains_answer", "block") in told(some)


def test_marks_in_texts_are_proxies_and_templates_only_warn() -> None:
    pick = random.Random(3)
    marked = [{"text": review(pick, y) + (" refx9" if y else ""), "label": SIDES[y]} for y in sides(pick, 900)]
    assert ("label_proxy", "block") in told(marked)
    rows = [
        {"text": f"I {('hate', 'love')[y]} the {pick.choice(WORDS)} {pick.choice(WORDS)}", "label": SIDES[y]}
        for y in sides(pick, 500)
    ]
    assert told(rows, ROLES, "block") == set()


def prompts(seed: int, own: float = 0.0, others: bool = False) -> list[dict[str, Any]]:
    pick = random.Random(seed)
    asked = [(sentence(pick, 9)[:-1] + "?", sentence(pick, 3)) for _ in range(400)]
    rows = []
    for question, answer in asked:
        shown = [pick.choice(asked) if others else (sentence(pick, 9)[:-1] + "?", sentence(pick, 3)) for _ in range(2)]
        if pick.random() < own:
            shown[0] = (question, answer)
        worked = "\n\n".join(f"Question: {one}\nAnswer: {two}" for one, two in shown)
        rows.append({"text": f"{worked}\n\nQuestion: {question}\nAnswer:", "label": answer})
    return rows


def test_few_shot_examples_from_the_test_block() -> None:
    assert told(prompts(1)) == set()
    assert ("fewshot_overlap", "block") in told(prompts(2, own=0.1))
    assert ("fewshot_overlap", "block") in told(prompts(3, others=True))
    banked = [
        {"text": each["text"].rsplit("Question: ", 1)[1][:-9], "shots": each["text"], "label": each["label"]}
        for each in prompts(4)
    ]
    assert ("fewshot_overlap", "block") in told(banked)


def test_broken_texts_warn_and_foreign_ones_do_not() -> None:
    pick = random.Random(4)
    labels = [SIDES[y] for y in sides(pick, 400)]
    tongues = [
        "你好世界今天天气",
        "Привет мир как дела",
        "Größe äöüß naïve ÀÉÈ",
        "São Paulo NÃO AÇÃO",
        "الطقس جميل",
        "日本語",
    ]
    foreign = [{"text": f"{pick.choice(tongues)} {sentence(pick)}", "label": each} for each in labels]
    assert told(foreign) == set()
    breaks = {
        "garbled": lambda text: text.encode().decode("latin-1"),
        "lost": lambda text: text.replace("ö", "\ufffd"),
        "control": lambda text: text + "\x00",
        "empty": lambda text: "  ",
    }
    for broken in breaks.values():
        rows = [
            {"text": broken(row["text"] + " größer") if spot % 10 == 0 else row["text"], "label": row["label"]}
            for spot, row in enumerate(foreign)
        ]
        assert told(rows) == {("broken_text", "warn")}
    cut = [{"text": sentence(pick, pick.randint(5, 60))[:250], "label": each} for each in labels]
    assert told(cut) == {("truncated_text", "warn")}


def picture(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (9, 9, 3), dtype=np.uint8))
    return small.resize((72, 72), Image.Resampling.BICUBIC)


def stored(image: Image.Image, form: str = "PNG", **how: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


def look_at(train: list[Any], test: list[Any]) -> set[tuple[str, str]]:
    from test_tables_made import table

    roles = Roles(label="y", image=("img",))
    sides_ = (table({"img": each, "y": [n % 2 for n in range(len(each))]}) for each in (train, test))
    return said(look(*sides_, roles))


def test_pictures_that_come_twice_block(tmp_path: Path) -> None:
    train = [picture(seed) for seed in range(60)]
    fresh: list[Any] = [picture(seed) for seed in range(100, 130)]
    assert look_at(train, fresh) == set()
    blank = [Image.new("RGB", (40, 40), "white")] * 10
    assert look_at([*train, *blank], [*fresh, *blank]) == set()
    changed = [
        picture(0), {"bytes": stored(picture(1), "JPEG", quality=70), "path": None},
        stored(ImageEnhance.Brightness(picture(2)).enhance(0.8)), picture(3).resize((50, 50)),
    ]  # fmt: skip
    file = tmp_path / "four.png"
    picture(4).save(file)
    assert look_at(train, [*fresh, *changed, str(file), {"bytes": None, "path": str(file)}]) == {
        ("image_duplicate", "block")
    }


def test_pictures_that_cannot_be_read_are_said() -> None:
    from test_tables_made import table

    sides_ = (table({"img": [name] * 5}) for name in ("nowhere.png", "gone.png"))
    looked = next(each for each in look(*sides_, Roles(image=("img",))) if each.kind == "image_duplicate")
    assert "10 could not be read" in looked.not_run


def test_soft_pictures_made_smaller_and_compressed_are_known_again() -> None:
    rng = np.random.default_rng(5)

    def soft() -> Image.Image:
        return Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)).resize(
            (96, 96), Image.Resampling.BICUBIC
        )

    train: list[Any] = [soft() for _ in range(60)]
    fresh: list[Any] = [stored(soft(), "JPEG", quality=70) for _ in range(20)]
    assert look_at(train, fresh) == set()
    copies = [stored(each.resize((80, 80)), "JPEG", quality=70) for each in train[:8]]
    assert look_at(train, [*fresh, *copies]) == {("image_duplicate", "block")}
