"""implementation: writes the experiments' folders; a model writes and mends scripts, a rule only settings."""

from __future__ import annotations

import ast
from collections.abc import Generator
from typing import TYPE_CHECKING

from lab.checks.causes import half_batch
from lab.compute.folder import unmet
from lab.recipes.registry import recipes, validate_config
from lab.recipes.spec import RecipeSpec
from nodes.desk import Desk, Steps, Wait
from nodes.folders import batch_of, begun, recipe_of, write_folder
from nodes.ideas import UNWRITTEN
from nodes.naming import renewed
from state.errors import UserError
from state.notebook import Notebook, Update
from state.products import Batch, Json, Plan

if TYPE_CHECKING:
    from lab.model.agent import Thought
    from lab.recipes.written import Script


def implementation(state: Notebook, desk: Desk) -> Steps:
    batch = batch_of(state)
    came_from = (state.get("next") or {}).get("stage")
    update: Update = {"mend": {}}
    trouble: Json | None = None
    if came_from == "rehearsal":
        batch, trouble = _eased(state, desk, batch)
    elif came_from in ("diagnosis", "evaluation"):
        batch, counters = renewed(state, batch, state.get("mend") or {})
        desk.journal.write("batch", **batch.to_json())
        update |= {"counters": counters, "jobs": {}, "signals": [], "patient": ""}
        why = str((state.get("mend") or {}).get("why", ""))
        desk.judged(f"a new batch in place of the sick one: {why}", changes=state["mend"].get("change", {}))
        if not (state.get("mend") or {}).get("change"):
            trouble = {"says": why, **((state.get("mend") or {}).get("failure") or {})}
    known = recipes(desk.workspace)
    missing = [plan for plan in batch.experiments if plan.recipe not in known]
    if missing and desk.mind is None:
        return _no_recipe(missing[0], "")
    if missing or (trouble and desk.mind is not None):
        written = yield from _scripts(state, desk, batch, trouble)
        if not isinstance(written, tuple):
            kind = "out_of_budget" if written.ended in ("run_cap", "budget") else "no_recipe"
            why = f"the model at the helm wrote none that could be used ({written.ended.replace('_', ' ')}: {written.why})"
            return _no_recipe((missing or batch.experiments)[0], why, kind)
        batch, doubt = written
        update["mend"] = {"doubt": doubt} if doubt else {}
    for plan in batch.experiments:
        spec = recipe_of(desk, plan)
        validate_config(spec, plan.config)
        _static_checks(spec)
        if not begun(desk.experiment(plan.id)):
            write_folder({**state, "batch": batch.to_json()}, desk, plan, desk.experiment(plan.id))
    desk.judged(
        f"{len(batch.experiments)} folders written from {batch.experiments[0].recipe}",
        experiments=[p.id for p in batch.experiments],
    )
    return {**update, "batch": batch.to_json()}


def _no_recipe(plan: Plan, why: str, kind: str = "no_recipe") -> Update:
    reason = f"no recipe fits {plan.hypothesis or plan.recipe}; {why or 'no model is at the helm to write one'}"
    return {"batch": {}, "stop": {"kind": kind, "reason": reason, "stage": "implementation"}}


def _eased(state: Notebook, desk: Desk, batch: Batch) -> tuple[Batch, Json | None]:
    """After a failed rehearsal: less memory with the same effective batch, by rule; a script only with a model."""
    seen = state["rehearsal"]
    if seen["error"] == "memory":
        plans = []
        for plan in batch.experiments:
            change = half_batch(plan.config, recipe_of(desk, plan).facts)
            if change:
                desk.judged("out of memory: half the rows at a time, twice as often", **change)
                plans.append(plan.model_copy(update={"config": {**plan.config, **change}}))
        if len(plans) == len(batch.experiments):
            return batch.model_copy(update={"experiments": plans}), None
    if desk.mind is not None:
        return batch, {"says": seen["detail"], **(seen.get("failure") or {})}
    first = batch.experiments[0]
    if seen["error"] == "memory":
        raise UserError(f"{first.id} runs out of memory and its batch can't be halved any further: {seen['detail']}")
    raise UserError(
        f"{first.recipe} does not run here: {seen['detail']}; no rule mends a script, and no model is at the helm"
    )


def _scripts(
    state: Notebook, desk: Desk, batch: Batch, trouble: Json | None
) -> Generator[Wait, None, tuple[Batch, str] | Thought[Script]]:
    """The batch with scripts that are written or mended: one for all its experiments of one recipe."""
    from nodes.drafting import draft

    plans, doubts = list(batch.experiments), []
    for recipe in dict.fromkeys(plan.recipe for plan in plans):
        first = next(plan for plan in plans if plan.recipe == recipe)
        made = yield from draft(state, desk, first, trouble)
        if not isinstance(made, tuple):
            return made
        spec, doubt = made
        doubts += [doubt] if doubt else []
        plans = [_over_to(plan, spec, first) if plan.recipe == recipe else plan for plan in plans]
    return batch.model_copy(update={"experiments": plans}), "; ".join(doubts)


def _over_to(plan: Plan, spec: RecipeSpec, drafted: Plan) -> Plan:
    """The plan on the recipe written for it: its own settings, but for those that the writer had to change."""
    kept = {key: value for key, value in plan.config.items() if key in spec.parameters}
    mended = plan.recipe != UNWRITTEN
    changed = {k: v for k, v in spec.default.items() if mended and k in drafted.config and drafted.config[k] != v}
    config = {**spec.default, **kept, **changed, "seed": plan.seed}
    return plan.model_copy(update={"recipe": spec.name, "config": config, "steps": spec.planned_steps(config)})


def _static_checks(spec: RecipeSpec) -> None:
    """What can be known without running: it parses, and its requirements are here."""
    try:
        ast.parse(spec.script.read_text(encoding="utf-8"))
    except SyntaxError as wrong:
        raise UserError(f"{spec.script.name} does not parse: line {wrong.lineno}: {wrong.msg}") from wrong
    if missing := unmet(spec.script):
        raise UserError(
            f"{spec.name} needs what is not installed: {', '.join(missing)}; install the extra: pip install 'postgrad[train]'"
        )
