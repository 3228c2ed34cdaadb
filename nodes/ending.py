"""How a run ended, by rule: from what was examined, checked and reproduced to one outcome and its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nodes.claims import HOW, read_claim
from state.brief import Brief
from state.products import Check, Ending, Examination
from state.words import Outcome

STOPS: dict[str, Outcome] = {
    "stopped": "stopped",
    "out_of_budget": "out_of_budget",
    "integrity_failure": "integrity_failure",
    "failed": "failed",
    "no_recipe": "failed",
    "refused": "stopped",
    "unanswered": "stopped",
    "bound": "inconclusive",
    "no_way_on": "inconclusive",
}


def ending(state: Mapping[str, Any]) -> Ending:
    """One word and one line. What was not settled is not called settled."""
    stop = state.get("stop")
    if stop:
        return Ending(outcome=STOPS.get(stop["kind"], "failed"), reason=stop["reason"])
    raw = state.get("examination")
    if not raw:
        why = (state.get("next") or {}).get("why") or "nothing was examined"
        failed = (state.get("next") or {}).get("label") in ("no_data", "no_recipe")
        return Ending(outcome="failed" if failed else "inconclusive", reason=why)
    seen = Examination.model_validate(raw)
    again = state.get("reproduction") or {}
    if again.get("result") == "contradicted":
        return Ending(outcome="integrity_failure", reason=f"the finalist does not reproduce: {again['why']}")
    brief = Brief.model_validate(state["goal"])
    end = _claimed(brief, seen) if brief.claim else _against_target(brief, seen)
    if broken := _broken(seen, end.outcome):
        why = f"the result is not to be trusted: {broken[0].name}: {broken[0].why}"
        return Ending(outcome="integrity_failure", reason=why)
    doubts = [f"suspect, {c.name}: {c.why}" for c in seen.checks if c.result == "SUSPECT"]
    return end.model_copy(update={"reason": "; ".join([end.reason, *doubts])})


def _broken(seen: Examination, outcome: Outcome) -> list[Check]:
    """Failed checks. A score no better than a trivial one is an honest miss, unless somebody calls it a success."""
    missed = outcome not in ("target_met", "claim_supported")
    return [c for c in seen.checks if c.result == "FAIL" and not (missed and c.name == "beats_trivial")]


def _words(seen: Examination) -> str:
    low, high = seen.score.interval
    gain_low, gain_high = seen.gain_interval
    return (
        f"{seen.score.metric} {seen.score.value:.3f} [{low:.3f}, {high:.3f}] against {seen.baseline_score.value:.3f} of the baseline "
        f"on {seen.score.n} sealed rows; gain {seen.gain:+.3f} [{gain_low:+.3f}, {gain_high:+.3f}]"
    )


def _against_target(brief: Brief, seen: Examination) -> Ending:
    beyond = seen.gain_interval[0] > 0
    if not beyond:
        return Ending(outcome="target_missed", reason=f"no gain beyond noise: {_words(seen)}")
    if brief.baseline is not None and not _as_good(seen.score.value, brief.baseline, brief.direction):
        return Ending(
            outcome="target_missed",
            reason=f"the brief's own baseline of {brief.baseline:g} is not beaten: {_words(seen)}",
        )
    if brief.target is not None and not _as_good(seen.score.value, brief.target, brief.direction):
        return Ending(outcome="target_missed", reason=f"the target of {brief.target:g} is missed: {_words(seen)}")
    bar = (
        ""
        if brief.target is not None or brief.baseline is not None
        else "no target was set, and the baseline is beaten: "
    )
    return Ending(outcome="target_met", reason=f"{bar}{_words(seen)}")


def _as_good(value: float, other: float, direction: str | None) -> bool:
    return value <= other if direction == "minimize" else value >= other


def _claimed(brief: Brief, seen: Examination) -> Ending:
    """A claim is settled when the whole interval lies on one side of its number."""
    claim = read_claim(brief.claim or "", brief.metric)
    if claim is None:
        return Ending(
            outcome="inconclusive", reason=f"no rule can read the claim {brief.claim!r}; {HOW}. {_words(seen)}"
        )
    low, high = seen.gain_interval if claim.of_gain else seen.score.interval
    holds, fails = (low > claim.value, high < claim.value)
    if not claim.above:
        holds, fails = fails, holds
    outcome: Outcome = "claim_supported" if holds else "claim_contradicted" if fails else "inconclusive"
    what = "gain" if claim.of_gain else seen.score.metric
    said = f"claimed: {what} {'above' if claim.above else 'below'} {claim.value:g}; measured [{low:.3f}, {high:.3f}]"
    return Ending(outcome=outcome, reason=f"{said}: {_words(seen)}")
