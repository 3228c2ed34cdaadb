"""Rows of a csv or tsv file, a block at a time. Cells stay the text they are; an empty one is None."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lab.data.files import DELIMITERS
from lab.data.stream_bytes import Text
from lab.data.table import as_number
from state.errors import UserError

Columns = dict[str, list[Any]]

BLOCKS = (2 << 20, 64 << 20, 1 << 30)
"""Bytes read at a time; the next size only when a row is longer than the one before."""


def header(text: Text) -> tuple[list[str], str]:
    """Names of the columns, and what separates them."""
    csv.field_size_limit(sys.maxsize)
    path = text.path
    with path.open(encoding=text.encoding, newline="") as file:
        first = file.readline()
        while first and not first.strip():
            first = file.readline()
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    delimiter = usual if usual in first else max(DELIMITERS, key=first.count)
    if delimiter not in first:
        delimiter = usual
    names = [name.strip() for name in next(_rows(text, delimiter))]
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise UserError(f"{path} has two columns named {twice[0]!r}: rename one")
    counted = names == [str(at) for at in range(len(names))]  # as pandas names the columns of a matrix
    numbers = sum(as_number(name) is not None for name in names)
    if numbers > len(names) / 2 and not (counted and len(names) > 2):
        raise UserError(f"{path} starts with numbers, not with column names: add a first line that names the columns")
    return names, delimiter


def batches(text: Text, names: Sequence[str], delimiter: str, asked: Sequence[str]) -> Iterator[Columns]:
    """The columns asked for, in blocks."""
    if text.quotes % 2:
        _find_wrong(text, delimiter, len(names), "a quote is opened and never closed")
    done = 0
    for size in BLOCKS:
        try:
            for batch in _blocks(text, names, delimiter, asked, size, done):
                yield batch
                done += len(next(iter(batch.values()), ()))
            return
        except _TooLong:
            continue
    raise UserError(f"{text.path} has a row longer than {BLOCKS[-1] >> 20} MB: is a quote never closed?")


class _TooLong(Exception):
    """A row does not fit the block."""


def _blocks(
    text: Text, names: Sequence[str], delimiter: str, asked: Sequence[str], size: int, skip: int
) -> Iterator[Columns]:
    import pyarrow as pa
    from pyarrow import csv as arrow

    stream: Any = pa.OSFile(str(text.path))
    if not text.encoding.startswith("utf-8"):
        stream = pa.transcoding_input_stream(stream, text.encoding, "utf8")
    try:
        with stream:
            reader = arrow.open_csv(
                stream,
                read_options=arrow.ReadOptions(
                    block_size=min(size, max(text.size * 4, 1 << 12)), use_threads=False, column_names=list(names),
                    skip_rows_after_names=1,
                ),
                parse_options=arrow.ParseOptions(delimiter=delimiter, newlines_in_values=text.quotes > 0),
                convert_options=arrow.ConvertOptions(
                    column_types=dict.fromkeys(asked, pa.string()), include_columns=list(asked), null_values=[""],
                    strings_can_be_null=True,
                ),
            )  # fmt: skip
            for block in reader:
                fresh = block.slice(min(skip, block.num_rows))
                skip -= block.num_rows - fresh.num_rows
                if fresh.num_rows:
                    yield dict(zip(asked, (column.to_pylist() for column in fresh.columns), strict=True))
    except pa.ArrowInvalid as error:
        if "straddling" in str(error) or "too large" in str(error).lower():
            raise _TooLong from error
        _find_wrong(text, delimiter, len(names), " ".join(str(error).split())[:200])
    except UnicodeDecodeError as error:
        raise UserError(f"{text.path} is not all {text.encoding} ({error.reason}): save it as UTF-8") from error


def _find_wrong(text: Text, delimiter: str, fields: int, otherwise: str) -> None:
    """Read it again slowly for the line where it breaks."""
    for number, row in _numbered(text, delimiter):
        if row and len(row) != fields:
            raise UserError(
                f"{text.path} line {number} has {len(row)} fields where the header has {fields}: mend that line"
            )
    raise UserError(f"{text.path} can't be read as csv: {otherwise}")


def _numbered(text: Text, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    with _open(text.path, text.encoding) as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            for row in reader:
                yield reader.line_num, row
        except csv.Error as error:
            raise UserError(f"{text.path} line {reader.line_num} is no valid CSV ({error}): mend that line") from error


def _rows(text: Text, delimiter: str) -> Iterator[list[str]]:
    return (row for _, row in _numbered(text, delimiter) if row)


def _open(path: Path, encoding: str) -> Any:
    return path.open(encoding=encoding, newline="")
