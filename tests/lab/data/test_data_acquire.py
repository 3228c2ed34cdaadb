"""Files of every kind come in; what is not what its name says is refused in one line."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from lab.data.acquire import acquire
from lab.data.table import Table
from state.errors import UserError

RECORDS = [{"text": f'message {place}, "quoted"', "label": "yes" if place % 2 else "no"} for place in range(40)]


def put(folder: Path, name: str, content: str | bytes) -> str:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def in_every_form(folder: Path) -> list[str]:
    """The same rows in each form that can be read."""
    import datasets
    import pyarrow as pa

    made = datasets.Dataset.from_list(RECORDS)
    made.to_parquet(str(folder / "p.parquet"))
    made.to_csv(str(folder / "c.csv"))
    made.to_csv(str(folder / "t.tsv"), sep="\t")
    made.save_to_disk(str(folder / "saved"))
    classes = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    datasets.DatasetDict({"test": made, "train": made.cast(classes)}).save_to_disk(str(folder / "several"))
    (folder / "stream.arrow").write_bytes(next((folder / "saved").glob("*.arrow")).read_bytes())
    table = pa.Table.from_pylist(RECORDS)
    with pa.OSFile(str(folder / "file.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write(table)
    put(folder, "l.jsonl", "".join(json.dumps(row) + "\n" for row in RECORDS))
    put(folder, "j.json", json.dumps(RECORDS, indent=1))
    put(folder, "odd [1]*.csv", b"\xef\xbb\xbf" + (folder / "c.csv").read_bytes().replace(b"\n", b"\r\n"))
    return ["p.parquet", "c.csv", "t.tsv", "saved", "several", "stream.arrow", "file.arrow", "l.jsonl", "j.json",
            "odd [1]*.csv"]  # fmt: skip


def test_the_same_rows_in_any_form_are_the_same_table(tmp_path: Path) -> None:
    tables = [acquire(name, tmp_path) for name in in_every_form(tmp_path)]
    for made in tables:
        assert made.rows == tables[0].rows
        assert made.kind == "text"
        assert made.labels == ["no", "yes"]
    assert [(row["input"], row["answer"]) for row in tables[0].rows] == [(row["text"], row["label"]) for row in RECORDS]
    assert "used split train; left alone: test" in tables[4].notes
    assert acquire(str(tmp_path / "c.csv"), Path("/")).rows == tables[0].rows


def test_cells_stay_what_they_are(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "size,colour,spare,label\n1,NA,,None\n2.50,red,,007\n,blue,,NA\n")
    made = acquire("a.csv", tmp_path)
    assert [row["input"] for row in made.rows] == [
        {"size": 1.0, "colour": None, "spare": None},
        {"size": 2.5, "colour": "red", "spare": None},
        {"size": None, "colour": "blue", "spare": None},
    ]
    assert [row["answer"] for row in made.rows] == ["None", "007", "NA"]
    assert made.kind == "tabular"


@pytest.mark.parametrize(
    ("content", "kind", "notes"),
    [
        ("question,answer\n" + "".join(f"how many is {n} dozen,{12 * n}\n" for n in range(60)), "generation",
         ["answer: column 'answer' (guessed)", "input: 'question' (guessed)", "read as generation, no classes"]),
        ("id,age,target\n" + "".join(f"{n},{n % 9},{n % 2}\n" for n in range(60)), "tabular",
         ["ignored 'id': it only numbers the rows", "read as tabular, 2 classes"]),
        ("mood,review\n" + "".join(f"good,it was fine {n}\n" for n in range(60)), "generation",
         ["answer: column 'review' (guessed)"]),
        ("patient_id,pulse,label\n" + "".join(f"p{n // 3},{n},{n % 2}\n" for n in range(60)), "tabular",
         ["rows with the same 'patient_id' stay in one split (guessed)"]),
        ("text;label;when\n" + "".join(f"word {n};{n % 2};May\n" for n in range(60)), "text",
         ["fields are separated by ';'", "not used: 'when'"]),
        ("x,y\n" + "".join(f"{n},{n * n / 7}\n" for n in range(60)), "tabular", ["read as tabular, no classes"]),
    ],
)  # fmt: skip
def test_roles_of_columns_are_guessed_and_said(tmp_path: Path, content: str, kind: str, notes: list[str]) -> None:
    made = acquire(put(tmp_path, "a.csv", content), tmp_path)
    assert made.kind == kind
    assert set(notes) <= set(made.notes)
    assert bool(made.group_key) == ("patient_id" in content)


def test_columns_that_are_told_win(tmp_path: Path) -> None:
    content = "text,label,owner,other\n" + "".join(f"t {n},{n % 2},o{n // 6},word {n % 3}\n" for n in range(60))
    put(tmp_path, "a.csv", content)
    made = acquire("a.csv", tmp_path, {"answer": "text", "input": "other", "group": "owner"})
    assert made.rows[7] == {**made.rows[7], "input": "word 1", "answer": "t 7", "group": "o1"}
    assert acquire("a.csv", tmp_path, {"answer": "text"}).rows[0]["input"] != "t 0"
    for told, says in (
        ({"answer": "nope"}, "no column 'nope'"),
        ({"target": "text"}, "target is no role"),
        ({"answer": "text", "input": "text"}, "three different"),
    ):
        with pytest.raises(UserError, match=says):
            acquire("a.csv", tmp_path, told)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"PAR1 and so on PAR1", "looks like parquet"),
        ("a.csv", b"PK\x03\x04rest", "a zip archive or a spreadsheet"),
        ("a.csv", b"text,label\n\x00\x01,a\n", "looks like binary data"),
        ("a.csv", b" \n\n", "is empty"),
        ("a.csv", b"text,label\n", "no rows"),
        ("a.csv", "text,label\ncafé,a\n".encode("latin-1"), "not UTF-8"),
        ("a.csv", "text,label\na,b\n".encode("utf-16"), "UTF-16"),
        ("a.csv", "a,b,label\n1,2,x\n1,2\n", "line 3 has 2 fields where the header has 3"),
        ("a.csv", 'a,label\n"open,x\n', "no valid CSV"),
        ("a.csv", "a,a\n1,2\n", "two columns named 'a'"),
        ("a.csv", "5.1,3.5,1\n4,3,2\n", "starts with numbers"),
        ("a.csv", "label\na\n", "too few columns"),
        ("a.csv", "<!DOCTYPE html>\n<html>Not found</html>", "looks like a web page"),
        ("a.csv", '[{"a": 1}]', "looks like JSON"),
        ("a.csv", "version https://git-lfs.github.com/spec/v1\noid 1\n", "Git LFS pointer"),
        ("a.json", "text,label\na,b\n", "looks like plain text"),
        ("a.json", "[1, 2]", "item 1 is not an object"),
        ("a.json", '{\n"rows": []\n}', "holds one JSON object"),
        ("a.jsonl", '{"a": 1, "b": 2}\n{"a": 1, "b"\n', "line 2 is no valid JSON"),
        ("a.jsonl", '{"a": 1}\n3\n', "line 2 is no"),
        ("a.jsonl", '[{"a": 1}]', "name it .json"),
        ("a.jsonl", '{"a": [1], "b": "x"}\n', "column 'a' of a holds list"),
        ("a.parquet", "a,b\n1,2\n", "looks like plain text"),
        ("a.parquet", b"PAR1" + b"0" * 100 + b"PAR1", "can't be read as parquet"),
        ("a.arrow", b"ARROW1\x00\x00" + b"0" * 100, "can't be read as arrow"),
        ("a.xlsx", b"PK\x03\x04", "of no kind that can be read"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_one_line(
    tmp_path: Path, name: str, content: str | bytes, says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, name, content)
    with pytest.raises(UserError, match=says) as caught:
        acquire(name, tmp_path)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["none.csv", "./iris", "irs", "~nobody-here/a.csv", "a\0b", "x" * 5_000, "/dev/null"])
def test_what_is_not_there_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="no data at"):
        acquire(name, tmp_path)


def test_folders_that_hold_no_saved_data_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none saved by"):
        acquire(".", tmp_path)
    in_every_form(tmp_path)
    next((tmp_path / "saved").glob("*.arrow")).write_bytes(b"xx")
    with pytest.raises(UserError, match="damaged"):
        acquire("saved", tmp_path)


def test_a_built_in_is_found_by_name(tmp_path: Path) -> None:
    made = acquire("iris", tmp_path)
    assert isinstance(made, Table)
    assert made.labels == ["setosa", "versicolor", "virginica"]


COMMIT = "a" * 40
FILE = "".join(json.dumps(row) + "\n" for row in RECORDS).encode()


class Hub(BaseHTTPRequestHandler):
    """Answers as the Hub does for a data set of one file, for a gated one, and for one that is not there."""

    def do_GET(self) -> None:
        entry = {"path": "data/train.jsonl", "type": "file", "size": len(FILE), "oid": "b" * 40}
        folder = {"path": "data", "type": "directory", "size": 0, "oid": "c" * 40}
        if "gated" in self.path:
            self.reply(403, b"", {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted"})
        elif "missing" in self.path:
            self.reply(404, b"", {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"})
        elif "/resolve/" in self.path and self.path.endswith("train.jsonl"):
            self.reply(200, FILE, {"ETag": '"one"', "X-Repo-Commit": COMMIT})
        elif "/resolve/" in self.path:
            self.reply(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        elif "/tree/" in self.path:
            self.reply(200, json.dumps([entry if "/data?" in self.path else folder]).encode(), {})
        else:
            listed = {"id": "owner/there", "sha": COMMIT, "siblings": [{"rfilename": "data/train.jsonl"}]}
            self.reply(200, json.dumps(listed).encode(), {})

    do_HEAD = do_GET

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


ASK = """
import sys
from pathlib import Path
from lab.data.acquire import acquire
from state.errors import UserError
for name in sys.argv[1:]:
    try:
        made = acquire(name, Path("."))
        print(made.source, made.kind, len(made.rows))
    except UserError as error:
        print(error)
"""


def ask(tmp_path: Path, env: dict[str, str], *names: str) -> list[str]:
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith("HF_") and not key.endswith("_OFFLINE")
    }
    settings = {
        **kept,
        "HF_HOME": str(tmp_path / "hf"),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "NO_PROXY": "127.0.0.1",
        **env,
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK, *names], cwd=tmp_path, env=settings, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.slow
def test_a_set_on_the_hub_comes_in_and_its_troubles_are_one_line_each(tmp_path: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        said = ask(
            tmp_path,
            {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}"},
            "owner/missing",
            "owner/gated",
            "owner/there",
        )
    finally:
        server.shutdown()
        server.server_close()
    assert len(said) == 3
    assert "owner/missing is not on the Hub, or is private" in said[0]
    assert "owner/gated is gated" in said[1]
    assert said[2] == f"hub: owner/there@{COMMIT} text 40"


@pytest.mark.slow
def test_offline_is_respected(tmp_path: Path) -> None:
    said = ask(tmp_path, {"HF_HUB_OFFLINE": "1"}, "owner/name", "owner/name:part")
    assert ["set to offline" in line for line in said] == [True, True]
