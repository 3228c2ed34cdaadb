"""planning: the next batch. Baseline first, then one measurable change at a time, then seeds to settle it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from lab.model.decide import decide
from lab.recipes.registry import baseline_config, validate_config
from nodes.desk import Desk, goal
from nodes.ideas import Idea, first_config, ideas_left, main_recipe
from nodes.naming import Namer, new_plan
from prompts import system
from state.brief import Brief
from state.notebook import Notebook, Update
from state.products import Batch, Judgement, Plan

TRIED_KEPT = 40


class Choice(BaseModel):
    """Which idea to try next, by its number."""

    model_config = ConfigDict(extra="forbid")
    idea: int
    why: str


def planning(state: Notebook, desk: Desk) -> Update:
    brief = goal(state)
    state, said = _given_up(state)
    namer = Namer.of(state)
    learnt = state.get("learnt") or {}
    update: Update = {"tried": said["tried"]} if said else {}
    update |= {"jobs": {}, "signals": [], "watched": {}, "patient": "", "mend": {}, "ablation": {}}
    batch: Batch | None
    if not state.get("baseline"):
        mended = learnt if learnt and not learnt["used"] and learnt["purpose"] == "baseline" else {}
        batch = _baseline(state, brief, namer, mended) if not said else None
        if mended:
            update["learnt"] = {**learnt, "used": True}
    elif learnt and not learnt["used"]:
        batch = _seeds(
            state,
            brief,
            namer,
            learnt["config"],
            learnt["recipe"],
            learnt["from"],
            learnt["change"],
            f"full length with what the arms showed: {learnt['why']}",
        )
        update["learnt"] = {**learnt, "used": True}
    elif _wants_seeds(state):
        batch = _more_seeds(state, brief, namer)
    else:
        batch = _trial(state, desk, brief, namer)
    if batch is None:
        why = said.get("refused") or "nothing is left to try within the limits"
        kind = said.get("kind", "no_way_on")
        return {**update, "batch": {}, "stop": {"kind": kind, "reason": why, "stage": "planning"}}
    desk.judged(batch.why, batch=batch.id, purpose=batch.purpose, experiments=[p.id for p in batch.experiments])
    desk.journal.write("batch", **batch.to_json())
    return {**update, "batch": batch.to_json(), "counters": namer.counters()}


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
    tried = [*(state.get("tried") or []), *lines][-TRIED_KEPT:]
    over = came == "rehearsal" or why.startswith("the ledger")
    return {**state, "tried": tried}, {"tried": tried, "refused": why, "kind": "out_of_budget" if over else "refused"}


def _baseline(state: Notebook, brief: Brief, namer: Namer, mended: dict[str, Any]) -> Batch:
    """What is to be beaten, from the recipe; with the cure, where the baseline itself fell ill."""
    spec = main_recipe(brief, state["card"]["kind"])
    config = first_config(brief, spec)
    validate_config(spec, config)
    other, plain = baseline_config(spec, config)
    change = mended.get("change") or {}
    name = namer.next_batch()
    plans = [
        new_plan(
            namer, brief, index, "baseline", other.name, {**plain, **change},
            parent=mended.get("from"), change=change, hypothesis=spec.baseline.what,
        )
        for index in range(brief.seeds)
    ]  # fmt: skip
    why = f"the baseline first, {brief.seeds} seeds: {spec.baseline.what}"
    return Batch(id=name, purpose="baseline", why=f"{why}; {mended['why']}" if mended else why, experiments=plans)


def _start(state: Notebook, config: dict[str, Any], recipe_key: str | None, index: int) -> str | None:
    """The baseline of the same seed, where the recipe can start from its model and the plan does not ask for another start."""
    ready = state["baseline"]["experiments"]
    return ready[index % len(ready)] if recipe_key else None


def _one(
    state: Notebook, brief: Brief, namer: Namer, purpose: Any, index: int, config: dict[str, Any], *,
    parent: str | None, change: dict[str, Any], hypothesis: str, predicts: str = "",
) -> Plan:  # fmt: skip
    spec = main_recipe(brief, state["card"]["kind"])
    start = None
    if spec.start_key:
        start = _start(state, config, spec.start_key, index) if _shares_start(state, spec.name, config) else None
        config = {**config, spec.start_key: "data/start" if start else None}
    validate_config(spec, {**config, "seed": 0})
    return new_plan(
        namer,
        brief,
        index,
        purpose,
        spec.name,
        config,
        parent=parent,
        change=change,
        hypothesis=hypothesis,
        predicts=predicts,
        start_from=start,
    )


def _shares_start(state: Notebook, recipe: str, config: dict[str, Any]) -> bool:
    """Did the baseline make the very start that this config would make for itself?"""
    from lab.recipes.registry import recipes

    _, plain = baseline_config(recipes()[recipe], config)
    return {k: v for k, v in plain.items() if k != "seed"} == {
        k: v for k, v in state["baseline"]["config"].items() if k != "seed"
    }


def _trial(state: Notebook, desk: Desk, brief: Brief, namer: Namer) -> Batch | None:
    spec = main_recipe(brief, state["card"]["kind"])
    if not any(line["purpose"] == "trial" for line in state.get("tried") or []):
        config = first_config(brief, spec)
        said = ", ".join(f"{k}={v}" for k, v in brief.start.items())
        why = f"the person's own setting: {said}" if said else f"{spec.name} with its usual settings"
        why += _warned(state, config)
        plan = _one(
            state,
            brief,
            namer,
            "trial",
            0,
            config,
            parent=state["baseline"]["experiments"][0],
            change=dict(brief.start),
            hypothesis="it beats the baseline beyond noise",
        )
        return Batch(id=namer.next_batch(), purpose="trial", why=why, experiments=[plan])
    ideas = ideas_left(state)
    if not ideas:
        return None
    idea = _chosen(state, desk, ideas)
    best = state.get("best") or {}
    config = {**(best.get("config") or first_config(brief, spec)), **idea.change}
    parent = (best.get("experiments") or state["baseline"]["experiments"])[0]
    plan = _one(state, brief, namer, "trial", 0, config, parent=parent, change=idea.change, hypothesis=idea.why)
    words = ", ".join(f"{k}={v}" for k, v in idea.change.items())
    return Batch(id=namer.next_batch(), purpose="trial", why=f"{words}: {idea.why}", experiments=[plan])


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
    made = decide(
        "planning", Choice, evidence, lambda: (Choice(idea=0, why=ideas[0].why), ideas[0].why), desk.mind, system("planning"),
        check=lambda c: None if 0 <= c.idea < len(ideas) else f"there are ideas 0 to {len(ideas) - 1}",
    )  # fmt: skip
    desk.record(Judgement(stage="planning", by=made.by, choice=made.choice.model_dump(), why=made.why))
    return ideas[made.choice.idea]


def _wants_seeds(state: Notebook) -> bool:
    """The verdict asked for them, or nothing else is left and the best was tried with too few."""
    best = state.get("best") or {}
    if not best or best["seeds"] >= Brief.model_validate(state["goal"]).seeds:
        return False
    asked = (state.get("verdict") or {}).get("decision") == "seeds" and (state.get("next") or {}).get(
        "stage"
    ) == "verdict"
    return asked or not ideas_left(state)


def _more_seeds(state: Notebook, brief: Brief, namer: Namer) -> Batch:
    best = state["best"]
    name = namer.next_batch()
    plans = [
        _one(
            state,
            brief,
            namer,
            "seeds",
            index,
            best["config"],
            parent=best["experiments"][0],
            change={},
            hypothesis="the gain holds over seeds",
        )
        for index in range(best["seeds"], brief.seeds)
    ]
    return Batch(
        id=name, purpose="seeds", why=f"{brief.seeds} seeds in all, to tell the gain from luck", experiments=plans
    )


def _seeds(
    state: Notebook,
    brief: Brief,
    namer: Namer,
    config: dict[str, Any],
    recipe: str,
    parent: str,
    change: dict[str, Any],
    why: str,
) -> Batch:
    name = namer.next_batch()
    plans = [
        _one(
            state,
            brief,
            namer,
            "seeds",
            index,
            config,
            parent=parent,
            change=change,
            hypothesis=f"cured, it beats the baseline: {recipe}",
        )
        for index in range(brief.seeds)
    ]
    return Batch(id=name, purpose="seeds", why=why, experiments=plans)
