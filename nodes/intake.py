"""intake: the task becomes a Brief: goal, metric and direction, data, method, limits."""

from __future__ import annotations

import re
from typing import Any

from lab.stats.scorers import METRICS
from nodes.asking import question
from nodes.desk import Desk
from state.errors import UserError
from state.notebook import Notebook, Update
from state.products import Brief

TOPICS: dict[str, tuple[str, ...]] = {
    "addition": ("add", "addition", "sum", "sums", "arithmetic"),
    "tickets": ("ticket", "tickets", "support", "text", "messages"),
    "wine": ("wine", "wines", "cultivar"),
    "iris": ("iris", "flower", "flowers"),
    "breast_cancer": ("cancer", "tumour", "tumor"),
    "digits": ("digit", "digits", "handwritten"),
}
"""Words of a task that point to a built-in data set, when the brief names none."""

RL_WORDS = ("grpo", "rl", "reinforcement", "reward", "rlvr")
USUAL_METRIC = {"generation": "exact_match", "tabular": "accuracy", "text": "accuracy"}
OTHER_METRICS = {
    "generation": ("exact_match", "numeric_match"),
    "tabular": ("accuracy", "balanced_accuracy", "macro_f1"),
    "text": ("accuracy", "balanced_accuracy", "macro_f1"),
}
GENERATION_DATA = ("addition",)


def intake(state: Notebook, desk: Desk) -> Update:
    given = {k: v for k, v in (state.get("brief") or {}).items() if v is not None}
    given.setdefault("task", state.get("task") or "")
    try:
        asked = Brief.model_validate(given)
    except ValueError as wrong:
        raise UserError(f"the brief can't be used: {_first_line(wrong)}") from wrong
    if not asked.task.strip():
        raise UserError("there is no task: say in a sentence what to find out or to improve")
    words = re.findall(r"[a-z]+", asked.task.lower())
    data = asked.data or _data_for(words)
    method = asked.method or _method_for(words, data)
    kind = "generation" if data in GENERATION_DATA or method in ("grpo", "sft") else "tabular"
    rejected = _rejected(state)
    metric = asked.metric or _metric_for(kind, rejected)
    if metric not in METRICS:
        raise UserError(f"metric {metric!r} is not known; known are: {', '.join(sorted(METRICS))}")
    full = asked.model_copy(
        update={"data": data, "method": method, "metric": metric, "direction": METRICS[metric].direction}
    )
    desk.judged(
        f"data {data}, method {method}, metric {metric}: {_reason(asked)}", data=data, method=method, metric=metric
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


def _metric_for(kind: str, rejected: int) -> str:
    """The usual metric; the next one on the list for each time a person said no."""
    choices = OTHER_METRICS[kind]
    return choices[min(rejected, len(choices) - 1)] if rejected else USUAL_METRIC[kind]


def _data_for(words: list[str]) -> str:
    for name, topics in TOPICS.items():
        if any(word in topics for word in words):
            return name
    raise UserError(
        f"the task names no data; add `data:` to the brief: a file, a Hub id, or one of {', '.join(sorted(TOPICS))}"
    )


def _method_for(words: list[str], data: str) -> str:
    if any(word in RL_WORDS for word in words):
        return "grpo"
    return "sft" if data in GENERATION_DATA else "classifier"


def _reason(asked: Brief) -> str:
    named = [key for key in ("data", "method", "metric") if getattr(asked, key) is not None]
    return f"{', '.join(named) or 'nothing'} given in the brief, the rest read from the task's words"
