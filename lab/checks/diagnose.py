"""From signals to ranked causes: the score is rules that fired over rules that apply, never anyone's confidence."""

from __future__ import annotations

from lab.checks.causes import CATALOGUE, GENERIC, GOES_TO, Cause
from lab.checks.evidence import Evidence
from lab.checks.said import Said
from lab.checks.thresholds import MIN_SCORE
from state.products import Clue, Diagnosis

__all__ = ["Evidence", "diagnose", "refuted"]


def diagnose(ev: Evidence) -> list[Diagnosis]:
    """Causes of what was seen, likeliest first; the honest `unknown` where none is supported. Empty without signals."""
    if not ev.signals:
        return []
    considered = [c for c in CATALOGUE if c.name not in ev.previous and c.symptoms & ev.graver]
    found = [_weigh(cause, ev) for cause in considered if _named(cause, ev)]
    found.sort(key=lambda d: (refuted(ev, d.cause), -d.score, -d.fired))
    if found and found[0].score >= MIN_SCORE and not refuted(ev, found[0].cause):
        return found
    return [_unknown(ev, found), *found]


def refuted(ev: Evidence, cause: str) -> bool:
    """Whether an arm that removed this cause stayed sick. An experiment outweighs any number of rules."""
    arms = [arm for arm in ev.arms if arm.cause == cause]
    return bool(arms) and not any(arm.cured for arm in arms)


def _named(cause: Cause, ev: Evidence) -> bool:
    """Whether a rule of the cause's own fired, or an arm confirmed it."""
    own = any(rule(ev).fired for rule in cause.rules if rule not in GENERIC)
    return own or any(arm.cured for arm in ev.arms if arm.cause == cause.name)


def _weigh(cause: Cause, ev: Evidence) -> Diagnosis:
    said = [(_name(rule), rule(ev)) for rule in cause.rules]
    said += [("arm", Said(arm.cured, f"{arm.experiment}: {arm.why}")) for arm in ev.arms if arm.cause == cause.name]
    fired = [Clue(rule=name, says=s.says) for name, s in said if s.fired]
    against = [Clue(rule=name, says=s.says) for name, s in said if s.fired is False]
    applicable = len(fired) + len(against)
    return Diagnosis(
        experiment=ev.experiment,
        cause=cause.name,
        family=cause.family,
        score=round(len(fired) / applicable, 4) if applicable else 0.0,
        fired=len(fired),
        applicable=applicable,
        evidence_for=fired,
        evidence_against=against,
        goes_to=GOES_TO[cause.family],
        remedy=cause.remedy(ev.config, ev.facts),
    )


def _name(rule: object) -> str:
    return str(getattr(rule, "__name__", rule))


def _unknown(ev: Evidence, found: list[Diagnosis]) -> Diagnosis:
    best = f"best supported is {found[0].cause} with {found[0].score:.2f}" if found else "no rule fired"
    seen = ", ".join(sorted(ev.kinds))
    ruled = f"; ruled out: {', '.join(ev.previous)}" if ev.previous else ""
    return Diagnosis(
        experiment=ev.experiment, cause="unknown", family="unknown", score=0.0, fired=0, applicable=0,
        evidence_for=[], evidence_against=[Clue(rule="none_supported", says=f"{seen}: {best}{ruled}")],
        goes_to=GOES_TO["unknown"],
    )  # fmt: skip
