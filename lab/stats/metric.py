"""What a metric is: the form it reads, the parts each row leaves, and how sums of parts become a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lab.stats.intervals import Array, Combine, mean_of
from state.words import Direction

Texts = Mapping[str, str]
Row = Mapping[str, Any]
"""A prediction as the contract has it: {"prediction", "scores"?: {label: p}, "samples"?: [{"text", "score"}]}."""
Options = Mapping[str, Sequence[str]]
"""The option texts of each question in the order of their letters; they come with the data, never from predictions."""
Reads = Literal["text", "label", "quantity", "choice", "number", "probabilities", "samples"]
Needs = Literal["texts", "scores", "samples"]


@dataclass(frozen=True)
class Given:
    """What was predicted for each answer, in one order; None where nothing was."""

    texts: list[str | None]
    rows: list[Row] | None = None
    options: list[Sequence[str] | None] | None = None


@dataclass(frozen=True)
class Items:
    """Each row's kind as an index into a table of additive parts, and its own score."""

    table: Array
    code: NDArray[np.int64]
    per_item: Array
    unparsed: int
    note: str = ""


@dataclass(frozen=True)
class Metric:
    name: str
    direction: Direction
    low: float
    high: float
    items: Callable[[Given, list[str]], Items]
    combine: Combine = mean_of
    proportion: bool = False
    """Whether the value is a share of rows, each right or wrong, so that Wilson's interval holds for one seed."""
    reads: Reads = "label"
    needs: Needs = "texts"
    note: str = ""
    """What becomes of a prediction that is missing or can't be read, where that is not plainly `wrong`."""

    @property
    def interval(self) -> str:
        """How its interval is made."""
        return "Wilson; bootstrap over seeds and rows" if self.proportion else "bootstrap over seeds and rows"


@dataclass(frozen=True)
class Scored:
    """A metric's value over all answers, and what each item gave; a missing prediction counts as wrong."""

    metric: str
    direction: Direction
    value: float
    n: int
    unparsed: int
    """Predictions that are missing or not of the form the metric reads."""
    extra: int
    """Predictions for items nobody asked about; they count for nothing."""
    per_item: dict[str, float]
    note: str = ""
    """Why the value is not a number, where it is none; which answers could not be read as the metric reads."""


def share(hits: Sequence[bool], unparsed: int, note: str = "") -> Items:
    """The parts of a share of rows."""
    values = np.asarray(hits, dtype=np.float64)
    return Items(np.asarray([[0.0], [1.0]]), values.astype(np.int64), values, unparsed, note)


def each(parts: Array, per_item: Array, unparsed: int) -> Items:
    """Every row is a kind of its own."""
    return Items(parts, np.arange(len(parts)), per_item, unparsed)


def sums_of(items: Items) -> Array:
    """The parts added up over all rows, their count as the last entry."""
    weights = np.bincount(items.code, minlength=len(items.table)).astype(np.float64)
    return np.append(weights @ items.table, float(len(items.code)))
