"""planning: the next batch. Baseline first, then one measurable change at a time, then seeds to settle it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from nodes.batches import Maker
from nodes.desk import Desk, goal
from nodes.effort import search_time_left
from nodes.ideas import Idea, first_config, ideas_left
from nodes.judging import judge
from nodes.naming import Namer
from nodes.tried import remembered
from state.brief import Brief
from state.notebook import Notebook, Update
from state.products import Batch


class Choice(BaseModel):
    """Which idea to try next, by its number."""

    model_config = ConfigDict(extra="forbid")
    idea: int
    why: str


def planning(state: Notebook, desk: Desk) -> Update:
    state, said = _given_up(state)
    make = Maker(state, goal(state), Namer.of(state), desk.workspace)
    learnt = state.get("learnt") or {}
    fresh = bool(learnt) and not learnt["used"]
    update: Update = {"tried": state["tried"]} if said else {}
    update |= {"jobs": {}, "signals": [], "watched": {}, "patient": "", "mend": {}, "ablation": {}}
    batch: Batch | None
    left = search_time_left(make.brief, desk.clock)
    if left is not None and left <= 0:
        batch, said = None, {"refused": "the search's share of the time is used up", "kind": "out_of_budget"}
    elif not state.get("baseline"):
        fresh = fresh and learnt["purpose"] == "baseline"
        batch = make.baseline(learnt if fresh else {}) if not said else None
    elif fresh:
        batch = make.seeds(
            learnt["config"],
            0,
            parent=learnt["from"],
            change=learnt["change"],
            why=f"full length with what the arms showed: {learnt['why']}",
        )
    elif _wants_seeds(state, desk):
        best = state["best"]
        why = f"{make.brief.seeds} seeds in all, to tell the gain from luck"
        batch = make.seeds(best["config"], best["seeds"], parent=best["experiments"][0], change={}, why=why)
    else:
        batch = _trial(state, desk, make)
    if fresh:
        update["learnt"] = {**learnt, "used": True}
    if batch is None:
        why = said.get("refused") or "nothing is left to try within the limits"
        kind = said.get("kind", "no_way_on")
        return {**update, "batch": {}, "stop": {"kind": kind, "reason": why, "stage": "planning"}}
    desk.judged(batch.why, batch=batch.id, purpose=batch.purpose, experiments=[p.id for p in batch.experiments])
    desk.journal.write("batch", **batch.to_json())
    return {**update, "batch": batch.to_json(), "counters": make.namer.counters()}


def _given_up(state: Notebook) -> tuple[Notebook, dict[str, Any]]:
    """A batch that a person, the ledger or the forecast refused counts as tried, with the reason."""
    came = (state.get("next") or {}).get("stage")
    if came not in ("approve_launch", "launch", "rehearsal"):
        return state, {}
    why = {"launch": state.get("refused", ""), "rehearsal": (state.get("rehearsal") or {}).get("detail", "")}.get(
        came, ""
    )
    if came == "approve_launch":
        why = f"refused at the gate: {state['decisions']['spend']['why']}"
    lines = [
        {
            "id": p["id"],
            "purpose": p["purpose"],
            "recipe": p["recipe"],
            "change": p["change"],
            "state": "refused",
            "why": why[:120],
            "metric": None,
        }
        for p in state["batch"]["experiments"]
    ]
    tried = remembered([*(state.get("tried") or []), *lines])
    over = came == "rehearsal" or why.startswith("the ledger")
    return {**state, "tried": tried}, {"refused": why, "kind": "out_of_budget" if over else "refused"}


def _trial(state: Notebook, desk: Desk, make: Maker) -> Batch | None:
    """The person's own setting first, then the best of what is left to try."""
    first = state["baseline"]["experiments"][0]
    if not any(line["purpose"] == "trial" for line in state.get("tried") or []):
        config = first_config(make.brief, make.spec)
        said = ", ".join(f"{k}={v}" for k, v in make.brief.start.items())
        why = f"the person's own setting: {said}" if said else f"{make.spec.name} with its usual settings"
        why += _warned(state, config)
        return make.trial(
            config,
            parent=first,
            change=dict(make.brief.start),
            why=why,
            hypothesis="it beats the baseline beyond noise",
        )
    ideas = ideas_left(state, desk.workspace)
    if not ideas:
        return None
    idea = _chosen(state, desk, ideas)
    best = state.get("best") or {}
    config = {**(best.get("config") or first_config(make.brief, make.spec)), **idea.change}
    words = ", ".join(f"{k}={v}" for k, v in idea.change.items())
    parent = (best.get("experiments") or [first])[0]
    return make.trial(config, parent=parent, change=idea.change, why=f"{words}: {idea.why}", hypothesis=idea.why)


def _warned(state: Notebook, config: dict[str, Any]) -> str:
    """What an earlier run learnt about these very settings; the person's wish is tried all the same."""
    for lesson in (state.get("reading") or {}).get("lessons", []):
        if lesson["with"] and all(config.get(k) == v for k, v in lesson["with"].items()):
            cure = ", ".join(f"{k}={v}" for k, v in lesson["cured_by"].items())
            return f"; in run {lesson['run']} this led to {lesson['symptom']}, and {cure} cured it"
    return ""


def _chosen(state: Notebook, desk: Desk, ideas: list[Idea]) -> Idea:
    shown = [{"number": i, "change": idea.change, "why": idea.why} for i, idea in enumerate(ideas)]
    evidence = {
        "ideas": shown, "tried": (state.get("tried") or [])[-12:], "best": (state.get("best") or {}).get("score"),
        "read": (state.get("reading") or {}).get("recipes", [])[:8], "lessons": (state.get("reading") or {}).get("lessons", []),
        "notes": state.get("notes", []),
    }  # fmt: skip
    made = judge(
        desk, Choice, evidence, lambda: (Choice(idea=0, why=ideas[0].why), ideas[0].why),
        lambda c: None if 0 <= c.idea < len(ideas) else f"there are ideas 0 to {len(ideas) - 1}",
    )  # fmt: skip
    return ideas[made.choice.idea]


def _wants_seeds(state: Notebook, desk: Desk) -> bool:
    """The verdict asked for them, or nothing else is left and the best was tried with too few."""
    best = state.get("best") or {}
    if not best or best["seeds"] >= Brief.model_validate(state["goal"]).seeds:
        return False
    asked = (state.get("verdict") or {}).get("decision") == "seeds" and (state.get("next") or {}).get(
        "stage"
    ) == "verdict"
    return asked or not ideas_left(state, desk.workspace)
