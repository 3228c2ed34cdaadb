"""evaluation: predictions on the validation split, scored by trusted code; the best and the baseline are kept."""

from __future__ import annotations

from typing import Any

from lab.checks.smell import too_good
from lab.data.seal import open_answers
from nodes.desk import Desk, Steps, goal
from nodes.effort import plan_for
from nodes.folders import batch_of
from nodes.scoring import Predictions, predict_all, predictions, scored
from state.brief import Brief
from state.notebook import Notebook, Update
from state.products import Batch, DatasetCard, Evaluation, Plan, Score

PERFECT = 1.0


def evaluation(state: Notebook, desk: Desk) -> Steps:
    brief, batch = goal(state), batch_of(state)
    done = [p for p in batch.experiments if state["watched"][p.id]["state"] == "finished"]
    if not done and all(state["watched"][p.id]["state"] == "stopped" for p in batch.experiments):
        return _out_of_time(state)
    folders = [desk.experiment(p.id) for p in done]
    failed = yield from predict_all(state, desk, folders, "validation", plan_for(brief).job_seconds)
    if failed or not done:
        why = "; ".join(f"{n}: {w}" for n, w in failed.items()) or "no experiment of the batch ended well"
        found = Evaluation(scores={}, problem="predict_crashed", detail=why)
        return {"evaluation": found.to_json(), "mend": {"change": {}, "why": why}}
    card = DatasetCard.model_validate(state["card"])
    answers = open_answers(desk.workspace, card, "validation", "evaluation")
    said = {p.id: predictions(desk.experiment(p.id), "validation") for p in done}
    scores = {name: scored(brief, [given], answers, "validation") for name, given in said.items()}
    for name, score in scores.items():
        desk.journal.write("score", experiment=name, **score.to_json())
    again = int((state.get("bounds") or {}).get("evaluation→audit", 0))
    problem, detail, who = _problem(said, answers, scores, may_be_constant=batch.purpose == "baseline")
    found = Evaluation(scores=scores, problem=problem, detail=detail)
    update: Update = {"evaluation": found.to_json(), "tried": _tried(state, scores)}
    if problem:
        return {**update, "patient": who}
    if batch.purpose != "baseline" and not again and (doubt := _too_good(scores)):
        found = found.model_copy(update={"problem": "smells_of_leak", "detail": doubt})
        update["evaluation"] = found.to_json()
    mean = scored(brief, [said[p.id] for p in done], answers, "validation")
    return {**update, **_kept(state, brief, batch, done, mean)}


def _out_of_time(state: Notebook) -> Update:
    """The batch was stopped for want of time: what stands is judged as it is."""
    if state.get("best"):
        return {"evaluation": Evaluation(scores={}).to_json()}
    why = "the search's share of the time was used up before anything could be compared"
    return {"evaluation": {}, "stop": {"kind": "out_of_budget", "reason": why, "stage": "evaluation"}}


def _problem(
    said: dict[str, Predictions], answers: dict[str, str], scores: dict[str, Score], may_be_constant: bool
) -> tuple[str, str, str]:
    """What makes a result unfit to decide on, before anyone decides on it."""
    for name, given in said.items():
        if not may_be_constant and len(set(given.values())) == 1 and len(set(answers.values())) > 1:
            return "constant_output", f"{name} gives one answer to all {len(given)} rows", name
        if scores[name].unparsed == len(answers):
            return (
                "metric_mismatch",
                f"none of {name}'s {len(given)} predictions is of the form {scores[name].metric} reads",
                name,
            )
    return "", "", ""


def _too_good(scores: dict[str, Score]) -> str:
    """A result that is better than results tend to be sends the data to be audited once more."""
    for name, score in scores.items():
        check = too_good(score.metric, score.value, score.n)
        if check.result != "PASS":
            return f"{name}: {check.why}"
    return ""


def _tried(state: Notebook, scores: dict[str, Score]) -> list[dict[str, Any]]:
    return [
        {**line, "metric": scores[line["id"]].value} if line["id"] in scores else line
        for line in state.get("tried") or []
    ]


def _kept(state: Notebook, brief: Brief, batch: Batch, done: list[Plan], mean: Score) -> Update:
    first = done[0]
    here: dict[str, Any] = {
        "batch": batch.id, "experiments": [p.id for p in done], "recipe": first.recipe, "config": first.config,
        "start_from": first.start_from, "score": mean.to_json(), "seeds": len(done),
    }  # fmt: skip
    if batch.purpose == "baseline":
        return {"baseline": here}
    best = state.get("best") or {}
    if batch.purpose == "seeds" and best and _same_config(best["config"], first.config):
        # the trial that was promising is one of the seeds, not a better one than its fellows
        together = list(dict.fromkeys([*best["experiments"], *here["experiments"]]))
        return {"best": {**here, "experiments": together, "seeds": len(together)}}
    better = not best or _beats(mean.value, best["score"]["value"], brief.direction or "maximize")
    return {"best": here} if better or batch.purpose == "seeds" else {}


def _same_config(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return {k: v for k, v in a.items() if k != "seed"} == {k: v for k, v in b.items() if k != "seed"}


def _beats(value: float, other: float, direction: str) -> bool:
    return value > other if direction == "maximize" else value < other
