"""`postgrad audit`, as a person calls it."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import pytest
from door import Door

from lab.checks.audit.report import KINDS

Rows = list[dict[str, Any]]
CHOICE = random.Random(5)
WORDS = ["".join(CHOICE.choice("abcdefghijklmnoprstuvw") for _ in range(CHOICE.randint(3, 9))) for _ in range(2500)]
FINDING = {"kind", "severity", "count", "share", "examples", "why", "remedy", "inflation"}


def reviews(rows: int, seed: int) -> Rows:
    rng = random.Random(f"reviews {seed}")
    made = []
    for _ in range(rows):
        good = rng.random() < 0.5
        said = rng.choices(WORDS, k=rng.randint(12, 28)) + rng.choices(WORDS[:80] if good else WORDS[80:160], k=2)
        rng.shuffle(said)
        made.append({"text": " ".join(said), "label": "good" if good else "bad"})
    return made


def patients(seed: int) -> Rows:
    rng = random.Random(f"patients {seed}")
    made = []
    for patient in range(120):
        nature, sick = [rng.gauss(0, 1) for _ in range(5)], rng.random() < 0.5
        for _ in range(6):
            values = {f"m{at}": round(each + rng.gauss(0, 0.3), 5) for at, each in enumerate(nature)}
            made.append({"patient_id": f"p{patient}", **values, "sick": int(sick)})
    rng.shuffle(made)
    return made


def write(path: Path, rows: Rows) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    elif path.suffix == ".parquet":
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return path


@pytest.fixture
def desk(postgrad: Door) -> Path:
    write(postgrad.cwd / "test.csv", reviews(200, 1))
    write(postgrad.cwd / "train.csv", reviews(900, 2))
    return postgrad.cwd


def leaked(suffix: str, desk: Path) -> tuple[Path, Path]:
    """Forty test rows stand in train, ten of them edited."""
    train, test = reviews(900, 2), reviews(200, 1)
    copies = [dict(row) for row in test[:40]]
    for row in copies[:10]:
        row["text"] = row["text"].upper() + " !"
    mixed = train + copies
    random.Random(0).shuffle(mixed)
    return write(desk / f"leaky{suffix}", mixed), write(desk / f"test{suffix}", test)


def test_a_clean_split_says_so_in_one_object(postgrad: Door, desk: Path) -> None:
    said = postgrad("audit", "train.csv", "test.csv", "--json")
    assert said.code == 0, said.err
    found = said.object
    assert (found["verdict"], found["rows"]) == ("clean", {"train": 900, "test": 200})
    assert found["guessed"]["text"]["columns"] == ["text"]
    assert found["guessed"]["label"]["why"]
    checks = {each["name"]: each for each in found["checks"]}
    assert set(KINDS) <= set(checks)
    assert all(each["why"] and each["result"] in ("PASS", "SUSPECT", "FAIL", "NOT_RUN") for each in checks.values())
    assert checks["exact_duplicate"]["result"] == "PASS"
    assert checks["contamination"]["result"] == checks["group_leak"]["result"] == "NOT_RUN"
    assert not postgrad.home.exists()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_leak_is_found_dropped_from_train_and_gone(postgrad: Door, desk: Path, suffix: str) -> None:
    train, test = leaked(suffix, desk)
    said = postgrad("audit", str(train), str(test), "--json", "--fix", "out")
    assert said.code == 1, said.err
    found = said.object
    assert found["verdict"] == "leaking"
    worst = found["findings"][0]
    assert set(worst) == FINDING
    assert (worst["kind"], worst["severity"], worst["count"], worst["share"]) == ("exact_duplicate", "block", 40, 0.2)
    assert len(worst["examples"]) == 20
    assert all(isinstance(value, int | float) for each in worst["examples"] for value in each.values())
    assert isinstance(worst["inflation"], float)
    record = json.loads((desk / "out" / "fixed.json").read_text())
    assert record == found["fixed"]
    assert record["verdict"] == "clean"
    assert len(record["changes"][0]["dropped_from_train"]["train"]) == 40
    again = postgrad("audit", f"out/train{suffix}", f"out/test{suffix}", "--json")
    assert again.object["verdict"] == "clean"
    assert again.object["rows"] == {"train": 900, "test": 200}


@pytest.mark.slow
def test_groups_on_both_sides_are_split_anew_and_no_row_is_lost(postgrad: Door, desk: Path) -> None:
    rows = patients(0)
    write(desk / "a.csv", rows[:540])
    write(desk / "b.csv", rows[540:])
    said = postgrad("audit", "a.csv", "b.csv", "--group", "patient_id", "--label", "sick", "--fix", "out", "--json")
    assert said.code == 1, said.err
    assert "group_leak" in {each["kind"] for each in said.object["findings"] if each["severity"] == "block"}
    deed = said.object["fixed"]["changes"][0]
    assert deed["kind"] == "group_leak"
    assert deed["train_to_test"]["train"]
    assert deed["test_to_train"]["test"]
    with (desk / "out/train.csv").open() as one, (desk / "out/test.csv").open() as two:
        mine, held = list(csv.DictReader(one)), list(csv.DictReader(two))
    assert not {row["patient_id"] for row in mine} & {row["patient_id"] for row in held}
    assert sorted(row["m0"] for row in mine + held) == sorted(str(row["m0"]) for row in rows)


def test_a_person_reads_the_verdict_first_and_sees_their_rows(postgrad: Door, desk: Path) -> None:
    leaked(".csv", desk)
    said = postgrad("audit", "leaky.csv", "test.csv")
    assert said.code == 1
    assert said.out.startswith("LEAKING")
    for expected in ("exact_duplicate", "→ drop", "columns guessed", "not looked for", "test 0: "):
        assert expected in said.out
    assert "auditing about 940 train rows and 200 test rows" in said.err


def test_scripts_and_benchmarks_are_looked_at(postgrad: Door, desk: Path) -> None:
    write(desk / "bench.jsonl", [{"question": row["text"]} for row in reviews(900, 2)[:30]])
    (desk / "fit.py").write_text(
        "import pandas as pd\nfrom sklearn.feature_selection import SelectKBest\n"
        "from sklearn.model_selection import train_test_split\n"
        "data = pd.read_csv('all.csv')\nX, y = data.drop(columns='y'), data['y']\n"
        "X = SelectKBest(k=5).fit_transform(X, y)\nA, B, a, b = train_test_split(X, y, random_state=0)\n"
    )
    found = postgrad(
        "audit", "train.csv", "test.csv", "--script", "fit.py", "--benchmark", "bench.jsonl", "--json"
    ).object
    kinds = {each["kind"]: each for each in found["findings"]}
    assert kinds["contamination"]["count"] == 30
    assert kinds["selection_leak"]["severity"] == "block"


def test_an_existing_folder_is_not_written_to(postgrad: Door, desk: Path) -> None:
    (desk / "out").mkdir()
    assert "nothing is overwritten" in postgrad.refused("audit", "train.csv", "test.csv", "--fix", "out")


def test_what_cannot_be_read_is_one_line_and_exit_two(postgrad: Door, desk: Path) -> None:
    (desk / "empty.csv").write_text("")
    (desk / "head.csv").write_text("text,label\n")
    (desk / "other.csv").write_text("a,b\n1,2\n")
    (desk / "bad.csv").write_bytes("text,label\né,1\n".encode() + b"\xe9,2\n")
    for train, test, expected in (
        ("nowhere.csv", "test.csv", "no file"), ("empty.csv", "test.csv", "empty"), ("head.csv", "test.csv", "no rows"),
        ("train.csv", "head.csv", "no rows"), ("other.csv", "test.csv", "no column in common"),
        ("bad.csv", "test.csv", "byte 16 (line 3)"),
    ):  # fmt: skip
        assert expected in postgrad.refused("audit", train, test)
    assert "it has text, label" in postgrad.refused("audit", "train.csv", "test.csv", "--label", "zz")
    said = postgrad("audit", "empty.csv", "test.csv", "--json")
    assert (said.code, said.object["exit_code"]) == (2, 2)


def test_columns_of_one_side_only_are_said_and_the_others_audited(postgrad: Door, desk: Path) -> None:
    write(desk / "more.csv", [{**row, "source": "web"} for row in reviews(900, 2)])
    found = postgrad("audit", "more.csv", "test.csv", "--json").object
    assert found["verdict"] == "clean"
    assert any("only train has source" in note for note in found["notes"])


def test_one_row_and_nothing_but_gaps(postgrad: Door, desk: Path) -> None:
    write(desk / "one.csv", reviews(1, 3))
    found = postgrad("audit", "one.csv", "test.csv", "--json").object
    assert found["rows"] == {"train": 1, "test": 200}
    assert found["verdict"] != "leaking"
    write(desk / "gaps.csv", [{"text": None, "label": None} for _ in range(30)])
    found = postgrad("audit", "gaps.csv", "gaps.csv", "--json").object
    assert found["verdict"] == "clean"
    results = {each["name"]: each["result"] for each in found["checks"]}
    assert results["near_duplicate"] == results["label_conflict"] == results["label_noise"] == "NOT_RUN"


def test_pictures_are_found_beside_the_file_that_names_them(postgrad: Door, desk: Path) -> None:
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    place = desk / "set"
    place.mkdir()
    for at in range(40):
        rough = Image.fromarray(rng.integers(0, 255, (8, 8)).astype("uint8"))
        rough.resize((96, 96)).save(place / f"{at}.png")
    write(place / "train.csv", [{"file": f"{at}.png", "label": at % 2} for at in range(30)])
    write(place / "test.csv", [{"file": f"{at}.png", "label": at % 2} for at in range(20, 40)])
    said = postgrad("audit", "set/train.csv", "set/test.csv", "--json", "--fix", "out")
    assert said.code == 1, said.err
    found = {each["kind"]: each for each in said.object["findings"]}["image_duplicate"]
    assert (found["severity"], found["count"]) == ("block", 10)
    with (desk / "out/train.csv").open() as file:
        assert [row["file"] for row in csv.DictReader(file)] == [f"{at}.png" for at in range(20)]
