"""What `postgrad show RUN --json` prints: one object, every key always there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.ledger.journal import history, of_kind
from lab.ledger.ledger import Ledger
from nodes.record_mind import mind, scripts
from nodes.record_read import interruptions, last_step, once, plain, products, read_record, starts
from nodes.record_read import status as job_status

Json = dict[str, Any]

LAST_DECISIONS = 50


def record(
    workspace: Path,
    values: Mapping[str, Any],
    waiting: Sequence[Mapping[str, Any]],
    status: str,
    limits: Mapping[str, int] | None = None,
) -> Json:
    """The run as one plain JSON object. Fractions, not percents; what was not measured is null."""
    past = history(workspace / "journal.jsonl")
    ending = _ending(values, past)
    object_: Json = {
        "run": values.get("run") or read_record(workspace / "run.json").get("run") or workspace.name,
        "task": values.get("task") or (values.get("goal") or {}).get("task"),
        "stage": _stage(values, past),
        "status": status,
        "outcome": ending.get("outcome"),
        "reason": ending.get("reason"),
        "metric": metric(values),
        "trail": [r.get("stage") for r in of_kind(past, "enter")] or list(values.get("trail") or []),
        "experiments": experiments(workspace, past),
        "signals": _signals(past),
        "diagnoses": [_diagnosis(d) for d in _latest(products(past, "diagnosis", "diagnoses"))],
        "ablations": [_ablation(a) for a in products(past, "arms", "table", "ablation")],
        "findings": once(products(past, "finding", "findings")),
        "checks": checks(values, past),
        "interruptions": interruptions(workspace / "journal.jsonl"),
        "waiting": [{k: w.get(k) for k in ("id", "gate", "summary", "args")} for w in waiting],
        "bounds": _bounds(values.get("bounds") or {}, limits or {}),
        "decisions": _decisions(past),
        "cost": _cost(workspace, values),
        "mind": mind(workspace, past),
        "scripts": scripts(workspace, past),
        "report": _report(workspace, values),
    }
    clean: Json = plain(object_)
    return clean


def _latest(found: list[Json]) -> list[Json]:
    """Each experiment's causes as they were ranked last; below them those that only an earlier look had ranked."""
    looks: dict[str, list[dict[str, Json]]] = {}
    for cause in found:
        blocks = looks.setdefault(str(cause.get("experiment")), [{}])
        if cause.get("cause") in blocks[-1]:  # arms weigh again what the first look ranked
            blocks.append({})
        blocks[-1][str(cause.get("cause"))] = cause
    ranked = []
    for blocks in looks.values():
        last = blocks[-1]
        ranked += [
            *last.values(),
            *(c for block in reversed(blocks[:-1]) for name, c in block.items() if name not in last),
        ]
    return ranked


def metric(values: Mapping[str, Any]) -> Json:
    """The number that stands: the examined one, or else the best on validation."""
    goal = values.get("goal") or {}
    examined = values.get("examination") or {}
    best, base = values.get("best") or {}, values.get("baseline") or {}
    score = examined.get("score") or _score(best.get("score")) or {}
    baseline = examined.get("baseline_score") or _score(base.get("score")) or {}
    return {
        "name": score.get("metric") or goal.get("metric"),
        "direction": score.get("direction") or goal.get("direction"),
        "value": score.get("value"),
        "interval": score.get("interval"),
        "baseline": baseline.get("value", goal.get("baseline")),
        "n": score.get("n"),
        "split": (score.get("split") or ("sealed" if examined else "validation")) if score else None,
    }


def checks(values: Mapping[str, Any], past: Sequence[Json]) -> list[Json]:
    """The last answer of each check of the scores, with the experiment it was given for."""
    told = [*products(past, "check", "checks"), *((values.get("examination") or {}).get("checks") or [])]
    last = {str(c.get("name")): c for c in told}
    keys = ("name", "result", "why")
    return [
        {**{k: c.get(k) for k in keys}, "experiment": (c.get("evidence") or {}).get("experiment")}
        for c in last.values()
    ]


def experiments(workspace: Path, past: Sequence[Json]) -> list[Json]:
    """Every experiment that was planned or has a folder, in the order they were planned."""
    plans: dict[str, Json] = {}
    for batch in products(past, "batch"):
        for plan in batch.get("experiments") or []:
            if isinstance(plan, dict) and plan.get("id"):
                plans[str(plan["id"])] = {**plan, "batch": batch.get("id")}
    folders = workspace / "experiments"
    for path in sorted(folders.glob("*/experiment.json")) if folders.is_dir() else []:
        plans[path.parent.name] = {**plans.get(path.parent.name, {}), **read_record(path)}
    scores = _validation_scores(past)
    return [_experiment(name, plan, folders / name, scores.get(name)) for name, plan in plans.items()]


def _experiment(name: str, plan: Json, folder: Path, score: float | None) -> Json:
    config = plan.get("config") or read_record(folder / "config.json")
    return {
        "id": name,
        "parent": plan.get("parent"),
        "batch": plan.get("batch"),
        "purpose": plan.get("purpose"),
        "change": plan.get("change") or {},
        "status": job_status(folder).get("state") or "planned",
        "seed": plan.get("seed", config.get("seed")),
        "metric": score,
        "steps_planned": plan.get("steps", config.get("steps")),
        "steps_run": last_step(folder) or 0,
        "starts": starts(folder),
    }


def _validation_scores(past: Sequence[Json]) -> dict[str, float | None]:
    """The last validation score of each experiment; sealed ones belong to the run, not to the search."""
    found: dict[str, float | None] = {}
    for line in of_kind(list(past), "score"):
        score = _score(line.get("score")) or line
        if line.get("experiment") and score.get("split", "validation") == "validation":
            found[str(line["experiment"])] = score.get("value")
    return found


def _score(value: Any) -> Json:
    """A score in full, or the number alone made into one."""
    if isinstance(value, dict):
        return value
    return {} if value is None or isinstance(value, str | bool) else {"value": value}


def _stage(values: Mapping[str, Any], past: Sequence[Json]) -> str | None:
    """The stage the run stands in (entered and not left), or else the one that ran last."""
    visits = of_kind(list(past), "enter", "leave")
    if visits and visits[-1]["kind"] == "enter" and int(visits[-1].get("step", 0)) >= int(values.get("step") or 0):
        return str(visits[-1].get("stage"))
    return values.get("stage") or (str(visits[-1].get("stage")) if visits else None)


def _ending(values: Mapping[str, Any], past: Sequence[Json]) -> Json:
    ended = of_kind(list(past), "outcome")
    return values.get("ending") or (ended[-1] if ended else {})


def _signals(past: Sequence[Json]) -> list[Json]:
    keys = ("experiment", "kind", "step", "severity", "evidence", "why")
    seen = once(products(past, "signal", "signals"), "experiment", "kind", "step")
    return [{k: s.get(k) for k in keys} for s in seen]


def _diagnosis(found: Json) -> Json:
    keys = ("experiment", "cause", "family", "score", "fired", "applicable", "goes_to", "remedy")
    clues = {"for": found.get("evidence_for") or [], "against": found.get("evidence_against") or []}
    return {**{k: found.get(k) for k in keys}, **clues}


def _ablation(table: Json) -> Json:
    keys = ("experiment", "change", "cured", "why", "cause", "gained", "signals")
    arms = [{k: arm.get(k) for k in keys} for arm in table.get("arms") or []]
    rest = ("symptom", "parent", "winner", "cause", "overturned", "why")
    return {**{k: table.get(k) for k in rest}, "arms": arms}


def _bounds(counts: Mapping[str, int], limits: Mapping[str, int]) -> Json:
    edges = [*limits, *(e for e in counts if e not in limits)]
    return {edge: {"count": counts.get(edge, 0), "limit": limits.get(edge)} for edge in edges}


def _decisions(past: Sequence[Json]) -> list[Json]:
    made = of_kind(list(past), "decision")[-LAST_DECISIONS:]
    return [
        {"stage": d.get("stage"), "by": d.get("by"), "model": d.get("model") or None, "why": d.get("why")} for d in made
    ]


def _cost(workspace: Path, values: Mapping[str, Any]) -> Json:
    spent = Ledger(workspace / "ledger.jsonl").spent().to_json()
    return {**spent, "seconds": round(float(values.get("clock") or 0), 1)}


def _report(workspace: Path, values: Mapping[str, Any]) -> str | None:
    """Absolute path of the report, if it has been written."""
    named = (values.get("report") or {}).get("markdown") or "report.md"
    path = (workspace / named).resolve()
    return str(path) if path.is_file() else None
