"""The test side as an index: which rows hold a token and how much a rare token weighs.

The test side is small, so it is indexed and the train side streams past it: memory stays flat and no pair is missed.
A train row's score against a test row is the share of the test row's rarity that it holds, so boilerplate weighs nothing
and a long train row is no excuse.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from lab.checks.overlap.fold import BREAK, flat, tokens

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Scored = tuple[Ints, Ints, Floats]
"""Place of the train row in its batch, test row and score of candidates."""

COMMON_SHARE = 0.02
"""A token in more than 2 % of the rows of either side says nothing about a copy."""
COMMON_TRAIN, COMMON_TEST = 10, 5
"""But it must be in more rows than this: 2 % of a hundred rows is nothing."""
FEWEST = 4
"""Rows of fewer distinct tokens are found by their key alone: nothing but an exact copy of them counts."""
PRODUCT_CELLS = 4_000_000
"""Multiplications at a time: bounds memory when many test rows share many tokens."""


@dataclass(frozen=True)
class Index:
    """Tokens of the test side that are rare enough to count, and their weight in each test row."""

    code: bool
    vocabulary: dict[str, int]
    weights: Floats
    """Rarity of each token, in nats."""
    shares: Any
    """Tokens x test rows, sparse: the token's part of all the rarity in the row."""
    spread: Ints
    """How many test rows hold each token."""
    totals: Floats
    """All the rarity in each test row."""

    def weigh(self, token: str) -> float:
        at = self.vocabulary.get(token)
        return 0.0 if at is None or at < 0 else float(self.weights[at])


def looked_up(found: Sequence[str], vocabulary: dict[str, int]) -> tuple[Ints, Ints, int]:
    """Row and number of every token that is in the vocabulary (where `BREAK` is -2), and how many rows there were."""
    ids = np.fromiter(map(vocabulary.get, found, repeat(-1)), np.int32, len(found))
    rows = np.cumsum(ids == -2)
    count = int(rows[-1]) + 1 if len(rows) else 1
    keep = ids >= 0
    return rows[keep].astype(np.int64), ids[keep].astype(np.int64), count


def _distinct(rows: Ints, ids: Ints, width: int) -> tuple[Ints, Ints]:
    both = np.unique(rows * width + ids)
    return both // width, both % width


def build(test: Sequence[str], first: Sequence[str], code: bool) -> Index:
    """The index of the test rows; rarity is counted over distinct test rows and the distinct first train rows."""
    from scipy import sparse

    every, rows, ids = _numbered(test, code)
    width = max(1, len(every) - 1)
    in_test, n_test = _counted(list(dict.fromkeys(test)), every, code)
    in_train, n_train = _counted(list(dict.fromkeys(first)), every, code)
    common = (in_test > max(COMMON_TEST, COMMON_SHARE * n_test)) | (
        in_train > max(COMMON_TRAIN, COMMON_SHARE * n_train)
    )
    total = n_test + n_train
    rarity = np.log((total + 1.0) / np.maximum(1.0, in_test + in_train)).astype(np.float32)
    number = np.full(width, -1, np.int64)
    number[~common] = np.arange(int((~common).sum()))
    kept = (number[ids] >= 0) & (np.bincount(rows, minlength=len(test))[rows] >= FEWEST)
    rows, ids = rows[kept], number[ids[kept]]
    weights = rarity[~common]
    totals = np.bincount(rows, weights=weights[ids], minlength=max(1, len(test))).astype(np.float32)
    part = weights[ids] / totals[rows]
    shares = sparse.csr_matrix((part.astype(np.float32), (ids, rows)), shape=(len(weights), max(1, len(test))))
    names = {token: int(number[at]) for token, at in every.items() if at >= 0 and number[at] >= 0}
    names[BREAK] = -2
    return Index(code, names, weights, shares, np.diff(shares.indptr).astype(np.int64), totals)


def _parts(rows: Sequence[str]) -> list[Sequence[str]]:
    return [rows[at : at + 4000] for at in range(0, len(rows), 4000)]


def _numbered(test: Sequence[str], code: bool) -> tuple[dict[str, int], Ints, Ints]:
    """Every token of the test rows with a number, and which row holds which."""
    every = {BREAK: -2}
    rows, ids = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    done = 0
    for part in _parts(test):
        found = tokens(flat(part, code), code)
        for token in found:
            if token not in every:
                every[token] = len(every) - 1
        where, which, count = looked_up(found, every)
        rows.append(where + done)
        ids.append(which)
        done += count
    return every, *_distinct(np.concatenate(rows), np.concatenate(ids), max(1, len(every) - 1))


def _counted(rows: Sequence[str], vocabulary: dict[str, int], code: bool) -> tuple[Ints, int]:
    """In how many of the rows each token is, a few thousand rows at a time."""
    counts = np.zeros(max(1, len(vocabulary) - 1), np.int64)
    for part in _parts(rows):
        where, ids, _ = looked_up(tokens(flat(part, code), code), vocabulary)
        counts += np.bincount(_distinct(where, ids, len(counts))[1], minlength=len(counts))
    return counts, len(rows)


def scored(index: Index, found: Sequence[str], rows: int, floor: float) -> Scored:
    """Train row, test row and score of every pair at or above the floor."""
    from scipy import sparse

    where, ids, _ = looked_up(found, index.vocabulary)
    starts = np.concatenate([[0], np.cumsum(np.bincount(where, minlength=rows))])
    held = sparse.csr_matrix(
        (np.ones(len(ids), np.float32), ids.astype(np.int32), starts), shape=(rows, len(index.weights))
    )
    held.sum_duplicates()
    held.data[:] = 1.0
    out: list[Scored] = []
    for low, high in _slices(held, index.spread):
        product = held[low:high] @ index.shares if high - low < rows else held @ index.shares
        keep = np.flatnonzero(product.data >= floor)
        row = np.searchsorted(product.indptr, keep, side="right") - 1 + low
        out.append((row.astype(np.int64), product.indices[keep].astype(np.int64), product.data[keep]))
    train, test, score = (np.concatenate(part) for part in zip(*out, strict=True))
    return train, test, score


def _slices(held: Any, spread: Ints) -> list[tuple[int, int]]:
    """Row ranges whose product stays small."""
    work = np.concatenate([[0], np.cumsum(spread[held.indices])])[held.indptr]
    if work[-1] <= PRODUCT_CELLS:
        return [(0, held.shape[0])]
    edges = [0]
    while edges[-1] < held.shape[0]:
        reach = int(np.searchsorted(work, work[edges[-1]] + PRODUCT_CELLS, side="right")) - 1
        edges.append(min(held.shape[0], max(edges[-1] + 1, reach)))
    return list(pairwise(edges))


def surprise(index: Index, shared: Iterable[str]) -> float:
    """Nats of rarity in the shared tokens: how unlikely it is that two unrelated rows hold them all."""
    return math.fsum(index.weigh(token) for token in set(shared))
