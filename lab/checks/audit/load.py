"""Rows of a part brought into memory: all of them, or an even sample; and single rows by their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lab.checks.parts import Columns, Part, Table

MOST_ROWS = 200_000
MOST_CELLS = 20_000_000
MOST_LETTERS = 200_000_000
"""Text and bytes of a table at most: about half a gigabyte of memory."""
MISSING = frozenset(("", "nan", "na", "n/a", "null", "none", "?"))
"""What csv files write where there is nothing."""
SAID = ("content", "value", "text")
"""Keys of a message that hold what was said in it; the others say by whom."""

Tell = Callable[[int], None]


def load(
    part: Part, columns: Sequence[str], *, texts: Sequence[str] = (), most_rows: int = MOST_ROWS,
    stop_at: int | None = None, tell: Tell | None = None,
) -> Table:  # fmt: skip
    """A table of the part: every row, or every second, fourth, eighth ... one. Columns of numbers become numbers.

    With `stop_at` only that many rows are looked at, and the total is theirs.
    """
    kept: Columns = {name: [] for name in columns}
    most = max(1, min(most_rows, MOST_CELLS // max(1, len(columns))))
    step, seen, letters = 1, 0, 0
    for batch in part.batches(columns):
        rows = len(next(iter(batch.values()), ()))
        first = -seen % step
        for name, values in kept.items():
            fresh = batch[name][first::step]
            values.extend(fresh)
            letters += sum(map(_size, fresh)) if fresh and isinstance(fresh[0], str | bytes | dict) else 0
        seen += rows
        while _length(kept) > most or (letters > MOST_LETTERS and _length(kept) > 1):
            kept = {name: values[::2] for name, values in kept.items()}
            step, letters = step * 2, letters // 2
        if tell:
            tell(seen)
        if stop_at is not None and seen >= stop_at:
            break
    plain = {name: list(map(flat, values)) if name in texts else typed(values) for name, values in kept.items()}
    return Table(plain, range(0, seen, step), seen)


def texts_of(part: Part, columns: Sequence[str]) -> Iterator[list[str]]:
    """The text columns of every row, joined, a batch at a time."""
    for batch in part.batches(columns):
        yield joined([batch[name] for name in columns])


def joined(columns: Sequence[Sequence[Any]]) -> list[str]:
    if len(columns) == 1:
        return [value if isinstance(value, str) else flat(value) for value in columns[0]]
    return ["\n".join(filter(None, map(flat, values))) for values in zip(*columns, strict=True)]


def flat(value: Any) -> str:
    """The text of a cell; of a conversation (a list of messages) what was said in it, line by line."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return "\n".join(filter(None, map(flat, value)))
    if isinstance(value, dict):
        said = [value[key] for key in SAID if key in value] or list(value.values())
        return "\n".join(filter(None, map(flat, said)))
    return str(value)


def rows_at(part: Part, columns: Sequence[str], wanted: Sequence[int]) -> Columns:
    """The rows with these numbers (ascending), read in one pass."""
    found: Columns = {name: [] for name in columns}
    start, at = 0, 0
    for batch in part.batches(columns):
        rows = len(next(iter(batch.values()), ()))
        while at < len(wanted) and wanted[at] < start + rows:
            for name in columns:
                found[name].append(batch[name][int(wanted[at]) - start])
            at += 1
        start += rows
        if at == len(wanted):
            break
    return found


def typed(values: list[Any]) -> list[Any]:
    """Strings that all spell numbers as numbers, as a csv file has them; anything else as it is."""
    strings = [value for value in values if value is not None]
    if not strings or not all(isinstance(value, str) for value in strings[:100]):
        return values
    quick = _quick(values)
    if quick is not None:
        return quick
    found: list[Any] = []
    for value in values:
        if value is None or (isinstance(value, str) and value.strip().lower() in MISSING):
            found.append(None)
            continue
        number = _number(value)
        if number is None:
            return values
        found.append(number)
    return found if any(each is not None for each in found) else values


def _quick(values: list[Any]) -> list[Any] | None:
    """The same where no cell is empty, all at once."""
    for kind in (int, float):
        try:
            found: list[Any] = list(map(kind, values))
        except (TypeError, ValueError):
            continue
        return None if "_" in "".join(values) else found
    return None


def _number(value: Any) -> float | int | None:
    if not isinstance(value, str) or "_" in value:
        return None
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        return None


def _size(value: Any) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    return sum(map(_size, value.values())) if isinstance(value, dict) else 8


def _length(columns: Columns) -> int:
    return len(next(iter(columns.values()), ()))
