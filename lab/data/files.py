"""Data files: first that they are what their names say, then their columns, through `datasets`."""

from __future__ import annotations

import csv
import io
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from lab.data.columns import Columns
from lab.data.hub import pick_split, plain, quieten
from lab.data.jsonl import sha256
from lab.data.table import as_number
from state.errors import UserError

SUFFIXES = {
    ".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "json", ".ndjson": "json", ".parquet": "parquet",
    ".arrow": "arrow",
}  # fmt: skip
MAGIC = {
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
    b"\xff\xff\xff\xff": "arrow",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
    b"SQLite format 3": "an SQLite database",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"\x80\x04": "a Python pickle",
    b"\x80\x05": "a Python pickle",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"version https://git-lfs": "a Git LFS pointer (the data itself was not downloaded)",
}
DELIMITERS = ",;\t|"


def read_file(path: Path) -> tuple[Columns, str, list[str]]:
    """Columns of a file, where they came from (its name and fingerprint), and notes."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UserError(f"{path} is of no kind that can be read: give one of {', '.join(SUFFIXES)}")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}") from error
    _is_what_it_says(path, raw, SUFFIXES[suffix])
    origin = f"{path.name} (sha256 {sha256(raw)[:12]})"
    if SUFFIXES[suffix] == "csv":
        header, delimiter, notes = _inspect_csv(path, raw.decode("utf-8-sig"))
        return _load("csv", path, header, delimiter), origin, notes
    if SUFFIXES[suffix] == "json":
        _inspect_json(path, raw.decode("utf-8-sig"))
    return _load(SUFFIXES[suffix], path), origin, []


def read_saved(folder: Path) -> tuple[Columns, list[str]]:
    """A folder written by `Dataset.save_to_disk`."""
    if not any((folder / name).exists() for name in ("state.json", "dataset_dict.json")):
        raise UserError(f"{folder} is a folder, but none saved by `datasets`: give a file in it")
    import datasets

    quieten(datasets)
    try:
        return pick_split(datasets.load_from_disk(str(folder), keep_in_memory=True))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder} is a damaged data set: {_line(error)}; save it again") from error


def looks_like(raw: bytes) -> str:
    """What a file's bytes are: a format's name, `text`, or words for a person."""
    if not raw.strip():
        return "empty"
    for magic, name in MAGIC.items():
        if raw.startswith(magic):
            return name
    if b"\x00" in raw:
        return "binary data"
    try:
        text = raw.decode("utf-8-sig").lstrip()
    except UnicodeDecodeError as error:
        return f"text that is not UTF-8 (byte {error.start})"
    if text[:200].lower().startswith(("<!doctype html", "<html", "<head", "<?xml")):
        return "a web page"
    return "json" if text[0] in "[{" else "text"


def _is_what_it_says(path: Path, raw: bytes, wanted: str) -> None:
    found = looks_like(raw)
    if found == "empty":
        raise UserError(f"{path} is empty: give a file with rows")
    fits = {"csv": ("text",), "json": ("json",)}.get(wanted, (wanted,))
    if found not in fits:
        what = {"json": "JSON", "text": "plain text"}.get(found, found)
        raise UserError(f"{path} is named {path.suffix} but looks like {what}: convert it, or give it its right name")


def _inspect_csv(path: Path, text: str) -> tuple[list[str], str, list[str]]:
    """Header and delimiter, after every line was found to have as many fields as the header."""
    csv.field_size_limit(sys.maxsize)
    first = text.split("\n", 1)[0]
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    delimiter = usual if usual in first else max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader)]
        for row in reader:
            if row and len(row) != len(header):
                raise UserError(
                    f"{path} line {reader.line_num} has {len(row)} fields where the header has {len(header)}: mend it"
                )
    except csv.Error as error:
        raise UserError(f"{path} line {reader.line_num} is no valid CSV ({error}): mend it") from error
    if reader.line_num < 2:
        raise UserError(f"{path} has a header and no rows: give a file with rows")
    if twice := [name for name, count in Counter(header).items() if count > 1]:
        raise UserError(f"{path} has two columns named {twice[0]!r}: rename one")
    if sum(as_number(name) is not None for name in header) > len(header) / 2:
        raise UserError(f"{path} starts with numbers, not with column names: add a first line that names the columns")
    notes = [] if delimiter == usual else [f"fields are separated by {delimiter!r}"]
    return header, delimiter, notes


def _inspect_json(path: Path, text: str) -> None:
    """A list of objects, or one object a line."""
    if text.lstrip().startswith("["):
        if path.suffix.lower() != ".json":
            raise UserError(f"{path} holds one JSON list, not an object a line: name it .json")
        rows = _json(path, text, 1)
        wrong = next((place for place, row in enumerate(rows, 1) if not isinstance(row, dict)), None)
        if wrong is not None:
            raise UserError(f"{path}: item {wrong} is not an object; a list of objects is needed")
        return
    if "\n" in text.strip() and _is_one_object(text):
        raise UserError(f"{path} holds one JSON object, not rows: give a list of objects, or one object a line")
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not isinstance(_json(path, line, number), dict):
            raise UserError(f"{path} line {number} is not an object; one JSON object a line is needed")


def _is_one_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _json(path: Path, text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise UserError(f"{path} line {line} is nested too deep to be a row: flatten it") from error
    except ValueError as error:
        place = line + getattr(error, "lineno", 1) - 1
        raise UserError(f"{path} line {place} is no valid JSON ({getattr(error, 'msg', error)}): mend it") from error


def _load(builder: str, path: Path, header: list[str] | None = None, delimiter: str = ",") -> Columns:
    """Columns through `datasets`, its caches in a folder that goes away. CSV cells stay the text they are."""
    import datasets

    options: dict[str, Any] = {}
    if header is not None:
        features = datasets.Features({name: datasets.Value("string") for name in header})
        options = {"features": features, "sep": delimiter, "names": header, "header": 0, "keep_default_na": False}
    quieten(datasets)
    with tempfile.TemporaryDirectory() as cache:
        # A neutral name: `datasets` takes brackets and stars in a path for a pattern.
        plain_name = Path(cache) / f"data{path.suffix.lower()}"
        plain_name.symlink_to(path.resolve())
        try:
            dataset = datasets.load_dataset(
                builder, data_files=str(plain_name), split="train", cache_dir=cache, keep_in_memory=True, **options
            )
        except (datasets.exceptions.DatasetsError, OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} can't be read as {builder}: {_line(error.__cause__ or error)}") from error
        return plain(dataset)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
