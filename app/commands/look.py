"""`runs`, `show`, `watch`, `report`, `compare`, `graph`: looking without touching."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

from app import drive, home, out, text
from app.view import View
from lab.ledger import locks
from lab.ledger.files import read_json
from state.errors import UserError

Json = dict[str, Any]
POLL = 0.5


def runs(as_json: bool) -> int:
    place = home.home_path()
    found = [_summary(place, record) for record in drive.look_at_all(place, home.names(place))]
    lines = "\n".join(map(_row, found)) or f"there are no runs in {place} yet"
    out.answer({"home": str(place), "runs": found}, lines, as_json)
    return 0


def _row(one: Json) -> str:
    value, stands = out.number((one["metric"] or {}).get("value")), one["outcome"] or one["stage"] or ""
    return f"{one['run']:<32} {one['status']:<8} {stands:<18} {value:>8}  {one['created']}  {one['task']}"


def _summary(place: Path, record: Json) -> Json:
    about = read_json(place / "runs" / record["run"] / "run.json")
    made = datetime.fromtimestamp(float(about.get("created", 0))).isoformat(" ", "minutes")
    short = ("run", "status", "stage", "outcome", "reason", "metric", "report")
    return {**{key: record[key] for key in short}, "task": about.get("task", ""), "created": made}


def show(run: str, as_json: bool) -> int:
    place = home.home_path()
    home.folder_of(place, run)
    record = drive.look(place, run)
    out.answer(record, text.full(record), as_json)
    return 0


def watch(run: str, as_json: bool) -> int:
    """Look on until nobody works on it any more."""
    place = home.home_path()
    folder = home.folder_of(place, run)
    if locks.busy(folder / "lock"):
        view = View(folder)
        try:
            with view.shown():
                while locks.busy(folder / "lock"):
                    time.sleep(POLL)
        except KeyboardInterrupt:
            out.say(f"no longer looking; {run} goes on")
            return 0
    record = drive.look(place, run)
    out.answer(record, text.ending(record), as_json)
    return drive.exit_code(record)


def report(run: str, as_json: bool) -> int:
    place = home.home_path()
    folder = home.folder_of(place, run)
    path = folder / "report.md"
    if not path.exists():
        raise UserError(f"run {run} has no report yet; it is written at the end, or after: postgrad stop {run}")
    words = path.read_text(encoding="utf-8")
    page = folder / "report.html"
    value = {"run": run, "markdown": str(path), "html": str(page) if page.exists() else None, "text": words}
    out.answer(value, f"{path}\n\n{words}", as_json)
    return 0


def graph(as_json: bool) -> int:
    from graph.build import mermaid

    drawn = mermaid()
    out.answer({"mermaid": drawn}, drawn, as_json)
    return 0


def compare(one: str, two: str, as_json: bool) -> int:
    """Two runs side by side: what was set differently, what came out, and whether the gap is more than noise."""
    place = home.home_path()
    for run in (one, two):
        home.folder_of(place, run)
    records = [drive.look(place, run) for run in (one, two)]
    states = [drive.state_of(place, run) for run in (one, two)]
    differ = _differences(*(_settings(state) for state in states))
    verdict = gap(records[0]["metric"] or {}, records[1]["metric"] or {})
    finalists = [_finalists(state) for state in states]
    kept = ("run", "status", "outcome", "reason", "metric", "cost", "report")
    value = {"runs": [{key: record[key] for key in kept} for record in records], "differences": differ, "gap": verdict}
    out.answer(value, "\n".join(_side_by_side(records, finalists, differ, verdict)), as_json)
    return 0


def gap(one: Json, two: Json) -> Json:
    """How far apart two metrics are, and whether both intervals are left behind."""
    a, b = one.get("value"), two.get("value")
    if a is None or b is None:
        return {"value": None, "beyond_both_intervals": None, "why": "not both runs have a number"}
    apart = {"value": b - a}
    unlike = next((key for key in ("name", "direction", "split") if one.get(key) != two.get(key)), None)
    if unlike:
        why = f"not comparable: {unlike} is {one.get(unlike)} in one and {two.get(unlike)} in the other"
        return {**apart, "beyond_both_intervals": None, "why": why}
    if not one.get("interval") or not two.get("interval"):
        return {**apart, "beyond_both_intervals": None, "why": "not both numbers have an interval"}
    if a == b and one["interval"] == two["interval"]:
        return {**apart, "beyond_both_intervals": False, "why": "the numbers and their intervals are the same"}
    beyond = one["interval"][1] < two["interval"][0] or two["interval"][1] < one["interval"][0]
    why = "the intervals do not touch" if beyond else "the intervals overlap: this may be noise"
    return {**apart, "beyond_both_intervals": beyond, "why": why}


def _settings(state: Json) -> Json:
    """What was asked for and what the finalist was made with, as dotted keys."""
    goal = {key: value for key, value in (state.get("goal") or {}).items() if key != "where"}
    return _flat({"brief": goal, "finalist": (state.get("best") or {}).get("config") or {}})


def _finalists(state: Json) -> str:
    """The experiments whose result stands, as the report names them."""
    found = (state.get("examination") or {}).get("finalist") or (state.get("best") or {}).get("experiments")
    return ", ".join(found or []) or "–"


def _flat(value: Json, prefix: str = "") -> Json:
    found: Json = {}
    for key, inner in value.items():
        name = f"{prefix}{key}"
        found |= _flat(inner, f"{name}.") if isinstance(inner, dict) else {name: inner}
    return found


def _differences(one: Json, two: Json) -> Json:
    keys = sorted(one.keys() | two.keys())
    return {key: [one.get(key), two.get(key)] for key in keys if one.get(key) != two.get(key)}


def _side_by_side(records: list[Json], finalists: list[str], differ: Json, verdict: Json) -> list[str]:
    one, two = records
    rows: list[tuple[str, Any, Any]] = [
        ("", one["run"], two["run"]),
        *((key, one[key] or "–", two[key] or "–") for key in ("status", "outcome")),
        ("finalist", finalists[0], finalists[1]),
        ("metric", text.metric(one["metric"]), text.metric(two["metric"])),
        *((key, out.number(a), out.number(b)) for key, (a, b) in differ.items()),
    ]
    width, middle = max(len(row[0]) for row in rows), max(len(str(row[1])) for row in rows)
    lines = [f"{name:<{width}}  {a!s:<{middle}}  {b}" for name, a, b in rows]
    if not differ:
        lines.append("nothing was set differently")
    return [*lines, f"gap {out.number(verdict['value'])}: {verdict['why']}"]
