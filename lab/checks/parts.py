"""What every check on data is given, and what it answers. Pure words; reading files is another room's work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from state.products import Finding

Columns = dict[str, list[Any]]
"""Lists of equal length by the name of their column; None where there is nothing."""


class Part(Protocol):
    """One side of a split on disk; it can be read again and again, a batch at a time, and never lies whole in memory."""

    @property
    def name(self) -> str: ...

    @property
    def columns(self) -> Sequence[str]: ...

    @property
    def rows(self) -> int | None:
        """How many rows there are; None until someone has read it to its end."""
        ...

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Columns]:
        """All rows in their order, a few thousand at a time, of the columns asked for (None: all)."""
        ...


@dataclass(frozen=True)
class Table:
    """Rows of one side in memory: all of them, or an even sample when there are too many."""

    columns: Columns
    index: Sequence[int]
    """Number of each row in its part, from 0: findings name rows by it."""
    total: int
    """Rows of the whole part; larger than len(index) when this is a sample."""

    def __len__(self) -> int:
        return len(self.index)


@dataclass(frozen=True)
class Roles:
    """Which column is what; a role that nobody has is None or empty, and its checks say NOT_RUN."""

    text: tuple[str, ...] = ()
    label: str | None = None
    id: str | None = None
    group: str | None = None
    time: str | None = None
    image: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    """Columns of single values that a model could be given: numbers and short categories; never the label.
    An id, group or time column that was only guessed stands here too; one that was named by the user does not."""
    guessed: Mapping[str, str] = field(default_factory=dict)
    """Role to why, for every role that was not named by the user."""


@dataclass(frozen=True)
class Looked:
    """What one check answers: findings, or that there was nothing to look at. Empty findings and no `not_run`: clean."""

    kind: str
    findings: tuple[Finding, ...] = ()
    not_run: str = ""
    """Why there was nothing to check; a check that had nothing to check is not a pass."""
    looked_at: str = ""
    """What it read: '2,000 test rows against 1,000,000 train rows'."""
