"""Candidates among rows that have no rare words: one edit leaves the head or the tail of a row as it was."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from lab.checks.overlap.fold import keys_of
from lab.checks.overlap.index import Ints

SIZES = tuple(round(16 * 1.5**step) for step in range(14))
"""Letters of a head or a tail; few sizes, so that a train row is looked up few times."""
HALF = 0.45
"""A head or tail is at most so much of its row: with an edit in the middle the other half is whole."""
KEPT = 0.7
"""Head and tail that are the same together make up so much of the longer row: one word of eight is changed, or less."""
COMMON_ROWS, COMMON_SHARE = 20, 0.02
"""A head in more rows than these is a template's lead and finds too much."""


class Halves:
    """Heads and tails of some test rows, to be looked up in train keys."""

    def __init__(self, asked: Sequence[str], numbers: Iterable[int], sample: Sequence[str]) -> None:
        self._keys = {number: keys_of([asked[number]])[0] for number in numbers}
        heads: dict[str, list[int]] = defaultdict(list)
        tails: dict[str, list[int]] = defaultdict(list)
        for number, key in self._keys.items():
            if size := max((size for size in SIZES if size <= HALF * len(key)), default=0):
                heads[key[:size]].append(number)
                tails[key[-size:]].append(number)
        self._sizes = sorted({len(part) for part in heads})
        self._heads, self._tails = dict(heads), dict(tails)
        if heads:
            self._forget_common(sample)

    def _forget_common(self, sample: Sequence[str]) -> None:
        heads: Counter[str] = Counter()
        tails: Counter[str] = Counter()
        for low in range(0, len(sample), 4000):
            for key in keys_of(sample[low : low + 4000]):
                heads.update(part for size in self._sizes if (part := key[:size]) in self._heads)
                tails.update(part for size in self._sizes if (part := key[-size:]) in self._tails)
        self._heads = _uncommon(self._heads, heads, len(sample))
        self._tails = _uncommon(self._tails, tails, len(sample))

    def look(self, found: Sequence[str]) -> tuple[Ints, Ints]:
        """Place in the batch and test row of every train key that is a test key but for one place."""
        pairs: set[tuple[int, int]] = set()
        for size in self._sizes:
            for at, key in enumerate(found):
                for number in (*self._heads.get(key[:size], ()), *self._tails.get(key[-size:], ())):
                    if (at, number) not in pairs and _one_edit(key, self._keys[number]):
                        pairs.add((at, number))
        both = np.array(sorted(pairs), np.int64).reshape(-1, 2)
        return both[:, 0], both[:, 1]


def _uncommon(parts: Mapping[str, list[int]], counts: Counter[str], rows: int) -> dict[str, list[int]]:
    most = max(COMMON_ROWS, COMMON_SHARE * rows)
    return {part: numbers for part, numbers in parts.items() if counts[part] <= most and len(numbers) <= COMMON_ROWS}


def _one_edit(ours: str, theirs: str) -> bool:
    longer, shorter = max(len(ours), len(theirs)), min(len(ours), len(theirs))
    if ours == theirs or shorter < KEPT * longer:
        return False
    head = _same(ours, theirs)
    return head + _same(ours[head:][::-1], theirs[head:][::-1]) >= KEPT * longer


def _same(ours: str, theirs: str) -> int:
    """Letters that are the same from the beginning on."""
    pairs = enumerate(zip(ours, theirs, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(ours), len(theirs)))
