"""What a launch would do and cost, as the spending gate shows it; and the attempts that a yes reserves."""

from __future__ import annotations

import difflib
from typing import Any

from lab.recipes.registry import recipes
from lab.recipes.written import parent_of
from nodes.asking import question
from nodes.desk import Desk
from nodes.folders import batch_of, fingerprint_of
from nodes.power import in_words, smallest_gain
from state.notebook import Notebook
from state.products import Batch

DIFF_LINES = 60
"""Of a script's diff, shown at the gate; the state is small, and the file is named beside it."""

LONGEST = 4.0
"""A job may take this many times its forecast before it is stopped: forecasts made on a busy machine are rough."""
LEAST_SECONDS = 120.0
"""No job is given less: imports alone can take long on a cold machine."""


def what_is_asked(state: Notebook, desk: Desk) -> dict[str, Any]:
    """The question of the spending gate, computed from the folders as they stand now."""
    batch, seen = batch_of(state), state["rehearsal"]
    experiments = {plan.id: {"change": plan.change, "config": plan.config} for plan in batch.experiments}
    args: dict[str, Any] = {
        "batch": batch.id,
        "purpose": batch.purpose,
        "experiments": experiments,
        "hardware": f"this machine, {desk.slots} jobs at a time",
        "forecast_seconds": seen["forecast_seconds"],
        "worst_seconds": seen["worst_seconds"],
        "cost": seen["cost"],
        "files": {plan.id: fingerprint_of(desk.experiment(plan.id)) for plan in batch.experiments},
    }
    if own := _scripts(desk, batch):
        args["scripts"] = own
    if doubt := (state.get("mend") or {}).get("doubt"):
        args["doubt"] = doubt
    if (least := smallest_gain(state)) is not None:
        args["smallest_gain_seen"] = least
    names = ", ".join(experiments)
    cost = "price unknown" if seen["cost"] is None else f"${seen['cost']:.2f}"
    text = f"train {names} ({batch.purpose}): {cost}, about {seen['forecast_seconds']:.0f} s, at worst {seen['worst_seconds']:.0f} s"
    text = "; ".join(filter(None, [text, in_words(state), args.get("doubt")]))
    return question(desk, "spend", text, args)


def _scripts(desk: Desk, batch: Batch) -> dict[str, Any]:
    """Scripts that this run has written: where each lies, and what it changes against the one before it."""
    shown = {}
    for name in dict.fromkeys(plan.recipe for plan in batch.experiments):
        spec = recipes(desk.workspace)[name]
        if not spec.script.is_relative_to(desk.workspace):
            continue
        before = parent_of(spec)
        new = spec.script.read_text(encoding="utf-8").splitlines()
        old = before.read_text(encoding="utf-8").splitlines() if before else []
        lines = list(difflib.unified_diff(old, new, "before", "now", lineterm="", n=1))
        more = [f"… {len(lines) - DIFF_LINES} more lines"] if len(lines) > DIFF_LINES else []
        shown[name] = {
            "file": spec.script.relative_to(desk.workspace).as_posix(), "lines": len(new),
            "diff": "\n".join([line[:200] for line in lines[:DIFF_LINES]] + more),
        }  # fmt: skip
    return shown


def worst_seconds(forecast: float, limit: float) -> float:
    return min(limit, max(LEAST_SECONDS, LONGEST * forecast))


def reserved(state: Notebook, desk: Desk) -> dict[str, Any]:
    """An attempt for each experiment, named before anything starts. What was lost gets its next attempt."""
    jobs: dict[str, Any] = {}
    seconds = state["rehearsal"]["per_experiment"]
    for plan in batch_of(state).experiments:
        before = (state.get("jobs") or {}).get(plan.id)
        how = ((state.get("watched") or {}).get(plan.id) or {}).get("state")
        if before is None:
            jobs[plan.id] = {"attempt": "1", "resume": False, "seconds": seconds[plan.id]}
        elif how in ("lost", "failed"):
            jobs[plan.id] = next_attempt(before)
        else:
            jobs[plan.id] = before
    return jobs


def next_attempt(before: dict[str, Any]) -> dict[str, Any]:
    """From its last checkpoint on."""
    return {**before, "attempt": str(int(before["attempt"]) + 1), "resume": True}
