"""Texts that stop too early: at one length, at one number of words, in the middle of a word, or with a bracket left open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lab.checks.tables.cells import Ints

Bools = NDArray[np.bool_]

CUT_SHARE, CUT_ROWS, CUT_OVER = 0.03, 5, 8.0
"""Texts of exactly one length: a share, a number, and how many times as many as at the lengths about it."""
CUT_FROM, WORDS_FROM = 40, 12
"""Characters, or words, below which many texts have the same length anyway."""
AROUND = 20
CLOSED = tuple(".!?\"')]}>:;…。！？*`”’»।؟")
USUALLY = 0.2
"""Where at most so many of the other texts stop without a closing sign, one that does was likely cut."""
OVER_MIDDLE = 5.0
"""Last words that are only the beginning of a word must be this many times as common as such words further in."""
SEEN_END = 2
"""Texts of other sizes with the same last two words, from which these are an ending."""
LETTERS = re.compile(r"[^\W\d_]+")
OPENS, CLOSES = {"(": ")", "[": "]", "{": "}", "“": "”", "«": "»", "「": "」"}, frozenset(")]}”»」")
TAIL = 4
"""Letters behind an open bracket: ':(' at the end is a face."""


def cut_off(texts: Sequence[str]) -> list[int]:
    """Rows that look cut, by the surest of the signs that tell it."""
    known = [text.rstrip() for text in texts]
    opened = np.array([bool(text) and not text.endswith(CLOSED) for text in known])
    for sizes, least in ((list(map(len, texts)), CUT_FROM), ([len(text.split()) for text in texts], WORDS_FROM)):
        rows = _spike(np.array(sizes), opened, known, least)
        if rows:
            return rows
    rows = _fragments(known, opened)
    return rows or _unbalanced(known, opened)


def _spike(sizes: Ints, opened: Bools,
           texts: Sequence[str], least: int) -> list[int]:  # fmt: skip
    """Texts of one size that far more have than sizes about it, and that stop in mid-sentence."""
    counts = Counter(sizes.tolist())
    longest = int(sizes.max()) if len(sizes) else 0
    for size, count in counts.most_common(5):
        if size < least or count < max(CUT_ROWS, CUT_SHARE * len(texts)) or count > 0.95 * len(texts):
            continue
        about = [counts.get(size + step, 0) for step in range(-AROUND, AROUND + 1) if step and size + step <= longest]
        rows = np.flatnonzero(sizes == size)
        if (
            count <= CUT_OVER * max(float(np.mean(about or [0])), 0.5)
            or len({texts[int(row)] for row in rows}) < 0.8 * count
        ):
            continue
        stop = float(opened[rows].mean())
        others = opened[(sizes != size) & (sizes > 0)]
        usual = float(others.mean()) if len(others) else 0.0
        inside = size < longest  # at the greatest length a spike alone is odd; below it the ends must be odd too
        if _last_words_recur(texts, rows):
            continue
        if stop > 0.5 and (stop >= usual + 0.3 if inside else stop >= usual - 0.1):
            return [int(row) for row in rows]
    return []


def _last_words_recur(texts: Sequence[str], rows: Ints) -> bool:
    """Do the rows end on the same words as texts of other sizes do? Then it is how these texts end, not a cut."""
    inside = set(rows.tolist())
    ends = Counter(" ".join(text.split()[-2:]) for row, text in enumerate(texts) if row not in inside and text)
    mine = [ends[" ".join(texts[int(row)].split()[-2:])] for row in rows]
    return float(np.mean([seen >= SEEN_END for seen in mine])) > 0.5


def _fragments(texts: Sequence[str], opened: Bools) -> list[int]:
    """Texts whose last word is the beginning of a word and none itself, where other texts end as sentences do."""
    filled = [row for row, text in enumerate(texts) if text]
    if len(filled) < 40 or float(opened[filled].mean()) > 0.6:
        return []
    words = [LETTERS.findall(text.casefold()) for text in texts]
    counts = Counter(word for each in words for word in each[:-1])
    starts = Counter(word[:size] for word in counts for size in range(1, len(word)))

    def broken(word: str, seen: int) -> bool:
        return counts[word] <= seen and starts[word] > 0

    rows = [row for row in filled if opened[row] and len(words[row]) > 5 and broken(words[row][-1], 0)]
    inner = [broken(words[row][-4], 1) for row in filled if len(words[row]) > 5]
    if len(rows) < max(CUT_ROWS, CUT_SHARE * len(filled)) or not inner:
        return []
    ended = [row for row in filled if opened[row]]
    share, usual = len(rows) / len(ended), float(np.mean(inner))
    return ended if share > max(OVER_MIDDLE * usual, 0.2) else []


def _unbalanced(texts: Sequence[str], opened: Bools) -> list[int]:
    """Texts that stop inside a bracket or a quotation, where others hardly do."""
    filled = [row for row, text in enumerate(texts) if text]
    if len(filled) < 40 or float(opened[filled].mean()) > 0.6:
        return []
    rows = [row for row in filled if opened[row] and _left_open(texts[row])]
    closed = [row for row in filled if not opened[row]]
    usual = float(np.mean([_left_open(texts[row]) for row in closed])) if closed else 0.0
    share = len(rows) / max(1, len(filled) - len(closed))
    enough = len(rows) >= max(CUT_ROWS, CUT_SHARE * len(filled))
    return rows if enough and usual < USUALLY / 4 and share > OVER_MIDDLE * usual else []


def _left_open(text: str) -> bool:
    """Is a bracket or a quotation open at the end, with words behind it?"""
    waiting: list[tuple[str, int]] = []
    straight = [at for at, sign in enumerate(text) if sign == '"']
    for at, sign in enumerate(text):
        if sign in OPENS:
            waiting.append((OPENS[sign], at))
        elif sign in CLOSES and waiting and waiting[-1][0] == sign:
            waiting.pop()
    last = waiting[-1][1] if waiting else straight[-1] if len(straight) % 2 else -1
    return last >= 0 and len(LETTERS.findall(text[last:])) > 0 and len(text) - last > TAIL
