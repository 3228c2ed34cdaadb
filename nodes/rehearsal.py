"""rehearsal: runs what is planned tiny, in the sandbox, measures it, and forecasts time and cost."""

from __future__ import annotations

import math
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

from lab.checks.failures import Failure, read_failure
from lab.compute.engine import Job, JobStatus
from lab.compute.folder import read_metrics
from lab.data.seal import inputs_for
from lab.ledger.files import write_atomic
from lab.ledger.journal import history, of_kind
from lab.recipes.registry import validate_config
from nodes.desk import Desk, Steps, Wait, finish, goal, one_after_another
from nodes.effort import plan_for, search_time_left
from nodes.folders import batch_of, fingerprint_of, job_in, read_config, recipe_of, write_folder
from nodes.reserve import what_is_asked, worst_seconds
from state.errors import UserError
from state.notebook import Notebook, Update
from state.products import Batch, DatasetCard, Plan, Rehearsal

LOG_SHOWN = 400
LOG_READ = 65_536
"""Bytes of a log's end."""
FAILURE_SHOWN = 2_000
"""Characters of the lines that matter: the state is small."""


def rehearsal(state: Notebook, desk: Desk) -> Steps:
    batch, note = _edited(state, desk)
    state = {**state, "batch": batch.to_json()}
    took: dict[str, Pace] = {}
    seen = ""
    for recipe in dict.fromkeys(plan.recipe for plan in batch.experiments):
        plan = max((p for p in batch.experiments if p.recipe == recipe), key=lambda p: p.steps)
        known = None if note == "edited" else _measured_before(desk, plan)
        if known is not None:
            took[recipe], seen = known
            continue
        result = yield from _rehearse(state, desk, plan)
        if isinstance(result, Rehearsal):
            desk.journal.write("rehearsal", recipe=recipe, **result.to_json())
            return {"batch": batch.to_json(), "rehearsal": result.to_json(), "asked": {}}
        took[recipe], seen = result
    done = _forecast(state, desk, batch, took, seen)
    desk.journal.write("rehearsal", **done.to_json())
    update: Update = {"batch": batch.to_json(), "rehearsal": done.to_json(), "asked": {}}
    if done.ok:
        update["asked"] = what_is_asked({**state, **update}, desk)  # type: ignore[typeddict-item]
    return update


def _edited(state: Notebook, desk: Desk) -> tuple[Batch, str]:
    """A person's edit of the configs goes into the folders and is rehearsed again; one that does not fit is asked anew."""
    batch = batch_of(state)
    if (state.get("next") or {}).get("stage") != "approve_launch":
        return batch, ""
    wanted: dict[str, Any] = state["decisions"]["spend"]["args"].get("experiments", {})
    plans: list[Plan] = []
    for plan in batch.experiments:
        config = (wanted.get(plan.id) or {}).get("config", plan.config)
        try:
            validate_config(recipe_of(desk, plan), config)
        except UserError as wrong:
            desk.fallback(f"the edit of {plan.id}", f"it does not fit, so the plan stays as it was: {wrong}")
            config = plan.config
        change = {k: v for k, v in config.items() if v != plan.config.get(k)}
        plans.append(
            plan.model_copy(
                update={
                    "config": config,
                    "change": {**plan.change, **change},
                    "steps": int(config.get("steps", plan.steps)),
                }
            )
        )
    batch = batch.model_copy(update={"experiments": plans})
    for plan in plans:
        write_folder({**state, "batch": batch.to_json()}, desk, plan, desk.experiment(plan.id))
    return batch, "edited"


class Pace(NamedTuple):
    """How long a training takes: before its first step, and for each step."""

    start: float
    step: float

    def seconds(self, steps: int) -> float:
        return self.start + self.step * max(1, steps)


def _measured_before(desk: Desk, plan: Plan) -> tuple[Pace, str] | None:
    """The pace of a real training of the same recipe and code path in this run: better than any rehearsal."""
    for record in reversed(of_kind(history(desk.journal.path), "job")):
        if record["job_kind"] != "train" or record.get("recipe") != plan.recipe or not record.get("steps"):
            continue
        folder = desk.experiment(record["experiment"])
        if _path(desk, plan, read_config(folder)) == _path(desk, plan, plan.config) and (record["steps"] > 1) == (
            plan.steps > 1
        ):
            pace = _pace(read_metrics(folder, record["attempt"]), record["seconds"])
            return pace, f"measured on {record['experiment']}"
    return None


def _path(desk: Desk, plan: Plan, config: dict[str, Any]) -> dict[str, Any]:
    """The settings that choose which code runs: words and switches, not numbers."""
    spec = recipe_of(desk, plan)
    return {k: config.get(k) for k, p in spec.parameters.items() if p.kind in ("text", "bool") and k != spec.start_key}


def _pace(metrics: list[dict[str, Any]], seconds: float) -> Pace:
    """From the times in the log; without them everything is put on the steps, which is the cautious side."""
    timed = [(m["time"], m["step"]) for m in metrics if m.get("time") is not None and m.get("step")]
    if len(timed) < 2 or timed[-1][1] == timed[0][1]:
        return Pace(seconds, 0.0 if len(metrics) <= 1 else seconds / len(metrics))
    step = (timed[-1][0] - timed[0][0]) / (timed[-1][1] - timed[0][1])
    return Pace(max(0.0, seconds - step * timed[-1][1]), step)


def _rehearse(state: Notebook, desk: Desk, plan: Plan) -> Generator[Wait, None, Rehearsal | tuple[Pace, str]]:
    """Really run it, for a few steps, then predict a few rows; its pace, or what went wrong."""
    spec = recipe_of(desk, plan)
    folder = desk.workspace / "rehearsals" / f"{plan.id}-{fingerprint_of(desk.experiment(plan.id))[:8]}"
    config = {**plan.config, **spec.rehearsal}
    write_folder(state, desk, plan, folder, config)
    desk.say(f"rehearsing {plan.recipe} for {config.get('steps', 0)} steps")
    limit = plan_for(goal(state)).job_seconds
    train = yield from once(desk, folder, "rehearsal", "train", ("train", "--config", "config.json"), limit)
    if train.state != "finished":
        return _failed(desk, folder, train, "script", f"{plan.recipe} failed in rehearsal")
    card = DatasetCard.model_validate(state["card"])
    inputs = few_rows(inputs_for(desk.workspace, card, "validation"), folder / "inputs.jsonl")
    argv = ("predict", "--config", "config.json", "--inputs", inputs.name, "--out", "predictions.jsonl")
    predict = yield from once(desk, folder, "rehearsal", "predict", argv, limit)
    if predict.state != "finished":
        return _failed(desk, folder, predict, "predict", f"predict of {plan.recipe} failed")
    seconds = (train.ended_at or 0) - (train.started_at or 0)
    steps = max(1, int(config.get("steps", 1)))
    return _pace(read_metrics(folder, "train-1"), seconds), f"rehearsed {steps} steps in {seconds:.1f} s"


def _failed(desk: Desk, folder: Path, status: JobStatus, error: str, what: str) -> Rehearsal:
    """Why, as a typed failure with the lines that matter; the log itself stays where it is."""
    failure = read_failure(log_end(folder), status, (folder / "train.py").read_text(encoding="utf-8"))
    kind = "memory" if failure.kind == "memory" else error
    said = status.why if failure.says in status.why else f"{status.why}: {failure.says}"
    detail = f"{what}: {said}" + (f" (line {failure.where})" if failure.where else "")
    return Rehearsal(ok=False, error=kind, detail=detail[:LOG_SHOWN], failure=told(failure))


def told(failure: Failure) -> dict[str, Any]:
    """As it stands in the state and as a writer of scripts reads it."""
    shown = "\n".join(failure.lines)[-FAILURE_SHOWN:]
    return {
        "kind": failure.kind,
        "says": failure.says,
        "lines": shown,
        "where": failure.where,
        "advice": failure.advice,
    }


def log_end(folder: Path, name: str = "") -> str:
    """The end of the newest log in an experiment's folder, where what went wrong stands."""
    found = sorted((folder / "attempts").glob(f"{name}*/log.txt"), key=lambda path: path.stat().st_mtime)
    return found[-1].read_bytes()[-LOG_READ:].decode("utf-8", "replace") if found else ""


def once(
    desk: Desk, folder: Path, kind: Any, name: str, argv: tuple[str, ...], seconds: float
) -> Generator[Wait, None, JobStatus]:
    """A job whose result is taken if it is there already; lost ones get one more attempt."""
    for _ in range(3):
        attempts = folder / "attempts"
        taken = (
            sorted((p.name for p in attempts.glob(f"{name}-*")), key=lambda n: int(n.rsplit("-", 1)[1]))
            if attempts.exists()
            else []
        )
        attempt = taken[-1] if taken else f"{name}-1"
        job: Job = job_in(desk, folder, kind, attempt, argv, seconds)
        status = (yield from finish(desk, [job]))[job.id]
        if status.state not in ("lost", "stopped"):
            return status
        again = job_in(desk, folder, kind, one_after_another(name, taken or [attempt]), argv, seconds)
        desk.fallback(job.id, f"{status.state} ({status.why}); once more as {again.attempt}")
        again.place.mkdir(parents=True, exist_ok=True)
    return status


def few_rows(inputs: Path, to: Path, count: int = 8) -> Path:
    lines = inputs.read_text(encoding="utf-8").splitlines()[:count]
    write_atomic(to, "\n".join(lines) + "\n")  # over whatever a training left under that name, never through it
    return to


def _forecast(state: Notebook, desk: Desk, batch: Batch, took: dict[str, Pace], seen: str) -> Rehearsal:
    brief = goal(state)
    limit = plan_for(brief).job_seconds
    each = {plan.id: took[plan.recipe].seconds(plan.steps) for plan in batch.experiments}
    rounds = math.ceil(len(each) / max(1, desk.slots))
    forecast = max(each.values()) * rounds
    worst = {name: worst_seconds(seconds, limit) for name, seconds in each.items()}
    left = search_time_left(brief, desk.clock)
    too_slow = max(each.values()) > limit or (left is not None and forecast > left)
    detail = f"forecast {forecast:.0f} s for the batch, {seen}"
    if too_slow:
        room = (
            f"{left:.0f} s of the search's time are left"
            if left is not None and forecast > left
            else f"a job may take {limit:.0f} s"
        )
        detail = f"too slow: {detail}; {room}"
    return Rehearsal(
        ok=not too_slow, error="slow" if too_slow else "", detail=detail, seconds=round(max(pace.step for pace in took.values()), 4),
        forecast_seconds=round(forecast, 1), worst_seconds=round(max(worst.values()) * rounds, 1), cost=0.0,
        per_experiment={k: round(v, 1) for k, v in worst.items()},
    )  # fmt: skip
