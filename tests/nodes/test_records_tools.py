"""Tools over a run's records: what they tell, and that nothing sealed, linked, secret or outside is ever told."""

from __future__ import annotations

import json
import os
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.model.tool import LONGEST, Tool
from nodes.desk import Desk
from nodes.tools.records import record_tools
from nodes.tools.records_files import Records, scrubbed
from nodes.tools.records_metrics import summary, window
from state.errors import PostgradError, UserError
from tests.nodes.example_run import ExampleRun, collapsed_run, score
from tests.nodes.tool_desk import desk_at

CANARY = "CANARY-of-the-seal"
PIECES = ("train.py", "run.py", "config.json", "experiment.json", "lock")


@pytest.fixture
def run(home: Path) -> ExampleRun:
    made = collapsed_run(home / "runs" / "adding")
    for side, names in {
        "sealed": ("validation_answers", "sealed_answers", "looks"),
        "data": ("sealed_inputs", "card"),
    }.items():
        for below in ("", "abcdef012345/"):
            for name in names:
                path = made.workspace / side / below / f"{name}.jsonl"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{CANARY} {name}\n", encoding="utf-8")
    folder = made.workspace / "experiments" / "e02"
    (folder / "train.py").write_text("LR = 0.015\n", encoding="utf-8")
    (made.workspace / "experiments" / "e01" / "train.py").write_text("LR = 0.0003\n", encoding="utf-8")
    (folder / "attempts" / "1" / "log.txt").write_text(
        "".join(f"line {n}\n" for n in range(4_000)) + "ValueError: the end\n"
    )
    (folder / "predictions-sealed.jsonl").write_text(CANARY, encoding="utf-8")
    for hidden in ("predict-sealed-1", "control-predict-1", "reproduce-1"):
        (folder / "attempts" / hidden).mkdir()
        (folder / "attempts" / hidden / "log.txt").write_text(CANARY, encoding="utf-8")
    return made


def desk_of(run: ExampleRun, stage: str = "diagnosis") -> Desk:
    return desk_at(run.workspace.parent.parent, stage, run.workspace.name)


def tools_of_run(run: ExampleRun, stage: str = "diagnosis") -> dict[str, Tool]:
    return {tool.name: tool for tool in record_tools(desk_of(run, stage), run.values)}  # type: ignore[arg-type]


def use(tools: dict[str, Tool], tool_name: str, /, **arguments: Any) -> str:
    said = tools[tool_name].run(tools[tool_name].takes.model_validate(arguments))
    assert len(said) <= LONGEST
    return said


def everything(tools: dict[str, Tool], experiment: str) -> str:
    """All that can be had about an experiment, every page of it."""
    told: list[str] = []
    tables = tools["run_table"].takes.model_json_schema()["properties"]["table"]
    names = tables.get("enum") or [each for part in tables["anyOf"] for each in part["enum"]]
    asked: list[tuple[str, dict[str, Any]]] = [
        ("list_experiments", {}),
        ("metrics_summary", {"experiment": experiment}),
    ]
    asked += [("run_table", {"table": name}) for name in names]
    asked += [("read_reading", {"part": part}) for part in ("recipes", "claims", "papers", "sources", "lessons")]
    asked += [
        ("experiment_files", {"experiment": experiment, "show": show})
        for show in ("script", "config", "script_diff", "config_diff", "about")
    ]
    asked += [
        ("read_log", {"experiment": experiment, "job": job})
        for job in ("", "1", "predict-sealed-1", "control-predict-1", "reproduce-1")
    ]
    for name, arguments in asked:
        try:
            told.append(use(tools, name, **arguments))
        except PostgradError as wrong:
            assert "\n" not in str(wrong)
            told.append(str(wrong))
    return "\n".join(told)


def test_curves_are_told_in_numbers_up_to_the_first_alarm(run: ExampleRun) -> None:
    said = use(tools_of_run(run), "metrics_summary", experiment="e02")
    assert "up to its first alarm at step 13" in said
    reward = next(line for line in said.splitlines() if line.startswith("reward |"))
    assert reward.split(" | ")[1] == "13"  # the six logs after the alarm are no evidence
    lost = next(line for line in said.splitlines() if line.startswith("supervised/loss"))
    assert "@-3" in lost
    assert "grad_norm" not in said  # it never was a number


def test_a_metric_that_is_lost_says_where() -> None:
    rows = [{"step": n, "loss": 1.0 - n / 10 if n < 5 else float("nan")} for n in range(8)]
    found = summary(rows, "loss")
    assert found is not None
    assert (found.first, found.last, found.lost_at, found.logged) == ((0, 1.0), (4, 0.6), 5, 5)
    assert found.slope == pytest.approx(-0.1)
    assert summary([{"step": 1, "kind": "x", "flag": True}], "flag") is None


def test_a_window_keeps_its_ends_and_says_what_it_left_out(run: ExampleRun) -> None:
    rows = [{"step": n, "loss": n} for n in range(1000)]
    shown, there = window(rows, 10, 900, 60)
    assert (shown[0]["step"], shown[-1]["step"], len(shown), there) == (10, 900, 60, 891)
    said = use(tools_of_run(run), "metrics_window", experiment="e03", names=["reward", "entropy"], first=5, last=8)
    assert [line.split(" | ")[0] for line in said.splitlines()[2:]] == ["5", "6", "7", "8"]
    with pytest.raises(UserError, match="logged no nonsense; it logged"):
        use(tools_of_run(run), "metrics_window", experiment="e03", names=["nonsense"])


def test_a_log_is_read_from_its_end_and_every_page_can_be_had(run: ExampleRun) -> None:
    tools = tools_of_run(run)
    last = use(tools, "read_log", experiment="e02")
    assert "ValueError: the end" in last
    pages = int(last.rsplit(" of ", 1)[1].rstrip("]"))
    whole = "\n".join(use(tools, "read_log", experiment="e02", page=n) for n in range(1, pages + 1))
    assert all(f"line {n}\n" in whole + "\n" for n in range(4_000))
    with pytest.raises(UserError, match="has no log of 'predict-sealed-1'; it has logs of 1"):
        use(tools, "read_log", experiment="e02", job="predict-sealed-1")


def test_a_script_and_its_difference_from_the_parent(run: ExampleRun) -> None:
    tools = tools_of_run(run)
    assert use(tools, "experiment_files", experiment="e02", show="script").startswith("LR = 0.015")
    difference = use(tools, "experiment_files", experiment="e02", show="script_diff")
    assert "-LR = 0.0003\n+LR = 0.015" in difference
    assert "no parent" in use(tools, "experiment_files", experiment="e01", show="config_diff")


def test_tables_notes_and_reading(run: ExampleRun) -> None:
    (run.workspace / "tell.jsonl").write_text(json.dumps({"t": 1, "text": "try beta first"}) + "\n")
    lessons = run.workspace.parent.parent / "lessons.jsonl"
    lessons.write_text('{"run": "adding", "why": "mine"}\n{"run": "earlier", "why": "theirs"}\n')
    run.values["reading"] = {"recipes": [{"paper": "arxiv:2402.03300", "result": "51.7 on MATH"}]}
    tools = tools_of_run(run)
    assert "try beta first" in use(tools, "run_table", table="notes")
    assert "51.7 on MATH" in use(tools, "read_reading", part="recipes")
    said = use(tools, "read_reading", part="lessons")
    assert "theirs" in said
    assert "mine" not in said
    assert '"ids": ["t3"]' in use(tools, "run_table", table="findings")
    assert '"validation": 0.705' in use(tools, "list_experiments")
    assert "learning_rate_too_high" in use(tools, "run_table", table="diagnoses")


def test_scores_on_sealed_rows_are_for_the_report_alone(run: ExampleRun) -> None:
    examined = run.values["examination"]["score"]["value"]
    run.stage("examination", ("score", {"experiment": "e07", "score": {**score(0.123456, 600), "split": "sealed"}}))
    assert "0.123456" not in everything(tools_of_run(run, "planning"), "e07")
    for stage in ("planning", "diagnosis"):
        assert "examination" not in str(tools_of_run(run, stage)["run_table"].takes.model_json_schema())
    assert str(examined)[:6] in use(tools_of_run(run, "report"), "run_table", table="examination")


def test_no_tool_writes_or_reaches(run: ExampleRun) -> None:
    before = {p: p.read_bytes() for p in sorted(run.workspace.rglob("*")) if p.is_file()}
    for stage in ("planning", "diagnosis", "report"):
        tools = tools_of_run(run, stage)
        assert not any(t.writes or t.reaches for t in tools.values())
        everything(tools, "e02")
    assert {p: p.read_bytes() for p in sorted(run.workspace.rglob("*")) if p.is_file()} == before


def test_nothing_sealed_is_told(run: ExampleRun) -> None:
    for stage in ("planning", "diagnosis", "report"):
        told = everything(tools_of_run(run, stage), "e02")
        assert CANARY not in told
        assert "LR = 0.015" in told  # the check can fail: what may be told was told


HOSTILE = [
    "..", "../sealed", "../../sealed/sealed_answers.jsonl", "e02/../../sealed", "/etc/passwd", "sealed", "../sealed/looks.jsonl",
    "e02/attempts/predict-sealed-1", "predict-sealed-1", "predict-sealed-1\0", "1/../predict-sealed-1", "./1", "controls", "~", "e02\n",
    "..%2fsealed", "ｅ02", "rehearsal ../../sealed", "experiments/e02", "file:///etc/passwd",
]  # fmt: skip
PARTS = [
    "..", ".", "sealed", "data", "experiments", "e02", "attempts", "1", "predict-sealed-1", "sealed_answers.jsonl", "log.txt", "", "~", "/",
]  # fmt: skip
PATHS = st.one_of(
    st.sampled_from(HOSTILE),
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=6).map("/".join),
    st.text(string.printable, max_size=30),
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=PATHS, job=PATHS, name=PATHS)
def test_no_words_lead_to_what_is_sealed(run: ExampleRun, where: str, job: str, name: str) -> None:
    tools = tools_of_run(run, "report")
    for experiment in (where, "e02"):
        asked: list[tuple[str, dict[str, Any]]] = [
            ("metrics_summary", {"experiment": experiment, "attempt": job}),
            ("metrics_window", {"experiment": experiment, "names": [name], "attempt": job}),
            ("read_log", {"experiment": experiment, "job": job}),
            *(
                ("experiment_files", {"experiment": experiment, "show": show})
                for show in ("script", "config_diff", "about")
            ),
        ]
        for tool, arguments in asked:
            try:
                said = use(tools, tool, **arguments)
            except PostgradError as wrong:
                said = str(wrong)
            assert CANARY not in said
            assert "root:" not in said


@pytest.mark.parametrize("piece", [*PIECES, "attempts/1/log.txt", "attempts/1/metrics.jsonl", "attempts/1/status.json"])
@pytest.mark.parametrize("kind", ["file", "folder", "pipe"])
def test_a_link_that_an_experiment_left_behind_is_not_followed(run: ExampleRun, piece: str, kind: str) -> None:
    """A training writes in its folder: it could leave links there for us to stumble into."""
    path = run.workspace / "experiments" / "e02" / piece
    path.unlink(missing_ok=True)
    sealed = run.workspace / "sealed"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(sealed / "sealed_answers.jsonl" if kind == "file" else sealed)
    records = Records(run.workspace)
    with pytest.raises(UserError, match="is not read"):
        if piece in PIECES:
            records.piece("e02", piece)
        elif piece.endswith("log.txt"):
            records.logs("e02")
        elif piece.endswith("metrics.jsonl"):
            records.metrics("e02")
        else:
            records.status("e02")
    assert CANARY not in everything(tools_of_run(run), "e02")


@pytest.mark.parametrize("folder", ["experiments/e99", "experiments/e02/attempts/7", "rehearsals/e02-0011aabb"])
def test_a_linked_folder_is_none(run: ExampleRun, folder: str) -> None:
    path = run.workspace / folder
    path.parent.mkdir(exist_ok=True)
    target = run.workspace / "experiments" / "e02" / "attempts" / "predict-sealed-1"
    path.symlink_to(target, target_is_directory=True)
    records = Records(run.workspace)
    assert "e99" not in records.experiments()
    assert "7" not in records.attempts("e02")
    assert CANARY not in everything(tools_of_run(run), "e02")


def test_secrets_are_not_told(run: ExampleRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SERVICE_TOKEN", "a-value-nobody-may-see")
    log = run.workspace / "experiments" / "e02" / "attempts" / "1" / "log.txt"
    log.write_text("token a-value-nobody-may-see and hf_abcdefghijklmnopqrstuv and sk-proj-0123456789abcdefghij\n")
    said = use(tools_of_run(run), "read_log", experiment="e02")
    assert "a-value-nobody-may-see" not in said
    assert "hf_abcdef" not in said
    assert "sk-proj" not in said
    assert scrubbed("task sk-1 hf_x plain words") == "task sk-1 hf_x plain words"


def test_an_empty_run_answers_too(home: Path) -> None:
    desk = desk_at(home, "planning")
    tools = {t.name: t for t in record_tools(replace(desk), {})}
    assert use(tools, "list_experiments") == "No experiment was planned yet."
    with pytest.raises(UserError, match="there is none yet"):
        use(tools, "read_log", experiment="e001")
