"""What the tools over a run's records answer: one record a line, paged."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lab.checks.series import step_of
from lab.code.pages import page_of
from nodes.record_read import plain
from nodes.tools.records_files import JobLog, Records, scrubbed
from nodes.tools.records_metrics import points_of, summaries
from nodes.tools.records_metrics import window as cut_out
from nodes.tools.records_tables import Tables
from state.errors import UserError

if TYPE_CHECKING:
    from nodes.tools import records as takes

Json = dict[str, Any]

MOST_ROWS = 60
"""Rows of one window: more than that is a picture, and a summary says it better."""


def experiments(tables: Tables, asked: takes.ListExperiments) -> str:
    return _lines(tables.experiments(), asked.page, "No experiment was planned yet.")


def metrics(tables: Tables, asked: takes.MetricsSummary) -> str:
    rows, alarm = tables.logged(asked.experiment, asked.attempt)
    found = [s for s in summaries(rows) if asked.like.lower() in s.name.lower()]
    if not found:
        return f"{asked.experiment} logged nothing{f' like {asked.like}' if asked.like and rows else ''}."
    head = f"{asked.experiment}: {len(rows)} lines" + (
        "" if alarm is None else f", up to its first alarm at step {alarm:g}"
    )
    table = ["metric | logged | first | last | lowest @step | highest @step | slope a step | no number from step"]
    for s in found:
        slope = "?" if s.slope is None else f"{s.slope:.3g}"
        lost = "" if s.lost_at is None else f"{s.lost_at:g}"
        table.append(
            f"{s.name} | {s.logged} | {_n(s.first[1])} | {_n(s.last[1])} | {_n(s.lowest[1])} @{s.lowest[0]:g} | "
            f"{_n(s.highest[1])} @{s.highest[0]:g} | {slope} | {lost}"
        )
    return "\n".join([head, *table])


def window(tables: Tables, asked: takes.MetricsWindow) -> str:
    rows, alarm = tables.logged(asked.experiment, asked.attempt)
    known = [s.name for s in summaries(rows)]
    strange = [name for name in asked.names if name not in known]
    if strange:
        raise UserError(
            f"{asked.experiment} logged no {', '.join(strange)[:80]}; it logged {', '.join(known)[:400] or 'nothing'}"
        )
    kept = [row for row in rows if any(name in row for name in asked.names)]
    shown, there = cut_out(kept, asked.first, asked.last, MOST_ROWS)
    head = (
        f"{len(shown)} of {there} lines, evenly spaced; narrow the steps for more"
        if there > len(shown)
        else f"{there} lines"
    )
    head += "" if alarm is None else f"; the first alarm was at step {alarm:g}"
    body = [" | ".join([f"{step_of(row):g}", *(_cell(row, name) for name in asked.names)]) for row in shown]
    return "\n".join([head, " | ".join(["step", *asked.names]), *body])


def _cell(row: Json, name: str) -> str:
    points, lost = points_of([row], name)
    return _n(points[0][1]) if points else "NaN" if lost is not None else ""


def log(records: Records, asked: takes.ReadLog) -> str:
    jobs = records.logs(records.known(asked.experiment))
    names = ", ".join(job.name for job in jobs)
    if not jobs:
        return f"No job of {asked.experiment} has said anything."
    job = _job(jobs, asked.job)
    if job is None:
        raise UserError(f"{asked.experiment} has no log of {asked.job[:40]!r}; it has logs of {names}")
    text = records.log(job)
    last = page_of(text).of
    page = page_of(text, asked.page or last)
    return f"{asked.experiment}, job {job.name} (there are {names})\n{page.text.rstrip()}\n{page.footer}"


def _job(jobs: Sequence[JobLog], name: str) -> JobLog | None:
    if name:
        return next((job for job in jobs if job.name == name), None)
    trainings = [job for job in jobs if job.name.isdigit()]
    return trainings[-1] if trainings else jobs[-1]


def files(records: Records, asked: takes.ExperimentFiles) -> str:
    name = records.known(asked.experiment)
    shown = {"script": "train.py", "config": "config.json", "about": "experiment.json"}
    if asked.show in shown:
        text = records.piece(name, shown[asked.show]) or "(there is none yet)"
    else:
        text = _difference(records, name, "train.py" if asked.show == "script_diff" else "config.json")
    page = page_of(scrubbed(text), asked.page)
    return f"{page.text.rstrip()}\n{page.footer}"


def _difference(records: Records, name: str, piece: str) -> str:
    parent = str(records.about(name).get("parent") or "")
    if not parent:
        return f"{name} has no parent; it is where the search began."
    old, new = records.piece(parent, piece), records.piece(name, piece)
    lines = list(
        difflib.unified_diff(old.splitlines(), new.splitlines(), f"{parent}/{piece}", f"{name}/{piece}", lineterm="")
    )
    return "\n".join(lines) or f"{name} and its parent {parent} have the same {piece}."


def table(tables: Tables, asked: takes.RunTable | takes.ReportTable) -> str:
    return _lines(tables.rows(asked.table), asked.page, f"The table {asked.table} is empty.")


def reading(tables: Tables, asked: takes.ReadReading) -> str:
    return _lines(tables.reading(asked.part), asked.page, f"There are no {asked.part}.")


def _lines(rows: Sequence[Json], number: int, empty: str) -> str:
    kept = [{k: v for k, v in row.items() if v not in (None, "", [], {})} for row in rows]
    told = [json.dumps(plain(row), ensure_ascii=False) for row in kept if row]
    if not told:
        return empty
    page = page_of(scrubbed("\n".join(told)), number)
    return f"{page.text.rstrip()}\n{page.footer}"


def _n(value: float) -> str:
    return f"{value:.6g}"
