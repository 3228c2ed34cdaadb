"""Second reading of the metrics over numbers: exact fractions from a scanner, and scikit-learn for the errors."""

from __future__ import annotations

import math
from fractions import Fraction

from lab.stats.second_asked import Asked
from lab.stats.second_latex import plain_line
from lab.stats.second_text import SPACE, WORD, skip, spelled, stated
from lab.stats.second_units import unit_of

DIGITS = "0123456789"
ZEROS = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
MONEY = "$€£¥"
LONGEST, HUGE, FARTHEST = 200, 400, 1e150
Measured = tuple[Fraction, Fraction, str]
"""The number as written, its value in the unit's base, the kind of unit."""


def numeric_match(asked: Asked) -> float:
    hits = sum(matching(asked.said(key), text) for key, text in asked.answers.items())
    return hits / len(asked.answers)


def matching(text: str | None, answer: str) -> bool:
    """Whether two texts are one number; an answer that is none is compared as text."""
    gold, said = measured(answer), measured(text or "")
    if gold is None:
        return text is not None and spelled(text) == spelled(answer)
    return said is not None and agree(said, gold)


def agree(one: Measured, two: Measured) -> bool:
    if one[2] and two[2]:
        return one[2] == two[2] and near(one[1], two[1])
    if not one[2] and not two[2]:
        return near(one[0], two[0])
    bare, full = (one, two) if not one[2] else (two, one)
    if full[2] != "%":
        return near(bare[0], full[0])
    return near(bare[0], full[0] / 100) or (abs(bare[0]) > 1 and near(bare[0], full[0]))


def near(a: Fraction, b: Fraction) -> bool:
    """Equal if both are whole; else within a millionth, or a billionth of nought."""
    if a.denominator * b.denominator == 1:
        return a == b
    if a * b == 0:
        return abs(a + b) * 10**9 <= 1
    return abs(a - b) * 10**6 <= max(abs(a), abs(b))


def measured(text: str) -> Measured | None:
    line = plain_line(stated(text))
    if not 0 < len(line) <= LONGEST:
        return None
    at, signs, money = skip(line, 0, SPACE), "", ""
    for what in ("+-", MONEY, "+-"):
        if at < len(line) and line[at] in what:
            signs, money = (signs + line[at], money) if what == "+-" else (signs, line[at])
            at += 1
        at = skip(line, at, SPACE)
    found = _mixed(line, at) or _ratio(line, at) or _decimal(line, at)
    if found is None or found[0] is None or len(signs) > 1:
        return None
    number, at = -found[0] if signs == "-" else found[0], found[1]
    word = skip(line, at, SPACE)
    end = skip(line, word, WORD)
    if line[word:end].lower() in ZEROS:
        number, at = number * 10 ** ZEROS[line[word:end].lower()], end
    unit = unit_of(f"{money} {line[at:]}")
    return None if unit is None else (number, number * unit[1], unit[0])


Found = tuple[Fraction | None, int]


def _mixed(line: str, at: int) -> Found | None:
    """`1 1/2`"""
    whole = skip(line, at, DIGITS)
    top = skip(line, whole, SPACE)
    if whole == at or top == whole:
        return None
    found = _over(line, top + (line[top : top + 1] == "("), only_digits=True)
    if found is None:
        return None
    value, end = found
    return (None if value is None else int(line[at:whole]) + value), end + (line[end : end + 1] == ")")


def _ratio(line: str, at: int) -> Found | None:
    """`1/2`, `(1/2)`"""
    begin = skip(line, at + 1, SPACE) if line[at : at + 1] == "(" else at
    minus = line[begin : begin + 1] == "-"
    found = _over(line, begin + minus, only_digits=False)
    if found is None:
        return None
    value, end = found
    closing = skip(line, end, SPACE)
    return (-value if minus and value is not None else value), closing + 1 if line[
        closing : closing + 1
    ] == ")" else end


def _over(line: str, at: int, *, only_digits: bool) -> Found | None:
    top_end = skip(line, at, DIGITS) if only_digits else _plain(line, at)
    slash = skip(line, top_end, SPACE)
    if top_end == at or line[slash : slash + 1] != "/":
        return None
    begin = skip(line, slash + 1, SPACE)
    end = skip(line, begin, DIGITS) if only_digits else _plain(line, begin)
    if end == begin:
        return None
    under = _number(line[begin:end])
    return (_number(line[at:top_end]) / under if under else None), end


def _decimal(line: str, at: int) -> Found | None:
    """`1,200.5`, with `e3` or `x 10^3` behind it."""
    end = _plain(line, at)
    if end == at:
        return None
    number, power = _number(line[at:end]), _exponent(line, end)
    if power is None:
        return number, end
    value, end = power
    if abs(value) > HUGE:
        return None, end
    return number * (10**value if value >= 0 else Fraction(1, 10**-value)), end


def _exponent(line: str, at: int) -> tuple[int, int] | None:
    if line[at : at + 1] in ("e", "E"):
        return _integer(line, at + 1)
    x = skip(line, at, SPACE)
    if line[x : x + 1] != "x":
        return None
    ten = skip(line, x + 1, SPACE)
    if line[ten : ten + 2] != "10":
        return None
    hat = skip(line, ten + 2, SPACE)
    if line[hat : hat + 1] != "^":
        return None
    begin = skip(line, hat + 1, SPACE)
    begin = skip(line, begin + (line[begin : begin + 1] == "{"), SPACE)
    found = _integer(line, begin)
    if found is None:
        return None
    brace = skip(line, found[1], SPACE)
    return found[0], brace + 1 if line[brace : brace + 1] == "}" else found[1]


def _integer(line: str, at: int) -> tuple[int, int] | None:
    digits = at + (line[at : at + 1] in ("+", "-"))
    end = skip(line, digits, DIGITS)
    return (int(line[at:end]), end) if end > digits else None


def _plain(line: str, at: int) -> int:
    """Where a plain number ends that begins here; here where there is none."""
    end = skip(line, at, DIGITS)
    if 1 <= end - at <= 3:
        while line[end : end + 1] == "," and skip(line[: end + 4], end + 1, DIGITS) == end + 4:
            end += 4
    if line[end : end + 1] != ".":
        return end
    after = skip(line, end + 1, DIGITS)
    return after if end > at or after > end + 1 else at


def _number(text: str) -> Fraction:
    head, _, tail = text.replace(",", "").partition(".")
    return Fraction(int(head + tail or "0"), 10 ** len(tail))


def _filled(asked: Asked) -> tuple[list[float], list[float]]:
    """Answers and predictions as numbers; for a missing one the answer farthest from the truth stands in."""
    gold = [float(text.replace(",", "")) for text in asked.answers.values()]
    ends = (min(gold), max(gold))
    said = []
    for key, truth in zip(asked.answers, gold, strict=True):
        number = finite(asked.said(key) or "")
        if number is None:
            number = max(ends, key=lambda end: abs(end - truth))
        said.append(min(max(number, truth - FARTHEST), truth + FARTHEST))
    return gold, said


def finite(text: str) -> float | None:
    """A plain finite number, with sign and exponent; commas only between groups of three digits."""
    bare = text.strip()
    begin = int(bare[:1] in ("+", "-"))
    end = _plain(bare, begin)
    power = _integer(bare, end + 1) if bare[end : end + 1] in ("e", "E") else (0, end)
    if end == begin or power is None or power[1] != len(bare):
        return None
    number = float(bare.replace(",", ""))
    return number if math.isfinite(number) else None


def mse(asked: Asked) -> float:
    from sklearn.metrics import mean_squared_error

    return float(mean_squared_error(*_filled(asked)))


def rmse(asked: Asked) -> float:
    from sklearn.metrics import root_mean_squared_error

    return float(root_mean_squared_error(*_filled(asked)))


def mae(asked: Asked) -> float:
    from sklearn.metrics import mean_absolute_error

    return float(mean_absolute_error(*_filled(asked)))


def r2(asked: Asked) -> float:
    from sklearn.metrics import r2_score

    true, said = _filled(asked)
    return float(r2_score(true, said)) if len(set(true)) > 1 else math.nan
