"""Where to go from each stage: pure functions from the notebook to a label and its reason.

The labels and their targets stand in `graph/build.py`. What every stage shares (the `stop` exit, bounds) is added
round these rules by `decide`, so a rule here only knows its own stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from typing import Any, NamedTuple

State = Mapping[str, Any]


class Route(NamedTuple):
    """A label of the map, and why it was taken."""

    label: str
    why: str


Rule = Callable[[State], Route]


def _count(things: Sized, what: str) -> str:
    return f"{len(things)} {what}{'' if len(things) == 1 else 's'}"


def intake(state: State) -> Route:
    if state["asked"].get("gate") == "benchmark":
        return Route("unmeasured", "the task does not say how success is measured")
    return Route("measured", f"success is {state['goal']['metric']}, {state['goal']['direction']}")


def _answered(state: State, gate: str) -> Route:
    decision = state["decisions"][gate]
    label = {"approve": "approved", "reject": "rejected", "edit": "edited"}[decision["answer"]]
    return Route(label, f"{decision['by']}: {decision['why']}")


def approve_benchmark(state: State) -> Route:
    return _answered(state, "benchmark")


def literature(state: State) -> Route:
    if state.get("card"):
        return Route("again", "the data is untouched; what was read goes into the next plan")
    return Route(
        "first", f"{len(state['reading']['papers'])} papers and {len(state['reading']['recipes'])} recipes found"
    )


def curation(state: State) -> Route:
    if not state.get("card"):
        return Route("no_data", "no usable data")
    if state["asked"].get("gate") == "data":
        return Route("ask", state["asked"]["summary"])
    return Route("split", f"{state['card']['rows']} rows, split and sealed as {state['card']['seal'][:12]}")


def approve_data(state: State) -> Route:
    return _answered(state, "data")


def audit(state: State) -> Route:
    blocking = [f for f in state["findings"] if f["severity"] == "block"]
    if blocking:
        return Route("leak", f"{blocking[0]['kind']}: {blocking[0]['why']}")
    if state["audited"].get("sent_by") == "evaluation":
        return Route("clean_again", "the data is clean; the doubt about the result goes to the verdict")
    return Route("clean", f"{_count(state['findings'], 'finding')}, none of them blocking")


def planning(state: State) -> Route:
    batch = state.get("batch")
    if not batch:
        return Route("stop", "nothing left to try")
    return Route("planned", batch["why"])


def implementation(state: State) -> Route:
    if not state.get("batch"):
        return Route("no_recipe", "no recipe fits and no model is there to write one")
    return Route("written", f"{_count(state['batch']['experiments'], 'experiment folder')} written")


def rehearsal(state: State) -> Route:
    seen = state["rehearsal"]
    if seen["ok"]:
        return Route("fits", f"forecast {seen['forecast_seconds']:.0f} s, at worst {seen['worst_seconds']:.0f} s")
    label = {"script": "script_error", "predict": "script_error", "memory": "out_of_memory"}.get(
        seen["error"], "too_dear"
    )
    return Route(label, seen["detail"])


def approve_launch(state: State) -> Route:
    return _answered(state, "spend")


def launch(state: State) -> Route:
    if state.get("refused"):
        return Route("refused", state["refused"])
    return Route("started", f"{_count(state['jobs'], 'attempt')} under way")


def monitoring(state: State) -> Route:
    watched = state["watched"]
    states = {name: seen["state"] for name, seen in watched.items()}
    if any(s in ("queued", "running") for s in states.values()):
        return Route("running", ", ".join(f"{n} {s}" for n, s in states.items()))
    lost = [n for n, s in states.items() if s == "lost"]
    if lost:
        return Route("lost", f"{', '.join(lost)}: {watched[lost[0]]['why']}")
    if state["batch"]["purpose"] == "arms":
        return Route("arms_ended", f"{_count(states, 'arm')} ended")
    if state.get("patient"):
        return Route("sick", f"{state['patient']}: {watched[state['patient']]['why']}")
    return Route("ended", f"{_count(states, 'experiment')} ended")


FAMILY_GOES: dict[str, str] = {
    "dynamics": "dynamics", "code": "code", "data": "data", "idea": "idea",
    "infrastructure": "infrastructure", "false_alarm": "false_alarm", "unknown": "unknown",
}  # fmt: skip


def diagnosis(state: State) -> Route:
    first = state["diagnoses"][0]
    return Route(
        FAMILY_GOES[first["family"]], f"{first['cause']}: {first['fired']} of {first['applicable']} rules speak for it"
    )


def ablation(state: State) -> Route:
    table = state.get("ablation")
    if not table:
        return Route("arms", state["batch"]["why"])
    if table["winner"]:
        return Route("cured", table["why"])
    return Route("none_cured", table["why"])


def evaluation(state: State) -> Route:
    problem = state["evaluation"]["problem"]
    if not problem:
        return Route("scored", ", ".join(f"{n} {s['value']:.3f}" for n, s in state["evaluation"]["scores"].items()))
    label = {"predict_crashed": "predict_crashed", "smells_of_leak": "smells_of_leak"}.get(problem, "odd")
    return Route(label, f"{problem}: {state['evaluation']['detail']}")


def verdict(state: State) -> Route:
    found = state["verdict"]
    label = {"next_batch": "next", "seeds": "next", "examine": "examine", "read_again": "read_again"}[found["decision"]]
    return Route(label, found["why"])


def examination(state: State) -> Route:
    seen = state["examination"]
    return Route(
        "examined",
        f"{seen['score']['metric']} {seen['score']['value']:.3f} against {seen['baseline_score']['value']:.3f}",
    )


def reproduction(state: State) -> Route:
    seen = state["reproduction"]
    label = "contradicted" if seen["result"] == "contradicted" else "reproduced"
    return Route(label, f"{seen['result']}: {seen['why']}")


def report(state: State) -> Route:
    if state["asked"].get("gate") == "publication":
        return Route("publish", state["asked"]["summary"])
    return Route("end", f"{state['ending']['outcome']}: {state['ending']['reason']}")


def approve_publication(state: State) -> Route:
    return _answered(state, "publication")


def publication(state: State) -> Route:
    return Route("end", state["publication"]["why"])


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        intake, approve_benchmark, literature, curation, approve_data, audit, planning, implementation, rehearsal,
        approve_launch, launch, monitoring, diagnosis, ablation, evaluation, verdict, examination, reproduction, report,
        approve_publication, publication,
    )
}  # fmt: skip


def start(state: State) -> Route:
    """New input on a run that waits at a gate leads back to that gate; anything else begins at intake."""
    waits = state.get("next") or {}
    if waits.get("to") in GATE_STAGES:
        return Route(waits["to"], "the run waits there for an answer")
    return Route("intake", "a new run")


GATE_STAGES = ("approve_benchmark", "approve_data", "approve_launch", "approve_publication")
