"""The smell battery on every seed of a finalist, with all that the run knows about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from lab.checks.smells.battery import battery
from lab.checks.smells.result import Result
from lab.data.seal import read_split
from lab.ledger.journal import history, of_kind
from lab.recipes.registry import recipes
from lab.stats.scorers import Texts, score
from nodes.auditing import material, touched
from nodes.controls import Control, Name
from nodes.desk import Desk, goal
from state.notebook import Notebook
from state.products import Check, DatasetCard

GRAVITY = ("FAIL", "NOT_RUN", "SUSPECT", "PASS")
LENGTHS = ("short", "middling", "long")


def sniffed(
    state: Notebook,
    desk: Desk,
    said: Mapping[str, Texts],
    answers: Texts,
    controls: Mapping[Name, Control],
    walled: bool,
) -> list[Check]:
    """Every check on every seed; of each check the gravest answer stands, with the seed it came from."""
    card = DatasetCard.model_validate(state["card"])
    finalist = state["best"]["experiments"]
    shared = _shared(state, desk, card, answers, walled)
    gravest: dict[str, Check] = {}
    for name in finalist:
        others = {other: given for other, given in said.items() if other != name}
        first = _of_first(state, controls, answers) if name == finalist[0] else {}
        known = {**shared, **first, "others": others, "actual_seconds": _seconds(desk, name)}
        value = score(state["goal"]["metric"], said[name], answers).value
        for check in battery(Result(predictions=said[name], answers=answers, claimed=value, **known)):
            named = check.model_copy(update={"evidence": {**check.evidence, "experiment": name}})
            before = gravest.get(check.name)
            if before is None or _graver(named, before):
                gravest[check.name] = named
    return list(gravest.values())


def _graver(new: Check, old: Check) -> bool:
    """A check that ran on one seed has run; else the gravest counts."""
    if "NOT_RUN" in (new.result, old.result):
        return old.result == "NOT_RUN" and new.result != "NOT_RUN"
    return GRAVITY.index(new.result) < GRAVITY.index(old.result)


def _shared(state: Notebook, desk: Desk, card: DatasetCard, answers: Texts, walled: bool) -> dict[str, Any]:
    """What holds for every seed of the finalist."""
    brief = goal(state)
    train = read_split(desk.workspace, card, "train")
    sealed = {row["id"]: row["input"] for row in read_split(desk.workspace, card, "sealed")}
    best = state["best"]
    fixed = best["recipe"] == "classifier" or not recipes(desk.workspace)[best["recipe"]].steps_key
    seen = state.get("rehearsal") or {}
    rounds = max(1, -(-len(best["experiments"]) // max(1, desk.slots)))
    return {
        "metric": brief.metric, "declared": brief.direction,
        "train_answers": tuple(row["answer"] for row in train), "train_inputs": tuple(_text(row["input"]) for row in train),
        "train_rows": len(train), "inputs": {row: _text(given) for row, given in sealed.items()},
        "prompts": {row: given for row, given in sealed.items() if isinstance(given, str)},
        "slices": _lengths({row: given for row, given in sealed.items() if isinstance(given, str)}),
        "flagged": frozenset(touched(material(desk, card))) & answers.keys(),
        "twins": frozenset(best["experiments"]) if fixed else frozenset(),
        "planned_seconds": seen["forecast_seconds"] / rounds if seen.get("forecast_seconds") else None,
        "opened": frozenset(), "forbidden": frozenset({str(desk.workspace / "sealed")}), "walled": walled,
    }  # fmt: skip


def _of_first(state: Notebook, controls: Mapping[Name, Control], answers: Texts) -> dict[str, Any]:
    """What the controls showed of the first seed, which stands for its fellows."""
    metric, best = state["goal"]["metric"], state["best"]
    names: tuple[Literal["simplest_model", "input_blind", "shuffled_labels"], ...] = (
        "simplest_model",
        "input_blind",
        "shuffled_labels",
    )
    simplest = best["recipe"] == "classifier" and best["config"].get("model") in ("majority", "logistic")
    asked = [name for name in names if not (name == "simplest_model" and simplest)]  # it can't be simpler than itself
    told: dict[str, Any] = {"controls": {n: controls[n].said for n in asked if controls[n].said is not None}}
    if (again := controls["again"].said) is not None:
        told["again"] = again
    if (train := controls["train_rows"]).said is not None:
        told["train_score"] = score(metric, train.said, train.answers).value
    return told


def values(metric: str, controls: Mapping[Name, Control], answers: Texts) -> dict[str, dict[str, Any]]:
    """Each control's score, or why it has none."""
    found: dict[str, dict[str, Any]] = {}
    for name, control in controls.items():
        if control.said is None:
            found[name] = {"value": None, "why": control.why}
        elif name != "again":
            found[name] = {"value": score(metric, control.said, control.answers or answers).value, "why": ""}
    return found


def _seconds(desk: Desk, name: str) -> float | None:
    jobs = [
        r for r in of_kind(history(desk.journal.path), "job") if r["job_kind"] == "train" and r["experiment"] == name
    ]
    return float(jobs[-1]["seconds"]) if jobs else None


def _text(given: Any) -> str:
    return given if isinstance(given, str) else json.dumps(given, sort_keys=True, ensure_ascii=False)


def _lengths(texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Thirds by length, where lengths differ at all."""
    order = sorted(texts, key=lambda row: (len(texts[row]), row))
    if not order or len(texts[order[0]]) == len(texts[order[-1]]):
        return {}
    return {"length": {row: LENGTHS[min(2, 3 * at // len(order))] for at, row in enumerate(order)}}
