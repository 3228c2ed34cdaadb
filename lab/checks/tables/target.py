"""What the label is: classes, a quantity, or open answers; read from the column, never from its name."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from lab.checks.parts import Roles, Table
from lab.checks.tables.cells import Floats, codes, numbers

FEW_VALUES = 30
"""Whole numbers with at most this many different values are classes; more are a quantity."""
ROWS_A_CLASS = 3
"""Fewer rows than this to a value on average, and the labels are open answers, not classes."""

LARGE = 1e30
"""Quantities beyond are read in a larger unit, so that their squares stay finite."""


@dataclass(frozen=True)
class Target:
    kind: Literal["classes", "quantity", "open"]
    train: Floats
    """Class numbers or values; NaN where a row has no label."""
    test: Floats | None
    """None when the test has no labels."""
    names: tuple[str, ...] = ()
    """Names of the classes by their number."""

    @property
    def known(self) -> Any:
        return np.isfinite(self.train)


def read_target(train: Table, test: Table, roles: Roles) -> Target | str:
    """The label of both sides, or why there is none."""
    if roles.label is None:
        return "no label column is known"
    values = train.columns.get(roles.label)
    if not values:
        return "train has no rows" if roles.label in train.columns else f"train has no column {roles.label!r}"
    other = test.columns.get(roles.label) or []
    quantity = _quantity(values)
    if quantity is not None:
        found = numbers(other) if other else None
        largest = float(np.nanmax(np.abs(quantity)))
        unit = 10.0 ** np.ceil(np.log10(largest)) if largest > LARGE else 1.0
        return Target("quantity", quantity / unit, None if found is None else np.clip(found / unit, -LARGE, LARGE))
    known: dict[Hashable, int] = {}
    here = codes(values, known)
    seen = len(known)
    filled = int((here >= 0).sum())
    if not filled:
        return "the label column is empty in train"
    there = codes(other, known) if other else None
    few = seen <= max(2, filled // ROWS_A_CLASS)
    has_test = there is not None and bool((there >= 0).any())
    return Target(
        "classes" if few else "open",
        np.where(here < 0, np.nan, here.astype(np.float64)),
        np.where(there < 0, np.nan, there.astype(np.float64)) if there is not None and has_test else None,
        tuple(_name(key) for key in known),
    )


def _name(key: Hashable) -> str:
    return str(int(key)) if isinstance(key, float) and key == int(key) else str(key)


def _quantity(values: Sequence[Any]) -> Floats | None:
    """The label as numbers that are measured rather than named; None when they look like classes."""
    if all(isinstance(value, str) for value in values[:50]):
        strings = numbers(values[:1000])
        if strings is None:
            return None
    column = numbers(values)
    if column is None:
        return None
    live = column[np.isfinite(column)]
    different = len(np.unique(live))
    whole = bool(np.all(live == np.floor(live)))
    few = different <= 2 or (whole and different <= min(FEW_VALUES, max(2, len(live) // 2)))
    return None if few or different <= max(2, len(live) // 50) else column
