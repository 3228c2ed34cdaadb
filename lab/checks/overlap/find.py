"""Which test rows come back in the train rows: one pass over train, the test side in memory, memory flat.

Exact copies are found by key. Everything else is a candidate when it holds enough of a test row's rarity, and is then
graded word by word. Rarity must be known before the pass and train is read only once, so it is counted over the test rows
and the first train rows, which wait until it is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from lab.checks.overlap.boilerplate import shared_passages
from lab.checks.overlap.chain import surprises
from lab.checks.overlap.cut import Scissors
from lab.checks.overlap.fold import code_keys, flat, is_unspaced, key_of, keys, looks_like_code, tokens
from lab.checks.overlap.grade import HELD_DOUBTFUL, Grader
from lab.checks.overlap.halves import Halves
from lab.checks.overlap.hits import Copies, Relatives, repeats
from lab.checks.overlap.index import Ints, Scored, build, scored
from lab.checks.overlap.judge import contamination, looked
from lab.checks.overlap.result import Overlap, Pair, Rows, Within

__all__ = ["Overlap", "Pair", "Rows", "Within", "contamination", "find_overlap", "looked"]

FIRST_ROWS, FIRST_LETTERS = 20_000, 32_000_000
"""Train rows (and letters of them) that wait until rarity is counted."""
MANY_ROWS = 1_000_000
"""Rows a train side is taken to have when it is longer than what waits: how long is known only at its end."""
PROBES = 300
"""Train rows looked up like test rows: enough to tell 2 % from 10 %, for a seventh of the time at 2,000 test rows."""
PROBE_LETTERS = 100_000
"""Books are not looked up among each other: that takes a second for every two."""
LETTERS_AT_ONCE = 4_000_000
"""Text folded at a time, so that a batch of books takes no more memory than a batch of questions."""


def find_overlap(
    test: Sequence[str], train: Iterable[Sequence[str]], *, tell: Callable[[int], None] | None = None
) -> Overlap:
    """Every copy, edit, part and paraphrase of a test row among the train rows; batches are read once, in order."""
    batches = _numbered(train, tell)
    first = _first(batches)
    sample = [row for _, rows in first for row in rows]
    code = looks_like_code([*test[:1000], *sample[:1000]])
    own = np.unique(np.linspace(0, len(sample) - 1, min(PROBES, len(sample) // 2)).astype(np.int64))
    own = own[[len(sample[at]) <= PROBE_LETTERS for at in own]]
    asked = [*test, *(sample[at] for at in own)]
    index = build(asked, sample, code)
    passages = shared_passages(test, sample, code)
    copies = Copies(asked, len(test), code)
    places = surprises(asked, sample, index)
    scissors = Scissors(asked)
    halves = Halves(asked, places, sample)
    meetings = len(test) * (len(sample) if len(sample) < FIRST_ROWS else MANY_ROWS)
    relatives = Relatives(Grader(index, asked, places, meetings), len(test), own)
    again = repeats(sample, code)
    del sample
    seen = blank = 0
    for start, rows in _again(first, batches):
        folded = flat(rows, code)
        found = code_keys(folded) if code else keys(folded)
        blank += copies.look(start, rows, found)
        windows, held = scissors.cut(rows)
        whole = scissors.uncut(scored(index, tokens(folded, code), len(rows), HELD_DOUBTFUL), held)
        relatives.look(start, rows, whole)
        relatives.look(start, rows, _others(halves.look(found), whole, len(asked)))
        if windows:
            split = scored(index, tokens(flat(windows, code), code), len(windows), HELD_DOUBTFUL)
            relatives.look(start, windows, scissors.inside(split), held)
        seen = start + len(rows)
    relatives.settle()
    pairs, doubtful, touched = relatives.result(copies)
    return Overlap(
        pairs=pairs,
        doubtful=doubtful,
        train_rows=seen,
        test_rows=len(test),
        train_blank=blank,
        test_blank=sum(not key_of(row, code) and not row.strip() for row in test),
        units="characters" if code or _mostly_unspaced(test) else "words",
        unspaced=sum(map(is_unspaced, test)),
        rows=touched,
        long=np.array([at for at in range(len(test)) if relatives.long(at)], np.int64),
        sizes=np.array([relatives.size(at) for at in range(len(test))], np.int64),
        within=relatives.within(copies, again),
        boilerplate=passages,
        unread=relatives.unread(),
    )


def _others(candidates: tuple[Ints, Ints], named: Scored, width: int) -> Scored:
    """Candidates that rarity has not named already."""
    train, test = candidates
    new = ~np.isin(train * width + test, named[0] * width + named[1])
    return train[new], test[new], np.full(int(new.sum()), HELD_DOUBTFUL, np.float32)


def _numbered(
    train: Iterable[Sequence[str]], tell: Callable[[int], None] | None
) -> Iterator[tuple[int, Sequence[str]]]:
    """The batches with the number of their first row, cut where they hold too much text."""
    start = 0
    for batch in train:
        low = letters = 0
        for at, row in enumerate(batch):
            letters += len(row)
            if letters > LETTERS_AT_ONCE:
                yield start + low, batch[low : at + 1]
                low, letters = at + 1, 0
        if low < len(batch):
            yield start + low, batch[low:]
        start += len(batch)
        if tell:
            tell(start)


def _first(batches: Iterator[tuple[int, Sequence[str]]]) -> list[tuple[int, Sequence[str]]]:
    held: list[tuple[int, Sequence[str]]] = []
    rows = letters = 0
    for start, batch in batches:
        held.append((start, batch))
        rows += len(batch)
        letters += sum(map(len, batch))
        if rows >= FIRST_ROWS or letters >= FIRST_LETTERS:
            break
    return held


def _again(
    first: list[tuple[int, Sequence[str]]], rest: Iterator[tuple[int, Sequence[str]]]
) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows that waited, let go one batch after the other, then the others."""
    first.reverse()
    while first:
        yield first.pop()
    yield from rest


def _mostly_unspaced(test: Sequence[str]) -> bool:
    return 2 * sum(map(is_unspaced, test)) > len(test)
