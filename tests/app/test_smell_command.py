"""`postgrad smell` as a person calls it: what it finds in two files, what it says of files that can't be read."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from door import Door

Rows = list[dict[str, Any]]
MOODS = ("good", "bad", "mixed")


def answers(n: int = 240, kinds: Sequence[str] = MOODS, seed: int = 1) -> Rows:
    rng = random.Random(seed)
    return [{"id": f"t{i}", "text": f"review number {i}", "answer": rng.choice(kinds)} for i in range(n)]


def predictions(rows: Rows, right: float = 0.8, seed: int = 2) -> Rows:
    rng = random.Random(seed)
    kinds = sorted({r["answer"] for r in rows})
    said = [r["answer"] if rng.random() < right else rng.choice([k for k in kinds if k != r["answer"]]) for r in rows]
    return [{"id": r["id"], "prediction": p} for r, p in zip(rows, said, strict=True)]


def write(place: Path, rows: Rows) -> str:
    if place.suffix == ".csv":
        with place.open("w", newline="") as handle:
            table = csv.DictWriter(handle, rows[0].keys())
            table.writeheader()
            table.writerows(rows)
    else:
        place.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return place.name


class Bench:
    """Two files and the command."""

    def __init__(self, postgrad: Door) -> None:
        self.postgrad, self.cwd = postgrad, postgrad.cwd

    def __call__(self, said: Rows, true: Rows, *more: str, suffix: str = ".jsonl") -> tuple[int, dict[str, Any]]:
        given, wanted = write(self.cwd / f"p{suffix}", said), write(self.cwd / f"a{suffix}", true)
        told = self.postgrad("smell", given, wanted, *more, "--json")
        assert told.code in (0, 1), told.err
        found = told.object
        assert (told.code == 1) == (found["verdict"] == "FAIL")
        return told.code, found

    def results(self, said: Rows, true: Rows, *more: str) -> dict[str, str]:
        return {c["name"]: c["result"] for c in self(said, true, *more)[1]["checks"]}


@pytest.fixture
def bench(postgrad: Door) -> Bench:
    return Bench(postgrad)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_a_healthy_result(bench: Bench, suffix: str) -> None:
    true = answers()
    said = predictions(true)
    right = sum(p["prediction"] == a["answer"] for p, a in zip(said, true, strict=True))
    random.Random(5).shuffle(said)  # ids join them
    code, found = bench(said, true, "--claimed", f"{right / 2.4:.1f}%", suffix=suffix)
    assert (code, found["verdict"], found["metric"], found["n"]) == (0, "PASS", "accuracy", 240)
    assert found["value"] == pytest.approx(right / 240)
    assert found["interval"][0] < found["value"] < found["interval"][1]
    assert len(found["checks"]) == 16
    assert all(set(c) == {"name", "result", "why", "evidence"} for c in found["checks"])
    assert any("guessed: accuracy" in note for note in found["notes"])


def test_what_it_finds(bench: Bench) -> None:
    true = answers()
    said = predictions(true)
    texts = [p["prediction"] for p in said]

    def given(words: Sequence[Any]) -> Rows:
        return [{"id": p["id"], "prediction": w} for p, w in zip(said, words, strict=True)]

    assert bench.results(given([*texts[1:], texts[0]]), true)["alignment"] == "FAIL"
    turned = dict(zip(MOODS, (*MOODS[1:], MOODS[0]), strict=True))
    assert bench.results(given([turned[t] for t in texts]), true)["alignment"] == "FAIL"
    constant = bench.results(given(["good"] * len(true)), true)
    assert (constant["variety"], constant["beats_trivial"]) == ("FAIL", "FAIL")
    rng = random.Random(3)
    assert bench.results(given([rng.choice(MOODS) for _ in true]), true)["beats_trivial"] == "FAIL"
    assert bench.results(said, true, "--claimed", "0.801")["possible_value"] == "FAIL"
    assert bench.results(said, true, "--claimed", "0.95")["second_reading"] == "FAIL"
    assert bench.results(said, true, "--ceiling", "0.6")["too_good"] == "FAIL"
    write(bench.cwd / "other.jsonl", said)
    assert bench.results(said, true, "--others", "other.jsonl")["cloned"] == "FAIL"


def test_a_dropped_denominator(bench: Bench) -> None:
    true = answers()
    said = predictions(true)
    kept = [(p, a) for i, (p, a) in enumerate(zip(said, true, strict=True)) if i % 3]
    share = sum(p["prediction"] == a["answer"] for p, a in kept) / len(kept)
    for rows in ([p for p, _ in kept], [p if i % 3 else {**p, "prediction": None} for i, p in enumerate(said)]):
        code, found = bench(rows, true, "--claimed", f"{share:.4f}")
        check = next(c for c in found["checks"] if c["name"] == "denominator")
        assert (code, check["result"], "over all 240" in check["why"]) == (1, "FAIL", True)
        assert found["value"] < share
    alone = [{"prediction": p["prediction"]} for p, _ in kept]
    assert bench.results(alone, true)["denominator"] == "FAIL"


def test_training_rows_give_the_commonest_answer_the_noise_and_the_overlap(bench: Bench) -> None:
    true, rng = answers(), random.Random(4)
    train = []
    for i in range(120):
        own = rng.choice(MOODS)
        train += [{"text": f"seen {i}", "label": own if rng.random() < 0.75 else rng.choice(MOODS)} for _ in range(4)]
    write(bench.cwd / "train.jsonl", train)
    assert bench.results(predictions(true, 0.99), true, "--train", "train.jsonl")["too_good"] == "FAIL"
    assert bench.results(predictions(true, 0.7), true, "--train", "train.jsonl")["too_good"] == "PASS"
    seen = [{"text": r["text"], "label": r["answer"]} for r in true[:100]]
    write(bench.cwd / "seen.csv", seen + [{"text": f"other {i}", "label": "bad"} for i in range(200)])
    half = [*predictions(true[:100], 1.0), *predictions(true[100:], 0.6)]
    _, found = bench(half, true, "--train", "seen.csv")
    checks = {c["name"]: c for c in found["checks"]}
    assert checks["slices"]["result"] == "FAIL"
    assert checks["beats_trivial"]["evidence"]["from"] == "training"


def test_numbers_and_named_metrics(bench: Bench) -> None:
    rng = random.Random(6)
    true = [{"answer": round(rng.gauss(10, 5), 3)} for _ in range(150)]
    said = [{"prediction": r["answer"] + rng.gauss(0, 1)} for r in true]
    code, found = bench(said, true)
    assert (code, found["metric"], found["verdict"]) == (0, "mse", "PASS")
    assert any("by position" in note for note in found["notes"])
    assert bench.results(said[1:] + said[:1], true)["alignment"] == "FAIL"
    assert bench(said, true, "--metric", "r2")[1]["value"] > 0.9
    value = bench(said, true, "--metric", "r2")[1]["value"]
    claimed = bench(said, true, "--claimed", f"{100 * value:.1f}%")[1]
    assert (claimed["metric"], claimed["verdict"]) == ("r2", "PASS")
    whole = [{"answer": rng.randrange(1000)} for _ in range(150)]
    solved = [{"prediction": r["answer"] if rng.random() < 0.5 else rng.randrange(1000)} for r in whole]
    assert bench(solved, whole)[1]["metric"] == "numeric_match"
    texts = [{"answer": f"sentence {i} of many"} for i in range(100)]
    close = [{"prediction": r["answer"] + (" s" if i % 3 else "")} for i, r in enumerate(texts)]
    assert bench(close, texts)[1]["metric"] == "exact_match"


def test_labels_are_the_same_however_a_table_tool_wrote_them(bench: Bench) -> None:
    true = [{"id": i, "answer": i % 3} for i in range(90)]
    said = [{"id": float(i), "prediction": float(i % 3 if i % 4 else 0)} for i in range(90)]
    _, found = bench(said, true)
    assert (found["metric"], found["value"] > 0.8, found["verdict"]) == ("accuracy", True, "PASS")


def test_truth_values_are_the_same_in_json_and_in_csv(bench: Bench) -> None:
    rng = random.Random(8)
    true = write(bench.cwd / "a.jsonl", [{"answer": rng.random() < 0.5} for _ in range(80)])
    rows = [json.loads(line)["answer"] for line in (bench.cwd / true).read_text().splitlines()]
    said = write(bench.cwd / "p.csv", [{"prediction": r if rng.random() < 0.8 else not r} for r in rows])
    assert bench.postgrad("smell", said, true, "--json").object["verdict"] == "PASS"


def test_rows_with_probabilities(bench: Bench) -> None:
    true = answers()
    said = predictions(true)
    rows = [{"id": p["id"], "scores": {m: 0.8 if m == p["prediction"] else 0.1 for m in MOODS}} for p in said]
    _, found = bench(rows, true, "--metric", "log_loss")
    assert (found["metric"], found["verdict"]) == ("log_loss", "PASS")


def test_what_can_not_be_read_is_one_line(bench: Bench) -> None:
    true = answers(30)
    p, a = write(bench.cwd / "p.jsonl", predictions(true)), write(bench.cwd / "a.jsonl", true)
    files = {
        "empty.jsonl": b"\n\n", "header.csv": b"id,prediction\n", "latin.csv": "id,prediction\n1,café\n".encode("latin-1"),
        "wide.csv": "id,prediction\n1,2\n".encode("utf-16"), "torn.jsonl": b'{"prediction": 1}\n{"pre', "list.jsonl": b"[1, 2]",
        "other.jsonl": b'{"said": 1}', "ragged.csv": b"id,prediction\n1,2,3\n", "zip.csv": b"PK\x03\x04\x00\x00", "x.bin": b"x",
        "twice.csv": b"prediction,Prediction\n1,2\n", "noid.jsonl": b'{"id": null, "prediction": 1}',
    }  # fmt: skip
    for name, raw in files.items():
        (bench.cwd / name).write_bytes(raw)
        assert name in bench.postgrad.refused("smell", name, a)
    assert "nowhere.csv" in bench.postgrad.refused("smell", "nowhere.csv", a)
    doubled = write(bench.cwd / "doubled.jsonl", [*true, true[0]])
    assert "more than once" in bench.postgrad.refused("smell", p, doubled)
    hollow = write(bench.cwd / "hollow.jsonl", [*true[1:], {**true[0], "answer": None}])
    assert "no answer" in bench.postgrad.refused("smell", p, hollow)
    unlabelled = write(bench.cwd / "unlabelled.jsonl", [{"text": "x"}])
    assert "no column 'answer'" in bench.postgrad.refused("smell", p, a, "--train", unlabelled)


def test_claims_are_fractions_or_percentages(bench: Bench) -> None:
    true = answers(50)
    p, a = write(bench.cwd / "p.jsonl", predictions(true)), write(bench.cwd / "a.jsonl", true)
    assert "94%" in bench.postgrad.refused("smell", p, a, "--claimed", "94")
    for odd in ("high", "nan", "", "0,94"):
        bench.postgrad.refused("smell", p, a, "--claimed", odd)
    bench.postgrad.refused("smell", p, a, "--metric", "mse", "--claimed", "94%")
    assert "no metric" in bench.postgrad.refused("smell", p, a, "--metric", "niceness")
    found = {c["name"]: c["result"] for c in bench.postgrad("smell", p, a, "--claimed", "1", "--json").object["checks"]}
    assert found["second_reading"] == "FAIL"


def test_rows_predicted_twice(bench: Bench) -> None:
    true = answers()
    said = predictions(true)
    assert bench.results([*said, said[0]], true)["denominator"] == "SUSPECT"
    assert bench.results([*said, {**said[0], "prediction": "?"}], true)["denominator"] == "FAIL"


def test_one_row(bench: Bench) -> None:
    _, found = bench([{"prediction": "a"}], [{"answer": "a"}])
    assert found["verdict"] in ("PASS", "SUSPECT")


def test_a_person_reads_the_verdict_first_and_no_line_is_wider_than_the_terminal(bench: Bench) -> None:
    true = answers()
    said = predictions(true)
    p = write(
        bench.cwd / "p.jsonl",
        [{**s, "prediction": t["prediction"]} for s, t in zip(said, said[1:] + said[:1], strict=True)],
    )
    told = bench.postgrad("smell", p, write(bench.cwd / "a.jsonl", true), COLUMNS="80")
    lines = told.out.splitlines()
    assert told.code == 1
    assert lines[0].startswith("FAIL: accuracy 0.")
    assert "on 240 rows" in lines[0]
    assert max(len(line) for line in lines) <= 80
    assert next(line for line in lines if "alignment" in line).startswith("FAIL")
