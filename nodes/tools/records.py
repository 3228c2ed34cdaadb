"""Tools that read a run's own records: curves in numbers, logs, scripts, tables, what was read, what the person said.

They write nothing, ask no host, take names and never paths, and show nothing of what is sealed: sealed rows and their answers
to nobody, scores on them to the report alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from lab.model.tool import Tool
from nodes.tools import records_words as say
from nodes.tools.records_files import Records
from nodes.tools.records_tables import Tables

if TYPE_CHECKING:
    from nodes.desk import Desk
    from state.notebook import Notebook

OpenTable = Literal[
    "goal",
    "tried",
    "batches",
    "scores",
    "arms",
    "signals",
    "diagnoses",
    "ruled_out",
    "findings",
    "notes",
    "decisions",
    "cost",
]
ClosedTable = Literal["examination", "checks", "reproduction", "ending"]
"""What came of opening the seal: only a report may speak of it, lest the search be steered by it."""
ReadingPart = Literal["recipes", "claims", "papers", "sources", "lessons"]
SEES_ENDS = ("report",)
MOST_NAMES = 6


class Takes(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ListExperiments(Takes):
    page: int = Field(1, ge=1)


class MetricsSummary(Takes):
    experiment: str = Field(description="such as e002")
    attempt: str = Field("", description="a training's number; the last one if empty")
    like: str = Field("", description="only metrics whose name holds this")


class MetricsWindow(Takes):
    experiment: str
    names: list[str] = Field(min_length=1, max_length=MOST_NAMES, description="metrics, as metrics_summary names them")
    first: int = Field(0, description="from this step")
    last: int = Field(10**9, description="up to this step")
    attempt: str = ""


class ReadLog(Takes):
    experiment: str
    job: str = Field("", description="a job as it is listed; the last training if empty")
    page: int = Field(0, ge=0, description="0 for the last page, where an error stands")


class ExperimentFiles(Takes):
    experiment: str
    show: Literal["script", "config", "script_diff", "config_diff", "about"] = Field(
        description="diffs are against its parent"
    )
    page: int = Field(1, ge=1)


class RunTable(Takes):
    table: OpenTable
    page: int = Field(1, ge=1)


class ReportTable(Takes):
    table: OpenTable | ClosedTable
    page: int = Field(1, ge=1)


class ReadReading(Takes):
    part: ReadingPart
    page: int = Field(1, ge=1)


def record_tools(desk: Desk, state: Notebook) -> list[Tool]:
    """What planning, diagnosis and the report may look at."""
    records = Records(desk.workspace)
    tables = Tables(records, state, desk.home / "lessons.jsonl", ends=desk.stage in SEES_ENDS)
    sees = ReportTable if tables.ends else RunTable
    named = ", ".join(get_args(OpenTable) + (get_args(ClosedTable) if tables.ends else ()))
    made: list[tuple[str, str, type[BaseModel], Callable[[Any], str]]] = [
        ("list_experiments", "All experiments: parent, purpose, the one change, state, steps, validation score.",
         ListExperiments, partial(say.experiments, tables)),
        ("metrics_summary", "Each metric a training logged: first, last, lowest, highest (with steps), slope over the last half, "
         "where it was lost to NaN. What a sick training logged after its first alarm is left out.",
         MetricsSummary, partial(say.metrics, tables)),
        ("metrics_window", "Values of some metrics by step, for a part of a training.", MetricsWindow, partial(say.window, tables)),
        ("read_log", "The output of a training, its rehearsal or its prediction for validation, a page at a time, the last first.",
         ReadLog, partial(say.log, records)),
        ("experiment_files", "An experiment's script, config or plan, or what differs from its parent.",
         ExperimentFiles, partial(say.files, records)),
        ("run_table", f"Tables that code made: {named}.", sees, partial(say.table, tables)),
        ("read_reading", "What was found in the literature, and lessons of other runs.", ReadReading, partial(say.reading, tables)),
    ]  # fmt: skip
    return [Tool(name, about, takes, run) for name, about, takes, run in made]
