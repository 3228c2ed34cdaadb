"""Scanning by hand, for the second implementations: no patterns here."""

from __future__ import annotations

import string
import unicodedata

SPACE = " \t\n\r\f\v"
WORD = string.ascii_letters + string.digits + "_"
LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def spelled(text: str) -> str:
    """A text without the space round it, each character in one spelling."""
    return unicodedata.normalize("NFC", text.strip())


def skip(text: str, at: int, what: str) -> int:
    """The first place from `at` on whose character is none of `what`."""
    while at < len(text) and text[at] in what:
        at += 1
    return at


def stated(text: str) -> str:
    """What a reply states as its answer: boxed, after ####, after `answer is`, or all of it."""
    inside = _box(text)
    if inside is not None:
        return inside
    mark = text.rfind("####")
    if mark >= 0:
        return _line(text[mark + 4 :])
    low, at = text.translate(LOWER), len(text)
    while (at := low.rfind("answer", 0, at)) >= 0:
        if at == 0 or low[at - 1] not in WORD:
            begin = _past(low, at + len("answer"))
            if begin is not None:
                return _line(text[begin:])
    return text


def _past(low: str, at: int) -> int | None:
    """Where the answer begins after the word: past `is` or a colon."""
    i = skip(low, at, SPACE)
    if i > at and low.startswith("is", i) and (low[i + 2 : i + 3] or " ") not in WORD:
        i += 2
    elif low[i : i + 1] == ":":
        i += 1
    else:
        return None
    colon = skip(low, i, SPACE)
    return colon + 1 if low[colon : colon + 1] == ":" else i


def _line(text: str) -> str:
    return text.strip().split("\n", 1)[0]


def _box(text: str) -> str | None:
    pieces = text.rsplit("\\boxed{", 1)
    if len(pieces) == 1:
        return None
    depth = 1
    for i, character in enumerate(pieces[1]):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if not depth:
            return pieces[1][:i]
    return None
