"""Numbers as papers print them: percents, thousands, powers of ten, words; and whether a number is among them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
"""`one` is left out: it is a pronoun more often than a number."""

SCALES = {"k": 3, "K": 3, "M": 6, "B": 9, "T": 12}
MINUS = "−–-"
NUMBER = re.compile(
    r"""
    (?<![\w.^{\\])                                    # not inside a name or a number: GSM8K, 2.5
    (?P<sign>(?<![\w)\]}%])[-−+])?                    # a minus, not the dash of a range or of a name
    (?P<digits>\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?P<part>\.\d+)?
    (?:[eE](?P<e>[-−+]?\d+)
      |\s?(?:×|\\times|·|\\cdot|x)\s?10\s?\^?\s?\{?(?P<ten>[-−+]?\d+)\}?
      |\^\{?(?P<power>[-−+]?\d+)\}?
    )?
    (?P<scale>[kKMBT](?![\w]))?
    (?P<percent>\s?\\?%|\s?(?:percent|per\scent|percentage\spoints?)\b|-?(?=\s?pp\b))?
    (?!\w)
    """,
    re.VERBOSE,
)
POINT = re.compile(r"(?<![\w.])(?P<sign>(?<![\w)\]}%])[-−+])?(?P<part>\.\d+)(?P<percent>\s?\\?%)?(?!\w)")
LARGEST_POWER = 18
"""Nobody asserts a larger power; beyond it the digits are a formula's."""


@dataclass(frozen=True)
class Number:
    """A number where it stands. A percent is kept as printed: 88.2 with `percent` true."""

    value: Decimal
    percent: bool
    text: str
    start: int
    end: int


NAME = re.compile(r"(?<![\w\\^{.])[^\W\d_](?=[\w.@-]*\d)[\w.]*(?:[-@][\w.]+)*")
"""Digits joined to letters name a thing: GSM8K, Qwen2.5-7B, MATH-500, pass@1."""


def names_in(text: str) -> list[str]:
    """Names that have digits in them, as they are written."""
    return [found.group(0).rstrip(".") for found in NAME.finditer(text)]


def numbers_in(text: str) -> list[Number]:
    """Every number the text asserts, in order. Digits within a name (GSM8K, Qwen2.5-7B, MATH-500) are none."""
    named = [name.span() for name in NAME.finditer(text)]
    found = [
        _number(match)
        for pattern in (NUMBER, POINT)
        for match in pattern.finditer(text)
        if not any(a < match.end() and match.start() < b for a, b in named)
    ]
    for word in re.finditer(r"\b[A-Za-z]+\b", text):
        if word.group(0).casefold() in WORDS:
            value = Decimal(WORDS[word.group(0).casefold()])
            found.append(Number(value, False, word.group(0), word.start(), word.end()))
    return sorted((n for n in found if n is not None), key=lambda n: n.start)


def _number(match: re.Match[str]) -> Number | None:
    got = match.groupdict()
    value = Decimal((got.get("digits") or "0").replace(",", "") + (got.get("part") or ""))
    if got.get("power"):
        power = int(got["power"].replace("−", "-"))
        if abs(power) > LARGEST_POWER:
            return None
        value = value**power if value else value
    exponent = got.get("e") or got.get("ten")
    if exponent:
        value = value.scaleb(int(exponent.replace("−", "-")))
    if got.get("scale"):
        value = value.scaleb(SCALES[got["scale"]])
    if (got.get("sign") or "") in ("-", "−"):
        value = -value
    return Number(value, bool(got.get("percent")), match.group(0), match.start(), match.end())


WHOLE = re.compile(
    r"[-+]?\d+(?:[.,/:]\d+)*(?:[eE][-+]?\d+)?(?:\s?[×x]\s?10\^?\{?[-+]?\d+\}?|\^\{?[-+]?\d+\}?)?(?:\s?\\?%)?\w*"
)


def number_spans(text: str) -> list[tuple[int, int]]:
    """Stretches that may not be cut in two, sign, powers and percent included."""
    spans = []
    for found in WHOLE.finditer(text):
        start, end = found.span()
        if text[start] in "-+" and text[start - 1 : start].isalnum():
            start += 1  # the dash of a range or of a name
        spans.append((start, end))
    return spans


def exact(value: float | int | str) -> Decimal | None:
    """The number as written, or None if it is none; 0.882 is 0.882 and not its nearest binary fraction."""
    try:
        made = Decimal(str(value))
    except InvalidOperation:
        return None
    return made if made.is_finite() else None


PERCENT_UNITS = frozenset({"%", "percent", "percentage", "pp", "points", "percentage points"})


def stands(value: float | int | str, unit: str, among: list[Number]) -> bool:
    """Is the number among these, exactly, or as the same share written the other way (0.882 and 88.2%)?"""
    wanted = exact(value)
    if wanted is None:
        return False
    in_percent = unit.strip().casefold() in PERCENT_UNITS
    for number in among:
        if wanted == number.value and (in_percent or not number.percent or not _share_unit(unit)):
            return True
        if number.percent and not in_percent and wanted * 100 == number.value:
            return True
        if in_percent and not number.percent and abs(number.value) <= 1 and wanted == number.value * 100:
            return True
    return False


def _share_unit(unit: str) -> bool:
    return unit.strip().casefold() in {"fraction", "share", "ratio", "proportion"}
