"""Tools of the curation stage: write, edit, read and run a data script, look at raw rows, look over the result.

They write to the folder of a data script and nowhere else, and start that script and nothing else; limits are the code's.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lab.checks.data_checks import audit_rows
from lab.data.files import read_file
from lab.data.split import split
from lab.hub.columns import columns_of, repeats
from lab.hub.words import rows_as_lines
from lab.model.tool import Tool
from nodes.curation_result import ScriptFailed
from nodes.curation_script import SECONDS, Workshop
from nodes.curation_source import DataChoice, read_all
from state.words import Split

ROWS, CELLS = 20, 8_000
"""Rows of one page at most, and characters shared among its cells."""
FINDINGS = 12


class _Takes(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WriteScript(_Takes):
    name: str = Field(description="small letters, digits, dashes")
    source: str = Field(description="what it reads: a Hub id, a built-in, or the data the task names")
    config: str = ""
    split: str = ""
    script: str = Field(description="Python: reads the files in in/, writes out/rows.jsonl, one JSON object a line")


class EditScript(_Takes):
    name: str
    old: str = Field(description="a passage that stands there once")
    new: str


class Named(_Takes):
    name: str


class Page(_Takes):
    name: str = Field("", description="a data script: shows what it wrote; empty: shows a source as it came")
    source: str = ""
    config: str = ""
    split: str = ""
    start: int = Field(0, ge=0)
    count: int = Field(5, ge=1, le=ROWS)


ABOUT = {
    "write_data_script": "Write a data script in a folder of its own, with the raw files of one source in its in/. "
    "Only where rows have to be reshaped; columns that fit need none. Says which files there are.",
    "edit_data_script": "Replace one passage of a data script; answers with the difference.",
    "read_data_script": "The text of a data script.",
    "run_data_script": f"Run it in the sandbox: no network, {SECONDS:.0f} seconds. Says rows in and out and columns, "
    "or what went wrong and where.",
    "raw_rows": "Rows as a source holds them, or as a data script wrote them.",
    "audit_table": "What the audit finds in the table that a choice would make: kind, classes, empty and repeated rows, imbalance, leaks.",
}


def curating_tools(workshop: Workshop) -> list[Tool]:
    """For the stage that chooses and reshapes data, until it is split."""

    def write(asked: WriteScript) -> str:
        files = workshop.write(asked.name, asked.source, asked.config, asked.split, asked.script)
        return f"written; it reads {', '.join(files)}; run it with run_data_script"

    def edit(asked: EditScript) -> str:
        return workshop.edit(asked.name, asked.old, asked.new)

    def read(asked: Named) -> str:
        return workshop.read(asked.name)

    def run(asked: Named) -> str:
        try:
            made = workshop.run(asked.name)
        except ScriptFailed as failed:  # told as it is, line by line: this is what is mended next
            return str(failed)
        return f"{made.said}; columns: {', '.join(made.columns)}"

    def rows(asked: Page) -> str:
        return _rows(workshop, asked)

    def audit(asked: DataChoice) -> str:
        return audit_table(workshop, asked)

    return [
        Tool("write_data_script", ABOUT["write_data_script"], WriteScript, write, writes=True, reaches=("hub",)),
        Tool("edit_data_script", ABOUT["edit_data_script"], EditScript, edit, writes=True),
        Tool("read_data_script", ABOUT["read_data_script"], Named, read),
        Tool("run_data_script", ABOUT["run_data_script"], Named, run, writes=True),
        Tool("raw_rows", ABOUT["raw_rows"], Page, rows, reaches=("hub",)),
        Tool("audit_table", ABOUT["audit_table"], DataChoice, audit, reaches=("hub",)),
    ]


def _rows(workshop: Workshop, asked: Page) -> str:
    if asked.name:
        columns, _, _ = read_file(workshop.result(asked.name))
    else:
        columns = read_all(workshop.bringing.raw(asked.source, asked.config, asked.split).files)
    rows: list[dict[str, Any]] = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    shown = rows[asked.start : asked.start + asked.count]
    cell = max(120, CELLS // max(1, len(shown) * len(columns)))
    more = f"\n[ask from {asked.start + len(shown)} for more]" if asked.start + len(shown) < len(rows) else ""
    return f"{len(rows)} rows, columns {', '.join(columns)}\n{rows_as_lines(shown, asked.start, cell)}{more}"


def audit_table(workshop: Workshop, choice: DataChoice) -> str:
    """Counted by code, over a split made for the look and forgotten."""
    table = workshop.table(choice)
    parts = split(table, workshop.bringing.seed)
    by_id = {row["id"]: dict(row) for row in table.rows}
    rows: dict[Split, list[dict[str, Any]]] = {name: [by_id[id] for id in ids] for name, ids in parts.items()}
    found = audit_rows(rows["train"], rows["validation"], rows["sealed"], table.labels, table.kind)
    answers = Counter(row["answer"] for row in table.rows).most_common(8)
    flat = [{"input": row["input"], "answer": row["answer"]} for row in table.rows]
    lines = [
        f"{len(table.rows)} rows, kind {table.kind}, {len(table.labels) or 'no'} classes",
        *table.notes,
        f"commonest answers: {json.dumps([[answer[:80], count] for answer, count in answers], ensure_ascii=False)}",
        *(f"{column.name} ({column.type}): {column.spread}" for column in columns_of(flat)),
        f"{repeats(flat).whole} rows are copies of an earlier one",
        *(f"{each.severity}: {each.kind}: {each.why}" for each in found[:FINDINGS]),
    ]
    return "\n".join(lines)
