"""Rows of a split read from its files: real counts from parquet footers, pages of rows, by pyarrow and the standard library."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from lab.hub.client import Hub
from lab.hub.distant import Distant
from lab.hub.layout import DATA, Part, suffix
from lab.hub.repo import File
from lab.hub.trouble import trouble

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

Row = dict[str, Any]
COUNTED = 32 << 20
"""Bytes of text files that are read through just to count their rows."""
FOOTERS = 64
"""Parquet files whose footers are read for one count; a set of more is counted by the datasets-server."""


@dataclass(frozen=True)
class Count:
    """Rows of a split, and who counted; None where nobody could."""

    rows: int | None
    how: str


@dataclass(frozen=True)
class Shelf:
    """Where the files of a part lie: the repository at one commit."""

    hub: Hub
    id: str
    sha: str

    def open(self, file: File) -> Distant:
        if file.size is None:
            raise trouble(
                "unreadable", f"{self.id}: the Hub does not say how long {file.path} is: read it with read_hub_file"
            )
        return Distant(self.hub, "dataset", self.id, self.sha, file.path, file.size)


def count(shelf: Shelf, part: Part) -> Count:
    """Counted, never taken from a card."""
    if not part.files:
        return Count(None, "no file of this split is there")
    if part.format == "parquet":
        if len(part.files) > FOOTERS:
            return Count(None, f"{len(part.files)} parquet files: more footers than are read for a look")
        return Count(sum(_footer(shelf, file).num_rows for file in part.files), "parquet footers")
    if part.format in DATA.values() and part.size <= COUNTED:
        return Count(sum(1 for _ in _rows(shelf, part)), "read through and counted")
    return Count(None, f"{part.format} of {part.size >> 20} MB: not read through for a look")


def page(shelf: Shelf, part: Part, start: int, length: int) -> list[Row]:
    """Rows `start` to `start + length`, in the order of the files."""
    if part.format == "parquet":
        return _parquet_page(shelf, part, start, length)
    return list(islice(_rows(shelf, part), start, start + length))


def schema(shelf: Shelf, part: Part) -> dict[str, str] | None:
    """Columns and their types as the parquet schema has them; None where files carry no schema."""
    if part.format != "parquet" or not part.files:
        return None
    found = _parquet(shelf, part.files[0]).schema_arrow
    classes = class_names(found.metadata)
    return {field.name: _named(str(field.type), classes.get(field.name)) for field in found}


def _named(type_: str, names: list[str] | None) -> str:
    return f"class label ({len(names)}: {', '.join(names[:12])}{' ...' if len(names) > 12 else ''})" if names else type_


def class_names(metadata: dict[bytes, bytes] | None) -> dict[str, list[str]]:
    """Names of classes that `datasets` wrote into the file."""
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}
    return {name: each["names"] for name, each in features.items() if isinstance(each, dict) and each.get("names")}


def _parquet(shelf: Shelf, file: File) -> ParquetFile:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        return ParquetFile(shelf.open(file), buffer_size=1 << 18, pre_buffer=False)
    except (ArrowException, OSError) as wrong:
        raise trouble(
            "unreadable", f"{shelf.id}: {file.path} is no readable parquet file ({_line(wrong)}): it may be damaged"
        ) from wrong


def _footer(shelf: Shelf, file: File) -> Any:
    return _parquet(shelf, file).metadata


def _parquet_page(shelf: Shelf, part: Part, start: int, length: int) -> list[Row]:
    found: list[Row] = []
    before = 0
    for file in part.files:
        opened = _parquet(shelf, file)
        for group in range(opened.metadata.num_row_groups):
            rows = opened.metadata.row_group(group).num_rows
            if before + rows > start and len(found) < length:
                skip = max(0, start - before)
                found += _group(opened, group, skip, length - len(found), f"{shelf.id}: {file.path}")
            before += rows
        if len(found) >= length:
            break
    return found


def _group(opened: ParquetFile, group: int, skip: int, length: int, what: str) -> list[Row]:
    """Some rows of a row group, read in small batches so that a look does not fetch all of it."""
    from pyarrow import ArrowException

    found: list[Row] = []
    try:
        for batch in opened.iter_batches(batch_size=256, row_groups=[group], use_threads=False):
            if skip >= batch.num_rows:
                skip -= batch.num_rows
                continue
            found += batch.slice(skip, length - len(found)).to_pylist()
            skip = 0
            if len(found) >= length:
                break
    except ArrowException as wrong:
        raise trouble(
            "unreadable", f"{what} has a row group that can't be read ({_line(wrong)}): it may be damaged"
        ) from wrong
    return found


def _rows(shelf: Shelf, part: Part) -> Iterator[Row]:
    for file in part.files:
        reader = {"jsonl": _lines, "json": _list, "csv": _csv}.get(DATA.get(suffix(file.path), ""))
        if reader is None:
            raise trouble(
                "unreadable",
                f"{shelf.id}: {file.path} can't be looked into; read its card, or the datasets-server's rows",
            )
        opened = shelf.open(file)
        try:
            yield from reader(opened)
        except (ValueError, csv.Error) as wrong:
            raise trouble(
                "unreadable", f"{shelf.id}: {file.path} is not what its name says ({_line(wrong)})"
            ) from wrong


def _lines(opened: Distant) -> Iterator[Row]:
    for line in io.BufferedReader(opened, 1 << 16):
        if line.strip():
            yield _object(json.loads(line))


def _list(opened: Distant) -> Iterator[Row]:
    """One JSON list, or an object of which one value is a list; JSON lines under the wrong name are read as such."""
    raw = opened.readall()
    try:
        said = json.loads(raw)
    except ValueError:
        for line in raw.split(b"\n"):
            if line.strip():
                yield _object(json.loads(line))
        return
    lists = [value for value in said.values() if isinstance(value, list)] if isinstance(said, dict) else [said]
    for row in lists[0] if len(lists) == 1 else [said]:
        yield _object(row)


def _object(said: Any) -> Row:
    return said if isinstance(said, dict) else {"value": said}


def _csv(opened: Distant) -> Iterator[Row]:
    csv.field_size_limit(sys.maxsize)
    text = io.TextIOWrapper(io.BufferedReader(opened, 1 << 16), encoding="utf-8-sig", newline="")
    yield from csv.DictReader(text, delimiter="\t" if opened.path.endswith(".tsv") else ",")


def _line(wrong: BaseException) -> str:
    return " ".join(str(wrong).split())[:120]
