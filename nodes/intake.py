"""intake: the task becomes a Brief: goal, metric and direction, data, method, limits."""

from __future__ import annotations

from typing import Any

from lab.stats.scorers import METRICS
from nodes.asking import question
from nodes.completion import complete
from nodes.desk import Desk
from nodes.understanding import understood
from state.brief import Brief
from state.brief_rules import duration
from state.errors import UserError
from state.notebook import Notebook, Update


def intake(state: Notebook, desk: Desk) -> Update:
    given = {k: v for k, v in (state.get("brief") or {}).items() if v is not None}
    given.setdefault("task", state.get("task") or "")
    limits = given.get("limits")
    if isinstance(limits, dict):  # from Python and over HTTP too, a time may be written as in a file
        given["limits"] = {
            k: duration(v) if k in ("time", "job_time") and isinstance(v, str) else v for k, v in limits.items()
        }
    try:
        asked = Brief.model_validate(given)
    except ValueError as wrong:
        raise UserError(f"the brief can't be used: {_first_line(wrong)}") from wrong
    if not asked.task.strip():
        raise UserError("there is no task: say in a sentence what to find out or to improve")
    refused = (state.get("decisions") or {}).get("benchmark", {})
    known = understood(
        asked, desk, refused.get("why", "") if refused.get("answer") == "reject" else "", _rejected(state)
    )
    full = complete(known, _rejected(state), mind=desk.mind is not None)
    data, method, metric = full.data, full.method, full.metric
    words = f"data {data or 'still to be found'}, method {method or 'as the data asks'}, metric {metric}"
    desk.judged(f"{words}: {_reason(asked)}", data=data, method=method, metric=metric)
    if asked.base_model:
        desk.fallback(
            f"base model {asked.base_model}", "no bundled recipe loads one; the recipe's own model is trained instead"
        )
    update: Update = {
        "run": desk.run,
        "goal": full.to_json(),
        "asked": {},
        "decisions": dict(state.get("decisions") or {}),
    }
    settled = (state.get("decisions") or {}).get("benchmark", {})
    if asked.metric is None and settled.get("answer") != "edit":
        args = {
            "metric": metric,
            "direction": full.direction,
            "target": full.target,
            "data": data,
            "baseline": full.baseline,
        }
        update["asked"] = question(desk, "benchmark", f"measure success by {metric} on {data}?", args)
    elif settled.get("answer") == "edit":
        update["goal"] = _edited(full, settled["args"]).to_json()
    return update


def _edited(goal: Brief, args: dict[str, Any]) -> Brief:
    """The person's own measure of success, held to the same rules as a brief's."""
    try:
        wanted = Brief.model_validate(
            {**goal.to_json(), **{k: v for k, v in args.items() if k in ("metric", "target", "data", "baseline")}}
        )
    except ValueError as wrong:
        raise UserError(f"the edited benchmark can't be used: {_first_line(wrong)}") from wrong
    if wanted.metric not in METRICS:
        raise UserError(f"metric {wanted.metric!r} is not known; known are: {', '.join(sorted(METRICS))}")
    return wanted.model_copy(update={"direction": METRICS[wanted.metric].direction})


def _first_line(wrong: ValueError) -> str:
    errors = getattr(wrong, "errors", None)
    if errors is None:
        return str(wrong)
    first = errors()[0]
    return f"{'.'.join(str(p) for p in first['loc'])}: {first['msg']}"


def _rejected(state: Notebook) -> int:
    decision = (state.get("decisions") or {}).get("benchmark", {})
    return (state.get("bounds") or {}).get("approve_benchmark→intake", 0) if decision.get("answer") == "reject" else 0


def _reason(asked: Brief) -> str:
    named = [key for key in ("data", "method", "metric") if getattr(asked, key) is not None]
    return f"{', '.join(named) or 'nothing'} given in the brief, the rest read from the task's words"
