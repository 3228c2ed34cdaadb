"""How unlikely a row is, word after word, in a set that writes like this one.

A row of common words, or of a small set, has too little rarity to prove a copy. Its words in order have more: each says as much
as it surprises between its neighbours, so the fixed words of a template say nothing and its slots what they can.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat

from lab.checks.overlap.fold import BREAK, flat, is_unspaced, tokens, tokens_of
from lab.checks.overlap.index import Index

FEWEST_WORDS, MOST_WORDS = 8, 400
"""Below, an edit is another question; beyond, a row without rare words is no text."""
ENOUGH_NATS, ENOUGH_SHARE = 12.0, 0.6
"""A row that keeps this much rarity when it loses its two rarest words needs no other evidence."""
LEFT_OUT = 2
"""Times the row itself and its copy may have been counted: they are no witnesses of their own commonness."""
APART = (1, 2)
"""Places between neighbours: two, because on a form every second word is the answer."""

Beside = tuple[str, str, int]


def surprises(asked: Sequence[str], sample: Sequence[str], index: Index) -> Mapping[int, tuple[float, ...]]:
    """Of every row that is poor in rare words: the nats that each of its words says."""
    if index.code:
        return {}
    poor = {at: found for at, row in enumerate(asked) if (found := _poor(row, index))}
    if not poor:
        return {}
    words = {BREAK, *chain.from_iterable(poor.values())}
    beside = {pair for found in poor.values() for pair in _beside([BREAK, *found, BREAK])}
    single: Counter[str] = Counter()
    double: Counter[Beside] = Counter()
    rows = list(dict.fromkeys(chain(asked, sample)))
    for low in range(0, len(rows), 4000):
        found = [BREAK, *tokens(flat(rows[low : low + 4000])), BREAK]
        single.update(word for word in found if word in words)
        double.update(pair for pair in _beside(found) if pair in beside)
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


def _beside(found: Sequence[str]) -> Iterator[Beside]:
    """Every two words that stand one or two places apart."""
    for apart in APART:
        yield from zip(found, found[apart:], repeat(apart), strict=False)


def _said(
    found: Sequence[str], single: Counter[str], double: Counter[Beside], every: int, index: Index
) -> tuple[float, ...]:
    """Nats of each word beside each of its neighbours, the least; of a rare word not more than its rarity."""

    def said(word: str, pair: Beside, other: str) -> float:
        seen, most = max(0, double[pair] - LEFT_OUT), max(0, single[other] - LEFT_OUT)
        return -math.log((seen + single[word] / every) / (max(seen, most) + 1))

    framed = [BREAK, *found, BREAK]
    least = [index.weigh(word) or math.inf for word in framed]
    for apart in APART:
        for at, (before, after) in enumerate(zip(framed, framed[apart:], strict=False)):
            pair = (before, after, apart)
            least[at] = min(least[at], said(before, pair, after))
            least[at + apart] = min(least[at + apart], said(after, pair, before))
    return tuple(least[1:-1])
