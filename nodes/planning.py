"""planning: the next batch. Baseline first, then one measurable change at a time, then seeds to settle it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lab.recipes.registry import validate_config
from nodes.batches import Maker
from nodes.desk import Desk, Steps, Wait, goal
from nodes.effort import search_time_left
from nodes.ideas import Idea, first_config, ideas_left
from nodes.naming import Namer
from nodes.tried import remembered
from state.brief import Brief
from state.errors import UserError
from state.notebook import Notebook, Update
from state.products import Batch


class Choice(BaseModel):
    """What to try next: one of the ideas by its number, or a change of one's own, or a script to be written."""

    model_config = ConfigDict(extra="forbid")
    idea: int | None = Field(None, description="the number of an idea that is shown")
    change: dict[str, bool | int | float | str] | None = Field(
        None, description="or other values for settings that are shown: one measurable change"
    )
    script: str | None = Field(None, description="or what a new script should do, where no setting can do it")
    predicts: str = Field("", description="what should be seen if it works, and could fail to be")
    why: str


def planning(state: Notebook, desk: Desk) -> Steps:
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
        make.recipe = learnt.get("recipe", "")
        batch = make.seeds(
            learnt["config"],
            0,
            parent=learnt["from"],
            change=learnt["change"],
            why=f"full length with what the arms showed: {learnt['why']}",
        )
    elif _wants_seeds(state, desk):
        batch = _seeds(state, make)
    else:
        batch = (yield from _trial(state, desk, make)) or _seeds(state, make)
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


def _trial(state: Notebook, desk: Desk, make: Maker) -> Generator[Wait, None, Batch | None]:
    """The person's own setting first, then the best of what is left to try."""
    first = state["baseline"]["experiments"][0]
    if make.unwritten and desk.mind is not None:
        what = make.brief.method or "what the task asks"
        return make.draft(what, parent=first, why=f"no recipe does {what} yet: a script of its own")
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
    if not ideas and desk.mind is None:
        return None
    best = state.get("best") or {}
    now = best.get("config") or first_config(make.brief, make.spec)
    parent = (best.get("experiments") or [first])[0]
    idea = yield from _chosen(state, desk, make, ideas, now)
    if isinstance(idea, str):
        return make.draft(idea, parent=parent, why=f"a script of its own: {idea}")
    if idea is None:
        return None
    config = {**now, **idea.change}
    words = ", ".join(f"{k}={v}" for k, v in idea.change.items()) + (" (the model's)" if idea.source == "model" else "")
    return make.trial(config, parent=parent, change=idea.change, why=f"{words}: {idea.why}", hypothesis=idea.why)


def _warned(state: Notebook, config: dict[str, Any]) -> str:
    """What an earlier run learnt about these very settings; the person's wish is tried all the same."""
    for lesson in (state.get("reading") or {}).get("lessons", []):
        if lesson["with"] and all(config.get(k) == v for k, v in lesson["with"].items()):
            cure = ", ".join(f"{k}={v}" for k, v in lesson["cured_by"].items())
            return f"; in run {lesson['run']} this led to {lesson['symptom']}, and {cure} cured it"
    return ""


def _chosen(
    state: Notebook, desk: Desk, make: Maker, ideas: list[Idea], now: dict[str, Any]
) -> Generator[Wait, None, Idea | str | None]:
    """By the model if there is one, else the first idea; a text is what a new script should do."""
    if desk.mind is None:
        desk.judged(ideas[0].why, idea=0)
        return ideas[0]
    from nodes.thinking import ponder
    from nodes.tools.table import tools_for

    shown = [{"number": i, "change": idea.change, "why": idea.why} for i, idea in enumerate(ideas)]
    meanings = {key: parameter.meaning for key, parameter in make.spec.parameters.items()}
    evidence = {
        "ideas": shown, "settings": now, "meanings": meanings, "tried": (state.get("tried") or [])[-12:],
        "best": (state.get("best") or {}).get("score"), "baseline": (state.get("baseline") or {}).get("score"),
        "read": (state.get("reading") or {}).get("recipes", [])[:8], "lessons": (state.get("reading") or {}).get("lessons", []),
        "notes": state.get("notes", []),
    }  # fmt: skip
    thought = yield from ponder(
        desk,
        Choice,
        evidence,
        tools_for("planning", desk, state),
        lambda c: _unfit(state, make, ideas, now, c),
        role="judging",
    )
    choice = thought.choice
    if choice is None:
        return ideas[0] if ideas else None
    if choice.script:
        return choice.script
    if choice.idea is not None:
        return ideas[choice.idea]
    return Idea(choice.change or {}, choice.why, "model", predicts=choice.predicts)


def _unfit(state: Notebook, make: Maker, ideas: list[Idea], now: dict[str, Any], choice: Choice) -> str | None:
    """What is wrong with a choice that fits the schema."""
    if sum(part is not None for part in (choice.idea, choice.change, choice.script)) != 1:
        return "give one of idea, change and script, and leave the others out"
    if choice.idea is not None:
        return None if 0 <= choice.idea < len(ideas) else f"there are {len(ideas)} ideas, numbered from 0"
    if choice.script is not None:
        return None if choice.script.strip() else "say what the script should do"
    change = choice.change or {}
    if not change or all(now.get(key) == value for key, value in change.items()):
        return "the change changes nothing"
    if "seed" in change:
        return "seeds are given by the run, not chosen"
    if change in [line["change"] for line in state.get("tried") or []]:
        return "this was tried already; see `tried`"
    try:
        validate_config(make.spec, {**now, **change})
    except UserError as wrong:
        return str(wrong)
    return None


def _seeds(state: Notebook, make: Maker) -> Batch | None:
    """The best with the seeds it lacks; None where it has them, or there is no best."""
    best = state.get("best") or {}
    if not best or best["seeds"] >= make.brief.seeds:
        return None
    why = f"{make.brief.seeds} seeds in all, to tell the gain from luck"
    return make.seeds(best["config"], best["seeds"], parent=best["experiments"][0], change={}, why=why)


def _wants_seeds(state: Notebook, desk: Desk) -> bool:
    """The verdict asked for them, or nothing else is left and the best was tried with too few."""
    best = state.get("best") or {}
    if not best or best["seeds"] >= Brief.model_validate(state["goal"]).seeds:
        return False
    asked = (state.get("verdict") or {}).get("decision") == "seeds" and (state.get("next") or {}).get(
        "stage"
    ) == "verdict"
    return asked or (desk.mind is None and not ideas_left(state, desk.workspace))
