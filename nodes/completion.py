"""What a task leaves unsaid, filled in by rule: which data, which method, which metric."""

from __future__ import annotations

import re

from lab.stats.scorers import METRICS
from nodes.claims import HOW, read_claim
from state.brief import Brief
from state.errors import UserError

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


def complete(asked: Brief, rejected: int = 0, mind: bool = False) -> Brief:
    """The brief with data, method, metric and direction; one line if the task's words do not say enough.

    With a mind at the helm, data that nothing names is left for curation to find, and the method follows the data.
    """
    words = re.findall(r"[a-z]+", asked.task.lower())
    data = asked.data or _data_for(words, mind)
    method = asked.method or _method_for(words, data)
    kind = "generation" if data in GENERATION_DATA or method in ("grpo", "sft") else "tabular"
    metric = asked.metric or _metric_for(kind, rejected)
    if metric not in METRICS:
        raise UserError(f"metric {metric!r} is not known; known are: {', '.join(sorted(METRICS))}")
    if asked.claim and read_claim(asked.claim, metric) is None:
        raise UserError(f"no rule can read the claim {asked.claim!r}; {HOW}")
    return asked.model_copy(
        update={"data": data, "method": method, "metric": metric, "direction": METRICS[metric].direction}
    )


def _metric_for(kind: str, rejected: int) -> str:
    """The usual metric; the next one on the list for each time a person said no."""
    choices = OTHER_METRICS[kind]
    return choices[min(rejected, len(choices) - 1)] if rejected else USUAL_METRIC[kind]


def _data_for(words: list[str], mind: bool) -> str | None:
    for name, topics in TOPICS.items():
        if any(word in topics for word in words):
            return name
    if mind:
        return None
    raise UserError(
        f"the task names no data; add `data:` to the brief: a file, a Hub id, or one of {', '.join(sorted(TOPICS))}"
    )


def _method_for(words: list[str], data: str | None) -> str | None:
    if any(word in RL_WORDS for word in words):
        return "grpo"
    if data is None:
        return None
    return "sft" if data in GENERATION_DATA else "classifier"
