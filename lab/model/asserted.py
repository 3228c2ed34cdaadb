"""What a model says beside its choice, held against what it was shown: a sentence with a number or a paper of its own making is struck.

Its choice is checked by the stage. Its reasons go into the record as they are, and from there into the report; so no score,
cost or citation may stand in them that nothing had returned.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

T = TypeVar("T", bound=BaseModel)

PROSE = frozenset(("why", "predicts", "summary", "meanings", "script"))
"""Fields of answers that are words for people. All others are choices, which their stage checks."""
CITES = "based_on"
"""A field of answers that lists what they rest on, by name."""
SETS = "change"
"""A field that holds settings by name."""
NOTHING_LEFT = "(its words named numbers or papers that nothing had shown it)"

SENTENCE = re.compile(r"(?<=[.!?;])(?<!\bal\.)(?<!\bcf\.)(?<!\bvs\.)\s+")
"""`et al.` ends no sentence: what is left of an invented citation would stand as a reason."""
NUMBER = re.compile(
    r"(?<![\w.])(\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(\.\d+|,\d{1,2}(?!\d)|,\d{4,})?([eE][-+]?\d+)?(?!\w|\.\d)"
    r"(\s?(?:%|percent\b|per cent\b|pct\b|points\b|usd\b|dollars\b|eur\b|euros?\b|pounds\b|cents\b))?",
    re.IGNORECASE,
)
ANY_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?|\.\d+")
CITED = re.compile(r"\b\d{4}\.\d{4,5}\b|\b10\.\d{4,9}/\S+|https?://[^\s)\]}>\"']+", re.IGNORECASE)
MONEY = re.compile(r"[$€£¥]\s?$")
COSTS = ("usd", "dollars", "eur", "euro", "euros", "pounds", "cents")
MEASURED = re.compile(
    r"\b(?:accuracy|scor\w*|f1|auc|loss|reward|recall|precision|metric|exact)\b\W*(?:[a-z]+\W+){0,3}$", re.IGNORECASE
)
"""What stands before a bare number that is no count."""
OUT_OF = re.compile(r"\b\d+\s*(?:/|out of)\s*\d+\b", re.IGNORECASE)
SPELLED = re.compile(
    r"\b(?:(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?)\b"
    r"|\b(?:half|thirds?|quarters?|fifths?|tenths?) of\b|\b(?:perfect|flawless) (?:accuracy|score|result)\b"
    r"|(?<![\d\s])\s*\b(?:percent|per cent|pct)\b",
    re.IGNORECASE,
)
"""Amounts in words: they may be said where they were shown in the same words."""


@dataclass(frozen=True)
class Shown:
    """What stood before the model: texts, and the numbers in them."""

    text: str
    numbers: tuple[float, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Shown:
        text = "\n".join(texts)
        return cls(text, tuple(sorted({float(found.replace(",", "")) for found in ANY_NUMBER.findall(text)})))

    def names(self, one: str) -> bool:
        """In these words, and not as a part of longer ones."""
        return bool(one) and bool(re.search(rf"(?<![\w.]){re.escape(one)}(?!\w|\.\d)", self.text, re.IGNORECASE))

    def holds(self, value: float, unit: float) -> bool:
        """The same within the rounding of what was written."""
        room = unit / 2 + 1e-9 * max(1.0, abs(value))
        at = bisect_left(self.numbers, value - room)
        return at < len(self.numbers) and self.numbers[at] <= value + room


def shown_only(said: T, texts: Iterable[str]) -> tuple[T, list[str]]:
    """The answer without sentences that assert what was not shown, and what it was that they asserted."""
    whole = said.model_dump(mode="json")
    shown, struck = Shown.of([*texts, *_set(whole)]), list[str]()
    held = _held(whole, False, shown, struck)
    return (type(said).model_validate(held), struck) if struck else (said, [])


def _set(value: Any) -> list[str]:
    """The settings that it proposes: it may speak of them."""
    if isinstance(value, dict):
        return [text for key, inner in value.items() for text in ([str(inner)] if key == SETS else _set(inner))]
    return [text for inner in value for text in _set(inner)] if isinstance(value, list) else []


def _held(value: Any, prose: bool, shown: Shown, struck: list[str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _cited(inner, shown, struck) if key == CITES else _held(inner, prose or key in PROSE, shown, struck)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_held(inner, prose, shown, struck) for inner in value]
    return _words(value, shown, struck) if prose and isinstance(value, str) else value


def _cited(names: list[str], shown: Shown, struck: list[str]) -> list[str]:
    made_up = [name for name in names if not shown.names(name)]
    struck += made_up
    return [name for name in names if name not in made_up]


def _words(text: str, shown: Shown, struck: list[str]) -> str:
    kept = []
    for sentence in SENTENCE.split(text):
        made_up = unshown(sentence, shown)
        struck += [one for one in made_up if one not in struck]
        kept += [] if made_up else [sentence]
    return " ".join(kept) if kept else NOTHING_LEFT


def unshown(sentence: str, shown: Shown) -> list[str]:
    """Papers, and numbers that can be a measurement or a cost, that stand in nothing that was shown; bare counts are let be."""
    sentence = unicodedata.normalize("NFKC", sentence)
    cited = [found.group(0).rstrip(".,;") for found in CITED.finditer(sentence)]
    rest = CITED.sub(" ", sentence)
    made_up = [one for one in cited if not shown.names(one)]
    for worded in (SPELLED, OUT_OF):
        made_up += [one for found in worded.finditer(rest) if not shown.names(one := found.group(0).strip())]
    made_up += [letter for letter in rest if not letter.isascii() and unicodedata.numeric(letter, None) is not None]
    for found in NUMBER.finditer(rest):
        digits, part, power, unit = found.groups()
        cost = bool(MONEY.search(rest[: found.start()])) or (unit or "").strip().lower() in COSTS
        if not (digits or part) or not (part or unit or power or cost or MEASURED.search(rest[: found.start()])):
            continue
        value = float((digits or "0").replace(",", "") + (part or "").replace(",", ".") + (power or ""))
        rounding = 10.0 ** -len((part or ".")[1:]) * float(f"1{power or ''}")
        percent = bool(unit) and not cost
        if not shown.holds(value, rounding) and not (percent and shown.holds(value / 100, rounding / 100)):
            made_up.append(found.group(0).strip())
    return made_up
