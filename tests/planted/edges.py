"""Files at the edge of sense: a clear answer or a clear refusal is wanted, never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.planted.case import Rows, write
from tests.planted.make_tables import blobs, cut
from tests.planted.words import paragraphs

Words = list[str]


def _split(folder: Path, train: Rows, test: Rows, *options: str, ending: str = "csv") -> Words:
    return [
        "audit", str(write(folder / f"a.{ending}", train)), str(write(folder / f"b.{ending}", test)), *options, "--json",
    ]  # fmt: skip


def _raw(folder: Path, train: bytes, test: bytes, ending: str = "csv") -> Words:
    (folder / f"a.{ending}").write_bytes(train)
    (folder / f"b.{ending}").write_bytes(test)
    return ["audit", str(folder / f"a.{ending}"), str(folder / f"b.{ending}"), "--json"]


def _latin(folder: Path) -> Words:
    lines = ["text,label", *(f"café numéro {i} près de l'église,{i % 2}" for i in range(60))]
    return _raw(folder, "\n".join(lines).encode("latin-1"), "\n".join(lines[:1] + lines[40:]).encode("latin-1"))


def _wide(folder: Path) -> Words:
    return _split(folder, *cut(blobs(1, 40, columns=2500), 0.3, 1), "--label", "label")


def _nulls(folder: Path) -> Words:
    rows: Rows = [{"a": None, "b": None, "label": None} for _ in range(50)]
    return _split(folder, rows[:35], rows[35:], ending="parquet")


def _one_class(folder: Path) -> Words:
    rows = [row | {"label": 1} for row in blobs(2, 100)]
    return _split(folder, rows[:70], rows[70:], "--label", "label")


def _other_columns(folder: Path) -> Words:
    return _split(folder, [{"question": t} for t in paragraphs("e", 30)], [{"prompt": t} for t in paragraphs("f", 10)])


AUDITS: dict[str, Callable[[Path], Words]] = {
    "empty_files": lambda f: _raw(f, b"", b""),
    "headers_only": lambda f: _raw(f, b"text,label\n", b"text,label\n"),
    "empty_test": lambda f: _raw(f, b"text,label\nhello there,1\n", b"text,label\n"),
    "one_row_each": lambda f: _split(f, [{"text": "a small bird", "label": 1}], [{"text": "a big stone", "label": 0}]),
    "one_class": _one_class,
    "all_null": _nulls,
    "latin_1": _latin,
    "bytes_that_are_no_csv": lambda f: _raw(f, bytes(range(256)) * 40, bytes(range(255, -1, -1)) * 20),
    "bytes_that_are_no_parquet": lambda f: _raw(f, b"PAR1 but not really", b"nor this", "parquet"),
    "broken_jsonl": lambda f: _raw(f, b'{"text": "one"}\n{"text": \n', b'{"text": "two"}\n', "jsonl"),
    "json_of_numbers": lambda f: _raw(f, b"[1, 2, 3]", b"[4]", "json"),
    "ragged_csv": lambda f: _raw(f, b"a,b\n1,2\n1,2,3,4\n5\n", b"a,b\n7,8\n"),
    "no_such_file": lambda f: ["audit", str(f / "no.csv"), str(f / "none.csv"), "--json"],
    "no_such_column": lambda f: _split(f, *cut(blobs(3, 60), 0.3, 3), "--label", "colour"),
    "other_columns": _other_columns,
    "wide": _wide,
    "same_file_twice": lambda f: [*_split(f, blobs(4, 60), blobs(5, 9))[:2], str(f / "a.csv"), "--json"],
}


def _result(folder: Path, predictions: Rows, answers: Rows, *options: str) -> Words:
    return [
        "smell", str(write(folder / "p.jsonl", predictions)), str(write(folder / "a.jsonl", answers)), *options, "--json",
    ]  # fmt: skip


def _answers(n: int) -> Rows:
    return [{"answer": "ab"[i % 2]} for i in range(n)]


def _said(n: int) -> Rows:
    return [{"prediction": "ab"[i % 2]} for i in range(n)]


SMELLS: dict[str, Callable[[Path], Words]] = {
    "empty": lambda f: _result(f, [], []),
    "one_row": lambda f: _result(f, _said(1), _answers(1)),
    "fewer_predictions_without_ids": lambda f: _result(f, _said(7), _answers(10)),
    "more_predictions_than_answers": lambda f: _result(f, _said(12), _answers(10)),
    "same_id_twice": lambda f: _result(
        f, [{"id": i % 5} | row for i, row in enumerate(_said(10))], [{"id": i} | row for i, row in enumerate(_answers(10))]
    ),
    "ids_of_others": lambda f: _result(
        f, [{"id": f"x{i}"} | row for i, row in enumerate(_said(10))], [{"id": i} | row for i, row in enumerate(_answers(10))]
    ),
    "no_prediction_column": lambda f: _result(f, [{"output": "a"}] * 10, _answers(10)),
    "all_null": lambda f: _result(f, [{"prediction": None}] * 20, _answers(20)),
    "unknown_metric": lambda f: _result(f, _said(20), _answers(20), "--metric", "wisdom"),
    "claim_that_is_no_number": lambda f: _result(f, _said(20), _answers(20), "--claimed", "much"),
    "not_a_number": lambda f: _result(f, [{"prediction": "nan"}] * 20, [{"answer": 1.5 * i} for i in range(20)], "--metric", "r2"),
    "words_under_a_metric_of_numbers": lambda f: _result(f, _said(20), _answers(20), "--metric", "mse"),
}  # fmt: skip
