"""Books cut into windows: a train row of many pages holds every word, and grading it whole takes a second for each test row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lab.checks.overlap.index import Ints, Scored

LONG_LETTERS = 10_000
"""Test rows of more letters are compared with whole train rows: there is no window that holds them."""
LEAST_LETTERS = 2_000
"""Windows lap over by this much or by the longest test row and a quarter, so that every copy is whole in one."""
WINDOWS = 2
"""A window is so many laps long."""
WORTH_IT = 4
"""Train rows of fewer laps are not cut."""


class Scissors:
    """Cuts train rows to the size of the test rows."""

    def __init__(self, asked: Sequence[str]) -> None:
        letters = np.array([len(row) for row in asked], np.int64)
        self.whole = letters > LONG_LETTERS
        short = letters[~self.whole]
        self._lap = max(LEAST_LETTERS, round(1.25 * int(short.max(initial=0))))

    def cut(self, rows: Sequence[str]) -> tuple[list[str], Ints]:
        """The windows of the rows that are long enough to cut, and the place of each window's row."""
        windows: list[str] = []
        places: list[int] = []
        for at, row in enumerate(rows):
            if len(row) > WORTH_IT * self._lap:
                starts = [_space(row, low) for low in range(0, len(row) - self._lap, self._lap)]
                windows += [row[low : low + WINDOWS * self._lap] for low in starts]
                places += [at] * len(starts)
        return windows, np.array(places, np.int64)

    def uncut(self, scored: Scored, places: Ints) -> Scored:
        """Of the candidates those whose train row was not cut, or whose test row fits no window."""
        train, test, score = scored
        keep = ~np.isin(train, places) | self.whole[test]
        return train[keep], test[keep], score[keep]

    def inside(self, scored: Scored) -> Scored:
        """Of the candidates those whose test row fits a window."""
        train, test, score = scored
        keep = ~self.whole[test]
        return train[keep], test[keep], score[keep]


def _space(row: str, at: int) -> int:
    """The next beginning of a word, where there is one near."""
    found = row.find(" ", at, at + 40) if at else -1
    return at if found < 0 else found + 1
