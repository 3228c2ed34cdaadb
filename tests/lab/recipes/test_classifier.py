"""The classifier script, through its command line."""

from __future__ import annotations

import random
import statistics
from pathlib import Path
from typing import Any

import pytest

from tests.lab.recipes.folder import Folder, Row

pytestmark = pytest.mark.slow


def flowers(count: int = 150) -> list[Row]:
    """Two species told apart by length; the colour says nothing, and some values are missing."""
    chance = random.Random(3)
    rows = []
    for i in range(count):
        long = i % 2 == 0
        length = chance.gauss(6 if long else 3, 0.4)
        row = {
            "length": length if i % 10 else None,
            "colour": chance.choice(["red", "blue"]),
            "width": chance.gauss(1, 1),
        }
        rows.append({"id": str(i), "input": row, "answer": "lily" if long else "daisy"})
    return rows


def messages() -> list[Row]:
    words = {
        "bill": ["invoice wrong", "pay the invoice", "charged twice"],
        "login": ["password lost", "can not sign in"],
    }
    pairs = [(text, label) for label, texts in words.items() for text in texts * 20]
    return [{"id": str(i), "input": text, "answer": label} for i, (text, label) in enumerate(pairs)]


@pytest.mark.parametrize("model", ["logistic", "forest", "mlp"])
def test_a_table_is_learnt(tmp_path: Path, model: str) -> None:
    folder = Folder(tmp_path / "x", "classifier", flowers(), model=model, trees=20, steps=60)
    metrics = folder.train()
    assert metrics[0] == {"step": 0, "probe/train_rows": 135, "probe/features": 4}
    assert len(metrics) - 1 == folder.spec.planned_steps(folder.config)
    assert metrics[-1]["inner/accuracy"] > 0.8
    long, short, strange = folder.predict(
        [{"length": 6.2}, {"length": 2.5, "colour": "red"}, {"colour": "green", "new": 1}]
    )
    assert (long["prediction"], short["prediction"]) == ("lily", "daisy")
    assert sum(strange["scores"].values()) == pytest.approx(1)


def test_texts_are_learnt_step_by_step_and_the_loss_falls(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "x", "classifier", messages(), model="sgd", steps=40)
    metrics = folder.train()
    assert [line["step"] for line in metrics] == list(range(41))
    assert metrics[-1]["loss"] < 0.5 * metrics[1]["loss"]
    assert [row["prediction"] for row in folder.predict(["the invoice is wrong", "lost my password"])] == [
        "bill",
        "login",
    ]


def test_a_learning_rate_far_too_high_shows_in_the_loss(tmp_path: Path) -> None:
    chance = random.Random(5)
    overlapping = [
        {"id": str(i), "input": {"length": chance.gauss(4 + i % 2, 1)}, "answer": "ab"[i % 2]} for i in range(150)
    ]
    sane = Folder(tmp_path / "a", "classifier", overlapping, model="sgd", steps=40).train()
    wild = Folder(tmp_path / "b", "classifier", overlapping, model="sgd", steps=40, learning_rate=50.0).train()
    assert statistics.median(line["loss"] for line in wild[1:]) > 5 * sane[-1]["loss"]
    assert sane[-1]["loss"] < sane[1]["loss"]


def test_majority_answers_with_the_commonest_label(tmp_path: Path) -> None:
    rows = [*flowers(50), *({"id": f"+{i}", "input": {"length": 1.0}, "answer": "rose"} for i in range(70))]
    folder = Folder(tmp_path / "x", "classifier", rows, model="majority")
    folder.train()
    assert {row["prediction"] for row in folder.predict([{"length": 6.0}, {"length": 3.0}])} == {"rose"}


@pytest.mark.parametrize("model", ["sgd", "mlp"])
def test_resume_goes_on_where_the_checkpoint_stands(tmp_path: Path, model: str) -> None:
    whole = Folder(tmp_path / "a", "classifier", flowers(), model=model, steps=30, checkpoint_every=10).train()
    cut = Folder(tmp_path / "b", "classifier", flowers(), model=model, steps=20, checkpoint_every=10)
    cut.train()
    cut.configure({**cut.config, "steps": 30})
    assert cut.train("--resume") == whole


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"depth": 3}, "unknown keys ['depth']"),
        ({"steps": "many"}, "steps is 'many', not int"),
        ({"model": "oracle"}, "model is 'oracle', not one of"),
    ],
)
def test_a_wrong_config_is_one_line(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    folder = Folder(tmp_path / "x", "classifier", flowers(10), **change)
    done = folder.run("train")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_data_that_do_not_fit_are_one_line(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "x", "classifier", [*flowers(3), *messages()[:1]])
    done = folder.run("train")
    assert done.returncode == 2
    assert done.stderr == "data/train.jsonl:4: input must be a text, or an object of columns, like the rows before it\n"
    one = Folder(tmp_path / "y", "classifier", flowers(20)[::2])
    assert "only one label" in one.run("train").stderr
    assert "train first" in one.run("predict", "--inputs", "data/train.jsonl", "--out", "o").stderr
