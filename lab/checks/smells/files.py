"""Predictions, answers and training rows from csv and jsonl files: every fault is one line, and no cell is guessed at."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from state.errors import UserError

Cells = dict[str, str | None]
"""A row; None where there is nothing."""

ANSWERS = ("answer", "label", "target", "output", "class", "gold", "y", "response", "completion")
"""Names under which training rows hold their answer, the likeliest first."""
ASIDE = frozenset({
    "id", "index", "idx", "row", "split", "source", "group", "time", "date", "timestamp", "prediction", "annotator", "weight",
})  # fmt: skip
"""Columns that say something about a row and are no input of a model."""
TEXTS = ("input", "text", "prompt", "question", "sentence", "instruction", "problem", "content", "x")
INSTRUCTIONS = 0.02
"""Texts of which fewer than this share differ are instructions, and the input is elsewhere."""
TRAIN_INPUTS = 0.2
"""Share of training rows that must differ in columns of other names for these to be inputs: five copies of each."""
TEST_INPUTS = 0.5
"""The same for test rows, which are rarely copied."""


@dataclass(frozen=True)
class Rows:
    """A file's rows as texts."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Cells, ...]

    def need(self, column: str) -> None:
        if column not in self.columns:
            found = ", ".join(repr(c) for c in self.columns[:8])
            raise UserError(f"{self.name} has no column {column!r} but {found}; rename the one that is meant")


def read_rows(path: Path) -> Rows:
    """A csv, tsv, jsonl or json file."""
    name = path.name
    text = _text(path)
    kind = path.suffix.lower()
    if kind in (".csv", ".tsv"):
        return _csv(name, text, "\t" if kind == ".tsv" else ",")
    if kind in (".jsonl", ".ndjson", ".json"):
        return _json(name, text)
    raise UserError(f"{name} is of no kind that can be read here: give csv or jsonl")


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as wrong:
        raise UserError(f"{path} can't be read: {wrong.strerror}") from wrong
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UserError(f"{path.name} is UTF-16 text: save it as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise UserError(f"{path.name} is not UTF-8 text (byte {wrong.start}): save it as UTF-8") from wrong
    if "\x00" in text[:4096]:
        raise UserError(f"{path.name} is binary, not csv or jsonl")
    if not text.strip():
        raise UserError(f"{path.name} is empty: give a file with rows")
    return text


def _csv(name: str, text: str, delimiter: str) -> Rows:
    csv.field_size_limit(sys.maxsize)
    first = text.split("\n", 1)[0]
    if delimiter not in first and ";" in first:
        delimiter = ";"
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Cells] = []
    try:
        header = [column.strip() for column in next(reader)]
        _once(name, header)
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                raise UserError(
                    f"{name} line {reader.line_num} has {len(cells)} fields, the header {len(header)}: mend it"
                )
            rows.append({c: cell if cell.strip() else None for c, cell in zip(header, cells, strict=True)})
    except csv.Error as wrong:
        raise UserError(f"{name} line {reader.line_num} is no valid csv ({wrong}): mend it") from wrong
    if not rows:
        raise UserError(f"{name} has a header and no rows: give a file with rows")
    return Rows(name, tuple(_plain(c) for c in header), tuple({_plain(c): v for c, v in row.items()} for row in rows))


def _once(name: str, header: list[str]) -> None:
    known = [_plain(c) for c in header]
    twice = next((c for c in known if known.count(c) > 1), None)
    if twice is not None:
        raise UserError(f"{name} has two columns named {twice!r}: rename one")


def _plain(column: str) -> str:
    """`Prediction` is the column `prediction`; other names stay as they are."""
    low = column.strip().lower()
    return low if low in ("id", "prediction", *ANSWERS) else column.strip()


def _json(name: str, text: str) -> Rows:
    found: list[Any] = []
    if text.lstrip().startswith("["):
        found = _load(name, text, 1)
    else:
        found = [_load(name, line, i) for i, line in enumerate(text.split("\n"), 1) if line.strip()]
    wrong = next((i for i, row in enumerate(found, 1) if not isinstance(row, dict)), None)
    if wrong is not None or not found:
        raise UserError(f"{name}: row {wrong or 1} is not an object; one JSON object a line is needed")
    columns = dict.fromkeys(_plain(str(c)) for row in found for c in row)
    rows = tuple({_plain(str(c)): _cell(v) for c, v in row.items()} for row in found)
    return Rows(name, tuple(columns), rows)


def _load(name: str, text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as wrong:
        place = line + getattr(wrong, "lineno", 1) - 1
        raise UserError(f"{name} line {place} is no valid JSON ({getattr(wrong, 'msg', wrong)}): mend it") from wrong
    except RecursionError as wrong:
        raise UserError(f"{name} line {line} is nested too deeply: mend it") from wrong


def _cell(value: Any) -> str | None:
    """A JSON value as text; null and NaN are nothing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def inputs_of(rows: Rows, answer: str, least: float) -> list[str] | None:
    """What a model was given in each row, as one text; None where no columns look like an input.

    Columns of text stand for the input where there are some: what lies beside them may differ from copy to copy. A
    constant instruction or a category is no input: others must differ in a share of `least` of the rows.
    """
    other = [c for c in rows.columns if c.lower() not in ASIDE and c != answer and c.lower() not in ANSWERS]
    for chosen, share in (([c for c in other if c.lower() in TEXTS], INSTRUCTIONS), (other, least)):
        given = ["\n".join(row.get(c) or "" for c in chosen) for row in rows.rows]
        if chosen and len(set(given)) >= max(2, share * len(given)):
            return given
    return None


def answer_column(rows: Rows) -> str:
    """The column of a training file that holds the answers."""
    found = next((c for c in ANSWERS if c in rows.columns), None)
    if found is None:
        names = ", ".join(repr(c) for c in rows.columns[:8])
        raise UserError(
            f"{rows.name} has no column 'answer' (nor 'label' or 'target') but {names}; rename the one that is meant"
        )
    return found
