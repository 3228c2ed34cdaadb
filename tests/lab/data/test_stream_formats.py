from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from lab.data.stream import StreamPart, open_part
from lab.data.stream_write import write_part

ROWS = [
    {"text": f'row {at}, "quoted"\nsecond line é', "n": None if at % 7 == 0 else at / 4, "word": f"w{at % 3}"}
    for at in range(9000)
]


def everything(part: StreamPart) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for batch in part.batches():
        rows += [dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)]
    return rows


def as_text(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: None if value is None else str(value) for key, value in row.items()} for row in rows]


def write_csv(path: Path, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(ROWS[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(ROWS)
    return path


def write_table(path: Path, kind: str) -> Path:
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_pylist(ROWS)
    if kind == "parquet":
        parquet.write_table(table, path)
        return path
    with (pa.ipc.new_file if kind == "file" else pa.ipc.new_stream)(str(path), table.schema) as writer:
        writer.write_table(table)
    return path


@pytest.mark.parametrize(
    ("suffix", "encoding", "delimiter"),
    [(".csv", "utf-8", ","), (".csv", "utf-8-sig", ";"), (".tsv", "utf-16", "\t"), (".csv", "utf-16-le", ","),
     (".csv", "cp1252", ","), (".csv", "latin-1", "|")],
)  # fmt: skip
def test_csv_in_every_encoding(tmp_path: Path, suffix: str, encoding: str, delimiter: str) -> None:
    part = open_part(write_csv(tmp_path / f"a{suffix}", encoding, delimiter), "train")
    assert everything(part) == as_text(ROWS)
    assert part.rows == len(ROWS)
    assert encoding.startswith("utf-8") or any("read as" in note for note in part.notes)


JSON = {
    "lines.jsonl": "\n".join(map(json.dumps, ROWS)),
    "lines.json": "\n".join(map(json.dumps, ROWS)) + "\n\n",
    "list.json": json.dumps(ROWS),
    "list.jsonl": json.dumps(ROWS),
    "indented.json": json.dumps(ROWS, indent=2),
    "columns.json": json.dumps({name: [row[name] for row in ROWS] for name in ROWS[0]}),
    "pandas.json": json.dumps({name: {str(at): row[name] for at, row in enumerate(ROWS)} for name in ROWS[0]}),
    "wrapped.json": json.dumps({"version": "1", "data": ROWS}, indent=1),
}


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_in_every_shape(tmp_path: Path, name: str, encoding: str) -> None:
    path = tmp_path / name
    path.write_text(JSON[name], encoding=encoding)
    assert everything(open_part(path, "train")) == ROWS


@pytest.mark.parametrize(("name", "kind"), [("a.parquet", "parquet"), ("a.arrow", "stream"), ("b.arrow", "file")])
def test_columnar_files(tmp_path: Path, name: str, kind: str) -> None:
    part = open_part(write_table(tmp_path / name, kind), "train")
    assert everything(part) == ROWS
    assert next(iter(part.batches(["n"]))).keys() == {"n"}


def test_saved_folders_splits_and_class_names(tmp_path: Path) -> None:
    import datasets

    datasets.disable_progress_bars()
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    made = datasets.Dataset.from_dict({"text": ["a", "b", "c"], "label": [0, 1, -1]}, features=features)
    made.save_to_disk(str(tmp_path / "one"))
    datasets.DatasetDict({"train": made, "test": made.select([1])}).save_to_disk(str(tmp_path / "two"))
    made.to_parquet(str(tmp_path / "p.parquet"))
    for source in (tmp_path / "one", f"{tmp_path}/two:train", tmp_path / "two", tmp_path / "p.parquet"):
        part = open_part(source, "train")
        assert [row["label"] for row in everything(part)] == ["no", "yes", None], source
    assert everything(open_part(tmp_path / "two", "test")) == [{"text": "b", "label": "yes"}]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.json", "a.jsonl", "a.parquet", "a.arrow"])
def test_written_as_it_was_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if path.suffix in (".csv", ".tsv"):
        write_csv(path, delimiter="," if path.suffix == ".csv" else "\t")
    elif path.suffix in (".parquet", ".arrow"):
        write_table(path, "parquet" if path.suffix == ".parquet" else "stream")
    else:
        path.write_text(json.dumps(ROWS) if path.suffix == ".json" else "\n".join(map(json.dumps, ROWS)))
    part = open_part(path, "train")
    written = write_part(part, tmp_path / "out" / "train", part)
    assert written.suffix == path.suffix
    assert everything(open_part(written, "train")) == everything(part)


def test_nested_and_special_values_survive(tmp_path: Path) -> None:
    rows = [{"a": {"b": [1, None]}, "c": [1, 2], "d": 1e400}, {"a": None, "c": [], "d": -1.5}]
    path = tmp_path / "nested.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    found = everything(open_part(path, "train"))
    assert found[0]["a"] == {"b": [1, None]}
    assert found[0]["d"] == float("inf")
    assert found[1]["c"] == []


def test_a_row_longer_than_a_block(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("a,b\n1,2\n" + "x" * 5_000_000 + ",3\n4,5\n")
    rows = everything(open_part(path, "train"))
    assert [len(row["a"]) for row in rows] == [1, 5_000_000, 1]
    assert [row["b"] for row in rows] == ["2", "3", "5"]
    line = tmp_path / "long.json"
    line.write_text(json.dumps([{"a": "y" * 5_000_000}, {"a": "z"}]))
    assert [len(row["a"]) for row in everything(open_part(line, "train"))] == [5_000_000, 1]


def test_ten_thousand_columns(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    names = [f"c{at}" for at in range(10_000)]
    path.write_text("\n".join([",".join(names), *(",".join(["0.5"] * 10_000) for _ in range(20))]))
    part = open_part(path, "train")
    assert len(part.columns) == 10_000
    assert sum(len(batch["c9999"]) for batch in part.batches()) == 20


def test_missing_keys_are_empty_and_every_first_key_is_a_column(tmp_path: Path) -> None:
    path = tmp_path / "ragged.jsonl"
    path.write_text('{"a": 1}\n{"b": 2}\n')
    assert everything(open_part(path, "train")) == [{"a": 1, "b": None}, {"a": None, "b": 2}]


def test_a_key_that_turns_up_late_is_said(tmp_path: Path) -> None:
    path = tmp_path / "late.jsonl"
    path.write_text('{"a": 1}\n' * 5000 + '{"a": 2, "b": 3}\n' * 5000)
    part = open_part(path, "train")
    assert [sum(len(batch["a"]) for batch in part.batches()) for _ in range(2)] == [10_000, 10_000]
    assert part.notes == ["'b' first turns up in row 5,000: it is not read"]
