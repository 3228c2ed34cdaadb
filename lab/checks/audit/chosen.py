"""Rows chosen from both files of a split, as a part of their own: a repair is tried before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lab.checks.parts import Columns, Part

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Chosen:
    """First the rows of the first source in their order, then those of the second."""

    name: str
    sources: tuple[Part, Part]
    rows_of: tuple[Ints, Ints]
    """Numbers of the rows that are taken of either source, ascending."""

    @property
    def rows(self) -> int | None:
        return sum(map(len, self.rows_of))

    @property
    def columns(self) -> Sequence[str]:
        """Of every source that gives a row; a column that one of them lacks is empty there."""
        home = self.sources[0 if self.name == "train" else 1]
        return home.columns

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Columns]:
        asked = list(self.columns if columns is None else columns)
        for source, wanted in zip(self.sources, self.rows_of, strict=True):
            if not len(wanted):
                continue
            here = [name for name in asked if name in source.columns]
            start = 0
            for batch in source.batches(here):
                rows = len(next(iter(batch.values()), ()))
                low, high = np.searchsorted(wanted, (start, start + rows))
                places = (wanted[low:high] - start).tolist()
                start += rows
                if places:
                    whole = len(places) == rows
                    yield {
                        name: (batch[name] if whole else [batch[name][at] for at in places]) if name in batch
                        else [None] * len(places) for name in asked
                    }  # fmt: skip

    def without(self, places: Sequence[int] | Ints) -> Chosen:
        return self._where(~self._mask(places))

    def only(self, places: Sequence[int] | Ints) -> Chosen:
        return self._where(self._mask(places))

    def and_(self, other: Chosen) -> Chosen:
        """These rows and the other's, each in the order of its file."""
        both = [np.union1d(mine, theirs) for mine, theirs in zip(self.rows_of, other.rows_of, strict=True)]
        return replace(self, rows_of=(both[0], both[1]))

    def _mask(self, places: Sequence[int] | Ints) -> NDArray[np.bool_]:
        mask = np.zeros(self.rows or 0, dtype=bool)
        mask[np.asarray(places, np.int64)] = True
        return mask

    def _where(self, mask: NDArray[np.bool_]) -> Chosen:
        first, second = self.rows_of
        return replace(self, rows_of=(first[mask[: len(first)]], second[mask[len(first) :]]))
