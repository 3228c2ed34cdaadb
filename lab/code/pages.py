"""Long text a page at a time, so that nothing is out of reach and no result is too long."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from math import log
from typing import Final

from state.errors import UserError

PAGE: Final = 12_000
"""Characters of one page: below what a tool may answer (16,000), with room for a head."""
K1, B = 1.2, 0.75
"""BM25's usual constants: how soon repeating a word stops helping, how much long texts are discounted."""


@dataclass(frozen=True)
class Page:
    """One page of a text."""

    text: str
    number: int
    of: int

    @property
    def footer(self) -> str:
        return f"[page {self.number} of {self.of}" + (
            f"; page={self.number + 1} reads on]" if self.number < self.of else "]"
        )


def page_of(text: str, number: int = 1, size: int = PAGE) -> Page:
    """A page, cut at line ends; a line longer than a page is cut where the page ends."""
    starts = [0]
    while len(text) - starts[-1] > size:
        end = text.rfind("\n", starts[-1] + 1, starts[-1] + size)
        starts.append(end + 1 if end > starts[-1] else starts[-1] + size)
    if not 1 <= number <= len(starts):
        raise UserError(f"there is no page {number}; it has pages 1 to {len(starts)}")
    ends = [*starts[1:], len(text)]
    return Page(text[starts[number - 1] : ends[number - 1]], number, len(starts))


def words(text: str) -> list[str]:
    """Lower-case words; names of code both whole and in their parts: `per_device_batch`, `GRPOConfig`, `sklearn.svm`."""
    found: list[str] = []
    for name in re.findall(r"[^\W_][\w.]*\w|\w", text):
        parts = [p for p in re.split(r"[._]|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", name) if p]
        found += [name.lower(), *(p.lower() for p in parts)] if len(parts) > 1 else [name.lower()]
    return found


class Ranking:
    """Texts by how well they answer a few words (BM25); the caller's weights are counts of the words of a title."""

    def __init__(self, texts: list[list[str]]) -> None:
        self.counts = [Counter(text) for text in texts]
        self.sizes = [len(text) or 1 for text in texts]
        self.mean = sum(self.sizes) / len(self.sizes) if texts else 1.0
        self.seen = Counter(word for count in self.counts for word in count)

    def best(self, query: str, limit: int) -> list[tuple[int, float]]:
        """Place and score of the texts that hold at least one of the words, best first."""
        asked = set(words(query))
        scored = [(at, self._score(at, asked)) for at in range(len(self.counts))]
        return sorted(((at, score) for at, score in scored if score > 0), key=lambda s: (-s[1], s[0]))[:limit]

    def _score(self, at: int, asked: set[str]) -> float:
        count, total = self.counts[at], len(self.counts)
        score = 0.0
        for word in asked:
            if held := count.get(word, 0):
                rare = log(1 + (total - self.seen[word] + 0.5) / (self.seen[word] + 0.5))
                score += rare * held * (K1 + 1) / (held + K1 * (1 - B + B * self.sizes[at] / self.mean))
        return score
