"""`postgrad diagnose`: one verdict, its exit code, and one object for a program."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from door import Door

Line = dict[str, Any]


def loss(steps: int = 100, *, sick_at: int = 1000, seed: int = 0) -> list[Line]:
    chance = random.Random(seed)
    low = [0.3 + 2 * math.exp(-i / 20) for i in range(1, steps + 1)]
    return [
        {"step": i, "train/loss": (v if i < sick_at else 4.0) * math.exp(chance.gauss(0, 0.05)),
         "train/learning_rate": 1e-4 if i < sick_at else 1e-2, "train/grad_norm": 1 + chance.random()}
        for i, v in enumerate(low, 1)
    ]  # fmt: skip


def write(place: Path, name: str, lines: list[Line]) -> str:
    (place / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return name


def test_a_healthy_stream_is_healthy(postgrad: Door) -> None:
    write(postgrad.cwd, "m.jsonl", loss())
    said = postgrad("diagnose", "m.jsonl", "--json")
    assert (said.code, said.err) == (0, "")
    answer = said.object
    assert (answer["verdict"], answer["steps"], answer["signals"], answer["causes"]) == ("healthy", 100, [], [])
    assert {c["result"] for c in answer["checks"]} == {"PASS", "NOT_RUN"}
    words = postgrad("diagnose", "m.jsonl")
    assert words.out.startswith("healthy: ")
    assert "not looked at" in words.out


def test_a_sick_stream_stops_and_says_why_and_what_to_try(postgrad: Door) -> None:
    write(postgrad.cwd, "m.jsonl", loss(sick_at=50))
    said = postgrad("diagnose", "m.jsonl", "--json", "--steps", "120")
    assert said.code == 1
    answer = said.object
    assert (answer["verdict"], answer["planned_steps"]) == ("stop", 120)
    signal = next(s for s in answer["signals"] if s["severity"] == "stop")
    assert signal.keys() == {"kind", "step", "severity", "evidence", "why"}
    assert signal["kind"] == "divergence"
    assert 50 <= signal["step"] <= 75
    assert {"metric", "window", "values", "threshold"} <= signal["evidence"].keys()
    first = answer["causes"][0]
    assert first.keys() == {"cause", "family", "score", "for", "against", "try"}
    assert first["cause"] == "learning_rate_too_high"
    assert any("learning rate went from 0.0001 to 0.01" in clue for clue in first["for"])
    assert first["try"][0].keys() == {"do", "change", "confirms"}
    words = postgrad("diagnose", "m.jsonl").out
    assert words.startswith("stop: divergence at step ")
    assert all(part in words for part in ("█", "^", "likeliest first", "try 1"))


def test_settings_make_the_change_concrete(postgrad: Door) -> None:
    write(postgrad.cwd, "m.jsonl", loss(sick_at=50))
    (postgrad.cwd / "c.json").write_text(json.dumps({"learning_rate": 1e-2, "max_grad_norm": 0, "max_steps": 100}))
    answer = postgrad("diagnose", "m.jsonl", "--config", "c.json", "--json").object
    assert answer["planned_steps"] == 100
    changes = {c["cause"]: [t["change"] for t in c["try"]] for c in answer["causes"]}
    assert {"learning_rate": 1e-3} in changes["learning_rate_too_high"]
    assert {"max_grad_norm": 1.0} in changes["loss_divergence"]


def test_a_clone_is_told_against_the_others(postgrad: Door) -> None:
    for name, seed in (("a.jsonl", 0), ("b.jsonl", 0), ("c.jsonl", 1)):
        write(postgrad.cwd, name, loss(seed=seed))
    said = postgrad("diagnose", "a.jsonl", "--against", "c.jsonl", "--against", "b.jsonl", "--json")
    assert (said.code, said.object["verdict"]) == (0, "warn")
    assert [(s["kind"], s["evidence"]["other"]) for s in said.object["signals"]] == [("cloned_curve", "b.jsonl")]
    assert said.object["causes"][0]["cause"] == "change_without_effect"
    other = postgrad("diagnose", "a.jsonl", "--against", "c.jsonl", "--json").object
    assert next(c["result"] for c in other["checks"] if c["name"] == "cloned_curve") == "PASS"


def test_the_log_says_what_the_metrics_cannot(postgrad: Door) -> None:
    write(postgrad.cwd, "m.jsonl", loss(40))
    (postgrad.cwd / "log.txt").write_text("step 40\ntorch.OutOfMemoryError: CUDA out of memory. Tried to allocate\n")
    said = postgrad("diagnose", "m.jsonl", "--log", "log.txt", "--steps", "100", "--json")
    assert said.code == 1
    assert said.object["signals"][0]["kind"] == "out_of_memory"
    assert said.object["causes"][0]["cause"] == "out_of_memory"
    assert "the stream ends at step 40 of 100" in said.object["notes"]


@pytest.mark.parametrize(
    ("text", "more", "says"),
    [
        ("", [], "empty"),
        ('{"step": 1, "note": "x"}\n', [], "no metric"),
        ("nonsense\n", [], "line 1: not JSON"),
        ('{"step": 1, "loss": 1}\n', ["--steps", "0"], "--steps must be at least 1"),
        ('{"step": 1, "loss": 1}\n', ["--config", "none.json"], "none.json"),
        ('{"step": 1, "loss": 1}\n', ["--against", "none.jsonl"], "none.jsonl"),
    ],
)
def test_what_cannot_be_read_is_no_health(postgrad: Door, text: str, more: list[str], says: str) -> None:
    (postgrad.cwd / "m.jsonl").write_text(text)
    said = postgrad("diagnose", "m.jsonl", "--json", *more)
    assert (said.code, said.object["exit_code"]) == (2, 2)
    assert says in said.object["error"]
    assert len(said.err.strip().splitlines()) == 1


def test_nothing_but_lost_numbers_stops(postgrad: Door) -> None:
    write(postgrad.cwd, "m.jsonl", [{"step": i, "loss": "NaN"} for i in range(5)])
    said = postgrad("diagnose", "m.jsonl", "--json")
    assert (said.code, [s["kind"] for s in said.object["signals"]]) == (1, ["nan"])


def test_one_line_is_a_clear_answer(postgrad: Door) -> None:
    write(postgrad.cwd, "m.jsonl", [{"step": 1, "loss": 2.0}])
    answer = postgrad("diagnose", "m.jsonl", "--json").object
    assert answer["verdict"] == "healthy"
    why = {c["name"]: c["why"] for c in answer["checks"] if c["result"] == "NOT_RUN"}
    assert "only 1 logs" in why["divergence"]


def test_nothing_to_look_at_is_no_health(postgrad: Door) -> None:
    (postgrad.cwd / "m.csv").write_text("step,loss\n1,0.1\n2,0.2\n")
    (postgrad.cwd / "n.csv").write_text("step,accuracy_of_something\n" + "".join(f"{i},0.{i}\n" for i in range(1, 9)))
    for name in ("m.csv", "n.csv"):
        said = postgrad("diagnose", name)
        assert said.code == 2 or "few" in said.out, said.out


def test_decimal_commas_are_numbers(postgrad: Door) -> None:
    rows = [f"{i};{str(round(2 * 0.95**i, 6)).replace('.', ',')}\n" for i in range(1, 60)]
    (postgrad.cwd / "m.csv").write_text("step;loss\n" + "".join(rows))
    said = postgrad("diagnose", "m.csv", "--json")
    assert (said.code, said.object["verdict"], said.object["steps"]) == (0, "healthy", 59)


def test_a_folder_says_which_file_was_read(postgrad: Door) -> None:
    (postgrad.cwd / "run").mkdir()
    write(postgrad.cwd / "run", "metrics.jsonl", loss())
    assert any("metrics.jsonl" in note for note in postgrad("diagnose", "run", "--json").object["notes"])
