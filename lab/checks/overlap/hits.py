"""What the pass collects: exact copies by key, relatives by grade; and what of it is only a template's twin."""

from __future__ import annotations

import heapq
from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import get_args

import numpy as np

from lab.checks.overlap.fold import is_long, keys_of, marks
from lab.checks.overlap.grade import Grade, Graded, Grader
from lab.checks.overlap.index import Ints, Scored
from lab.checks.overlap.result import Pair, Rows, Within

BEST = 20
"""Candidates of a test row that are always graded, the best of the whole pass ..."""
ALWAYS = 100
"""... and so many more as they come, so that all copies of a popular row are listed."""
PAIRS_EACH = 20
"""Pairs named for one test row; the lists of rows are complete."""
SLOT_FILLERS = 2
"""A place where two other rows of train stand with two other words is a template's slot."""


class Copies:
    """Rows with the same key; those with the same numbers and symbols too are exact copies."""

    def __init__(self, asked: Sequence[str], tests: int, code: bool) -> None:
        self._code, self._tests = code, tests
        self._groups: dict[str, dict[str, int]] = {}
        self.members: list[list[int]] = []
        self.counts: list[int] = []
        self.train, self.group = array("q"), array("q")
        for at in range(0, len(asked), 4000):
            part = asked[at : at + 4000]
            for number, (row, key) in enumerate(zip(part, keys_of(part, code), strict=True), at):
                self._add(number, row, key)

    def _marks(self, row: str, key: str) -> str:
        return "" if self._code else marks(row, is_long(key))

    def _add(self, number: int, row: str, key: str) -> None:
        if not key:
            key = "".join(row.split())
        if key:
            group = self._groups.setdefault(key, {}).setdefault(self._marks(row, key), len(self.members))
            if group == len(self.members):
                self.members.append([])
                self.counts.append(0)
            self.members[group].append(number)

    def look(self, start: int, rows: Sequence[str], found: Sequence[str]) -> int:
        """Note the copies among these train rows; how many of the rows are blank."""
        blank = 0
        for at, groups in enumerate(map(self._groups.get, found, repeat(None))):
            if groups is not None:
                self._note(start + at, groups.get(self._marks(rows[at], found[at])))
            elif not found[at]:
                bare = "".join(rows[at].split())
                blank += not bare
                self._note(start + at, self._groups.get(bare, {}).get(self._marks(rows[at], bare)) if bare else None)
        return blank

    def _note(self, train: int, group: int | None) -> None:
        if group is not None:
            self.counts[group] += 1
            if self.members[group][0] < self._tests:
                self.train.append(train)
                self.group.append(group)

    def rows(self) -> Rows:
        test = {test for group in set(self.group) for test in self.members[group] if test < self._tests}
        return Rows(np.array(self.train, np.int64), np.array(sorted(test), np.int64))

    def pairs(self) -> list[Pair]:
        named: dict[int, int] = defaultdict(int)
        pairs = []
        for train, group in zip(self.train, self.group, strict=True):
            if named[group] < PAIRS_EACH:
                named[group] += 1
                pairs += [Pair(train, test, "exact", 1.0) for test in self.members[group] if test < self._tests]
        return pairs

    def repeated(self) -> set[int]:
        """Looked-up train rows that are there more than once."""
        return {
            n for group, count in enumerate(self.counts) if count > 1 for n in self.members[group] if n >= self._tests
        }


def repeats(rows: Sequence[str], code: bool) -> dict[bool, tuple[int, int]]:
    """Of long and of other rows: how many stand there more than once, and how many there are."""
    counts: Counter[str] = Counter()
    for at in range(0, len(rows), 4000):
        counts.update(keys_of(rows[at : at + 4000], code))
    del counts[""]
    sides = {long: [n for key, n in counts.items() if is_long(key) == long] for long in (True, False)}
    return {long: (sum(n for n in side if n > 1), sum(side)) for long, side in sides.items()}


@dataclass(frozen=True)
class Hit:
    train: int
    graded: Graded


class Relatives:
    """Graded candidates of every test row, and of the train rows that are looked up beside them."""

    def __init__(self, grader: Grader, tests: int, own: Ints) -> None:
        self._grader, self._tests, self._own = grader, tests, own
        self._hits: dict[int, list[Hit]] = defaultdict(list)
        self._best: dict[int, list[float]] = defaultdict(list)
        self._read = np.zeros(tests + len(own), np.int64)
        self._bar = np.zeros(tests + len(own), np.float32)

    def look(self, start: int, rows: Sequence[str], scored: Scored, places: Ints | None = None) -> None:
        """Grade the candidates of one batch that may still matter; windows come with the places of their rows."""
        train, test, score = scored
        worth = (self._read[test] < ALWAYS) | (score > self._bar[test])
        for at, number, points in zip(train[worth].tolist(), test[worth].tolist(), score[worth].tolist(), strict=True):
            where = start + (at if places is None else int(places[at]))
            own = number >= self._tests and int(self._own[number - self._tests]) == where
            if not own and (self._read[number] < ALWAYS or points > self._bar[number]):
                self._grade(number, where, self._grader.grade(number, rows[at], places is not None), points)

    def _grade(self, number: int, train: int, graded: Graded, points: float) -> None:
        best = self._best[number]
        heapq.heappush(best, points)
        if len(best) > BEST:
            heapq.heappop(best)
            self._bar[number] = best[0]
        self._read[number] += 1
        if graded.grade != "exact" and (graded.grade or graded.doubtful or graded.changes):
            self._hits[number].append(Hit(train, graded))

    def settle(self) -> None:
        """Turn what only fills a template's slots otherwise into twins; of a row's windows the best stands for it."""
        for number, hits in self._hits.items():
            best: dict[int, Hit] = {}
            for hit in sorted(hits, key=lambda hit: (hit.graded.grade in (None, "template"), -hit.graded.score)):
                best.setdefault(hit.train, hit)
            self._hits[number] = [_settled(hit, list(best.values())) for hit in best.values()]

    def long(self, number: int) -> bool:
        return self._grader.row(number).long

    def size(self, number: int) -> int:
        return self._grader.row(number).size

    def unread(self) -> int:
        return int((self._read[: self._tests] >= ALWAYS).sum())

    def within(self, copies: Copies, first: Mapping[bool, tuple[int, int]]) -> Within:
        """How many of the looked-up train rows have a relative elsewhere in train."""
        hits: dict[tuple[Grade, bool], int] = defaultdict(int)
        longs = [self.long(number) for number in range(self._tests, self._tests + len(self._own))]
        again = copies.repeated()
        for number, long in enumerate(longs, self._tests):
            grades: set[Grade] = {hit.graded.grade for hit in self._hits.get(number, ()) if hit.graded.grade}
            if number in again:
                grades.add("exact")
            for grade in grades:
                hits[grade, long] += 1
        return Within(sum(longs), len(longs) - sum(longs), dict(hits), first)

    def result(self, copies: Copies) -> tuple[tuple[Pair, ...], tuple[Pair, ...], Mapping[Grade, Rows]]:
        """Named pairs, doubtful pairs, and every row touched by grade."""
        pairs, doubtful = copies.pairs(), []
        train: dict[Grade, set[int]] = defaultdict(set)
        test: dict[Grade, set[int]] = defaultdict(set)
        for number in sorted(n for n in self._hits if n < self._tests):
            hits = sorted(self._hits[number], key=lambda hit: (-hit.graded.score, hit.train))
            certain = [(hit.train, grade, hit.graded.score) for hit in hits if (grade := hit.graded.grade)]
            pairs += [Pair(at, number, grade, score) for at, grade, score in certain[:PAIRS_EACH]]
            doubtful += [Pair(h.train, number, "near", h.graded.score) for h in hits if h.graded.doubtful][:PAIRS_EACH]
            for at, grade, _ in certain:
                train[grade].add(at)
                test[grade].add(number)
        rows = {grade: Rows(_sorted(train[grade]), _sorted(test[grade])) for grade in get_args(Grade)}
        rows["exact"] = copies.rows()
        pairs.sort(key=lambda pair: (-pair.score, pair.test, pair.train))
        return tuple(pairs), tuple(doubtful), rows


def _sorted(rows: set[int]) -> Ints:
    return np.array(sorted(rows), np.int64)


def _settled(hit: Hit, hits: Sequence[Hit]) -> Hit:
    """The hit, or a twin where every change stands in a place that other near rows fill otherwise too."""
    changes = hit.graded.changes
    if hit.graded.grade not in ("near", "contained") or not changes:
        return hit
    reach = 2 * len(changes) + 2
    peers = [h.graded.changes for h in hits if h.train != hit.train and 0 < len(h.graded.changes) <= reach]
    for place, filler in changes.items():
        if len({peer[place] for peer in peers if place in peer} - {filler}) < SLOT_FILLERS:
            return hit
    return Hit(hit.train, replace(hit.graded, grade="template", doubtful=False))
