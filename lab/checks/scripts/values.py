"""What is known about a value while a script is read: which rows it holds and what has been learnt from them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Literal

PartName = Literal["whole", "train", "test", "validation"]
Deed = Literal["fit", "select", "oversample"]

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Event:
    """Something was learnt from rows and has shaped a value."""

    deed: Deed
    by: str
    line: int
    rows: frozenset[tuple[int, str]]
    """The rows it was learnt from: number of the data set and its part."""


@dataclass(frozen=True)
class Value:
    """An abstract value. An empty one is a thing nothing is known about."""

    rows: frozenset[tuple[int, str]] = frozenset()
    shaped: frozenset[Event] = frozenset()
    """What has gone into its numbers."""
    chosen: frozenset[Event] = frozenset()
    """Statistics or importances it was computed from: rows or columns picked by it are shaped by them."""
    tested: bool = False
    """A score taken on test rows stands in it."""
    split_of: tuple[Value, ...] = ()
    """Results of a split, in order, or by name."""
    names: tuple[str, ...] = ()
    maker: str = ""
    """The class it was made from."""
    cell: Estimator | None = None
    """An estimator is one object under all its names."""

    def parts(self) -> set[str]:
        return {part for _, part in self.rows}


@dataclass
class Estimator:
    """An object with a memory: what it was fitted on."""

    kind: str
    events: set[Event] = field(default_factory=set)
    holds: tuple[str, ...] = ()
    """Kinds of the estimators it is made of, when it is a chain of several."""


NOTHING = Value()


def dataset(part: str = "whole") -> Value:
    """Rows freshly read."""
    return Value(rows=frozenset({(next(_numbers), part)}))


def joined(*values: Value) -> Value:
    """A value made out of others."""
    known = [value for value in values if value is not NOTHING]
    if not known:
        return NOTHING
    return Value(
        rows=frozenset().union(*(v.rows for v in known)),
        shaped=frozenset().union(*(v.shaped for v in known)),
        chosen=frozenset().union(*(v.chosen for v in known)),
        tested=any(v.tested for v in known),
        cell=next((v.cell for v in known if v.cell), None),
    )


def as_part(value: Value, part: str) -> Value:
    """The same rows, once they have been split off."""
    return replace(value, rows=frozenset((number, part) for number, _ in value.rows), split_of=(), names=())
