"""Prompts that give the answer away, few-shot examples from the test, boilerplate twins, broken texts, pictures."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from tests.planted.case import LEAK_OR_DOUBT, LEAKING, NOT_LEAKING, Case, Row, Rows, pair, write
from tests.planted.words import fill, name, sentence, word


def sums(rng: random.Random, count: int, low: int = 100, high: int = 9999) -> Rows:
    """Additions with their answers, each asked once."""
    seen: dict[tuple[int, int], None] = {}
    while len(seen) < count:
        seen[(rng.randint(low, high), rng.randint(low, high))] = None
    return [{"prompt": f"{a} + {b} =", "answer": str(a + b)} for a, b in seen]


def told(row: Row, rng: random.Random, form: str) -> Row:
    """A question whose prompt carries the answer."""
    return row | {"prompt": form.format(prompt=row["prompt"], answer=row["answer"])}


def answers_told(folder: Path, case: str, rows: Rows, form: str, *, share: float, seed: int, ending: str) -> Case:
    rng = random.Random(seed)
    half = len(rows) * 2 // 3
    made = [told(row, rng, form) if rng.random() < share else row for row in rows]
    return Case(
        case, *pair(folder, made[:half], made[half:], ending), ("--text", "prompt", "--label", "answer"),
        ("prompt_contains_answer",), LEAK_OR_DOUBT,
    )  # fmt: skip


def riddles(rng: random.Random, count: int) -> Rows:
    """Questions in words with an answer that the question doesn't hold."""
    form = "Which {adjective} {plain} did {name} lose while {doing} the {noun} of {name}, {adverb} and in {year}?"
    return [{"prompt": fill(rng, form), "answer": f"{name(rng)} {word(rng, 'plain')}"} for _ in range(count)]


def fewshot(folder: Path, case: str, rows: Rows, *, shots: int, share: float, seed: int, ending: str,
            layout: str = "Q: {prompt}\nA: {answer}") -> Case:  # fmt: skip
    """Prompts of the test begin with worked examples, some of which are test items with their answers."""
    rng = random.Random(seed)
    half = len(rows) * 2 // 3
    train, test = rows[:half], rows[half:]
    made: Rows = []
    for i, row in enumerate(test):
        others = [r for j, r in enumerate(test) if j != i]
        pool = rng.sample(others if rng.random() < share else train, shots)
        shown = "\n\n".join(layout.format(**r) for r in pool)
        made.append(
            {
                "prompt": f"{shown}\n\n" + layout.format(prompt=row["prompt"], answer="").rstrip(),
                "answer": row["answer"],
            }
        )
    train_rows = [row | {"prompt": layout.format(prompt=row["prompt"], answer="").rstrip()} for row in train]
    return Case(
        case, *pair(folder, train_rows, made, ending), ("--text", "prompt", "--label", "answer"),
        ("fewshot_overlap",), LEAK_OR_DOUBT,
    )  # fmt: skip


def templated(seed: int, count: int, forms: Sequence[str], column: str = "text") -> Rows:
    """Texts that share a long form and differ in what is filled in; each differs from all others."""
    rng = random.Random(seed)
    seen: dict[str, None] = {}
    while len(seen) < count:
        seen[fill(rng, rng.choice(list(forms)))] = None
    return [{column: text} for text in seen]


def boilerplate(folder: Path, case: str, rows: Rows, *, ending: str, options: tuple[str, ...] = ()) -> Case:
    """Templates are told of and not condemned."""
    half = len(rows) * 3 // 4
    return Case(
        case, *pair(folder, rows[:half], rows[half:], ending), options, ("boilerplate",), NOT_LEAKING,
        ("exact_duplicate", "near_duplicate", "contained_text", "contamination"),
    )  # fmt: skip


def broken(text: str, rng: random.Random) -> str:
    """UTF-8 that was read as Latin-1, and again."""
    accented = text.replace("e", "é").replace("a", "à").replace("'", "’")
    return accented.encode("utf-8").decode("latin-1")


def picture(seed: int, side: int = 32, shapes: int = 6) -> Any:
    """A little scene of rectangles and a gradient: uint8, side by side by 3."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(0, 1, side)[:, None] * rng.uniform(-80, 80) + np.linspace(0, 1, side)[None] * rng.uniform(
        -80, 80
    )
    image = np.repeat((ramp + rng.uniform(80, 170))[:, :, None], 3, axis=2)
    for _ in range(shapes):
        y, x = rng.integers(0, side - 6, 2)
        h, w = rng.integers(4, side // 2, 2)
        image[y : y + h, x : x + w] = rng.uniform(0, 255, 3)
    return np.clip(image, 0, 255).astype("uint8")


def encoded(image: Any, kind: str = "PNG", **how: Any) -> bytes:
    from PIL import Image

    out = BytesIO()
    Image.fromarray(image).save(out, kind, **how)
    return out.getvalue()


def resized(image: Any, side: int) -> Any:
    from PIL import Image

    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR))


def brighter(image: Any, by: int = 14) -> Any:
    return np.clip(image.astype(int) + by, 0, 255).astype("uint8")


def images(folder: Path, case: str, change: Callable[[Any], bytes], *, seed: int, train: int = 90, test: int = 30, planted: int = 8,
           paths: bool = False, side: int = 32, sure: bool = True) -> Case:  # fmt: skip
    """Pictures of the test that came into training; planted=0 makes a healthy set."""
    rng = random.Random(seed)
    tests = [picture(seed * 1000 + i, side) for i in range(test)]
    trains = [picture(seed * 1000 + 500 + i, side) for i in range(train)]
    data = [encoded(image) for image in trains]
    chosen = rng.sample(range(test), planted)
    for row, place in zip(chosen, rng.sample(range(train), planted), strict=True):
        data[place] = change(tests[row])
    sides = [
        _stored(folder, part, found, paths, rng)
        for part, found in (("train", data), ("test", [encoded(t) for t in tests]))
    ]
    ending = "csv" if paths else "parquet"
    files = [write(folder / f"{part}.{ending}", rows) for part, rows in zip(("train", "test"), sides, strict=True)]
    return Case(
        case, files[0], files[1], ("--label", "label"), ("image_duplicate",) if planted else (),
        (LEAKING if sure else LEAK_OR_DOUBT) if planted else NOT_LEAKING, truth={"image_duplicate": frozenset(chosen)},
    )  # fmt: skip


def _stored(folder: Path, part: str, data: Sequence[bytes], paths: bool, rng: random.Random) -> Rows:
    rows: Rows = []
    for i, content in enumerate(data):
        label = rng.choice(("cat", "dog", "boat"))
        if not paths:
            rows.append({"image": {"bytes": content, "path": f"{part}_{i}.png"}, "label": label})
            continue
        file = folder / "pictures" / f"{part}_{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        rows.append({"image": f"pictures/{file.name}", "label": label})
    return rows


def notes(rng: random.Random, count: int) -> list[str]:
    return [sentence(rng) + " " + sentence(rng) for _ in range(count)]
