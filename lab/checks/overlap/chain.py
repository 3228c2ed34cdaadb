"""How unlikely a row is, word after word, in a set that writes like this one.

A row of common words, or of a small set, has too little rarity to prove a copy. Its words in order have more: each says as much
as it surprises after the word before it, so the fixed words of a template say nothing and its slots what they can.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise

from lab.checks.overlap.fold import BREAK, flat, is_unspaced, tokens, tokens_of
from lab.checks.overlap.index import Index

FEWEST_WORDS, MOST_WORDS = 8, 400
"""Below, an edit is another question; beyond, a row without rare words is no text."""
ENOUGH_NATS, ENOUGH_SHARE = 12.0, 0.6
"""A row that keeps this much rarity when it loses its two rarest words needs no other evidence."""
LEFT_OUT = 2
"""Times the row itself and its copy may have been counted: they are no witnesses of their own commonness."""


def surprises(asked: Sequence[str], sample: Sequence[str], index: Index) -> Mapping[int, tuple[float, ...]]:
    """Of every row that is poor in rare words: the nats that each of its words says."""
    if index.code:
        return {}
    poor = {at: found for at, row in enumerate(asked) if (found := _poor(row, index))}
    if not poor:
        return {}
    words = {BREAK, *chain.from_iterable(poor.values())}
    follow = {pair for found in poor.values() for pair in pairwise([BREAK, *found])}
    single: Counter[str] = Counter()
    double: Counter[tuple[str, str]] = Counter()
    rows = list(dict.fromkeys(chain(asked, sample)))
    for low in range(0, len(rows), 4000):
        found = [BREAK, *tokens(flat(rows[low : low + 4000]))]
        single.update(word for word in found if word in words)
        double.update(pair for pair in pairwise(found) if pair in follow)
    every = single.total()
    return {at: _said(found, single, double, every, index) for at, found in poor.items()}


def _poor(row: str, index: Index) -> list[str]:
    """The words of a row that has few rare ones."""
    if len(row) > 10 * MOST_WORDS or is_unspaced(row):
        return []
    found = tokens_of(row)
    if not FEWEST_WORDS <= len(found) <= MOST_WORDS:
        return []
    weights = sorted((index.weigh(word) for word in set(found)), reverse=True)
    left = math.fsum(weights[2:])
    return found if left < ENOUGH_NATS or left < ENOUGH_SHARE * math.fsum(weights) else []


def _said(
    found: Sequence[str], single: Counter[str], double: Counter[tuple[str, str]], every: int, index: Index
) -> tuple[float, ...]:
    """Nats of each word after the one before it, never more than its rarity among rows."""
    nats = []
    for before, word in pairwise([BREAK, *found]):
        alone = single[word] / every
        seen = max(0, double[before, word] - LEFT_OUT)
        after = max(0, single[before] - LEFT_OUT)
        nats.append(min(index.rarity(word), -math.log((seen + alone) / (after + 1))))
    return tuple(nats)
