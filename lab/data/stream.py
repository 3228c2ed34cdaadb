"""One side of a split as a stream: any file that can be read, a saved folder, or a data set on the Hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.data import stream_csv, stream_json
from lab.data.files import SUFFIXES
from lab.data.stream_bytes import Text, read_bytes
from state.errors import UserError

Columns = dict[str, list[Any]]
Read = Callable[[Sequence[str]], Iterator[Columns]]


@dataclass
class StreamPart:
    """Rows that are read again and again, a batch at a time, and never lie whole in memory."""

    name: str
    source: str
    kind: str
    """How to write the same again: csv, tsv, json, jsonl, parquet or arrow."""
    columns: tuple[str, ...]
    read: Read
    rows: int | None = None
    estimate: int | None = None
    """About how many rows there are, before they were read."""
    notes: list[str] = field(default_factory=list)
    delimiter: str = ","
    beside: tuple[str, ...] = ()
    """Columns with names of files that lie beside this one: they are given out with its folder before them."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Columns]:
        asked = list(self.columns if columns is None else columns)
        if missing := [name for name in asked if name not in self.columns]:
            raise UserError(f"{self.source} has no column {missing[0]!r}; its columns are {listed(self.columns)}")
        rows = 0
        for batch in self.read(asked):
            rows += len(next(iter(batch.values()), ()))
            for name in self.beside:
                if name in batch:
                    batch[name] = [self._placed(value) for value in batch[name]]
            yield batch
        self.rows = rows

    def _placed(self, value: Any) -> Any:
        found = Path(self.source).parent / value if isinstance(value, str) else None
        return str(found) if found is not None and found.is_file() else value


def open_part(source: str | Path, name: str, cache_dir: Path | None = None) -> StreamPart:
    """A part from where it lies; `name` also chooses among the splits of a saved folder or a Hub data set."""
    path = Path(source)
    if path.is_file():
        return _file(path, name)
    if path.is_dir():
        return _columnar(str(source), "parquet", name, _saved(path, "", name))
    text = str(source)
    folder, _, split = text.rpartition(":")
    if folder and Path(folder).is_dir():
        return _columnar(text, "parquet", name, _saved(Path(folder), split, name))
    if _is_hub(text):
        from lab.data.stream_arrow import hub

        return _columnar(text, "parquet", name, hub(text, name, cache_dir))
    raise UserError(f"{text} is no file, no saved folder and no Hub id (owner/name): check the path")


def listed(names: Sequence[str], most: int = 20) -> str:
    """Column names in a line; of very many only the first."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def _saved(folder: Path, split: str, name: str) -> Any:
    from lab.data.stream_arrow import saved

    return saved(folder, split, name)


def _is_hub(text: str) -> bool:
    bare = text.split(":")[0]
    return bare.count("/") == 1 and not bare.startswith((".", "/", "~")) and Path(bare).suffix.lower() not in SUFFIXES


def _file(path: Path, name: str) -> StreamPart:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UserError(f"{path} is of no kind that can be read: give one of {', '.join(SUFFIXES)}")
    if suffix in (".parquet", ".arrow"):
        return _of_arrow(path, suffix[1:], name)
    text = read_bytes(path)
    return _of_csv(text, name) if SUFFIXES[suffix] == "csv" else _of_json(text, name)


def _of_arrow(path: Path, kind: str, name: str) -> StreamPart:
    from lab.data import stream_arrow
    from lab.data.files import MAGIC

    with path.open("rb") as file:
        head = file.read(64)
    if not head:
        raise UserError(f"{path} is empty: give a file with rows")
    found = next((what for magic, what in MAGIC.items() if head.startswith(magic)), "something else")
    if found != kind and not (kind == "arrow" and found == "something else"):
        raise UserError(f"{path} is named {path.suffix} but looks like {found}: convert it, or give it its right name")
    return _columnar(str(path), kind, name, getattr(stream_arrow, kind)(path))


def _columnar(source: str, kind: str, name: str, found: Any) -> StreamPart:
    return StreamPart(
        name, source, kind, found.columns, found.batches, found.rows, found.rows, list(found.notes)
    )  # fmt: skip


def _of_csv(text: Text, name: str) -> StreamPart:
    names, delimiter = stream_csv.header(text)
    kind = "tsv" if text.path.suffix.lower() == ".tsv" else "csv"
    usual = "\t" if kind == "tsv" else ","
    notes = text.notes + ([f"fields are separated by {delimiter!r}"] if delimiter != usual else [])
    return StreamPart(
        name, str(text.path), kind, tuple(names), lambda asked: stream_csv.batches(text, names, delimiter, asked),
        estimate=max(1, text.lines - 1), notes=notes, delimiter=delimiter,
    )  # fmt: skip


def _of_json(text: Text, name: str) -> StreamPart:
    found = stream_json.shape(text)
    names = stream_json.columns(text, found)
    notes = list(text.notes)

    def read(asked: Sequence[str]) -> Iterator[Columns]:
        return stream_json.batches(
            text, found, asked, set(names), lambda said: notes.append(said) if said not in notes else None
        )

    kind, estimate = ("jsonl", max(1, text.lines)) if found == "lines" else ("json", None)
    return StreamPart(name, str(text.path), kind, tuple(names), read, estimate=estimate, notes=notes)
