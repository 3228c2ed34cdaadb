"""Rows of columnar files: parquet, arrow, a folder saved by `datasets`, a data set on the Hub."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.data.hub import _trouble, quieten
from state.errors import UserError

Columns = dict[str, list[Any]]
Names = Mapping[str, list[str]]
"""Class names by column, where a column of numbers stands for classes."""

BATCH = 4096
SPLITS = ("train", "test", "validation", "valid", "val", "dev", "eval")


@dataclass(frozen=True)
class Source:
    """A columnar source that can be read again and again."""

    columns: tuple[str, ...]
    rows: int | None
    read: Callable[[Sequence[str]], Iterator[Any]]
    """Record batches of the columns asked for."""
    classes: Names = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def batches(self, asked: Sequence[str]) -> Iterator[Columns]:
        for batch in self.read(asked):
            for start in range(0, batch.num_rows, BATCH):
                part = batch.slice(start, BATCH)
                yield {name: _named(part.column(name).to_pylist(), self.classes.get(name)) for name in asked}


def parquet(path: Path) -> Source:
    import pyarrow as pa
    from pyarrow import parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise UserError(_damaged(path, "parquet", error)) from error

    def read(asked: Sequence[str]) -> Iterator[Any]:
        try:
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(batch_size=BATCH, columns=list(asked), use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise UserError(_damaged(path, "parquet", error)) from error

    return Source(_unique(path, schema.names), rows, read, _classes(schema))


def arrow(path: Path) -> Source:
    """Both kinds of arrow file: the stream that `datasets` writes, and the file that has an index (feather)."""
    import pyarrow as pa

    with path.open("rb") as file:
        indexed = file.read(6) == b"ARROW1"

    def opened() -> Any:
        mapped = pa.memory_map(str(path))
        return pa.ipc.open_file(mapped) if indexed else pa.ipc.open_stream(mapped)

    def read(asked: Sequence[str]) -> Iterator[Any]:
        try:
            reader = opened()
            found = map(reader.get_batch, range(reader.num_record_batches)) if indexed else iter(reader)
            for batch in found:
                yield batch.select(list(asked))
        except (pa.ArrowException, OSError) as error:
            raise UserError(_damaged(path, "arrow", error)) from error

    try:
        schema = opened().schema
    except (pa.ArrowException, OSError) as error:
        raise UserError(_damaged(path, "arrow", error)) from error
    return Source(_unique(path, schema.names), None, read, _classes(schema))


def saved(folder: Path, split: str, name: str) -> Source:
    """A folder written by `save_to_disk`; of several splits the one asked for, else the one named like its part."""
    if not any((folder / each).exists() for each in ("state.json", "dataset_dict.json")):
        raise UserError(f"{folder} is a folder, but none saved by `datasets`: give a file in it")
    import datasets

    quieten(datasets)
    try:
        loaded = datasets.load_from_disk(str(folder), keep_in_memory=False)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder} is a damaged data set: {_line(error)}; save it again") from error
    return _of_dataset(str(folder), loaded, split, name)


def hub(source: str, name: str, cache_dir: Path | None) -> Source:
    """`owner/name[:config][:split]`; a single word after the name is a split if it is a usual split's name."""
    import datasets
    from huggingface_hub.errors import HfHubHTTPError

    repo, *said = source.split(":")
    if len(said) > 2:
        raise UserError(f"{source}: write owner/name, owner/name:split or owner/name:config:split")
    split = said.pop() if said and (len(said) == 2 or said[0] in SPLITS) else ""
    quieten(datasets)
    try:
        builder = datasets.load_dataset_builder(
            repo, said[0] if said else None, cache_dir=str(cache_dir) if cache_dir else None
        )
        builder.download_and_prepare()
        loaded = builder.as_dataset()
    except (datasets.exceptions.DatasetsError, HfHubHTTPError, OSError, ValueError, RuntimeError) as error:
        raise UserError(_trouble(source, error)) from error
    return _of_dataset(source, loaded, split, name)


def _of_dataset(source: str, loaded: Any, split: str, name: str) -> Source:
    notes: tuple[str, ...] = ()
    if hasattr(loaded, "keys"):
        splits = list(loaded.keys())
        chosen = split or (splits[0] if len(splits) == 1 else name)
        if chosen not in splits:
            raise UserError(f"{source} has no split {chosen!r}; choose one: {source}:{splits[0]} ({', '.join(splits)})")
        notes = () if split else (f"used split {chosen}",)
        loaded = loaded[chosen]
    elif split:
        raise UserError(f"{source} has no splits: give it without :{split}")
    classes = {column: list(feature.names) for column, feature in loaded.features.items() if hasattr(feature, "names")}

    def read(asked: Sequence[str]) -> Iterator[Any]:
        table = loaded.select_columns(list(asked)).with_format("arrow")
        for found in table.iter(batch_size=BATCH):
            yield from found.to_batches()

    return Source(tuple(loaded.column_names), len(loaded), read, classes, notes)


def _classes(schema: Any) -> Names:
    """Class names that `datasets` left in a file of its making."""
    said = (schema.metadata or {}).get(b"huggingface")
    try:
        features = json.loads(said)["info"]["features"] if said else {}
    except (ValueError, KeyError, TypeError):
        return {}  # another program's note under the same key: the numbers stay numbers
    found = {name: each for name, each in features.items() if isinstance(each, dict)}
    return {name: list(each["names"]) for name, each in found.items() if each.get("_type") == "ClassLabel"}


def _named(values: list[Any], names: list[str] | None) -> list[Any]:
    """Class numbers as class names; an unlabelled row (None or -1) has none."""
    if not names:
        return values
    return [names[each] if isinstance(each, int) and 0 <= each < len(names) else None for each in values]


def _unique(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    if twice := [name for name in names if list(names).count(name) > 1] if len(set(names)) < len(names) else []:
        raise UserError(f"{path} has two columns named {twice[0]!r}: rename one")
    return tuple(names)


def _damaged(path: Path, kind: str, error: BaseException) -> str:
    return f"{path} can't be read as {kind}: {_line(error)}; write it again"


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
