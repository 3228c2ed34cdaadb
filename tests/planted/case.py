"""What a planted or healthy set on disk promises, and how it is written there."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Row = dict[str, Any]
Rows = list[Row]

LEAKING = frozenset({"leaking"})
LEAK_OR_DOUBT = frozenset({"leaking", "suspect"})
NOT_LEAKING = frozenset({"clean", "suspect"})
ANY = frozenset({"clean", "suspect", "leaking"})


@dataclass(frozen=True)
class Case:
    """A split on disk, what must be found in it, and what must not."""

    name: str
    train: Path
    test: Path
    options: tuple[str, ...] = ()
    expect: tuple[str, ...] = ()
    """Each is a pattern on kinds; every one must match a finding."""
    verdict: frozenset[str] = NOT_LEAKING
    never: tuple[str, ...] = ()
    """Kinds that must not be reported at block."""
    quiet: tuple[str, ...] = ()
    """Kinds that must not be reported above info."""
    truth: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Pattern on kinds to the test rows that were planted for it."""


@dataclass(frozen=True)
class Smell:
    """A result on disk: predictions, answers, and what may be said about them."""

    name: str
    predictions: Path
    answers: Path
    options: tuple[str, ...] = ()
    verdict: frozenset[str] = frozenset({"PASS", "SUSPECT"})
    says: str = ""
    """A pattern that the name or reason of a check which is not PASS must match."""
    refused: bool = False
    """A refusal (exit 2) is a good answer too."""


@dataclass
class Shelf(Generic[T]):
    """Builders by name, in the order they were put there."""

    name: str
    builders: dict[str, Callable[[Path], T]] = field(default_factory=dict)

    def put(self, name: str, build: Callable[[Path], T]) -> None:
        if name in self.builders:
            raise ValueError(f"two cases are called {name}")
        self.builders[name] = build

    def add(self, name: str) -> Callable[[Callable[[Path], T]], Callable[[Path], T]]:
        """Put a function there under a name."""

        def keep(build: Callable[[Path], T]) -> Callable[[Path], T]:
            self.put(name, build)
            return build

        return keep


def write(path: Path, rows: Sequence[Row]) -> Path:
    """Write rows in the format that the file's ending names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = path.suffix
    if kind == ".csv":
        with path.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    elif kind == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    elif kind == ".json":
        path.write_text(json.dumps(list(rows), ensure_ascii=False), encoding="utf-8")
    elif kind in (".parquet", ".arrow"):
        _write_arrow(path, rows)
    else:
        raise ValueError(f"no writer for {kind}")
    return path


def _write_arrow(path: Path, rows: Sequence[Row]) -> None:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    table = pa.Table.from_pylist(list(rows))
    if path.suffix == ".parquet":
        pq.write_table(table, path)
        return
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def pair(folder: Path, train: Sequence[Row], test: Sequence[Row], ending: str) -> tuple[Path, Path]:
    """Write both sides of a split in one format."""
    return write(folder / f"train.{ending}", train), write(folder / f"test.{ending}", test)


def texts(values: Iterable[str], column: str = "text") -> Rows:
    return [{column: value} for value in values]
