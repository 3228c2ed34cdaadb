"""A brief is read as YAML 1.2 or JSON, and whatever is wrong with it is one line with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.brief_file import load_brief, make_brief
from state.brief_rules import KEYS, duration
from state.errors import UserError


def read(folder: Path, text: str) -> Any:
    path = folder / "brief.yaml"
    path.write_text(text)
    return load_brief(path)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(UserError) as wrong:
        read(folder, text)
    said = str(wrong.value)
    assert "\n" not in said
    assert said.startswith(str(folder / "brief.yaml"))
    return said.removeprefix(str(folder))


def test_numbers_words_and_durations_are_what_they_look_like(tmp_path: Path) -> None:
    brief = read(tmp_path, "task: add\nmethod: no\nstart: {learning_rate: 3e-4, reward: on}\nlimits: {time: 30m}\n")
    assert brief.method == "no"
    assert brief.start == {"learning_rate": 0.0003, "reward": "on"}
    assert brief.limits.time == 1800
    assert brief.seeds == 3


def test_json_reads_the_same(tmp_path: Path) -> None:
    keys = {
        "task": "add",
        "data": "addition",
        "metric": "exact_match",
        "target": 0.5,
        "start": {"steps": 40},
        "seeds": 5,
    }
    from_json = read(tmp_path, json.dumps(keys))
    assert from_json.start == {"steps": 40}
    assert (from_json.target, from_json.seeds) == (0.5, 5)
    assert make_brief(keys).to_json() | {"where": ""} == from_json.to_json() | {"where": ""}


def test_every_key_of_a_brief_is_taken(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    values = {
        "task": "t", "data": "rows.csv", "base_model": "owner/name", "method": "sft", "metric": "mse", "direction": "minimize",
        "target": 3.5, "baseline": 9, "start": {}, "claim": "c", "paper": "2402.03300", "limits": {}, "seeds": 2,
        "sources": ["library", "arxiv"],
    }  # fmt: skip
    assert tuple(values) == tuple(KEYS)
    brief = read(tmp_path, json.dumps(values))
    assert brief.data == str((tmp_path / "rows.csv").resolve())
    assert brief.target == 3.5
    assert brief.sources == ["library", "arxiv"]


def test_sources_are_words_or_a_list_of_those_there_are(tmp_path: Path) -> None:
    assert read(tmp_path, "task: t\nsources: library, hf\n").sources == ["library", "hf"]
    with pytest.raises(UserError, match="sources is 'google'; name some of library, arxiv, hf, semantic"):
        read(tmp_path, "task: t\nsources: google\n")


def test_a_date_stays_text(tmp_path: Path) -> None:
    assert read(tmp_path, "task: t\nstart: {since: 2026-01-31}\n").start == {"since": "2026-01-31"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("task: a\ntask: b\n", '/brief.yaml:2: not readable as YAML or JSON: this key stands here twice: "task"'),
        ("task: a\nstart:\n  x: 1\n  x: 2\n", "/brief.yaml:4:"),
        ("task: a\nmetrc: accuracy\n", "/brief.yaml:2: unknown key metrc; did you mean metric?"),
        ("task: a\nlimits:\n  tme: 3\n", "/brief.yaml:3: unknown key limits.tme; did you mean limits.time?"),
        ("task: a\neffort: quick\n", "/brief.yaml:2: unknown key effort"),
        ("- a\n", "/brief.yaml: a brief is a mapping"),
        ("", "/brief.yaml: a brief is a mapping"),
        ("data: wine\n", "/brief.yaml: the brief has no task"),
        ("task: '  '\n", "/brief.yaml:1: the brief has no task"),
        ("task: 3\n", "/brief.yaml:1: task is 3, not text; put it in quotes"),
        ("task: a\npaper: 2402.03300\n", "/brief.yaml:2: paper is 2402.033, not text; put it in quotes"),
        ("task: [a\nb: 2\n", "/brief.yaml:2: not readable"),
        ("task: !!python/object:os.system x\n", "/brief.yaml:1: not readable"),
        ("task: a\nstart: {1: 2}\n", "/brief.yaml: start: the key 1 is not a word"),
        ("task: a\nstart: &loop [*loop]\n", "/brief.yaml: it refers to itself"),
        ("task: a\nstart: 4\n", "/brief.yaml:2: start is 4; it holds keys of its own"),
        ("task: a\ntarget: .inf\n", "/brief.yaml: target: inf is no usable number"),
        ("task: a\ntarget: '0.9'\n", "/brief.yaml:2: target is '0.9', not a number"),
        ("task: a\ntarget: 94%\n", "/brief.yaml:2: target is '94%', not a number; write 0.94"),
        ("task: a\nmetric: accuracy\ntarget: 94\n", "/brief.yaml:3: target is 94, but accuracy is a fraction; write 0.94"),
        ("task: a\nmetric: accuracy\nbaseline: -1\n", "/brief.yaml:3: baseline is -1, but accuracy is a fraction"),
        ("task: a\ntarget: 94\n", "/brief.yaml:2: target is 94 of what?"),
        ("task: a\nmetric: accuracy\ndirection: minimize\n", "/brief.yaml:3: direction minimize contradicts"),
        ("task: a\nmetric: mse\ndirection: maximize\n", "/brief.yaml:3: direction maximize contradicts"),
        ("task: a\ndirection: up\n", "/brief.yaml:2: direction is 'up'; write maximize or minimize"),
        ("task: a\nlimits: {time: 1m, job_time: 2m}\n", "/brief.yaml:2: limits contradict each other"),
        ("task: a\nlimits: {time: 0}\n", "/brief.yaml:2: limits.time is 0; it must be more than 0"),
        ("task: a\nlimits: {time: soon}\n", "/brief.yaml:2: limits.time is 'soon'; write a duration"),
        ("task: a\nlimits: {budget: -1}\n", "/brief.yaml:2: limits.budget is -1; it must be 0 or more"),
        ("task: a\nlimits: {arms: 0}\n", "/brief.yaml:2: limits.arms is 0"),
        ("task: a\nlimits: {batches: 1.5}\n", "/brief.yaml:2: limits.batches is 1.5; write a whole number"),
        ("task: a\nseeds: 0\n", "/brief.yaml:2: seeds is 0"),
        ("task: a\nseeds: true\n", "/brief.yaml:2: seeds is True"),
        ("task: a\ndata: rows.csv\n", "/brief.yaml:2: data rows.csv does not exist"),
        ("task: a\ndata: ./rows\n", "/brief.yaml:2: data ./rows does not exist"),
        ("task: a\ndata: two words\n", "/brief.yaml:2: data is 'two words'"),
        ("task: a\npaper: paper.pdf\n", "/brief.yaml:2: paper paper.pdf does not exist"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert refused(tmp_path, text).startswith(said)


def test_a_brief_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no brief at"):
        load_brief(tmp_path / "none.yaml")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not text in UTF-8"):
        load_brief(tmp_path / "b.yaml")
    with pytest.raises(UserError, match="can't read the brief"):
        load_brief(tmp_path)


def test_data_is_a_file_a_word_or_a_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / "rows.csv").write_text("a\n")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "rows.jsonl").write_text("{}\n")
    monkeypatch.chdir(tmp_path / "here")
    assert read(tmp_path / "near", "task: a\ndata: rows.csv\n").data == str(tmp_path / "near" / "rows.csv")
    assert read(tmp_path / "near", "task: a\ndata: rows.jsonl\n").data == str(tmp_path / "here" / "rows.jsonl")
    assert read(tmp_path / "near", "task: a\ndata: addition\n").data == "addition"
    assert read(tmp_path / "near", "task: a\ndata: openai/gsm8k\n").data == "openai/gsm8k"


def test_overrides_reach_into_the_brief() -> None:
    brief = make_brief(
        {"task": "t", "start": {"learning_rate": 1.0}},
        overrides=["start.learning_rate=3e-4", "start.reward=no", "limits.time=2h", "metric=accuracy", "task=3"],
    )
    assert brief.start == {"learning_rate": 0.0003, "reward": "no"}
    assert (brief.limits.time, brief.metric, brief.task) == (7200, "accuracy", "3")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("start", "--set start: write KEY=VALUE"),
        ("=3", "--set =3: write KEY=VALUE"),
        ("start..x=3", "--set start..x=3: write KEY=VALUE"),
        ("strt.x=3", "--set strt.x=3: unknown key strt; did you mean start?"),
        ("task.x=3", "--set task.x=3: task is 't', it has no keys of its own"),
        ("limits.time=-1", "--set limits.time=-1: limits.time is -1; it must be more than 0"),
        ("start.x=[1", "--set start.x:1: not readable"),
    ],
)
def test_a_wrong_override_is_named(override: str, said: str) -> None:
    with pytest.raises(UserError) as wrong:
        make_brief({"task": "t"}, overrides=[override])
    assert str(wrong.value).startswith(said)


def test_the_command_line_wins_over_the_brief_and_the_brief_over_the_defaults() -> None:
    raw = {"task": "t", "limits": {"time": "1h", "arms": 4}}
    brief = make_brief(raw, time=60.0, budget=2.0, effort="deep", seed=7, defaults={"arms": 2, "job_time": "10m"})
    assert (brief.limits.time, brief.limits.budget, brief.limits.arms) == (60, 2, 4)
    assert brief.limits.job_time == 60, "a default never contradicts what a person wrote"
    assert (brief.effort, brief.seed) == ("deep", 7)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_durations_add_up(hours: int, minutes: int, seconds: int) -> None:
    assert duration(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds
    assert duration(f"{hours}h {minutes}m") == hours * 3600 + minutes * 60
    assert duration(seconds) == seconds == duration(str(seconds))


@given(st.text(max_size=12))
def test_no_text_breaks_the_reading_of_durations(text: str) -> None:
    found = duration(text)
    assert found is None or found >= 0


plain = (
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)


@given(
    st.dictionaries(
        st.sampled_from([*KEYS, "odd"]), plain | st.dictionaries(st.text(max_size=5), plain, max_size=3), max_size=5
    )
)
def test_any_keys_give_a_brief_or_one_line(keys: dict[str, Any]) -> None:
    try:
        make_brief(keys, where="brief.yaml")
    except UserError as wrong:
        assert "\n" not in str(wrong)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_set_is_the_number_kept(value: float) -> None:
    assert make_brief({"task": "t"}, overrides=[f"start.x={value!r}"]).start["x"] == value
