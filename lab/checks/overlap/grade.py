"""One pair of rows: the same text, an edit, a part, a paraphrase, a twin of one template, or nothing.

The score that made the pair a candidate knows no order and no numbers; this looks at the words themselves.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import repeat
from typing import Literal

from lab.checks.overlap.fold import is_long, is_unspaced, key_of, marks, numbers, size_of, tokens_of
from lab.checks.overlap.index import Index, surprise

Grade = Literal["exact", "near", "contained", "paraphrase", "template"]

HELD, HELD_DOUBTFUL = 0.6, 0.5
"""Share of the test row's rarity that the train row must hold; measured on planted and real texts, see integrity reference."""
ALIKE, ALIKE_DOUBTFUL = 80.0, 75.0
"""Likeness of the two strings, 0..100, in order or with sorted words."""
REWORDED = 50.0
"""A heavy paraphrase keeps at least this likeness ..."""
REWORDED_NATS, REWORDED_BEYOND, REWORDED_LEAST = 25.0, 5.0, 20.0
"""... and shares so much rarity that chance would need e^25 pairs; a million by two thousand is e^21. Where there are fewer pairs
e^5 times as many are enough, but never less than e^20: in a small set the words of a rare template are all rare."""
NEAR_NATS, NEAR_BEYOND = 12.0, 3.0
"""Two or three rare words: less is what unrelated rows share by chance; in a tiny set e^3 times its pairs are enough."""
EDIT_BEYOND, EDIT_PLACES = 6.0, 3
"""A row whose words in order are the same but for one in three is a copy when chance would make not one in 400 sets of this
size, the places where the edit may stand counted in."""
FEW_RARE = ((3, 0.9), (6, 0.7))
"""With three rare words or fewer the rest is boilerplate: then (nearly) all of them must be there; with six, most."""
SHORT, BRIEF = 8, 5
"""Below 8 words an edit is hard to tell from another question, below 5 only an exact copy counts."""
BRIEF_HELD, BRIEF_ALIKE = 0.8, 90.0
NUMBERS_LENGTH, NUMBERS_SHARE = 20, 0.5
"""Other numbers make another question in a text of fewer than 20 words, or when half the numbers are others."""
BOOK, PHRASE = 4000, 4
"""Tokens beyond which likeness is the share of phrases of four that come back: two books share most of their words but few
phrases, and the cost of comparing in order grows with the square of the length."""
INSIDE = 0.6
"""The test row fills less than this share of the train row: contained, not near."""
NEARLY_ALL = 0.9
"""A row that fills more of the train row must be there word for word: "blood a" is not contained in "blood ab"."""


@dataclass(frozen=True)
class Row:
    """One test row, made ready for many comparisons."""

    text: str
    key: str
    tokens: tuple[str, ...]
    weights: Mapping[str, float]
    worth: Mapping[str, float]
    """The weight of every token, with a little for the common ones: what a window is chosen by."""
    total: float
    size: int
    characters: bool
    places: tuple[float, ...] = ()
    """Nats of each token between its neighbours, where rarity alone may not prove a copy."""

    @property
    def long(self) -> bool:
        """A text that nobody writes twice by chance."""
        return self.size >= SHORT or is_long(self.key)


@dataclass(frozen=True)
class Graded:
    """What a pair is. `changes` maps places in the test row to what stands there in the train row."""

    grade: Grade | None
    doubtful: bool = False
    score: float = 0.0
    changes: Mapping[int, str] = field(default_factory=dict)


NOTHING = Graded(None)


class Grader:
    """Grades train texts against the rows of one index."""

    def __init__(
        self,
        index: Index,
        test: Sequence[str],
        places: Mapping[int, tuple[float, ...]] | None = None,
        pairs: float = 2e9,
    ) -> None:
        self._index, self._test, self._places = index, test, places or {}
        self._chance = math.log(max(pairs, 1.0))
        self._near = min(NEAR_NATS, self._chance + NEAR_BEYOND)
        self._reworded = min(REWORDED_NATS, max(REWORDED_LEAST, self._chance + REWORDED_BEYOND))
        self._last, self._last_read = "", ("", list[str]())
        self.row = lru_cache(maxsize=20_000)(self._row)

    def _row(self, number: int) -> Row:
        text, code = self._test[number], self._index.code
        found = tuple(tokens_of(text, code))
        weights = {token: weight for token in set(found) if (weight := self._index.weigh(token)) > 0}
        total = sum(weights.values())
        little = 0.05 * total / max(1, len(found))
        worth = {token: weights.get(token, 0.0) + little for token in set(found)}
        key, size, characters = key_of(text, code), size_of(text, code), code or is_unspaced(text)
        return Row(text, key, found, weights, worth, total, size, characters, self._places.get(number, ()))

    def grade(self, number: int, train: str, window: bool = False) -> Graded:
        """What the train text, a row or a window of one, is to the test row."""
        row = self.row(number)
        key, found = self._read(train)
        if key == row.key:
            long = is_long(key)
            same = self._index.code or marks(row.text, long) == marks(train, long)
            return Graded(("contained" if window else "exact") if same else "template", score=1.0)
        if row.size < BRIEF:
            return NOTHING
        if row.long and row.key in key and (len(row.key) <= NEARLY_ALL * len(key) or _extends(row, found)):
            if _other_numbers(row, numbers(row.text), numbers(train)):
                return Graded("template", score=1.0)
            by_chance = row.places and math.fsum(row.places) < self._chance
            return Graded(None if by_chance else "contained", doubtful=bool(by_chance), score=1.0)
        return self._alike(row, train, found, window)

    def _read(self, train: str) -> tuple[str, list[str]]:
        """Key and tokens; candidates come train row by train row, so the last one is kept."""
        if train is not self._last:
            code = self._index.code
            self._last, self._last_read = train, (key_of(train, code), tokens_of(train, code))
        return self._last_read

    def _alike(self, row: Row, train: str, found: Sequence[str], window: bool) -> Graded:
        near = _window(row, found)
        whole = not window and len(near) > INSIDE * len(found)
        shared = row.weights.keys() & set(near)
        nats = surprise(self._index, shared)
        held = nats / row.total if row.weights else 0.0
        if held < HELD_DOUBTFUL and not row.places:
            return NOTHING
        straight, sorted_ = _likeness(row, near)
        alike = max(straight, sorted_)
        changes = _changes(row.tokens, near) if straight >= ALIKE_DOUBTFUL and len(row.tokens) <= BOOK else {}
        score = round(min(held, alike / 100), 4)
        ours, theirs = (numbers(row.text), numbers(train)) if whole else (_digits(row.tokens), _digits(near))
        if _other_numbers(row, ours, theirs) or (straight >= ALIKE and _exchanged(ours, theirs)):
            return Graded("template" if alike >= ALIKE_DOUBTFUL else None, score=score, changes=changes)
        enough = nats >= self._near and held >= _needed(row)
        if row.size < SHORT:
            enough = enough and held >= BRIEF_HELD and alike >= BRIEF_ALIKE
        if enough and alike >= ALIKE:
            return Graded("near" if whole else "contained", score=score, changes=changes)
        if enough and alike >= REWORDED and nats >= self._reworded:
            return Graded("paraphrase" if whole else "contained", score=score)
        if whole and self._edited(row, near, changes):
            return Graded("near", score=round(straight / 100, 4), changes=changes)
        doubtful = held >= HELD_DOUBTFUL and (alike >= ALIKE_DOUBTFUL or nats >= self._reworded)
        return Graded(None, doubtful=doubtful, score=score, changes=changes)

    def _edited(self, row: Row, near: Sequence[str], changes: Mapping[int, str]) -> bool:
        """Whether so few words are changed, and the others say so much, that it is the same row."""
        from rapidfuzz.distance import Levenshtein

        if not row.places or not changes:
            return False
        steps = Levenshtein.distance(row.tokens, near)
        kept = math.fsum(nats for at, nats in enumerate(row.places) if at not in changes)
        few = steps <= max(1, len(row.places) // EDIT_PLACES)
        return few and kept >= self._chance + steps * math.log(len(row.places)) + EDIT_BEYOND


def _window(row: Row, found: Sequence[str]) -> Sequence[str]:
    """The part of a longer train row that holds most of the test row's rarity."""
    import numpy as np

    length = round(1.25 * len(row.tokens)) + 3
    if len(found) <= length + length // 4:
        return found
    worth = np.fromiter(map(row.worth.get, found, repeat(0.0)), float, len(found))
    sums = np.concatenate([[0.0], np.cumsum(worth)])
    start = int(np.argmax(sums[length:] - sums[:-length]))
    inside = np.flatnonzero(worth[start : start + length])
    return found[start + int(inside[0]) : start + int(inside[-1]) + 1] if len(inside) else found[:0]


def _likeness(row: Row, near: Sequence[str]) -> tuple[float, float]:
    """Likeness in order, and whatever the order."""
    from rapidfuzz import fuzz

    if len(row.tokens) > BOOK:
        ours, theirs = _phrases(row.tokens), _phrases(near)
        same = 100.0 * len(ours & theirs) / max(1, len(ours))
        return same, same
    if row.characters:
        both = sum((Counter(row.tokens) & Counter(near)).values())
        return fuzz.ratio(row.tokens, near), 200.0 * both / max(1, len(row.tokens) + len(near))
    one, other = " ".join(row.tokens), " ".join(near)
    return fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other)


def _phrases(found: Sequence[str]) -> set[int]:
    return {hash(tuple(found[at : at + PHRASE])) for at in range(len(found) - PHRASE + 1)}


def _changes(ours: Sequence[str], theirs: Sequence[str]) -> dict[int, str]:
    from rapidfuzz.distance import Levenshtein

    changed: dict[int, str] = {}
    for step in Levenshtein.opcodes(ours, theirs):
        if step.tag != "equal":
            filler = " ".join(theirs[step.dest_start : step.dest_end])
            changed.update(dict.fromkeys(range(step.src_start, max(step.src_end, step.src_start + 1)), filler))
    return changed


def _extends(row: Row, found: Sequence[str]) -> bool:
    """Whether the train row is the test row with some words before or after it."""
    size = len(row.tokens)
    return tuple(found[:size]) == row.tokens or tuple(found[-size:]) == row.tokens


def _needed(row: Row) -> float:
    """Share of the rarity that must be shared: more where there is little of it."""
    return next((share for few, share in FEW_RARE if len(row.weights) <= few), HELD)


def _exchanged(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """The same numbers in other places."""
    return len(ours) > 1 and list(ours) != list(theirs) and Counter(ours) == Counter(theirs)


def _digits(found: Sequence[str]) -> list[str]:
    return [token for token in found if token.isdigit()]


def _other_numbers(row: Row, ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether numbers of the test row were exchanged for others: then it is another question."""
    missing = (Counter(ours) - Counter(theirs)).total()
    if not missing or not Counter(theirs) - Counter(ours):
        return False
    return row.size < NUMBERS_LENGTH or missing >= NUMBERS_SHARE * len(ours)
