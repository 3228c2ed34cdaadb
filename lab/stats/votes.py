"""A vote among samples: which of them give the same answer, and which answer weighs most."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from lab.stats.choices import read_choice
from lab.stats.labels import label, plain
from lab.stats.metric import Reads
from lab.stats.quantities import Quantity, read_quantity, same_quantity

EQUAL = 1e-12
"""Weights this close are equal, whatever the order in which they were added."""


@dataclass(frozen=True)
class Vote:
    text: str
    weight: float


def groups(votes: Sequence[Vote], reads: Reads, options: Sequence[str] | None) -> list[list[Vote]]:
    """Votes for one answer together, in the order of their first; a text that can't be read votes for nothing."""
    if reads == "quantity":
        return _quantities(votes)
    out: dict[Hashable, list[Vote]] = {}
    for vote in votes:
        key = (
            read_choice(vote.text, options)
            if reads == "choice"
            else label(vote.text)
            if reads == "label"
            else plain(vote.text)
        )
        if key is not None:
            out.setdefault(key, []).append(vote)
    return list(out.values())


def _quantities(votes: Sequence[Vote]) -> list[list[Vote]]:
    """Each number joins the first group whose first number it equals."""
    firsts: list[Quantity] = []
    out: list[list[Vote]] = []
    for vote in votes:
        read = read_quantity(vote.text)
        if read is None:
            continue
        place = next((i for i, first in enumerate(firsts) if same_quantity(read, first)), None)
        if place is None:
            firsts.append(read)
            out.append([vote])
        else:
            out[place].append(vote)
    return out


def winner(parties: Sequence[Sequence[Vote]]) -> str | None:
    """The first text of the heaviest party; among equals the one that came first."""
    weights = [math.fsum(vote.weight for vote in party) for party in parties]
    if not weights:
        return None
    heaviest = max(weights)
    return next(p[0].text for p, w in zip(parties, weights, strict=True) if w >= heaviest - EQUAL * max(1.0, heaviest))
