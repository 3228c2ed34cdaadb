"""A training that writes nonsense into its metrics: every reader of them goes on, and quickly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.compute.folder import read_metrics
from nodes.record import record
from nodes.report_facts import gather
from nodes.report_known import book
from nodes.report_page import write_report
from nodes.tools.records import record_tools
from tests.injection.timely import soon
from tests.nodes.example_run import ExampleRun, collapsed_run
from tests.nodes.tool_desk import desk_at

NONSENSE = {
    "nested lists": "[" * 100_000,
    "nested objects": '{"a":' * 100_000,
    "a number of 5000 digits": '{"step": 1, "reward": 1' + "0" * 5_000 + "}",
    "a number no float holds": '{"step": 1, "reward": 1' + "0" * 400 + "}",
    "a step no float holds": '{"step": 1' + "0" * 400 + ', "reward": 1}',
    "steps that are none": '{"step": "x", "reward": 1}\n{"step": {}, "reward": 2}\n{"step": null, "reward": 3}\n{"step": [1], "reward": 4}',
    "a step of text": '{"step": "5", "reward": 1}',
    "values that no sum bears": "\n".join(f'{{"step": {step}, "reward": 1e308}}' for step in range(200, 230)),
    "a name for every line": "\n".join(f'{{"step": {step}, "k{step}": 1}}' for step in range(20_000)),
    "half a character": '{"step": 5, "\\ud800": 1, "reward": "\\ud800"}',
    "no objects": "null\n5\ntrue\n[]",
}
SECONDS = 30.0
"""Looking at twenty thousand names took minutes; now it takes one."""


@pytest.fixture
def run(home: Path) -> ExampleRun:
    return collapsed_run(home / "runs" / "adding")


@pytest.mark.slow
@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_in_the_metrics_stops_nobody(run: ExampleRun, what: str) -> None:
    place = run.workspace / "experiments" / "e07" / "attempts" / "1"
    with (place / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write(NONSENSE[what] + "\n")
    tools = {
        tool.name: tool
        for tool in record_tools(desk_at(run.workspace.parents[1], "diagnosis", "adding"), run.values)  # type: ignore[arg-type]
    }

    def look() -> None:
        for name, asked in (
            ("list_experiments", {}),
            ("metrics_summary", {"experiment": "e07"}),
            ("metrics_window", {"experiment": "e07", "names": ["reward"], "last": 10**400}),
        ):
            said = tools[name].run(tools[name].takes(**asked))
            assert "e07" in said or "reward" in said
        whole = record(run.workspace, run.values, [], "done")
        write_report(run.workspace, whole, run.values, run.values["goal"])
        assert book(gather(run.workspace, whole, run.values, run.values["goal"])).numbers
        assert read_metrics(place.parents[1])
        json.dumps(whole)

    soon(look, SECONDS)


@pytest.mark.slow
def test_metrics_without_end_fill_no_memory(run: ExampleRun) -> None:
    place = run.workspace / "experiments" / "e07" / "attempts" / "1"
    with (place / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.truncate(1 << 40)

    def look() -> None:
        assert read_metrics(place.parents[1])
        whole = record(run.workspace, run.values, [], "done")
        write_report(run.workspace, whole, run.values, run.values["goal"])
        assert book(gather(run.workspace, whole, run.values, run.values["goal"])).numbers

    soon(look, SECONDS)
