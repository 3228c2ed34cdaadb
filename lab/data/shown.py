"""Rows that a model has been shown train: found by their texts or values, and exchanged with rows that nobody saw.

Too many are found rather than too few: a row that is wrongly said to be shown trains, and another is held out in its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from lab.data.shown_lines import on_one_line
from lab.data.shown_texts import in_running_text
from lab.data.split import LEAST, Unit, by_class
from lab.data.table import Input, Table
from state.words import Split

HELD_OUT: tuple[Split, Split] = ("sealed", "validation")
"""In the order in which they are cleared: where rows nobody saw run short, the sealed ones matter more."""
DRIFT = 0.1
"""Where no groups of one size are left to exchange, a held-out part may grow or shrink by this share of its rows, no more."""

Parts = dict[Split, list[str]]


def rows_shown(table: Table, told: Iterable[str]) -> set[str]:
    """Ids of the rows whose text, or whose values all together, stand in what a model was told."""
    said = list(dict.fromkeys(told))
    if not said:
        return set()
    alike: dict[object, list[str]] = defaultdict(list)
    inputs: list[Input] = []
    answers: list[set[str]] = []
    place: dict[object, int] = {}
    for row in table.rows:
        given = row["input"]
        key: object = tuple(given.values()) if isinstance(given, dict) else given
        if key not in place:
            place[key] = len(inputs)
            inputs.append(given)
            answers.append(set())
        answers[place[key]].add(row["answer"])
        alike[place[key]].append(row["id"])
    found = in_running_text(inputs, answers, said)
    found |= on_one_line(inputs, answers, said, found)
    return {each for at in found for each in alike[at]}


def held_out(parts: Mapping[Split, Iterable[str]], shown: Set[str]) -> list[str]:
    """Shown rows that validate or are sealed."""
    return sorted(each for name in HELD_OUT for each in parts[name] if each in shown)


def kept_in_train(parts: Parts, table: Table, shown: Set[str]) -> Parts:
    """The same parts with shown rows in train: each, or its whole group, for one of its class that nobody saw.

    Sizes and classes of the parts stay; only where groups have no match in size a part may drift a little. What has no
    partner stays where it is, and rows split by time stay all: `held_out` tells them.
    """
    if table.ordered or not held_out(parts, shown):
        return parts
    home: dict[str, Split] = {each: name for name, ids in parts.items() for each in ids}
    book = _Book({name: len(ids) for name, ids in parts.items()})
    moved: dict[str, Split] = {}
    for _, units in sorted(by_class(table).items()):
        spare = _Spare(unit for unit in units if home[unit[0]] == "train" and shown.isdisjoint(unit))
        for name in HELD_OUT:
            for unit in sorted(units):
                if home[unit[0]] == name and not shown.isdisjoint(unit):
                    given = _exchanged(name, unit, spare, book)
                    moved |= dict.fromkeys(given, name)
                    moved |= dict.fromkeys(unit if given else [], "train")
    placed: Parts = {name: [] for name in parts}
    for each, name in home.items():
        placed[moved.get(each, name)].append(each)
    return {name: sorted(ids) for name, ids in placed.items()}


def _exchanged(name: Split, unit: Unit, spare: _Spare, book: _Book) -> list[str]:
    """Ids that leave train for this unit; none when there is no partner."""
    taken = spare.of(len(unit) - book.drift[name]) or spare.near(len(unit) - book.drift[name])
    count = sum(map(len, taken))
    if not taken or not book.agrees(name, len(unit), count):
        return []
    spare.take(taken)
    book.note(name, len(unit), count)
    return [each for one in taken for each in one]


@dataclass
class _Book:
    """How many rows each part has had to begin with, and by how much it has drifted."""

    began: Mapping[Split, int]
    drift: dict[Split, int] = field(default_factory=lambda: defaultdict(int))

    def agrees(self, name: Split, out: int, into: int) -> bool:
        after = self.drift[name] + into - out
        grown = self.drift["train"] + out - into
        if after == self.drift[name]:
            return True
        enough = self.began[name] + after >= LEAST[name] and self.began["train"] + grown >= LEAST["train"]
        return enough and abs(after) <= DRIFT * self.began[name]

    def note(self, name: Split, out: int, into: int) -> None:
        self.drift[name] += into - out
        self.drift["train"] += out - into


class _Spare:
    """Units of train that nobody saw, by their size; always given in the same order."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self.by_size: dict[int, list[Unit]] = defaultdict(list)
        for unit in sorted(units, reverse=True):
            self.by_size[len(unit)].append(unit)

    def of(self, wanted: int) -> list[Unit]:
        """One unit of this size, or several that make it up, the largest first."""
        found: list[Unit] = []
        left = wanted
        for size in sorted((each for each in self.by_size if each <= wanted), reverse=True):
            units = self.by_size[size]
            count = min(left // size, len(units))
            found += units[len(units) - count :]
            left -= count * size
        return found if left == 0 else []

    def near(self, wanted: int) -> list[Unit]:
        """The one unit whose size is closest, the larger of two."""
        sizes = [size for size, units in self.by_size.items() if units]
        if not sizes:
            return []
        return [self.by_size[min(sizes, key=lambda size: (abs(size - wanted), -size))][-1]]

    def take(self, units: Iterable[Unit]) -> None:
        for unit in units:
            self.by_size[len(unit)].pop()  # what is given is always the end of the list
            if not self.by_size[len(unit)]:
                del self.by_size[len(unit)]
