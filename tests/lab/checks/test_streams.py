"""Metric files of every kind are read alike, and a bad one is told in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from made_streams import policy, supervised

from lab.checks.detectors import detect
from lab.checks.streams import read_stream
from state.errors import UserError


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_jsonl_trainer_state_and_csv_say_the_same(tmp_path: Path) -> None:
    lines = [line for line in supervised(0, sick_at=80, kind="diverges") if "loss" in line]
    jsonl = write(tmp_path / "metrics.jsonl", lines)
    state = tmp_path / "trainer_state.json"
    state.write_text(json.dumps({"max_steps": 250, "log_history": lines, "global_step": 200}, indent=2))
    table = tmp_path / "metrics.csv"
    names = list(lines[0])
    table.write_text("\n".join([",".join(names), *(",".join(str(line[n]) for n in names) for line in lines)]))
    read = [read_stream(path) for path in (jsonl, state, table)]
    assert [s.planned_steps for s in read] == [None, 250, None]
    assert {s.last_step for s in read} == {200}
    assert len({json.dumps([s.model_dump(mode="json") for s in detect(r.lines, "e", 200)]) for r in read}) == 1


def test_the_newest_checkpoint_of_a_folder_is_read(tmp_path: Path) -> None:
    for step in (9, 10):
        (tmp_path / f"checkpoint-{step}").mkdir()
        state = {"max_steps": 20, "log_history": [{"step": i, "loss": 1.0} for i in range(1, step + 1)]}
        (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(json.dumps(state))
    assert read_stream(tmp_path).last_step == 10


TRACKIO = """
import json, os, sys, trackio
for name in ("old", "new"):
    trackio.init(project="nose", name=name, embed=False, auto_log_gpu=False)
    for line in json.load(open(sys.argv[1])):
        step = line.pop("step")
        trackio.log({f"train/{k}": v for k, v in line.items()} | {"train/global_step": step}, step=step)
    trackio.finish()
"""


@pytest.mark.slow
def test_a_trackio_project_is_read_without_trackio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line for line in policy(0, 40, sick_at=5, kind="collapse") if line["step"]]
    given = tmp_path / "lines.json"
    given.write_text(json.dumps(lines))
    home = tmp_path / "trackio"
    env = {**os.environ, "TRACKIO_DIR": str(home), "TRACKIO_LOG_LEVEL": "error", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", TRACKIO, str(given)], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    monkeypatch.setenv("TRACKIO_DIR", str(home))
    for place in (Path("nose"), home / "nose.db", home):
        stream = read_stream(place)
        assert stream.last_step == 40
        assert "new" in stream.notes[0]
        assert [s.kind for s in detect(stream.lines, "e", 40)] == [s.kind for s in detect(lines, "e", 40)]
    assert read_stream(Path("nose"), run="old").notes == ()
    with pytest.raises(UserError, match="no run third; there are old, new"):
        read_stream(Path("nose"), run="third")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.jsonl", "", "empty"),
        ("a.jsonl", "\n \n", "empty"),
        ("a.jsonl", '{"step": 1, "loss": 2}\nnonsense\n{"step": 2, "loss": 1}\n', "line 2: not JSON"),
        ("a.jsonl", "[1, 2]\n", "line 1: a list"),
        ("a.jsonl", '{"step": 1, "note": "hello"}\n', "no metric"),
        ("a.json", '{\n "best": 1\n}', "no log_history"),
        ("a.json", "{\n nonsense", "not JSON"),
        ("a.csv", "step,loss\n", "only a head line"),
        ("a.csv", "step,loss\n1,2\n3\n", "line 3: 1 cells"),
        ("a.db", "not a base", "not a trackio project"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(tmp_path: Path, name: str, text: str, says: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UserError, match=says) as told:
        read_stream(path)
    assert "\n" not in str(told.value)
    assert str(path) in str(told.value)


def test_other_bytes_than_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"loss": 1}\n\xff\xfa\x80')
    with pytest.raises(UserError, match="not utf-8"):
        read_stream(path)
    with pytest.raises(UserError, match="no such file"):
        read_stream(tmp_path / "none.jsonl")
    with pytest.raises(UserError, match="name the file"):
        read_stream(tmp_path)


def test_a_line_that_was_cut_off_is_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"step": 1, "loss": 2}\n{"step": 2, "lo')
    stream = read_stream(path)
    assert (len(stream.lines), stream.last_step) == (1, 1)
    assert "cut off" in stream.notes[0]


def test_lines_out_of_order_are_put_in_order_and_a_resume_is_not(tmp_path: Path) -> None:
    lines = [{"step": i, "loss": 1.0 / i} for i in range(1, 31)]
    back = read_stream(write(tmp_path / "back.jsonl", lines[::-1]))
    assert [line["step"] for line in back.lines] == list(range(1, 31))
    assert "in order" in back.notes[0]
    resumed = read_stream(write(tmp_path / "resumed.jsonl", lines[:20] + lines[10:]))
    assert len(resumed.lines) == 40
    assert "resume" in resumed.notes[0]


def test_lines_without_steps_are_counted_and_the_final_summary_is_no_loss(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [{"loss": 2.0}, {"loss": 1.0}, {"train_runtime": 3.0, "train_loss": 1.5}]
    stream = read_stream(write(tmp_path / "a.jsonl", lines))
    assert [line["step"] for line in stream.lines] == [1, 2, 3]
    assert "loss" not in stream.lines[2]
    assert "no steps" in stream.notes[0]
