from __future__ import annotations

from pathlib import Path

import pytest

from lab.data.stream import open_part
from state.errors import UserError


def refused(path: Path | str, content: bytes | None = None) -> str:
    if content is not None:
        Path(path).write_bytes(content)
    with pytest.raises(UserError) as wrong:
        for _ in open_part(path, "train").batches():
            pass
    said = str(wrong.value)
    assert "\n" not in said
    return said


MANY = b"ok,1\n" * 3000

CSV = {
    "empty": (b"", "empty"),
    "blank": (b"\n\n  \n", "empty"),
    "twice": (b"a,b,a\n1,2,3\n", "two columns named 'a'"),
    "ragged": (b"a,b\n" + MANY + b"1,2,3\n", "line 3002 has 3 fields where the header has 2"),
    "short": (b"a,b\n1,2\n3\n", "line 3 has 1 fields"),
    "ragged after a long field": (b'a,b\n"x\ny\nz",2\n3\n', "line 5 has 1 fields"),
    "quote": (b'a,b\n1,"2\n3,4\n', "line "),
    "no header": (b"1,2,3\n4,5,6\n", "starts with numbers"),
    "mixed": ("a,b\né,1\n".encode() + MANY + b"\xe9,2\n", "byte 15009 (line 3003) is 0xe9, which is not UTF-8"),
    "binary": (b"a,b\n\x00\x01\x02,3\n", "binary data"),
    "web": (b"<!DOCTYPE html><html>", "web page"),
    "zip": (b"PK\x03\x04rest", "zip archive"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    "cut": ("a,b\n1,é".encode()[:-1], "cut off"),
}


@pytest.mark.parametrize("name", CSV)
def test_csv_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    content, expected = CSV[name]
    assert expected in refused(tmp_path / "a.csv", content)


def test_an_encoding_that_would_be_a_guess(tmp_path: Path) -> None:
    said = refused(tmp_path / "a.csv", ("a,b\n" + "привет мир,1\n" * 50).encode("cp1251"))
    assert "byte 4 (line 2)" in said
    assert "save it as UTF-8" in said


JSON = {
    "line": (b'{"a": 1}\n{"a": }\n', "line 2 is no valid JSON"),
    "no object": (b'{"a": 1}\n[1]\n', "line 2 is not an object"),
    "words": (b"hello\n", "line 1 is no JSON object"),
    "open list": (b'[{"a": 1},', "never closed"),
    "broken item": (b'[{"a": 1},\n{"a" 2}]', "line 2 (item 2)"),
    "list of numbers": (b"[1, 2]", "item 1 is not an object"),
    "uneven columns": (b'{"a": [1], "b": [1, 2]}', "different length"),
}


@pytest.mark.parametrize("name", JSON)
def test_json_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    content, expected = JSON[name]
    assert expected in refused(tmp_path / "a.json", content)


def test_columnar_files_that_are_damaged_or_something_else(tmp_path: Path) -> None:
    assert "looks like" in refused(tmp_path / "a.parquet", b"a,b\n1,2\n")
    assert "can't be read as parquet" in refused(tmp_path / "a.parquet", b"PAR1 and no more")
    assert "can't be read as arrow" in refused(tmp_path / "a.arrow", b"ARROW1 and no more")
    assert "empty" in refused(tmp_path / "a.arrow", b"")


def test_places_where_nothing_is(tmp_path: Path) -> None:
    assert "no file, no saved folder and no Hub id" in refused(tmp_path / "nowhere.csv")
    assert "none saved by `datasets`" in refused(tmp_path)
    assert "is of no kind" in refused(tmp_path / "a.xlsx", b"x")


def test_a_split_that_is_not_there(tmp_path: Path) -> None:
    import datasets

    datasets.disable_progress_bars()
    made = datasets.Dataset.from_dict({"a": [1]})
    datasets.DatasetDict({"fit": made, "held": made}).save_to_disk(str(tmp_path / "two"))
    assert "has no split 'train'; choose one" in refused(tmp_path / "two")
    assert "has no split 'other'" in refused(f"{tmp_path}/two:other")


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="no column 'c'; its columns are a, b"):
        list(open_part(path, "train").batches(["c"]))
