"""Rows of JSON: one object a line, a list of objects, or an object of lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Literal, TextIO

from lab.data.stream_bytes import Text
from state.errors import UserError

Columns = dict[str, list[Any]]
Row = dict[str, Any]
Shape = Literal["lines", "list", "columns"]

BATCH = 4096
FIRST = 2000
"""Rows whose keys are the columns: an object need not name all of them."""
CHUNK = 1 << 20
LONGEST = 1 << 28
"""Letters of one object; beyond it something is not closed."""
WHOLE = 2 << 30
"""Bytes of an object of lists, which has to be read as one."""


def shape(text: Text) -> Shape:
    """How the rows are written; told by the first letters and the first line."""
    with text.path.open(encoding=text.encoding) as file:
        head = file.read(1 << 16).lstrip()
        if head.startswith("["):
            return "list"
        if not head.startswith("{"):
            raise UserError(f"{text.path} line 1 is no JSON object: one object a line, or a list of them, is needed")
        file.seek(0)
        first = next((line for line in file if line.strip()), "")
    try:
        row = json.loads(first)
    except ValueError:
        return "columns" if _pretty(first) else "lines"
    alone = text.lines <= first.count("\n") or text.size <= len(first) + 8
    return "columns" if alone and _lists(row) else "lines"


def columns(text: Text, found: Shape) -> list[str]:
    """Every key of the first rows, in the order met."""
    rows = list(islice(rows_of(text, found), FIRST))
    return list(dict.fromkeys(key for row in rows for key in row))


def batches(
    text: Text, found: Shape, asked: Sequence[str], known: set[str], note: Callable[[str], None]
) -> Iterator[Columns]:
    """The columns asked for; a key that only turns up later is no column, and said once."""
    rows, start = rows_of(text, found), 0
    for chunk in iter(lambda: list(islice(rows, BATCH)), []):
        if not all(map(known.issuperset, chunk)):
            at, row = next((at, row) for at, row in enumerate(chunk, start) if not known.issuperset(row))
            new = next(key for key in row if key not in known)
            note(f"{new!r} first turns up in row {at:,}: it is not read")
            known = known | {key for row in chunk for key in row}
        start += len(chunk)
        yield {name: [row.get(name) for row in chunk] for name in asked}


def rows_of(text: Text, found: Shape) -> Iterator[Row]:
    if found == "lines":
        return _lines(text)
    return _listed(text) if found == "list" else _turned(text)


def _pretty(first: str) -> bool:
    """The first line only opens an object that goes on below."""
    return first.strip() == "{" or first.rstrip().endswith(("[", "{", ","))


def _lists(row: Any) -> bool:
    return isinstance(row, dict) and bool(row) and all(isinstance(each, list | dict) for each in row.values())


def _lines(text: Text) -> Iterator[Row]:
    with text.path.open("rb") as raw:
        plain = text.encoding == "utf-8"
        source: Any = raw if plain else text.path.open(encoding=text.encoding, newline="\n")
        with source as file:
            for number, line in enumerate(file, 1):
                try:
                    row = json.loads(line)
                except ValueError as error:
                    if not line.strip():
                        continue
                    what = getattr(error, "msg", str(error))
                    raise UserError(f"{text.path} line {number} is no valid JSON ({what}): mend that line") from error
                if not isinstance(row, dict):
                    raise UserError(f"{text.path} line {number} is not an object; one JSON object a line is needed")
                yield row


def _listed(text: Text) -> Iterator[Row]:
    """Items of one long list, without ever holding it whole."""
    with text.path.open(encoding=text.encoding) as file:
        window = _Window(text, file)
        number = 0
        while window.more():
            number += 1
            row = window.item(number)
            if not isinstance(row, dict):
                raise UserError(f"{text.path}: item {number} is not an object; a list of objects is needed")
            yield row


class _Window:
    """The part of a list that is being read."""

    def __init__(self, text: Text, file: TextIO) -> None:
        self._text, self._file = text, file
        self._decode = json.JSONDecoder().raw_decode
        self._held = file.read(CHUNK)
        self._at = self._held.index("[") + 1
        self._line = 1

    def more(self) -> bool:
        """Stand at the next item; False at the end of the list."""
        while True:
            while self._at < len(self._held) and self._held[self._at] in " \t\r\n,":
                self._at += 1
            if self._at < len(self._held):
                return self._held[self._at] != "]"
            if not self._read():
                raise UserError(
                    f"{self._text.path} line {self._line}: the list is never closed: it was cut off, fetch it again"
                )

    def item(self, number: int) -> Any:
        """The item here; a piece that does not parse may only be unfinished, so more is read before it is called wrong."""
        while True:
            try:
                found, self._at = self._decode(self._held, self._at)
                return found
            except ValueError as error:
                if len(self._held) - self._at < LONGEST and self._read():
                    continue
                line = self._line + self._held.count("\n", 0, getattr(error, "pos", self._at))
                raise UserError(
                    f"{self._text.path} line {line} (item {number}) is no valid JSON ({getattr(error, 'msg', error)}): mend it"
                ) from error

    def _read(self) -> str:
        """Let go of what was read, and take in as much again as is left."""
        self._line += self._held.count("\n", 0, self._at)
        self._held, self._at = self._held[self._at :], 0
        fresh = self._file.read(max(CHUNK, len(self._held)))
        self._held += fresh
        return fresh


def _turned(text: Text) -> Iterator[Row]:
    """Rows of an object of lists (or of objects by row number, as pandas writes it), or of a list under one key."""
    if text.size > WHOLE:
        raise UserError(f"{text.path} is one JSON object of {text.size >> 20} MB: write one object a line instead")
    try:
        found = json.loads(text.path.read_text(encoding=text.encoding))
    except ValueError as error:
        place = getattr(error, "lineno", 1)
        raise UserError(
            f"{text.path} line {place} is no valid JSON ({getattr(error, 'msg', error)}): mend it"
        ) from error
    lists = [each for each in found.values() if isinstance(each, list)] if isinstance(found, dict) else []
    if len(lists) == 1 and lists[0] and all(isinstance(row, dict) for row in lists[0]):
        return iter(lists[0])
    if not _lists(found):
        raise UserError(f"{text.path} holds one JSON object, not rows: give a list of objects, or one object a line")
    columns = {name: list(each.values()) if isinstance(each, dict) else each for name, each in found.items()}
    if len({len(each) for each in columns.values()}) > 1:
        sizes = ", ".join(f"{name} {len(each)}" for name, each in list(columns.items())[:5])
        raise UserError(f"{text.path}: its columns are of different length ({sizes}): mend it")
    return (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
