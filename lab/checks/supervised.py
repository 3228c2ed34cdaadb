"""What can be seen going wrong in a training that follows a loss, and in any training at all."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left

from lab.checks import thresholds as t
from lab.checks.run import Rule, Run, trend
from lab.checks.series import Series
from state.products import Signal


def _loss(run: Run) -> Series:
    return run.loss


# --- divergence -------------------------------------------------------------------------------------------------


def _far(loss: Series, k: int) -> bool:
    """Clearly above its best."""
    above = loss.smooth[k] - loss.lowest[k]
    return above > t.DIVERGED_SHARE * abs(loss.start) and above > t.NOISE_FACTOR * loss.error(k + 1)


def _only_other_rows(run: Run, loss: Series, k: int) -> bool:
    """Whether the loss on held-out rows, measured since the training loss rose, is at its lowest."""
    held = run.held_out
    j = held.index(loss.steps[k])
    if j is None or j < 1 or held.bottom_at[j] != j:
        return False
    then = loss.at(held.steps[j])
    return then is not None and then >= (loss.lowest[k] + loss.smooth[k]) / 2


def _falling(loss: Series, k: int) -> bool:
    """Whether a loss that has jumped is on its way down from its peak: that is learning other rows."""
    now, before = loss.values[max(0, k - 4) : k + 1], loss.values[max(0, k - 9) : max(1, k - 4)]
    if statistics.fmean(now) < t.LOSS_RECOVERING * statistics.fmean(before):
        return True
    low = max(loss.peak[k][1] - t.HOLD, k + 1 - t.TREND_LOGS, 0)
    return k + 1 - low >= t.TREND_LEAST and trend(loss, low, k + 1) < -t.FALLING_ERRORS


def _rising(loss: Series, k: int) -> bool:
    return trend(loss, max(0, k + 1 - t.TREND_LEAST), k + 1) > t.TREND_ERRORS


def _above_start(run: Run, loss: Series, k: int) -> bool:
    """Worse than before any training, and not on the way back."""
    luck = t.START_ERRORS * loss.noise(k + 1) / math.sqrt(t.BASELINE_LOGS)
    if not loss.smooth[k] > t.DIVERGED_START * loss.start + luck or loss.start <= 0 or not _far(loss, k):
        return False
    return loss.smooth[k] > t.DIVERGED_FAR * loss.start or not _falling(loss, k)


def _far_above_start(run: Run, loss: Series, k: int) -> bool:
    return loss.smooth[k] > t.DIVERGED_BEST * loss.start and _above_start(run, loss, k)


def _above_best(run: Run, loss: Series, k: int) -> bool:
    best, now = loss.lowest[k], loss.smooth[k]
    return (
        now - best > (t.DIVERGED_BEST - 1) * abs(best)
        and _far(loss, k)
        and now - best > t.UNLEARNT_ERRORS * loss.error(k + 1)
        and now >= t.LOSS_RECOVERED * loss.peak[k][0]
        and not _falling(loss, k)
        and not _only_other_rows(run, loss, k)
    )


def _unlearnt(run: Run, loss: Series, k: int) -> bool:
    """Most of what was learnt is gone, or more goes with every log. A mere step up is told as a spike."""
    if not _above_best(run, loss, k):
        return False
    best = loss.lowest[k]
    lost = (loss.smooth[k] - best) / max(loss.start - best, 1e-12)
    return lost >= t.LOST_PROGRESS or _rising(loss, k)


def _tell_divergence(run: Run, loss: Series, i: int) -> Signal:
    why = (
        f"the loss climbed from its best running mean {loss.lowest[i]:.3g} to {loss.smooth[i]:.3g} by step"
        f" {loss.steps[i]} (it started at {loss.start:.3g})"
    )
    bounds = {"times_best": t.DIVERGED_BEST, "times_start": t.DIVERGED_START, "progress_lost": t.LOST_PROGRESS}
    return run.signal("divergence", "stop", loss, i, bounds, why)


# --- spikes -----------------------------------------------------------------------------------------------------


def _tell_shift(run: Run, loss: Series, i: int) -> Signal:
    why = (
        f"the loss jumped from its best running mean {loss.lowest[i]:.3g} to {loss.smooth[i]:.3g} by step"
        f" {loss.steps[i]} and stays there, below its start {loss.start:.3g}: other rows, or something was unlearnt"
    )
    return run.signal("spike", "warn", loss, i, {"times_best": t.DIVERGED_BEST}, why)


def _jumps(run: Run, norm: Series, i: int) -> bool:
    """One gradient far outside everything before it that is gone in the next log, and that shook the loss or did not
    come from it."""
    if i < t.SPIKE_LOGS or i + 1 >= len(norm):
        return False
    value, before = norm.values[i], norm.values[max(0, i - t.SPIKE_WINDOW) : i]
    middle = max(statistics.median(before), t.GRADIENT_DEAD * norm.start)
    if not value > t.SPIKE_RATIO * middle > 0 or norm.values[i + 1] > value / 2:
        return False
    spread = 1.4826 * statistics.median(abs(v - middle) for v in before)
    if value - middle <= t.SPIKE_Z * spread:
        return False
    return run.policy or _shaken(run.loss, norm.steps[i], value > t.SPIKE_FAR * max(middle, norm.start))


def _shaken(loss: Series, step: int, far: bool) -> bool:
    """Whether the loss jumped beyond its own noise with the gradient, or right after; or whether a far too large
    gradient has no loss that explains it, as a hard row has."""
    i = bisect_left(loss.steps, step)
    before = loss.values[max(0, i - t.SPIKE_LOGS) : i]
    near = [loss.values[k] for k in range(i, min(i + 2, len(loss))) if loss.steps[k] <= step + 1]
    if not before or not near:
        return False
    middle, worst = statistics.median(before), max(near)
    if worst <= t.DIVERGED_BEST * middle:
        return far
    if middle <= (1 - t.PLATEAU_CEILING) * loss.start:
        return False  # where next to nothing is left, any hard row stands out
    return worst - middle > t.NOISE_FACTOR * loss.noise(i)


def _hail(run: Run, norm: Series, k: int) -> bool:
    """Gradients that keep jumping."""
    if not _jumps(run, norm, k - 1):
        return False
    return sum(_jumps(run, norm, i) for i in range(max(0, k - t.SPIKE_WINDOW), k)) >= t.SPIKE_COUNT


def _tell_hail(run: Run, norm: Series, i: int) -> Signal:
    middle = statistics.median(norm.values[max(0, i - 1 - t.SPIKE_WINDOW) : i - 1])
    why = (
        f"the gradient norm jumped {t.SPIKE_COUNT} times up to step {norm.steps[i - 1]}, last to"
        f" {norm.values[i - 1]:.3g}; its median before was {middle:.3g}"
    )
    bounds = {"z": t.SPIKE_Z, "times_median": t.SPIKE_RATIO, "jumps": t.SPIKE_COUNT}
    return run.signal("spike", "warn", norm, i, bounds, why)


def _loss_jumps(run: Run, loss: Series, k: int) -> bool:
    """One loss far outside everything before it, on a scale of ratios: small batches have heavy tails."""
    value, before = loss.values[k], loss.values[max(0, k - t.SPIKE_WINDOW) : k]
    middle = statistics.median(before)
    if not (min(before) > 0 and value > t.LOSS_JUMP * middle and value > t.DIVERGED_START * loss.start):
        return False
    spread = 1.4826 * statistics.median(abs(math.log(v / middle)) for v in before)
    return math.log(value / middle) > t.LOSS_JUMP_Z * spread


def _tell_jump(run: Run, loss: Series, i: int) -> Signal:
    middle = statistics.median(loss.values[max(0, i - t.SPIKE_WINDOW) : i])
    why = f"the loss jumped to {loss.values[i]:.3g} at step {loss.steps[i]}; its median before was {middle:.3g}"
    return run.signal("spike", "warn", loss, i, {"times_median": t.LOSS_JUMP, "z": t.LOSS_JUMP_Z}, why)


SUPERVISED_RULES: tuple[Rule, ...] = (
    Rule("divergence", _loss, _far_above_start, _tell_divergence, "loss",
         hold=lambda run, of: run.patience(of, t.LOSS_HOLD), policy=False),
    Rule("divergence", _loss, _above_start, _tell_divergence, "loss",
         hold=lambda run, of: t.SHIFT_FACTOR * run.patience(of, t.LOSS_PATIENCE, t.LOSS_HOLD), policy=False),
    Rule("divergence", _loss, _unlearnt, _tell_divergence, "loss",
         hold=lambda run, of: run.patience(of, t.LOSS_PATIENCE, t.LOSS_HOLD), policy=False),
    Rule("spike", _loss, _above_best, _tell_shift, "loss or grad_norm",
         hold=lambda run, of: t.SHIFT_FACTOR * run.patience(of, t.LOSS_PATIENCE, t.LOSS_HOLD), policy=False),
    Rule("spike", _loss, _loss_jumps, _tell_jump, "loss or grad_norm", t.SPIKE_LOGS, 1, policy=False),
    Rule("spike", lambda run: run.track("grad_norm"), _hail, _tell_hail, "loss or grad_norm", t.SPIKE_LOGS, 1),
)  # fmt: skip
