"""What can be seen going wrong in a training that follows a loss, and in any training at all."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from lab.checks import thresholds as t
from lab.checks.series import WARM_UP_PREFIX, Line, Series, first_held, is_policy, main_phase, number, series, step_of
from state.products import Signal
from state.words import Severity, SignalKind

Metrics = Sequence[Line]
MUST_BE_FINITE = ("loss", "grad_norm", "reward", "entropy", "kl", "eval_loss")


def nan(metrics: Metrics, experiment: str, planned_steps: int) -> Signal | None:
    """A number that is none, or a loss of exactly zero where the logger hides them."""
    for line in metrics:
        for key in MUST_BE_FINITE:
            value = number(line.get(key, line.get(WARM_UP_PREFIX + key)))
            if value is not None and not math.isfinite(value):
                evidence: dict[str, object] = {
                    "metric": key,
                    "window": [step_of(line)],
                    "values": [str(value)],
                    "threshold": "finite",
                }
                why = f"{key} is {value} at step {step_of(line)}"
                return _signal(experiment, "nan", step_of(line), "stop", evidence, why)
    return None if is_policy(metrics) else _masked_loss(metrics, experiment)


def _masked_loss(metrics: Metrics, experiment: str) -> Signal | None:
    """Only trainers that log a gradient norm put a zero where a NaN was; a separated batch has a loss of 0 in truth."""
    if not _logged(metrics, "grad_norm"):
        return None
    loss = series(main_phase(metrics), "loss")
    i = first_held(lambda k: loss.values[k] == 0.0, len(loss), 0, t.MASKED_LOSS_LOGS)
    if i is None:
        return None
    why = f"the loss is exactly 0 in {t.MASKED_LOSS_LOGS} logs up to step {loss.steps[i]}: hidden NaN or masked labels"
    return _from(loss, i, experiment, "nan", "stop", 0.0, why)


def divergence(metrics: Metrics, experiment: str, planned_steps: int) -> Signal | None:
    """The loss climbs away from its best, or stays above where it started."""
    if is_policy(metrics):
        return None
    loss = series(main_phase(metrics), "loss")

    def far(k: int) -> bool:
        above = loss.smooth[k] - loss.lowest[k]
        return above > t.DIVERGED_SHARE * abs(loss.start) and above > t.NOISE_FACTOR * loss.error(k + 1)

    def above_start(k: int) -> bool:
        return loss.smooth[k] > t.DIVERGED_START * loss.start > 0 and far(k)

    def stuck_above_best(k: int) -> bool:
        best = loss.lowest[k]
        return loss.smooth[k] - best > (t.DIVERGED_BEST - 1) * abs(best) and far(k) and not _recovering(loss, k)

    found = [
        first_held(above_start, len(loss), t.WARM_UP - 1, t.LOSS_HOLD),
        first_held(stuck_above_best, len(loss), t.WARM_UP - 1, t.LOSS_PATIENCE),
    ]
    i = min((k for k in found if k is not None), default=None)
    if i is None:
        return None
    best = loss.lowest[i]
    why = (
        f"the loss climbed from its best running mean {best:.3g} to {loss.smooth[i]:.3g} by step {loss.steps[i]}"
        f" (it started at {loss.start:.3g})"
    )
    bounds = {"times_best": t.DIVERGED_BEST, "times_start": t.DIVERGED_START}
    return _from(loss, i, experiment, "divergence", "stop", bounds, why)


def _recovering(loss: Series, k: int) -> bool:
    """Whether a loss that has jumped is on its way down, or has come down, from its peak since its best."""
    low = min(range(k + 1), key=loss.smooth.__getitem__)
    came_down = loss.smooth[k] < t.LOSS_RECOVERED * max(loss.smooth[low : k + 1])
    now, before = loss.values[max(0, k - 4) : k + 1], loss.values[max(0, k - 9) : max(1, k - 4)]
    return came_down or statistics.fmean(now) < t.LOSS_RECOVERING * statistics.fmean(before)


def spike(metrics: Metrics, experiment: str, planned_steps: int) -> Signal | None:
    """Gradients that keep jumping far outside everything before them."""
    norm, loss = (series(main_phase(metrics), key) for key in ("grad_norm", "loss"))
    policy = is_policy(metrics)
    jumps: list[int] = []
    for i in range(t.SPIKE_LOGS, len(norm) - 1):
        before = norm.values[max(0, i - t.SPIKE_WINDOW) : i]
        middle = max(statistics.median(before), t.GRADIENT_DEAD * norm.start)
        spread = 1.4826 * statistics.median(abs(v - middle) for v in before)
        value = norm.values[i]
        if not (value > t.SPIKE_RATIO * middle > 0 and value - middle > t.SPIKE_Z * spread):
            continue
        if norm.values[i + 1] > value / 2 or not (policy or _shaken(loss, norm.steps[i])):
            continue
        jumps = [k for k in jumps if i - k < t.SPIKE_WINDOW] + [i]
        if len(jumps) >= t.SPIKE_COUNT:
            why = (
                f"the gradient norm jumped {len(jumps)} times up to step {norm.steps[i]}, last to {value:.3g};"
                f" its median before was {middle:.3g}"
            )
            bounds = {"z": t.SPIKE_Z, "times_median": t.SPIKE_RATIO, "jumps": t.SPIKE_COUNT}
            return _from(norm, i + 1, experiment, "spike", "warn", bounds, why)
    return None


def _shaken(loss: Series, step: int) -> bool:
    """Whether the loss jumped with the gradient, there or right after."""
    near = [k for k, s in enumerate(loss.steps) if step <= s <= step + 1]
    before = [v for s, v in zip(loss.steps, loss.values, strict=True) if s < step][-t.SPIKE_LOGS :]
    return bool(before) and any(loss.values[k] > t.DIVERGED_BEST * statistics.median(before) for k in near)


def dead_lr(metrics: Metrics, experiment: str, planned_steps: int) -> Signal | None:
    """The learning rate stays zero while there is still work to do."""
    rate = series(main_phase(metrics), "learning_rate")

    def dead(k: int) -> bool:
        return rate.values[k] == 0.0 and rate.steps[k] <= t.DEAD_LR_UNTIL * max(planned_steps, 1)

    i = first_held(dead, len(rate), 0, t.DEAD_LR_LOGS)
    if i is None:
        return None
    why = f"the learning rate is 0 in {t.DEAD_LR_LOGS} logs up to step {rate.steps[i]} of {planned_steps}"
    return _from(rate, i, experiment, "dead_lr", "stop", 0.0, why)


def plateau(metrics: Metrics, experiment: str, planned_steps: int) -> Signal | None:
    """Late in the run and no better than in its beginning, short of the ceiling: a finish, so it only warns."""
    key, sign = next(
        ((k, s) for k, s in (("reward", 1), ("eval_loss", -1), ("loss", -1)) if _logged(metrics, k)), ("", 1)
    )
    of = series(main_phase(metrics), key)
    late = (i for i in range(t.PLATEAU_LOGS - 1, len(of)) if of.steps[i] >= t.PLATEAU_FROM * planned_steps > 0)
    i = next(late, None)
    if i is None or _arrived(metrics, of, i):
        return None
    part = math.ceil(t.PLATEAU_PART * (i + 1))
    first, last = statistics.fmean(of.values[:part]), statistics.fmean(of.values[i + 1 - part : i + 1])
    if sign * (last - first) > t.PLATEAU_ERRORS * of.noise(i + 1) * math.sqrt(2 / part):
        return None
    why = f"{key} was {first:.3g} on average at the start and is {last:.3g} at step {of.steps[i]} of {planned_steps}"
    return _from(of, i, experiment, "plateau", "warn", {"errors": t.PLATEAU_ERRORS}, why)


def _logged(metrics: Metrics, key: str) -> bool:
    return len(series(main_phase(metrics), key)) >= t.PLATEAU_LOGS


def _arrived(metrics: Metrics, of: Series, i: int) -> bool:
    """Whether the run stands where there is nothing left to gain, or its loss is a small rest of what it was."""
    if of.key == "reward":
        return of.smooth[i] >= t.PLATEAU_CEILING
    keys = ("accuracy", "mean_token_accuracy", "inner/accuracy")
    accuracy = [series(main_phase(metrics), key).at(of.steps[i]) for key in keys]
    high = any(a is not None and a >= t.PLATEAU_CEILING for a in accuracy)
    return high or of.smooth[i] <= (1 - t.PLATEAU_CEILING) * of.start


def overfit(metrics: Metrics, experiment: str, planned_steps: int) -> Signal | None:
    """The evaluation loss rises from its minimum while the training loss still falls: a finish, so it only warns."""
    lines = main_phase(metrics)
    evals, loss = series(lines, "eval_loss"), series(lines, "loss")

    def over(k: int) -> bool:
        low = min(range(k + 1), key=evals.values.__getitem__)
        then, now = loss.at(evals.steps[low]), loss.at(evals.steps[k])
        rising = evals.values[k] > (1 + t.OVERFIT_RISE) * evals.values[low] > 0
        return rising and then is not None and now is not None and now < then

    i = first_held(over, len(evals), 1, t.OVERFIT_EVALS)
    if i is None:
        return None
    why = f"eval_loss rose from {min(evals.values[: i + 1]):.3g} to {evals.values[i]:.3g} while the training loss fell"
    return _from(evals, i, experiment, "overfit", "warn", t.OVERFIT_RISE, why)


def _from(
    of: Series, i: int, experiment: str, kind: SignalKind, severity: Severity, threshold: object, why: str
) -> Signal:
    evidence = {"metric": of.key, **of.window(i), "threshold": threshold}
    return _signal(experiment, kind, of.steps[i], severity, evidence, why)


def _signal(
    experiment: str, kind: SignalKind, step: int, severity: Severity, evidence: Mapping[str, object], why: str
) -> Signal:
    return Signal(experiment=experiment, kind=kind, step=step, severity=severity, evidence=dict(evidence), why=why)


GENERAL_RULES = (nan, divergence, spike, dead_lr, plateau, overfit)
