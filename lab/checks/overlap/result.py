"""What was found of the test rows in the train rows: numbers only, never text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.checks.overlap.fold import Units
from lab.checks.overlap.grade import Grade
from lab.checks.overlap.index import Ints


@dataclass(frozen=True)
class Pair:
    train: int
    test: int
    grade: Grade
    score: float


@dataclass(frozen=True)
class Rows:
    """Every row of both sides that a grade touches, each once, in order."""

    train: Ints
    test: Ints


@dataclass(frozen=True)
class Within:
    """How alike the train rows are among themselves: some of them looked up among all others just as the test rows were."""

    long: int = 0
    """Looked-up rows long enough to be a text of their own."""
    short: int = 0
    hits: Mapping[tuple[Grade, bool], int] = field(default_factory=dict)
    """How many of them had a relative of this grade; the bool says long."""
    first: Mapping[bool, tuple[int, int]] = field(default_factory=dict)
    """Of the first train rows, long or not: how many come word for word again among the first, and how many there are."""


@dataclass(frozen=True)
class Overlap:
    """All that is known; `looked` and `contamination` judge it."""

    pairs: tuple[Pair, ...]
    """Best first, at most `PAIRS_EACH` for a test row; `rows` is complete."""
    doubtful: tuple[Pair, ...]
    """Likely, not certain; the grade is the one it would have. For a person or a model to judge; they block nothing."""
    train_rows: int
    test_rows: int
    train_blank: int
    test_blank: int
    units: Units
    """What was compared; rows in a script without spaces are compared by characters in either case."""
    unspaced: int
    """Test rows in such a script."""
    rows: Mapping[Grade, Rows]
    long: Ints
    """Test rows long enough to be a text of their own."""
    sizes: Ints
    """Words of each test row."""
    within: Within
    boilerplate: Ints
    """Test rows with a passage that many rows of both sides share while the rest of them differs."""
    unread: int = 0
    """Test rows with more relatives than are graded: their list of near train rows is not complete."""

    @property
    def real(self) -> Ints:
        """Test rows that have a copy in train, however graded; twins of a template don't count."""
        import numpy as np

        return np.unique(np.concatenate([found.test for grade, found in self.rows.items() if grade != "template"]))
