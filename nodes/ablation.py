"""ablation: first visit plans arms that tell the causes apart; second visit compares them by a pure function."""

from __future__ import annotations

from typing import Any

from lab.checks.ablate import compare_arms, judge_arm, plan_arms
from lab.compute.folder import read_metrics
from lab.ledger.files import append_line, read_lines
from nodes.desk import Desk, goal
from nodes.diagnosis import weighed_again
from nodes.effort import plan_for
from nodes.folders import batch_of, plan_named, recipe_of
from nodes.monitoring import alarms, until_sick
from nodes.naming import Namer
from state.notebook import Notebook, Update
from state.products import AblationTable, ArmResult, Batch, Diagnosis, Plan, Signal


def ablation(state: Notebook, desk: Desk) -> Update:
    if state["batch"]["purpose"] == "arms":
        return _compare(state, desk)
    return _plan(state, desk)


def _plan(state: Notebook, desk: Desk) -> Update:
    parent = plan_named(state, state["patient"])
    spec = recipe_of(desk, parent)
    diagnoses = [Diagnosis.model_validate(d) for d in state["diagnoses"]]
    symptom = _symptom(state, parent)
    arms = plan_arms(diagnoses, parent.config, spec.facts, plan_for(goal(state)).arms)
    if not arms:
        table = AblationTable(
            symptom=symptom,
            parent=parent.id,
            arms=[],
            winner=None,
            cause=None,
            overturned=False,
            why="no change of a setting could tell the causes apart",
        )
        desk.journal.write("arms", **table.to_json())
        return {
            "ablation": table.to_json(),
            "sick_batch": _kept(state),
            "ruled_out": _ruled(state, [d.cause for d in diagnoses]),
        }
    namer = Namer.of(state)
    name = namer.next_batch()
    steps = max(1, round(parent.steps * spec.arm_share))
    plans = [
        Plan(
            id=namer.next_experiment(), parent=parent.id, purpose="arms", hypothesis=arm.hypothesis, change=arm.change,
            recipe=parent.recipe,
            seed=parent.seed, config=spec.shortened({**parent.config, **arm.change}, steps), steps=steps,
            start_from=None if spec.warmup_key in arm.change else parent.start_from, predicts=arm.predicts, paired_seed=parent.paired_seed,
        )
        for arm in arms
    ]  # fmt: skip
    plans = [
        p
        if p.start_from or spec.start_key is None
        else p.model_copy(update={"config": {**p.config, spec.start_key: None}})
        for p in plans
    ]
    why = f"{len(plans)} arms of {steps} steps tell apart what caused {symptom} in {parent.id}: {', '.join(a.cause for a in arms)}"
    batch = Batch(id=name, purpose="arms", why=why, experiments=plans, symptom=symptom)
    desk.judged(why, arms={p.id: p.change for p in plans})
    desk.journal.write("batch", **batch.to_json())
    causes = {p.id: a.cause for p, a in zip(plans, arms, strict=True)}
    return {
        "batch": batch.to_json(), "counters": namer.counters(), "jobs": {}, "signals": [], "ablation": {},
        "sick_batch": {**_kept(state), "causes": causes},
    }  # fmt: skip


def _symptom(state: Notebook, parent: Plan) -> str:
    stops = [s for s in state["signals"] if s["experiment"] == parent.id and s["severity"] == "stop"]
    return str(min(stops, key=lambda s: s["step"])["kind"]) if stops else "no signal"


def _kept(state: Notebook) -> dict[str, object]:
    """What the diagnosis needs should no arm cure."""
    return {key: state[key] for key in ("batch", "jobs", "signals", "patient")}


def _ruled(state: Notebook, causes: list[str]) -> list[str]:
    return list(dict.fromkeys([*(state.get("ruled_out") or []), *causes]))


def _compare(state: Notebook, desk: Desk) -> Update:
    batch, sick = batch_of(state), state["sick_batch"]
    parent = next(Plan.model_validate(p) for p in sick["batch"]["experiments"] if p["id"] == sick["patient"])
    symptoms = [Signal.model_validate(s) for s in sick["signals"] if s["experiment"] == parent.id]
    arms = [_judged(desk, state, plan, sick["causes"][plan.id], symptoms) for plan in batch.experiments]
    suspected = state["diagnoses"][0]["cause"]
    table = compare_arms(
        batch.symptom, parent.id, arms, suspected, config=parent.config, facts=recipe_of(desk, parent).facts
    )
    desk.journal.write("arms", **table.to_json())
    desk.judged(table.why, winner=table.winner, cause=table.cause, overturned=table.overturned)
    update: Update = {"ablation": table.to_json()}
    if table.winner:
        weighed = weighed_again(state, desk, arms)
        for each in weighed:
            desk.journal.write("diagnosis", **each.to_json())
        update["diagnoses"] = [each.to_json() for each in weighed]
    if table.winner is None:
        return {**update, "ruled_out": _ruled(state, [a.cause for a in arms if not a.cured])}
    won = next(p for p in batch.experiments if p.id == table.winner)
    config = recipe_of(desk, won).shortened(won.config, parent.steps)
    learnt = {
        "from": won.id,
        "config": config,
        "recipe": won.recipe,
        "change": won.change,
        "cause": table.cause,
        "why": table.why,
        "purpose": parent.purpose,
        "used": False,
    }
    _lesson(desk, state, table, parent, learnt)
    return {**update, "learnt": learnt, "ruled_out": _ruled(state, [a.cause for a in arms if not a.cured])}


def _judged(desk: Desk, state: Notebook, plan: Plan, cause: str, symptoms: list[Signal]) -> ArmResult:
    metrics = read_metrics(desk.experiment(plan.id), state["jobs"][plan.id]["attempt"])
    metrics = until_sick(metrics, alarms(metrics, plan))
    result = judge_arm(metrics, cause, plan.change, symptoms, plan.steps, plan.id, plan.config)
    how = state["watched"][plan.id]
    if how["state"] == "failed":
        return result.model_copy(update={"cured": False, "why": f"it did not run to its end: {how['why']}"})
    return result


def _lesson(desk: Desk, state: Notebook, table: AblationTable, parent: Plan, learnt: dict[str, Any]) -> None:
    """Remembered across runs, once: which cause it turned out to be, and what cured it."""
    brief = goal(state)
    path = desk.home / "lessons.jsonl"
    if any(line.get("run") == desk.run and line.get("parent") == parent.id for line in read_lines(path)):
        return
    lesson = {
        "run": desk.run, "parent": parent.id, "method": brief.method, "data": brief.data, "symptom": table.symptom,
        "cause": table.cause, "cured_by": learnt["change"], "with": {k: parent.config.get(k) for k in learnt["change"]}, "why": table.why,
    }  # fmt: skip
    append_line(path, lesson)
    desk.journal.write("lesson", **lesson)
