"""A table of rows: what is asked, what is the answer, and which rows belong together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NotRequired

from typing_extensions import TypedDict

Kind = Literal["generation", "tabular", "text"]
Value = float | str | None
Input = str | dict[str, Value]

FEW = 20
MOST = 200
LONGEST_LABEL = 64


class Row(TypedDict):
    """One row; `group` names rows that must stay in one split."""

    id: str
    input: Input
    answer: str
    group: str | None
    time: NotRequired[str]
    """When it was taken, in a form whose alphabetical order is the order in time."""


@dataclass(frozen=True)
class Table:
    """Rows of one kind, where they came from, and what was guessed about them."""

    name: str
    kind: Kind
    rows: list[Row]
    source: str
    group_key: str = ""
    notes: tuple[str, ...] = ()
    sizes: tuple[float, float] | None = None
    """Validation and sealed rows this table asks for; None leaves it to the split's own rule."""
    time_key: str = ""
    """Column that says when each row was taken, where there is one."""
    ordered: bool = False
    """Split by time: the latest rows are sealed, those before them validate."""

    @property
    def columns(self) -> list[str]:
        """Names of the features, or `input`."""
        first = self.rows[0]["input"] if self.rows else ""
        return list(first) if isinstance(first, dict) else ["input"]

    @property
    def labels(self) -> list[str]:
        """The classes, when the answers are classes; none for generation and regression."""
        return [] if self.kind == "generation" else few_labels(row["answer"] for row in self.rows)


def few_labels(answers: Iterable[str]) -> list[str]:
    """Distinct answers when they look like classes: few, short, repeated, and not a measured quantity."""
    given = list(answers)
    distinct = sorted({answer for answer in given if answer.strip()})
    many_rows_each = len(distinct) <= max(1, len(given) // 2)
    if not distinct or not many_rows_each or len(distinct) > min(MOST, max(FEW, len(given) // FEW)):
        return []
    if any(len(label) > LONGEST_LABEL or "\n" in label for label in distinct):
        return []
    numbers = [number for number in map(as_number, distinct) if number is not None]
    if len(numbers) == len(distinct) and (len(distinct) > FEW or any(number % 1 for number in numbers)):
        return []
    return distinct


def as_number(text: str) -> float | None:
    """The finite number a text spells, or None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def sortable_time(value: object) -> str | None:
    """A date or a number of seconds as text that sorts in time; None if it is neither."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    number = as_number(str(value))
    if number is not None:
        return f"{number:024.6f}" if number >= 0 else None
    try:
        return datetime.fromisoformat(str(value).strip()).isoformat()
    except ValueError:
        return None


def make_rows(pairs: Iterable[tuple[Input, str, str | None]]) -> list[Row]:
    """Rows with ids made from the input alone: no order and no answer can be read from an id.

    A repeated input gets a counted suffix, so that ids stay unique and the same file gives the same ids.
    """
    seen: dict[str, int] = {}
    rows: list[Row] = []
    for given, answer, group in pairs:
        canonical = json.dumps(given, sort_keys=True, ensure_ascii=False)
        base = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        seen[base] = seen.get(base, 0) + 1
        name = base if seen[base] == 1 else f"{base}-{seen[base]}"
        rows.append({"id": name, "input": given, "answer": answer, "group": group})
    return rows
