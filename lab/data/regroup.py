"""A table made ready to be split by what its rows have in common: a group, or their time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lab.data.table import Row, Table
from state.errors import UserError


def regrouped(
    table: Table, finding: Mapping[str, Any], subjects: Callable[[Table], dict[str, str]]
) -> tuple[Table, str]:
    """The table with rows grouped or ordered as a finding asks, and how in words.

    `subjects` tells rows that belong together by their likeness, by id, where no column does.
    """
    if finding["kind"] == "time_leak":
        if not all(row.get("time") for row in table.rows):
            raise UserError("no column says when each row was taken: name it `date` or `timestamp`")
        return replace(table, ordered=True), f"by time ({table.time_key})"
    column = next((each["column"] for each in finding.get("examples") or [] if "column" in each), None)
    if column is None:
        alike = subjects(table)
        if not alike:
            raise UserError("no column says which rows belong together: bring one, named `group`")
        kept: list[Row] = [{**row, "group": alike.get(row["id"])} for row in table.rows]
        return replace(table, rows=kept, group_key="likeness"), "by groups of rows that are alike"
    rows = [_grouped(row, column) for row in table.rows]
    return replace(table, rows=rows, group_key=column), f"by group ({column})"


def _grouped(row: Row, column: str) -> Row:
    given = row["input"]
    if not isinstance(given, dict):
        return row
    value = given.get(column)
    return {**row, "group": None if value is None else str(value)}
