"""constant_column: columns with one value, and columns with nothing in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import blank, plain
from lab.checks.tables.say import finding
from state.products import Finding

KIND = "constant_column"
GLANCE = 64
"""Cells after which most columns have shown two values."""


def constant_column(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Columns from which nothing can be learnt."""
    columns = {name: values for name, values in train.columns.items() if name != roles.label}
    if not columns or len(train) < 2:
        return Looked(KIND, not_run="fewer than 2 training rows" if columns else "there are no columns")
    empty = [name for name, values in columns.items() if blank(values[0]) and all(blank(each) for each in values)]
    hollow = set(empty)
    same = [name for name, values in columns.items() if name not in hollow and _one_value(values)]
    said: list[Finding] = []
    if empty:
        why = f"{len(empty)} of {len(columns)} columns are empty in train: {_names(empty)}"
        said.append(finding(KIND, "info", len(empty), len(columns), why, "leave them out"))
    if same:
        moving = [
            name for name in same if name in test.columns and not _one_value([columns[name][0], *test.columns[name]])
        ]
        why = f"{len(same)} of {len(columns)} columns have a single value in train: {_names(same)}"
        if moving:
            why += f"; in the test {_names(moving)} varies, which no model can have learnt"
        said.append(finding(KIND, "info", len(same), len(columns), why, "leave them out"))
    return Looked(KIND, tuple(said), looked_at=f"{len(columns)} columns, {len(train):,} train rows")


def _one_value(values: Sequence[Any]) -> bool:
    first = plain(values[0])
    return all(plain(each) == first for each in values[:GLANCE]) and all(plain(each) == first for each in values)


def _names(names: Sequence[str]) -> str:
    return ", ".join(repr(each[:40]) for each in names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
