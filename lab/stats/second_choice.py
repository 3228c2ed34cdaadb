"""Second reading of multiple choice: word by word, without patterns."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence

from lab.stats.second_text import LOWER, SPACE, WORD, skip, spelled, stated

ROUND = set(" \t\r\n()[]{}*_\"'`$.,:;!")
REASONS = ("because", "since", "as", "for", "due", "given")


def picks(text: str | None, answer: str, options: Sequence[str] | None) -> bool:
    """Whether a text chooses what the answer chooses; an answer that chooses nothing is compared as text."""
    letter = chosen(answer, options)
    if letter is None:
        return text is not None and spelled(text) == spelled(answer)
    return chosen(text or "", options) == letter


def chosen(text: str, options: Sequence[str] | None) -> str | None:
    letter = next(_readings(text, options), None)
    if letter is None or (options is not None and string.ascii_uppercase.index(letter) >= len(options)):
        return None
    return letter


def _readings(text: str, options: Sequence[str] | None) -> Iterator[str]:
    """Every reading in the order in which they count."""
    for part in (text, stated(text)):
        bare = _trim(part)
        if len(bare) == 1 and bare in string.ascii_letters:
            yield bare.upper()
    said = [letter for word in ("answer", "option", "choice") for letter in _after(text, word)]
    if said:
        yield max(said)[1].upper()
    first = text.lstrip(SPACE)
    if len(first) > 2 and first[0] + first[2] in ("()", "[]") and first[1] in string.ascii_letters:
        yield first[1].upper()
    starred = first.lstrip("*")
    if starred[:1] and starred[0] in string.ascii_letters:
        rest = starred[1:].lstrip("*")
        if rest[:1] and rest[0] in ").:" and (len(rest) == 1 or rest[1] in SPACE + "*"):
            yield starred[0].upper()
    if options:
        texts = {_folded(text), _folded(stated(text))}
        fitting = [
            letter for letter, option in zip(string.ascii_uppercase, options, strict=False) if _folded(option) in texts
        ]
        if len(fitting) == 1:
            yield fitting[0]


def _after(text: str, word: str) -> Iterator[tuple[int, str]]:
    """Where a letter is named after each occurrence of a word, and the letter."""
    low = text.translate(LOWER)
    at = low.find(word)
    while at >= 0:
        end = at + len(word)
        if at == 0 or low[at - 1] not in WORD:
            found = _letter(low, end)
            if found:
                yield at, found
        at = low.find(word, end)


def _letter(low: str, at: int) -> str | None:
    """The letter right after a word that ends at `at`, with `is` between them or not."""
    if low[at : at + 1] in WORD and at < len(low):
        return None
    spaced = skip(low, at, SPACE)
    is_between = spaced > at and low.startswith("is", spaced) and (low[spaced + 2 : spaced + 3] or " ") not in WORD
    for start in (spaced + 2, at) if is_between else (at,):
        i = skip(low, start, SPACE + ":*")
        i += low[i : i + 1] in ("(", "[")
        if i < len(low) and low[i] in string.ascii_lowercase and _ends(low, i + 1):
            return low[i]
    return None


def _ends(low: str, at: int) -> bool:
    """Whether what follows a letter says that it was the choice, not the beginning of a sentence."""
    if low[at : at + 1] in (")", "]"):
        return True
    begin = skip(low, at, "*")
    i = skip(low, begin, SPACE)
    if i == len(low) or low[i] in ".,;:!" or "\n" in low[begin:i]:
        return True
    word = low[i : skip(low, i, WORD)]
    return i > begin and word in REASONS


def _trim(text: str) -> str:
    begin, end = 0, len(text)
    while begin < end and text[begin] in ROUND:
        begin += 1
    while end > begin and text[end - 1] in ROUND:
        end -= 1
    return text[begin:end]


def _folded(text: str) -> str:
    return " ".join(_trim(text).casefold().split())
