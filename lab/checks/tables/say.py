"""Findings in the words the house shares: row numbers, never text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lab.checks.parts import Table
from state.products import Finding

SHOWN = 20


def finding(
    kind: str, severity: str, count: int, of: int, why: str, remedy: str = "",
    examples: Iterable[dict[str, Any]] = (), inflation: float | None = None,
) -> Finding:  # fmt: skip
    shown = [each for each, _ in zip(examples, range(SHOWN), strict=False)]
    share = round(min(1.0, count / of), 6) if of else 0.0
    return Finding(
        kind=kind, severity=severity, count=int(count), share=share, why=why, remedy=remedy, examples=shown,
        inflation=None if inflation is None else round(float(inflation), 4),
    )  # fmt: skip


def rows_of(side: str, table: Table, places: Iterable[Any]) -> list[dict[str, Any]]:
    """Examples of single rows, by their number in the file."""
    return [{side: int(table.index[int(place)])} for place, _ in zip(places, range(SHOWN), strict=False)]


def pair(train: Table, test: Table, here: Any, there: Any, how: float | None = None) -> dict[str, Any]:
    """An example of a training row and a test row that belong together."""
    found: dict[str, Any] = {"train": int(train.index[int(here)]), "test": int(test.index[int(there)])}
    return found if how is None else {**found, "score": round(float(how), 4)}


def sampled(name: str, seen: int, table: Table) -> str:
    """'2,000 of 40,000 test rows'."""
    return f"{seen:,} {name} rows" if seen >= table.total else f"{seen:,} of {table.total:,} {name} rows"


def read(train: Table, test: Table, here: int | None = None, there: int | None = None) -> str:
    """What was read of both sides."""
    mine = sampled("train", len(train) if here is None else here, train)
    return f"{mine}, {sampled('test', len(test) if there is None else there, test)}"


def percent(value: float) -> str:
    return f"{value:.1%}" if value >= 0.001 or value == 0 else f"{value:.2g}"
