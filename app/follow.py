"""The journal as it grows, each record as a line for a person."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.out import changes, number, span

Json = dict[str, Any]


class Follower:
    """Reads what was appended to a file since the last look; a torn line waits for its end."""

    def __init__(self, path: Path, from_start: bool = True) -> None:
        self.path = path
        self.offset = 0 if from_start or not path.exists() else path.stat().st_size

    def news(self) -> list[Json]:
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                chunk = file.read()
        except FileNotFoundError:
            return []
        whole = chunk[: chunk.rfind(b"\n") + 1]
        self.offset += len(whole)
        found: list[Json] = []
        for line in whole.splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue  # torn by a kill; the stage that wrote it writes again
            if isinstance(record, dict):
                found.append(record)
        return found


def line(record: Json) -> str | None:
    """One record in words; None for what only the file needs to hold."""
    inner = {**record, **_inner(record)}
    words = SAID.get(str(record.get("kind")))
    return words(inner) if words else None


def _inner(record: Json) -> Json:
    kind = record.get("kind")
    found = record.get(str(kind)) or record.get({"arms": "table"}.get(str(kind), ""))
    return found if isinstance(found, dict) else {}


def _gate(r: Json) -> str:
    return f"  gate {r.get('gate')}: {r.get('answer')} by {r.get('by')}: {r.get('why')}"


def _batch(r: Json) -> str:
    plans = [plan for plan in r.get("experiments") or [] if isinstance(plan, dict)]
    lines = [f"  batch {r.get('id')} ({r.get('purpose')}): {r.get('why')}"]
    changed = [plan for plan in plans if plan.get("change")]
    return "\n".join(lines + [f"    {plan.get('id')}: {changes(plan['change'])}" for plan in changed])


def _arms(r: Json) -> str:
    cured = [arm for arm in r.get("arms") or [] if isinstance(arm, dict)]
    told = [
        f"    {'cured    ' if arm.get('cured') else 'not cured'} {changes(arm.get('change') or {})}: {arm.get('why')}"
        for arm in cured
    ]
    return "\n".join([f"  arms for {r.get('symptom')}: {r.get('why')}", *told])


def _score(r: Json) -> str:
    inner = r.get("score")
    score: Json = inner if isinstance(inner, dict) else r
    low, high = score.get("interval") or (None, None)
    named = f"{score.get('metric')} {number(score.get('value'))}"
    return f"  {r.get('experiment')}: {named} [{number(low)}, {number(high)}] on {score.get('split')}"


def _job(r: Json) -> str:
    took = span(float(r.get("seconds") or 0))
    kind, attempt = str(r.get("job_kind") or ""), str(r.get("attempt") or "")
    part = next((word for word in ("train", "predict") if attempt.startswith(word) and word != kind), "")
    said = (r.get("experiment"), kind, part, r.get("state"), r.get("why"), f"({took})")
    return "  job " + " ".join(str(word) for word in said if word)


def _source(r: Json) -> str | None:
    """Only one that did not answer is news."""
    return None if r.get("answered") else f"  {r.get('name')} did not answer: {r.get('why')}"


def _mind(r: Json) -> str:
    who = " ".join(str(word) for word in (r.get("stage"), r.get("part")) if word)
    used = ", ".join(f"{name} {count}" for name, count in (r.get("tools") or {}).items())
    ended = str(r.get("ended")).replace("_", " ")
    return f"  {r.get('model')} on {who}: {ended} after {r.get('calls')} replies" + (f" ({used})" if used else "")


SAID: dict[str, Callable[[Json], str | None]] = {
    "enter": lambda r: f"{r.get('stage')} …",
    "leave": lambda r: f"{r.get('stage')} → {r.get('to')}: {r.get('why')} ({span(float(r.get('seconds') or 0))})",
    "batch": _batch,
    "signal": lambda r: f"  signal {r.get('kind')} in {r.get('experiment')}, step {r.get('step')}: {r.get('why')}",
    "diagnosis": lambda r: f"  diagnosis {r.get('cause')} ({number(r.get('score'))}), goes to {r.get('goes_to')}",
    "arms": _arms,
    "gate": _gate,
    "score": _score,
    "fallback": lambda r: f"  fell back: {r.get('what')}: {r.get('why')}",
    "job": _job,
    "outcome": lambda r: f"{r.get('outcome')}: {r.get('reason')}",
    "source": _source,
    "mind": _mind,
    "error": lambda r: f"  {r.get('why')}",
    "tell": lambda r: f"  you said: {r.get('text')}",
}
