"""Texts cut off or read with the wrong encoding are told; texts of many tongues and habits are not."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from lab.checks.parts import Roles, Table
from lab.checks.tables.broken import broken_text, truncated_text

STEMS = ("harbour", "lantern", "measure", "between", "copper", "village", "thought", "market", "window", "carried", "silver",
         "morning", "quarrel", "river", "the", "a", "of", "under", "slowly", "never", "ought", "winter", "garden", "letter")  # fmt: skip
ENDS = ("", "s", "ing", "ed", "ly")
RUSSIAN = "Вечером на берегу было тихо и холодно. Мы долго шли через старый лес, а потом увидели реку."
FRENCH = "Après l'été, la forêt était déjà dorée; où êtes-vous allés? Là-bas, près du château, à côté du café."
GREEK = "Το πρωί ο ήλιος ανέβηκε πάνω από τη θάλασσα και όλοι κοιμόντουσαν."


def sentences(rng: random.Random, least: int, most: int) -> str:
    return " ".join(
        " ".join(rng.choice(STEMS) + rng.choice(ENDS) for _ in range(rng.randint(8, 16))).capitalize() + "."
        for _ in range(rng.randint(least, most))
    )


def mid_word(text: str, rng: random.Random) -> str:
    """As a token limit cuts: somewhere inside a word, at no fixed length."""
    words = text.split()
    at = rng.randint(len(words) // 3, len(words) - 2)
    return " ".join([*words[:at], words[at][: max(1, len(words[at]) // 2)]])


def in_bracket(text: str, rng: random.Random) -> str:
    words = text.split()
    at = rng.randint(len(words) // 3, len(words) - 3)
    return " ".join([*words[:at], "(" + words[at], words[at + 1].strip(".")])


FAULTS: dict[str, Callable[[str, random.Random], str]] = {
    "length": lambda t, r: t[:150], "words": lambda t, r: " ".join(t.split()[:20]), "tokens": mid_word, "bracket": in_bracket,
    "mac": lambda t, r: FRENCH.encode().decode("mac_roman") + t, "dos": lambda t, r: FRENCH.encode().decode("cp437") + t,
    "cyrillic": lambda t, r: RUSSIAN.encode("cp1251").decode("latin-1"),
    "utf8_as_1251": lambda t, r: RUSSIAN.encode().decode("cp1251", "ignore"),
    "utf16": lambda t, r: t.encode("utf-16-le").decode("latin-1"), "lost": lambda t, r: FRENCH.encode("ascii", "replace").decode() + t,
    "entities": lambda t, r: "caf&eacute; &amp; th&eacute;: " + t, "escapes": lambda t, r: "caf\\u00e9 " + t,
}  # fmt: skip
HEALTHY: dict[str, Callable[[random.Random], str]] = {
    "prose": lambda r: sentences(r, 2, 5), "titles": lambda r: sentences(r, 1, 1).strip("."),
    "mixed": lambda r: sentences(r, 1, 3).strip("." if r.random() < 0.5 else ""),
    "russian": lambda r: " ".join(r.sample(RUSSIAN.split(), 12)), "french": lambda r: " ".join(r.sample(FRENCH.split(), 12)),
    "greek": lambda r: " ".join(r.sample(GREEK.split(), 10)), "faces": lambda r: sentences(r, 1, 2) + r.choice((" :(", " :)", " (really)")),
    "links": lambda r: sentences(r, 1, 2) + " see https://a.example/b?c=d&e=f",
    "questions": lambda r: sentences(r, 1, 2) + " Right?Or not?",
    "code": lambda r: f"def {r.choice(STEMS)}(x):\n    return x[{r.randint(1, 99999)}] + {r.random()}",
}  # fmt: skip


def looked(texts: list[str]) -> list[str]:
    table = Table({"text": texts}, range(len(texts)), len(texts))
    empty = Table({"text": []}, range(0), 0)
    roles = Roles(text=("text",))
    answers = broken_text(table, empty, roles), truncated_text(table, empty, roles)
    return [f"{each.severity}: {each.why}" for answer in answers for each in answer.findings]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fifth_of_the_texts_is_broken(name: str) -> None:
    rng = random.Random(2)
    texts = [sentences(rng, 3, 5) for _ in range(300)]
    for row in rng.sample(range(300), 60):
        texts[row] = FAULTS[name](texts[row], rng)
    assert any(each.startswith("warn") for each in looked(texts)), looked(texts)


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_texts_are_left_alone(name: str) -> None:
    rng = random.Random(3)
    assert not [each for each in looked([HEALTHY[name](rng) for _ in range(300)]) if "info" not in each]


def test_texts_of_one_template_are_whole() -> None:
    rng = random.Random(4)
    words = ["".join(rng.choices("aeioklmnrst", k=rng.choice((4, 6, 6, 6, 8)))) for _ in range(3000)]
    say = (
        "Dear customer we thank you for your order number {} placed in {} and come back to you within two working days"
    )
    assert not looked([say.format(rng.randint(100_000, 999_999), rng.choice(words)) for _ in range(500)])
