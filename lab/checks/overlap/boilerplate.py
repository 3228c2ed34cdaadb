"""Long passages that many rows of both sides share: a template's words, which are no copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from lab.checks.overlap.fold import is_unspaced, tokens_of
from lab.checks.overlap.index import Ints

PASSAGE_WORDS, PASSAGE_CHARACTERS = 5, 10
"""Tokens of a passage: the shortest that prose rarely repeats."""
MANY_ROWS, MANY_SHARE = 3, 0.02
"""A passage is boilerplate when three different rows and 2 % of both sides hold it: no phrase of the language is so common."""
TRAIN_ROWS = 4000
"""Train rows read for it: enough to see one in two hundred."""


def shared_passages(test: Sequence[str], train: Sequence[str], code: bool) -> Ints:
    """Numbers of the test rows that hold a passage common on both sides."""
    if code:
        return np.zeros(0, np.int64)
    step = max(1, len(train) // TRAIN_ROWS)
    theirs: Counter[int] = Counter()
    held = [_passages(row) for row in test]
    ours = Counter(passage for passages in set(held) for passage in passages)
    few = max(MANY_ROWS, MANY_SHARE * len(test))
    ours = Counter({passage: count for passage, count in ours.items() if count >= few})
    read = list(dict.fromkeys(train[::step])) if ours else []
    for row in read:
        theirs.update(_passages(row) & ours.keys())
    few = max(MANY_ROWS, MANY_SHARE * len(read))
    common = {passage for passage, count in theirs.items() if count >= few}
    return np.array([at for at, passages in enumerate(held) if passages & common], np.int64)


def _passages(row: str) -> frozenset[int]:
    found = tokens_of(row)
    size = PASSAGE_CHARACTERS if is_unspaced(row) else PASSAGE_WORDS
    return frozenset(hash(tuple(found[at : at + size])) for at in range(len(found) - size + 1))
