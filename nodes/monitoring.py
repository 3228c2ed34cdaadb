"""monitoring: follows the batch's metrics and stops a job when a detector says so."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.checks.detectors import cloned, detect, from_end, stall
from lab.checks.series import step_of
from lab.compute.engine import Job, JobStatus
from lab.compute.folder import read_metrics
from nodes.desk import ENDED, Desk, Steps, Wait, goal, note_job, refuse_void
from nodes.effort import search_time_left
from nodes.folders import batch_of, recipe_of, train_job
from nodes.tried import remembered
from state.notebook import Notebook, Update
from state.products import Json, Plan, Signal

LOOK_SECONDS = 60.0
"""A visit ends after this long, so that a checkpoint says how far the run is; the edge leads back here."""
POLL_SECONDS, LONGEST_PAUSE = 0.25, 5.0
SIGNALS_KEPT = 20
LOG_TAIL = 4_000


@dataclass
class Patient:
    """One experiment under observation."""

    plan: Plan
    job: Job
    status: JobStatus
    signals: dict[str, Signal] = field(default_factory=dict)
    steps: int = 0
    size: int = -1

    @property
    def sick(self) -> Signal | None:
        stops = [s for s in self.signals.values() if s.severity == "stop"]
        return min(stops, key=lambda s: s.step) if stops else None


def monitoring(state: Notebook, desk: Desk) -> Steps:
    known: dict[str, dict[str, Signal]] = {}
    for raw in state.get("signals") or []:
        known.setdefault(raw["experiment"], {})[raw["kind"]] = Signal.model_validate(raw)
    ward = []
    for plan in batch_of(state).experiments:
        job = train_job(state, desk, plan)
        ward.append(Patient(plan, job, desk.engine.status(job), dict(known.get(plan.id, {}))))
    until = time.monotonic() + LOOK_SECONDS
    while True:
        began = time.monotonic()
        for patient in ward:
            _look(desk, patient)
        if all(p.status.state in ENDED for p in ward) or time.monotonic() > until:
            break
        if _out_of_time(state, desk, began):
            for patient in ward:
                desk.engine.cancel(patient.job, "the search's share of the time is used up")
                _look(desk, patient)
            break
        # looking at long metrics takes time; spend no more than a third of it looking, but never look away for long
        pause = min(LONGEST_PAUSE, max(POLL_SECONDS, 2 * (time.monotonic() - began)))
        yield Wait(tuple(p.job for p in ward), pause, lambda: False, every=min(POLL_SECONDS, pause))
    return _found(state, desk, ward)


def _out_of_time(state: Notebook, desk: Desk, now: float) -> bool:
    left = search_time_left(goal(state), desk.clock)
    return left is not None and now - _visit_start(desk) > left


def _visit_start(desk: Desk) -> float:
    """When this visit began, on the clock that only goes forward."""
    first = float(desk.journal.written[0]["t"])
    return time.monotonic() - (time.time() - first)


def _look(desk: Desk, patient: Patient) -> None:
    """Read what is new, ask the detectors, stop what is sick."""
    patient.status = desk.engine.status(patient.job)
    over = patient.status.state in ENDED
    path = patient.job.place / "metrics.jsonl"
    size = path.stat().st_size if path.exists() else 0
    if size == patient.size and not over:
        _note(desk, patient, _silent(patient, path.stat().st_mtime if size else None))
    if size != patient.size or over:
        patient.size = size
        metrics = read_metrics(desk.experiment(patient.plan.id), patient.job.attempt)
        patient.steps = max((step_of(line) for line in metrics), default=0)
        for signal in alarms(metrics, patient.plan):
            _note(desk, patient, signal)
        if over and patient.status.state == "finished":
            _note(desk, patient, cloned(metrics, _fellows(desk, patient), patient.plan.id))
        if over and patient.status.state == "failed":
            tail = desk.engine.log(patient.job, max(0, _log_size(patient.job) - LOG_TAIL))[0]
            _note(desk, patient, from_end(patient.status.to_dict(), tail, patient.plan.id, metrics))
    if patient.sick and not over:
        desk.say(f"stopping {patient.plan.id}: {patient.sick.why}")
        patient.status = desk.engine.cancel(patient.job, f"{patient.sick.kind}: {patient.sick.why}")


def _fellows(desk: Desk, patient: Patient) -> dict[str, list[Json]]:
    """What the run's other trainings logged: one that equals another to the last digit was changed in name only."""
    folders = sorted(patient.job.place.parents[2].glob("*"))
    return {f.name: read_metrics(f) for f in folders if f.name != patient.plan.id and (f / "metrics.jsonl").exists()}


def alarms(metrics: list[Json], plan: Plan) -> list[Signal]:
    """What the detectors saw up to the first alarm that stops: how long a sick job ran on is an accident of who watched."""
    seen = detect(metrics, plan.id, plan.steps, plan.config)
    return detect(until_sick(metrics, seen), plan.id, plan.steps, plan.config) if any(map(_stops, seen)) else seen


def until_sick(metrics: list[Json], signals: Sequence[Signal]) -> list[Json]:
    """The lines up to the first stop."""
    first = min((s.step for s in signals if _stops(s)), default=None)
    return metrics if first is None else [line for line in metrics if step_of(line) <= first]


def _stops(signal: Signal) -> bool:
    return signal.severity == "stop"


def _log_size(job: Job) -> int:
    path = job.place / "log.txt"
    return path.stat().st_size if path.exists() else 0


def _silent(patient: Patient, last: float | None) -> Signal | None:
    if last is None or patient.status.state != "running" or patient.steps == 0:
        return None
    started = patient.status.started_at or last
    return stall(time.time() - last, (last - started) / max(1, patient.steps), patient.plan.id, patient.steps)


def _note(desk: Desk, patient: Patient, signal: Signal | None) -> None:
    """The first alarm of each kind counts; a stop counts also where a warning stood."""
    known = patient.signals.get(signal.kind) if signal else None
    if signal is None or (known and (known.severity == "stop" or signal.severity == "warn")):
        return
    patient.signals[signal.kind] = signal
    desk.journal.write("signal", signal=signal.to_json())
    desk.say(f"{patient.plan.id} {signal.severity}: {signal.why}")


def _found(state: Notebook, desk: Desk, ward: list[Patient]) -> Update:
    watched: dict[str, Any] = {}
    tried = {line["id"]: line for line in state.get("tried") or []}
    for patient in ward:
        sick = patient.sick
        how = patient.status.state
        why = sick.why if sick else patient.status.why
        watched[patient.plan.id] = {"state": how, "why": why, "steps": patient.steps}
        if how not in ENDED:
            continue
        if ((state.get("watched") or {}).get(patient.plan.id) or {}).get("state") not in ENDED:
            note_job(desk, patient.job, patient.status, recipe=patient.plan.recipe, steps=patient.steps)
        refuse_void(patient.job, patient.status)
        tried[patient.plan.id] = {
            "id": patient.plan.id, "purpose": patient.plan.purpose, "recipe": recipe_of(desk, patient.plan).name,
            "change": patient.plan.change, "state": "sick" if sick else how, "why": why[:120], "metric": None,
        }  # fmt: skip
    first = min((p for p in ward if p.sick), key=lambda p: p.sick.step if p.sick else 0, default=None)
    signals = [s.to_json() for p in ward for s in p.signals.values()]
    return {
        "watched": watched,
        "signals": signals[:SIGNALS_KEPT],
        "patient": first.plan.id if first else "",
        "tried": remembered(list(tried.values())),
    }
