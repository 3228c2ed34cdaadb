"""diagnosis: signals, log and settings lead to ranked causes, and to where the run goes back to."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from pydantic import BaseModel, ConfigDict

from lab.checks.diagnose import Evidence, diagnose
from lab.checks.failures import read_failure
from lab.compute.engine import JobStatus
from lab.compute.folder import read_metrics
from nodes.desk import Desk, Steps, Wait
from nodes.folders import plan_named, recipe_of, train_job
from nodes.monitoring import until_sick
from nodes.rehearsal import LOG_READ, told
from nodes.reserve import next_attempt
from state.notebook import Notebook, Update
from state.products import ArmResult, Clue, Diagnosis, Signal

KEPT = 6
LOG_TAIL = 6_000
"""Characters of a log that are looked at, and more where a traceback begins before them."""
TRACEBACK = "Traceback (most recent call last):"
LOG_SHOWN = 1_500
"""Characters of the log that stand in the question; the rest is a tool's to show."""
MOST_CALLS = 12
"""Of a model for one diagnosis: a look at curves, log, script and tables, and a few second looks."""


class Cause(BaseModel):
    """Which of the ranked causes to act on."""

    model_config = ConfigDict(extra="forbid")
    cause: str
    why: str


def diagnosis(state: Notebook, desk: Desk) -> Steps:
    state = _back_to_the_sick(state)
    evidence = evidence_of(state, desk, _arms(state))
    found = diagnose(evidence)[:KEPT]
    if not found:
        found = [_nothing_seen(state, desk, evidence)]
    chosen = yield from _chosen(state, desk, evidence, found)
    found.sort(key=lambda d: d.cause != chosen)
    for each in found:
        desk.journal.write("diagnosis", **each.to_json())
    update: Update = {
        "diagnoses": [d.to_json() for d in found],
        "patient": evidence.experiment,
        "batch": state["batch"],
        "ablation": {},
    }
    return {**update, **_prepare(state, desk, evidence, found[0])}


def _chosen(state: Notebook, desk: Desk, evidence: Evidence, found: list[Diagnosis]) -> Generator[Wait, None, str]:
    """By a model if there is one, among what rules found possible; else, or when it gives no answer, the best by rule."""
    names, why = [d.cause for d in found], _why(found[0])
    if desk.helm is None or len(found) == 1:
        desk.judged(why, cause=names[0])
        return names[0]
    from lab.model.agent import Caps
    from nodes.thinking import ponder
    from nodes.tools.records_files import scrubbed
    from nodes.tools.table import tools_for

    shown = {
        "experiment": evidence.experiment,
        "signals": [s.to_json() for s in evidence.signals],
        "causes": [d.to_json() for d in found],
        "config": evidence.config,
        "ruled_out": list(evidence.previous),
        "log": scrubbed(evidence.log_tail[-LOG_SHOWN:]),
        "notes": state.get("notes", []),
    }
    thought = yield from ponder(
        desk, Cause, shown, tools_for("diagnosis", desk, state),
        lambda c: None if c.cause in names else f"choose one of {', '.join(names)}",
        role="judging", caps=Caps(calls=MOST_CALLS),
    )  # fmt: skip
    if thought.choice is None:
        desk.judged(why, cause=names[0])
        return names[0]
    return thought.choice.cause


def _arms(state: Notebook) -> list[ArmResult]:
    return [ArmResult.model_validate(a) for a in (state.get("ablation") or {}).get("arms", [])]


def weighed_again(state: Notebook, desk: Desk, arms: list[ArmResult]) -> list[Diagnosis]:
    """The causes as they stand now that the arms have spoken."""
    return diagnose(evidence_of(_back_to_the_sick(state), desk, arms))[:KEPT]


def _back_to_the_sick(state: Notebook) -> Notebook:
    """When no arm cured, the patient is still the experiment whose arms they were."""
    if state["batch"]["purpose"] != "arms":
        return state
    sick = state["sick_batch"]
    return {
        **state,
        "batch": sick["batch"],
        "jobs": sick["jobs"],
        "signals": sick["signals"],
        "patient": sick["patient"],
    }


def evidence_of(state: Notebook, desk: Desk, arms: list[ArmResult]) -> Evidence:
    plan = plan_named(state, state["patient"])
    job = train_job(state, desk, plan)
    status = desk.engine.status(job)
    signals = [Signal.model_validate(s) for s in state["signals"] if s["experiment"] == plan.id]
    log = job.place / "log.txt"
    size = log.stat().st_size if log.exists() else 0
    return Evidence(
        experiment=plan.id,
        config=plan.config,
        metrics=until_sick(read_metrics(desk.experiment(plan.id), job.attempt), signals),
        signals=signals,
        log_tail=_tail(desk.engine.log(job, max(0, size - LOG_READ))[0]),
        status=status.to_dict(),
        facts=recipe_of(desk, plan).facts,
        arms=arms,
        previous=state.get("ruled_out") or [],
    )


def _tail(log: str) -> str:
    """The end of a log, with the whole of the traceback that it would cut: the script's own lines stand at its beginning."""
    start = max(0, len(log) - LOG_TAIL)
    begins = log.rfind(TRACEBACK, 0, start)
    between = log[begins:start].splitlines()[1:] if begins >= 0 else []
    inside = begins >= 0 and all(line.startswith(" ") for line in between if line)
    return log[begins if inside else start :]


def _failure(desk: Desk, evidence: Evidence) -> dict[str, Any]:
    """The typed failure of a training that crashed; empty for one that ended."""
    status = JobStatus.from_dict(dict(evidence.status or {}))
    if status.state == "finished":
        return {}
    script = desk.experiment(evidence.experiment) / "train.py"
    return told(read_failure(evidence.log_tail, status, script.read_text(encoding="utf-8")))


OF_NO_USE = ("constant_output", "metric_mismatch")
"""What an evaluation finds where training went well and `predict` did not: the script's doing, which a model may mend."""


def _nothing_seen(state: Notebook, desk: Desk, evidence: Evidence) -> Diagnosis:
    """An evaluation found the result odd, and the training's log shows nothing."""
    seen = state.get("evaluation") or {}
    why = seen.get("detail") or "no signal in the log"
    if desk.mind is not None and seen.get("problem") in OF_NO_USE:
        clue = Clue(rule=str(seen["problem"]), says=why)
        return Diagnosis(
            experiment=evidence.experiment, cause="predictions_of_no_use", family="code", score=1.0, fired=1, applicable=1,
            evidence_for=[clue], goes_to="implementation",
        )  # fmt: skip
    return Diagnosis(
        experiment=evidence.experiment, cause="unknown", family="unknown", score=0.0, fired=0, applicable=0, goes_to="report",
        evidence_against=[{"rule": "no_signal", "says": why}],
    )  # fmt: skip


def _why(first: Diagnosis) -> str:
    return f"{first.fired} of {first.applicable} rules speak for {first.cause}: " + "; ".join(
        c.says for c in first.evidence_for[:3]
    )


def _prepare(state: Notebook, desk: Desk, evidence: Evidence, first: Diagnosis) -> Update:
    """What the stage that the cause leads to will need."""
    if first.family == "code":
        if not first.remedy:
            why = first.evidence_for[0].says if first.evidence_for else first.cause
            if desk.mind is not None:  # implementation has the script mended
                return {"mend": {"change": {}, "why": f"{first.cause}: {why}", "failure": _failure(desk, evidence)}}
            return {
                "stop": {
                    "kind": "failed",
                    "reason": f"{first.cause}: {why}; no rule mends a script, and no model is at the helm",
                    "stage": "diagnosis",
                }
            }
        return {"mend": {"change": first.remedy, "why": _why(first)}}
    if first.family == "false_alarm":
        jobs = {**state["jobs"], first.experiment: next_attempt(state["jobs"][first.experiment])}
        return {"jobs": jobs, "signals": [], "patient": ""}
    return {}
