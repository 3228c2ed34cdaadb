"""A part written to a file of the kind that another was read from, a batch at a time."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from lab.data.stream import StreamPart

Columns = dict[str, list[Any]]
ROWS_FOR_SCHEMA = 50_000
"""Rows whose values say what type a column of an arrow file has."""


class Rows(Protocol):
    """What can be written."""

    @property
    def columns(self) -> Sequence[str]: ...

    def batches(self, columns: Sequence[str] | None = None) -> Iterable[Columns]: ...


def write_part(rows: Rows, place: Path, like: StreamPart) -> Path:
    """The rows at `place` with the suffix of their kind; the folder is made."""
    place.parent.mkdir(parents=True, exist_ok=True)
    path = place.with_name(f"{place.name}.{like.kind}")
    if like.kind in ("parquet", "arrow"):
        _arrow(rows, path, like.kind)
        return path
    with path.open("w", encoding="utf-8", newline="" if like.kind in ("csv", "tsv") else "\n") as file:
        {"csv": _csv, "tsv": _csv, "jsonl": _lines, "json": _list}[like.kind](rows, file, like)
    return path


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _csv(rows: Rows, file: Any, like: StreamPart) -> None:
    writer = csv.writer(file, delimiter=like.delimiter, lineterminator="\n")
    writer.writerow(rows.columns)
    for batch in rows.batches():
        writer.writerows(
            [_cell(value) for value in values] for values in zip(*(batch[name] for name in rows.columns), strict=True)
        )


def _cell(value: Any) -> Any:
    """None is an empty cell; a nested value is JSON, as no csv has a way of its own."""
    return _json(value) if isinstance(value, dict | list) else value


def _lines(rows: Rows, file: Any, like: StreamPart) -> None:
    for row in _objects(rows):
        file.write(_json(row) + "\n")


def _list(rows: Rows, file: Any, like: StreamPart) -> None:
    file.write("[")
    for number, row in enumerate(_objects(rows)):
        file.write((",\n" if number else "\n") + _json(row))
    file.write("\n]\n")


def _objects(rows: Rows) -> Iterable[dict[str, Any]]:
    for batch in rows.batches():
        for values in zip(*(batch[name] for name in rows.columns), strict=True):
            yield dict(zip(rows.columns, values, strict=True))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _arrow(rows: Rows, path: Path, kind: str) -> None:
    """Types are read off the rows; a column that is empty in all of the first ones is one of texts."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    schema = _schema(rows)
    opened = pq.ParquetWriter(path, schema) if kind == "parquet" else pa.ipc.new_stream(str(path), schema)
    with opened as writer:
        for batch in rows.batches():
            writer.write_table(pa.Table.from_pydict({name: batch[name] for name in schema.names}, schema=schema))


def _schema(rows: Rows) -> Any:
    import pyarrow as pa

    fields: dict[str, Any] = {name: pa.null() for name in rows.columns}
    seen = 0
    for batch in rows.batches():
        for name in rows.columns:
            found = pa.array(batch[name]).type
            known = fields[name]
            fields[name] = (
                found if pa.types.is_null(known) else known if pa.types.is_null(found) else _wider(known, found)
            )
        seen += len(next(iter(batch.values()), ()))
        if seen >= ROWS_FOR_SCHEMA and not any(map(pa.types.is_null, fields.values())):
            break
    return pa.schema([(name, pa.string() if pa.types.is_null(kind) else kind) for name, kind in fields.items()])


def _wider(one: Any, other: Any) -> Any:
    import pyarrow as pa

    return pa.unify_schemas(
        [pa.schema([("", one)]), pa.schema([("", other)])], promote_options="permissive"
    ).field(0).type  # fmt: skip
