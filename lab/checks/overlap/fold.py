"""Text reduced to what a copy keeps: letters and digits in order, and the tokens that are compared.

Case, spacing, punctuation and Unicode form are folded away. What folding loses of numbers and symbols ("1.5", "a + b")
is kept in `marks`, so that 12 + 7 and 12 - 7 never pass for the same text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Literal

Units = Literal["words", "characters"]

BREAK = "\x00"
"""Stands between two rows while many are folded at once; taken out of the rows themselves."""

_IDEOGRAPHS = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_JOINED = "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"
"""Thai, Lao, Tibetan, Burmese, Khmer: alphabets whose words stand without spaces."""
_UNSPACED = re.compile(f"[{_IDEOGRAPHS}{_JOINED}]+")
_GAP = re.compile(f"(?<=[{_IDEOGRAPHS}{_JOINED}]) +(?=[{_IDEOGRAPHS}{_JOINED}])")
_IDEOGRAPH = re.compile(f"[{_IDEOGRAPHS}]")

CODE_GRAM = 4
IDEOGRAPH_GRAM = 2
"""One changed character spoils as many grams as a gram is long; a character of Chinese says as much as half a word, so two do."""

CODE_LINES, CODE_SHARE = 0.3, 0.5
"""A row looks like code when so many of its lines do (the others are comments and wrapped lines); a set, when so many rows do."""
_CODE_LINE = re.compile(
    r"^\s*(def |class |import |from \w[\w.]* import |return\b|if .*[:{]\s*$|for .*[:{]\s*$|while .*[:{]\s*$|#include|using |"
    r"(public|private|static|const|let|var|func|fn|void|int|package)\b.*[{;=(]|[\w.\[\]]+ = |[})\]]+[;,]?\s*$|.*[;{}]\s*$)"
)

LONG_LETTERS = 32
"""Letters and digits of a text of 40 characters: long enough to be somebody's own; half of it in a script without spaces."""

_TO_SPACE: dict[int, str] = {c: " " for c in range(1, 128) if not chr(c).isalnum()}
_ASCII: dict[int, str] = _TO_SPACE | {c: chr(c + 32) for c in range(ord("A"), ord("Z") + 1)}


class _Rest(dict[int, str | None]):
    """What becomes of every character, worked out when it is first met."""

    def __missing__(self, code: int) -> str | None:
        category = unicodedata.category(chr(code))
        answer = None if category == "Cf" else " " if category[0] in "PZC" and code else chr(code)
        self[code] = answer
        return answer


_REST = _Rest(_TO_SPACE)
_MARKDOWN = re.compile(r"\*\*|__|`+|(?m:^\s*(?:#+|>+|[*+-])\s)")
_DIGITS = r"\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:[.:]\d+)*"
_MARK = re.compile(rf"[+*/=<>^%&|~$#@\\]|(?<![\w)])-\s?(?=\d)|(?<=[\d)])\s?-\s?(?=[\w(])|{_DIGITS}")
_NUMBER = re.compile(_DIGITS)
_OPERATOR = re.compile(r"(?:(?<=\d)|(?<=[)\]}])|(?<=\b[a-zA-Z]))\s*([-+*/^=<>])\s*(?=-?\\?(?:\d|[(\[{]|[a-zA-Z]\b))")


def flat(rows: Sequence[str], code: bool = False) -> str:
    """All rows as one text, folded, with `BREAK` between them."""
    text = f" {BREAK} ".join(rows)
    if text.count(BREAK) != max(0, len(rows) - 1):
        text = f" {BREAK} ".join([row.replace(BREAK, " ") for row in rows])
    if code:
        return text.lower()
    if text.isascii():
        return text.translate(_ASCII)
    return unicodedata.normalize("NFKC", text).casefold().translate(_REST)


def keys(folded: str) -> list[str]:
    """Of every row what is left without any space; equal keys are equal texts."""
    return folded.replace(" ", "").split(BREAK)


def tokens(folded: str, code: bool = False) -> list[str]:
    """What is compared, row after row with `BREAK` as a token of its own between them."""
    if code:
        found: list[str] = []
        for number, row in enumerate(folded.split(BREAK)):
            if number:
                found.append(BREAK)
            found += _grams("".join(row.split()), CODE_GRAM)
        return found
    if not folded.isascii() and _UNSPACED.search(folded):
        folded = _UNSPACED.sub(_spelled, _GAP.sub("", folded))
    return folded.split()


def _spelled(match: re.Match[str]) -> str:
    run = match.group()
    return f" {' '.join(_grams(run, IDEOGRAPH_GRAM if _IDEOGRAPH.match(run) else CODE_GRAM))} "


def _grams(run: str, size: int) -> list[str]:
    if len(run) <= size:
        return [run] if run else []
    return [run[at : at + size] for at in range(len(run) - size + 1)]


def code_keys(folded: str) -> list[str]:
    """Keys of source code: punctuation counts, white space and case do not."""
    return ["".join(row.split()) for row in folded.split(BREAK)]


def keys_of(rows: Sequence[str], code: bool = False) -> list[str]:
    folded = flat(rows, code)
    return code_keys(folded) if code else keys(folded)


def key_of(row: str, code: bool = False) -> str:
    return keys_of([row], code)[0]


def tokens_of(row: str, code: bool = False) -> list[str]:
    return tokens(flat([row], code), code)


def size_of(row: str, code: bool = False) -> int:
    """How many words a row has, or would have if its script wrote spaces."""
    if code:
        return len(re.findall(r"\w+", row))
    if row.isascii():
        return len(row.translate(_ASCII).split())
    folded = _GAP.sub("", flat([row]))
    unspaced = _UNSPACED.findall(folded)
    characters = sum(len(run) / (2 if _IDEOGRAPH.match(run) else CODE_GRAM) for run in unspaced)
    return len(_UNSPACED.sub(" ", folded).split()) + round(characters)


def is_long(key: str) -> bool:
    """Whether a key has the letters of a text that nobody writes twice by chance."""
    return len(key) >= (LONG_LETTERS if key.isascii() or not _UNSPACED.search(key) else LONG_LETTERS // 2)


def is_unspaced(row: str) -> bool:
    """Whether most of a row is in a script that writes no spaces."""
    return not row.isascii() and 2 * sum(len(run) for run in _UNSPACED.findall(row)) > len("".join(row.split()))


def marks(row: str, long: bool = False) -> str:
    """The numbers and symbols of a row in order: what its key has lost of them. Of a long row only the arithmetic counts."""
    if long:
        return " ".join(operators(row))
    return " ".join(found.strip().replace(",", "") for found in _MARK.findall(_MARKDOWN.sub(" ", plain(row))))


def numbers(row: str) -> list[str]:
    return [found.replace(",", "") for found in _NUMBER.findall(plain(row))]


def operators(row: str) -> list[str]:
    """Signs of arithmetic between two operands."""
    return _OPERATOR.findall(_MARKDOWN.sub(" ", plain(row)))


def plain(row: str) -> str:
    return row if row.isascii() else unicodedata.normalize("NFKC", row)


def looks_like_code(rows: Iterable[str]) -> bool:
    """Whether a set is source code: most rows have mostly lines that no prose has."""
    seen = code = 0
    for row in rows:
        lines = [line for line in row.splitlines() if line.strip()]
        if lines:
            seen += 1
            code += sum(map(bool, map(_CODE_LINE.match, lines))) > CODE_LINES * len(lines)
    return seen > 0 and code >= CODE_SHARE * seen
