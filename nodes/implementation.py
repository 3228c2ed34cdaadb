"""implementation: writes the experiments' folders from the recipe's script, checks them, mends what rehearsal or diagnosis found."""

from __future__ import annotations

import ast

from lab.checks.causes import half_batch
from lab.compute.folder import unmet
from lab.recipes.registry import recipes, validate_config
from lab.recipes.spec import RecipeSpec
from nodes.desk import Desk
from nodes.folders import batch_of, begun, recipe_of, write_folder
from nodes.naming import renewed
from state.errors import UserError
from state.notebook import Notebook, Update
from state.products import Batch


def implementation(state: Notebook, desk: Desk) -> Update:
    batch = batch_of(state)
    came_from = (state.get("next") or {}).get("stage")
    if any(plan.recipe not in recipes() for plan in batch.experiments):
        return {
            "batch": {},
            "stop": {
                "kind": "no_recipe",
                "reason": f"no recipe fits {batch.experiments[0].recipe}",
                "stage": "implementation",
            },
        }
    update: Update = {"mend": {}}
    if came_from == "rehearsal":
        batch = _mended(state, desk, batch)
    elif came_from in ("diagnosis", "evaluation"):
        batch, counters = renewed(state, batch, state.get("mend") or {})
        desk.journal.write("batch", **batch.to_json())
        update |= {"counters": counters, "jobs": {}, "signals": [], "patient": ""}
        _, why = next(iter(state["mend"].items()), ("", ""))
        desk.judged(f"a new batch in place of the sick one: {why}", changes=state["mend"].get("change", {}))
    for plan in batch.experiments:
        folder = desk.experiment(plan.id)
        if not begun(folder):
            write_folder({**state, "batch": batch.to_json()}, desk, plan, folder)
        spec = recipes()[plan.recipe]
        validate_config(spec, plan.config)
        _static_checks(spec)
    desk.judged(
        f"{len(batch.experiments)} folders written from {batch.experiments[0].recipe}",
        experiments=[p.id for p in batch.experiments],
    )
    return {**update, "batch": batch.to_json()}


def _mended(state: Notebook, desk: Desk, batch: Batch) -> Batch:
    """After a failed rehearsal: less memory with the same effective batch, and nothing else by rule."""
    seen = state["rehearsal"]
    if seen["error"] != "memory":
        raise UserError(
            f"{batch.experiments[0].recipe} does not run here: {seen['detail']}; no rule mends a script, and no model is at the helm"
        )
    plans = []
    for plan in batch.experiments:
        change = half_batch(plan.config, recipe_of(plan).facts)
        if not change:
            raise UserError(f"{plan.id} runs out of memory and its batch can't be halved any further: {seen['detail']}")
        desk.judged("out of memory: half the rows at a time, twice as often", **change)
        plans.append(plan.model_copy(update={"config": {**plan.config, **change}}))
    return batch.model_copy(update={"experiments": plans})


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
