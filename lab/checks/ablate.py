"""Arms: single changes that tell causes apart, what each showed, and which cured. The winner is chosen by rule."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.checks import thresholds as t
from lab.checks.causes import BY_NAME, CATALOGUE, Cause
from lab.checks.detectors import detect
from lab.checks.evidence import known
from lab.checks.names import Line
from lab.checks.series import Series, is_policy, main_phase, series, step_of, true_metric
from lab.checks.tries import changes_for
from state.products import AblationTable, ArmResult, Diagnosis, Json, Signal
from state.words import SignalKind


@dataclass(frozen=True)
class ArmPlan:
    """One arm: one change against the sick parent, and what it would show if its cause is the right one."""

    cause: str
    change: Json
    hypothesis: str
    predicts: str


def plan_arms(diagnoses: Sequence[Diagnosis], config: Json, facts: Mapping[str, Any], limit: int) -> list[ArmPlan]:
    """Arms for the causes that scored, likeliest first and the cheaper of two equals; then for those of the same family
    that did not, so that a wrong diagnosis can be overturned. Where the training has no knob for
    a cause's own remedy, the playbook's next change is taken."""
    scored = [d for d in diagnoses if _can_arm(d.cause)]
    ranked = sorted(scored, key=lambda d: (-d.score, BY_NAME[d.cause].cost))
    first = diagnoses[0].cause if diagnoses else ""
    ranked.sort(key=lambda d: d.cause != first)
    names = [d.cause for d in ranked]
    if any(BY_NAME[name].family == "dynamics" for name in names):
        names += [c.name for c in _controls(diagnoses) if c.name not in names]
    arms: list[ArmPlan] = []
    for name in names:
        cause = BY_NAME[name]
        options = [(cause.remedy(config, facts), cause.prediction), *changes_for(name, config, facts)]
        taken = [arm.change for arm in arms]
        fits = (o for o in options if len(o[0]) == 1 and _differs(o[0], config) and o[0] not in taken)
        found = next(fits, None)
        if found is not None:
            arms.append(_plan(cause, *found, config))
    return arms[: max(limit, 0)]


def _controls(diagnoses: Sequence[Diagnosis]) -> list[Cause]:
    """Causes of the training's dynamics that look much like the one suspected, cheapest first."""
    suspect = next((BY_NAME[d.cause] for d in diagnoses if _can_arm(d.cause)), None)
    if suspect is None:
        return []
    controls = [c for c in CATALOGUE if c.family == "dynamics" and c.armed and len(c.symptoms & suspect.symptoms) > 1]
    return sorted(controls, key=lambda c: c.cost)


def _can_arm(name: str) -> bool:
    return name in BY_NAME and BY_NAME[name].armed


def _differs(change: Json, config: Json) -> bool:
    return any(config.get(key) != value for key, value in change.items())


def _plan(cause: Cause, change: Json, predicts: str, config: Json) -> ArmPlan:
    words = ", ".join(f"{key} {config.get(key)} becomes {value}" for key, value in change.items())
    hypothesis = f"if {cause.name.replace('_', ' ')} is the cause, the sickness goes away when {words}"
    return ArmPlan(cause.name, change, hypothesis, predicts)


def judge_arm(
    metrics: Sequence[Line],
    cause: str,
    change: Json,
    parent_signals: Sequence[Signal],
    planned_steps: int,
    experiment: str,
    config: Json | None = None,
) -> ArmResult:
    """Cured: it ran to its end with no sickness, without the parent's symptom, and lost nothing of what it could do.

    `config` is the arm's own; without it the size of its groups is the parent's, as its signal recorded it.
    """
    group = next((s.evidence["group"] for s in parent_signals if s.evidence.get("group")), None)
    signals = detect(metrics, experiment, planned_steps, config or {"num_generations": group} | change)
    kinds: list[SignalKind] = sorted({s.kind for s in signals})
    of, sign = outcome_series(metrics)
    gained, noise = gain_and_noise(of, sign)
    why, cured = _reason(signals, parent_signals, metrics, planned_steps, of, gained, noise)
    return ArmResult(
        experiment=experiment, cause=cause, change=change, cured=cured, gained=gained, signals=kinds, why=why
    )


def _reason(
    signals: Sequence[Signal],
    parent_signals: Sequence[Signal],
    metrics: Sequence[Line],
    planned_steps: int,
    of: Series,
    gained: float | None,
    noise: float,
) -> tuple[str, bool]:
    symptoms = {s.kind for s in parent_signals if s.severity == "stop"} or {s.kind for s in parent_signals}
    bad = next((s for s in signals if s.severity == "stop" or s.kind in symptoms), None)
    if bad is not None:
        return f"still sick: {bad.why}", False
    last = max((step_of(line) for line in metrics), default=0)
    if last < t.ARM_DONE * planned_steps:
        return f"not known: it ran {last} of {planned_steps} steps", False
    if gained is None:
        return "not known: neither reward, accuracy nor loss was logged often enough", False
    span = f"{of.key} from {of.start:.3g} to {of.start + (gained if of.key not in LOWER else -gained):.3g}"
    if gained < -t.ARM_NOISE * noise:
        return f"no alarm, but it lost what it could do: {span}", False
    return f"no alarm over {last} steps, {span}", True


LOWER = ("eval_loss", "loss")


def outcome_series(metrics: Sequence[Line]) -> tuple[Series, int]:
    """What an arm is judged by: the true metric, else the reward; a supervised one by accuracy, else by its loss."""
    true = true_metric(metrics)
    if len(true):
        return true, 1
    lines = main_phase(metrics)
    for key in ("reward",) if is_policy(metrics) else ("accuracy", "inner/accuracy", *LOWER):
        of = series(lines, key)
        if len(of):
            return of, -1 if key in LOWER else 1
    return true, 1


def gain_and_noise(of: Series, sign: int) -> tuple[float | None, float]:
    """Mean over the last fifth minus the start, for the better positive, and the standard error of that difference."""
    tail = of.values[-max(t.BASELINE_LOGS, math.ceil(t.ARM_TAIL * len(of))) :]
    if len(of) < 2 * t.BASELINE_LOGS:
        return None, 0.0
    noise = of.noise() * math.sqrt(1 / len(tail) + 1 / t.BASELINE_LOGS)
    return sign * (statistics.fmean(tail) - of.start), noise


def compare_arms(
    symptom: str,
    parent: str,
    arms: Sequence[ArmResult],
    suspected: str | None,
    *,
    config: Json | None = None,
    facts: Mapping[str, Any] | None = None,
) -> AblationTable:
    """The cured arm that gained most; among equals the one that leaves the fewest settings off the recipe, then the
    suspected cause, then the order in which the arms were planned."""
    cured = [arm for arm in arms if arm.cured and arm.gained is not None]
    if not cured:
        why = "no arm cured it: " + "; ".join(f"{a.cause}: {a.why}" for a in arms) if arms else "no arm was run"
        return AblationTable(
            symptom=symptom, parent=parent, arms=list(arms), winner=None, cause=None, overturned=False, why=why
        )
    top = max(arm.gained or 0.0 for arm in cured)
    slack = max(t.ARM_TIE, t.ARM_TIE_SHARE * abs(top))
    level = [arm for arm in cured if top - (arm.gained or 0.0) <= slack]
    winner = min(level, key=lambda a: (departures(a.change, config or {}, facts or {}), a.cause != suspected))
    why = f"{winner.cause} explains it: with {_words(winner.change)} there was {winner.why} (gain {winner.gained:+.3g})"
    if len(level) > 1:
        why += f"; level with {', '.join(a.cause for a in level if a is not winner)}, and the smaller departure"
    failed = [a.cause for a in arms if not a.cured]
    why += f"; not cured by {', '.join(failed)}" if failed else ""
    overturned = suspected is not None and winner.cause != suspected
    if overturned:
        why += f"; {suspected} had been suspected"
    return AblationTable(
        symptom=symptom, parent=parent, arms=list(arms), winner=winner.experiment, cause=winner.cause,
        overturned=overturned, why=why,
    )  # fmt: skip


def departures(change: Json, config: Json, facts: Mapping[str, Any]) -> int:
    """Settings that would lie off what the recipe knows once the change is made."""
    after = {**config, **change}
    return sum(1 for name in facts if name in after and known(facts, name) not in (None, after[name]))


def _words(change: Json) -> str:
    return ", ".join(f"{key}={value}" for key, value in change.items())
