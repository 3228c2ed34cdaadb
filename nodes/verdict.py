"""verdict: is the gain beyond noise, is the target in reach, is another batch worth its cost?"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from lab.data.seal import open_answers
from lab.stats.compare import gain_interval
from lab.stats.keep import Kept, keep
from nodes.desk import Desk, goal
from nodes.effort import plan_for, search_time_left
from nodes.ideas import ideas_left
from nodes.judging import judge
from nodes.power import luck
from nodes.scoring import predictions
from state.brief import Brief
from state.notebook import Notebook, Update
from state.products import DatasetCard, Json, Verdict


class GoOn(BaseModel):
    """Whether to search on or to settle it."""

    model_config = ConfigDict(extra="forbid")
    decision: str
    why: str


def verdict(state: Notebook, desk: Desk) -> Update:
    brief = goal(state)
    best, baseline = state.get("best") or {}, state.get("baseline") or {}
    if not best:
        found = Verdict(decision="next_batch", why="the baseline stands; nothing has been tried against it")
        desk.judged(found.why, decision=found.decision)
        return {"verdict": found.to_json(), "dry": 0}
    gain = _gain(state, desk, brief)
    dry = 0 if gain.keep else int(state.get("dry") or 0) + 1
    open_to, why = _options(state, desk, brief, gain, dry)
    evidence = {
        "best": best["score"], "baseline": baseline["score"], "gain": gain.gain, "gain_interval": gain.interval, "target": brief.target,
        "options": open_to, "tried": state.get("tried", [])[-10:], "notes": state.get("notes", []),
    }  # fmt: skip
    if len(open_to) == 1:  # nothing to choose, so nobody is asked
        desk.judged(why, decision=open_to[0], gain=gain.gain)
        found = _found(state, best, gain, open_to[0], why)
        return {"verdict": found.to_json(), "dry": dry}
    made = judge(
        desk, GoOn, evidence, lambda: (GoOn(decision=open_to[0], why=why), why),
        lambda c: None if c.decision in open_to else f"choose one of {', '.join(open_to)}", gain=gain.gain,
    )  # fmt: skip
    found = _found(state, best, gain, made.choice.decision, made.why)
    return {"verdict": found.to_json(), "dry": 0 if found.decision == "read_again" else dry}


def _found(state: Notebook, best: Json, gain: Kept, decision: str, why: str) -> Verdict:
    return Verdict(
        decision=decision,
        why=why + luck(state, sum(purpose == "trial" for purpose in _batches(state))),
        best=best["experiments"][0],
        gain=gain.gain,
        gain_interval=gain.interval,
    )


def _gain(state: Notebook, desk: Desk, brief: Brief) -> Kept:
    """Best against baseline on the validation rows, item by item and seed by seed."""
    card = DatasetCard.model_validate(state["card"])
    answers = open_answers(desk.workspace, card, "validation", "verdict")
    finalist = [predictions(desk.experiment(name), "validation") for name in state["best"]["experiments"]]
    baseline = [predictions(desk.experiment(name), "validation") for name in state["baseline"]["experiments"]]
    assert brief.metric is not None
    return keep(
        gain_interval(brief.metric, finalist, baseline, answers, seed=brief.seed), brief.direction or "maximize"
    )


def _options(state: Notebook, desk: Desk, brief: Brief, gain: Kept, dry: int) -> tuple[list[str], str]:
    """What may be decided now, the rule's own choice first, and its reason. No option leads round the seeds."""
    best = state["best"]
    settled = best["seeds"] >= brief.seeds
    plan = plan_for(brief)
    trials = sum(1 for b in _batches(state) if b == "trial")
    reached = brief.target is not None and _reached(best["score"]["value"], brief)
    left = search_time_left(brief, desk.clock)
    forecast = float((state.get("rehearsal") or {}).get("forecast_seconds", 0.0))
    no_time = left is not None and left < forecast
    ideas = ideas_left(state, desk.workspace)
    if no_time:
        return (["examine"], f"{gain.why}; {left:.0f} s of search are left and a batch takes about {forecast:.0f} s")
    more = trials < plan.trials and (bool(ideas) or desk.mind is not None) and not reached
    if more and dry >= plan.dry:
        return (
            ["read_again", "next_batch", "examine" if settled else "seeds"],
            f"{dry} batches without a gain beyond noise; read before the next",
        )
    if more and not settled_by_seeds(state):
        return (
            ["next_batch", "examine" if settled else "seeds"],
            f"{gain.why}; {len(ideas)} ideas and {plan.trials - trials} trials are left",
        )
    if not settled:
        return (["seeds"], f"{gain.why}; {best['seeds']} of {brief.seeds} seeds are trained")
    return (["examine"], f"{gain.why}, over {best['seeds']} seeds")


def settled_by_seeds(state: Notebook) -> bool:
    """Once the best has its seeds, the search is over: more trials would be chosen by noise."""
    return bool(state["batch"]["purpose"] == "seeds")


def _batches(state: Notebook) -> list[str]:
    return [line["purpose"] for line in state.get("tried") or []]


def _reached(value: float, brief: Brief) -> bool:
    assert brief.target is not None
    return value >= brief.target if brief.direction != "minimize" else value <= brief.target
