"""Columns of a sample of rows: types, missing values, lengths, labels; and rows that come twice. Computed, always over how many rows."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
FEW = 30
"""Up to so many different values are listed with their counts: beyond, they are no labels."""
SHOWN = 8
UNITS = {"string_text": "characters", "list": "items", "audio": "seconds", "image": "pixels"}
"""What the datasets-server measures of columns that are no numbers."""


@dataclass(frozen=True)
class Column:
    """What is known of one column."""

    name: str
    type: str
    missing: int
    distinct: int | None
    spread: str
    """Numbers: least, mean, most. Texts: lengths in characters. Labels: counts."""


def columns_of(rows: Sequence[Row], types: Mapping[str, str] | None = None) -> list[Column]:
    """Of the rows there are; a column that is in any row is listed."""
    names = list(types or dict.fromkeys(name for row in rows for name in row))
    return [_column(name, [row.get(name) for row in rows], (types or {}).get(name, "")) for name in names]


def _column(name: str, values: list[Any], type_: str) -> Column:
    given = [value for value in values if value not in (None, "")]
    distinct = len({_key(value) for value in given})
    return Column(name, type_ or kind_of(given), len(values) - len(given), distinct, _spread(given, distinct))


def kind_of(values: Sequence[Any]) -> str:
    """The plain name of what is in a column."""
    kinds = Counter(_kind(value) for value in values)
    return " or ".join(kind for kind, _ in kinds.most_common(3)) or "empty"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true/false"
    if isinstance(value, list):
        return f"list of {_kind(value[0])}" if value else "list"
    if isinstance(value, dict):
        return "{" + ", ".join(map(str, list(value)[:6])) + "}"
    return {"int": "integer", "float": "number", "str": "text", "NoneType": "nothing", "bytes": "bytes"}.get(
        type(value).__name__, type(value).__name__
    )


def _spread(given: list[Any], distinct: int) -> str:
    if not given:
        return "nothing in it"
    if distinct <= FEW and len(given) > distinct and all(isinstance(value, str | int | bool) for value in given):
        counts = Counter(str(value) for value in given).most_common()
        more = f", and {len(counts) - SHOWN} more" if len(counts) > SHOWN else ""
        return ", ".join(f"{cut(value, 40)!r} {count}" for value, count in counts[:SHOWN]) + more
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in given):
        return f"from {min(given):g} to {max(given):g}, mean {statistics.fmean(given):.4g}"
    lengths = [len(value) if isinstance(value, str | list | bytes) else len(_key(value)) for value in given]
    unit = "items" if all(isinstance(value, list) for value in given) else "characters"
    return f"{min(lengths)} to {max(lengths)} {unit}, median {statistics.median(lengths):g}"


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)


def from_viewer(records: Sequence[Mapping[str, Any]], types: Mapping[str, str]) -> list[Column]:
    """The datasets-server's records, one a column."""
    return [_viewed(each, types) for each in records]


def _viewed(record: Mapping[str, Any], types: Mapping[str, str]) -> Column:
    said = record.get("column_statistics") or {}
    name = str(record.get("column_name"))
    if frequencies := said.get("frequencies"):
        listed = sorted(frequencies.items(), key=lambda pair: -int(pair[1]))
        spread = ", ".join(f"{cut(str(value), 40)!r} {count}" for value, count in listed[:SHOWN])
        spread += f", and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    elif said.get("min") is not None:
        unit = UNITS.get(str(record.get("column_type")), "")
        mean = said.get("mean")
        middle = f"{mean:.4g}" if isinstance(mean, int | float) else str(mean)  # of dates it is a date
        spread = f"from {said['min']} to {said['max']} {unit}".rstrip() + f", mean {middle}"
    else:
        spread = ""
    distinct = said.get("n_unique")
    return Column(
        name, types.get(name) or str(record.get("column_type")), int(said.get("nan_count") or 0), distinct, spread
    )


@dataclass(frozen=True)
class Repeats:
    """Rows of a sample that are there more than once: whole, or with the same input and another answer."""

    rows: int
    whole: int
    same_text: int
    """Rows whose longest text column is that of an earlier row, while the row is another."""
    column: str = ""


def repeats(rows: Sequence[Row]) -> Repeats:
    seen: set[str] = set()
    whole = 0
    texts: set[str] = set()
    same = 0
    column = _longest(rows)
    for row in rows:
        key = _key(row)
        again = key in seen
        whole += again
        seen.add(key)
        text = " ".join(str(row.get(column) or "").lower().split()) if column else ""
        same += bool(text) and text in texts and not again
        texts.add(text)
    return Repeats(len(rows), whole, same, column)


def _longest(rows: Sequence[Row]) -> str:
    """The text column that says most: the one two rows should not share."""
    totals: Counter[str] = Counter()
    for row in rows:
        for name, value in row.items():
            totals[name] += len(value) if isinstance(value, str) else 0
    return next((name for name, total in totals.most_common(1) if total), "")


def cut(text: str, longest: int) -> str:
    """The text, or its beginning and how much is left out."""
    return text if len(text) <= longest else f"{text[:longest]} [... {len(text) - longest} more characters]"
