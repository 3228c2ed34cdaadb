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


# --- no progress ------------------------------------------------------------------------------------------------


def _rate(run: Run) -> Series:
    return run.track("learning_rate")


def _rate_dead(run: Run, rate: Series, k: int) -> bool:
    """Zero while there is still work to do; a schedule may begin and end there."""
    return rate.values[k] <= t.DEAD_LR and rate.steps[k] <= t.DEAD_LR_UNTIL * max(run.planned_steps, 1)


def _rate_tiny(run: Run, rate: Series, k: int) -> bool:
    """Next to nothing beside what it was, long before the end: the schedule does not belong to this training."""
    early = rate.steps[k] <= t.DEAD_LR_UNTIL * max(run.planned_steps, 1)
    return early and 0 <= rate.values[k] <= t.TINY_LR_SHARE * rate.top[k]


def _tell_tiny(run: Run, rate: Series, i: int) -> Signal:
    why = (
        f"the learning rate fell from {rate.top[i]:.3g} to {rate.values[i]:.3g} by step {rate.steps[i]} of"
        f" {run.planned_steps}: nothing moves for the rest"
    )
    return run.signal("dead_lr", "warn", rate, i, t.TINY_LR_SHARE, why)


def _tell_rate(run: Run, rate: Series, i: int) -> Signal:
    logs = run.patience(rate, t.DEAD_LR_LOGS)
    why = f"the learning rate is {rate.values[i]:.3g} in {logs} logs up to step {rate.steps[i]} of {run.planned_steps}"
    return run.signal("dead_lr", "stop", rate, i, t.DEAD_LR, why)


def _aim(run: Run) -> Series:
    """What the training is to move."""
    for key in ("reward", "eval_loss", "loss"):
        if len(run.track(key)) >= t.PLATEAU_LOGS:
            return run.track(key)
    return Series("reward, eval_loss or loss")


def _level(run: Run, of: Series, k: int) -> bool:
    """Late in the run and no better than in its beginning, short of the ceiling."""
    late = t.PLATEAU_FROM * run.planned_steps
    if not of.steps[k] >= late > 0 or (k >= t.PLATEAU_LOGS and of.steps[k - 1] >= late) or _arrived(run, of, k):
        return False
    part, sign = math.ceil(t.PLATEAU_PART * (k + 1)), 1 if of.key == "reward" else -1
    if sign * trend(of, k + 1 - part, k + 1) > t.TREND_ERRORS:
        return False  # after a change of rows it may stand above its start and be learning
    middle = statistics.fmean if of.key == "reward" else statistics.median
    gain = sign * (middle(of.values[k + 1 - part : k + 1]) - middle(of.values[:part]))
    return gain <= t.PLATEAU_ERRORS * of.noise(k + 1) * math.sqrt(2 / part)


def _arrived(run: Run, of: Series, i: int) -> bool:
    """Whether the run stands where there is nothing left to gain, or its loss is a small rest of what it was."""
    if of.key == "reward":
        return of.smooth[i] >= t.PLATEAU_CEILING
    accuracy = [run.track(key).at(of.steps[i]) for key in ("accuracy", "mean_token_accuracy", "inner/accuracy")]
    high = any(a is not None and a >= t.PLATEAU_CEILING for a in accuracy)
    return high or of.smooth[i] <= (1 - t.PLATEAU_CEILING) * of.start


def _tell_level(run: Run, of: Series, i: int) -> Signal:
    part = math.ceil(t.PLATEAU_PART * (i + 1))
    first, last = of.mean(0, part), of.mean(i + 1 - part, i + 1)
    where = f"step {of.steps[i]} of {run.planned_steps}"
    why = f"{of.key} was {first:.3g} on average at the start and is {last:.3g} at {where}"
    return run.signal("plateau", "warn", of, i, {"errors": t.PLATEAU_ERRORS}, why)


def _still_for(run: Run, loss: Series) -> int:
    return run.patience(loss, len(loss), 2 * t.KINK_LOGS, t.KINK_SHARE)


def _frozen(run: Run, loss: Series, k: int) -> bool:
    """A loss that came down without slowing and then stands from one log to the next, at that very level."""
    w, long = t.KINK_LOGS, _still_for(run, loss)
    kink, half = k + 1 - long, long // 2
    if kink < w or _arrived(run, loss, k):
        return False
    parts = [loss.mean(kink - w + i * w // 4, kink - w + (i + 1) * w // 4) for i in range(4)]
    fell, after = parts[0] - parts[3], loss.mean(kink, k + 1)
    even = parts[1] - parts[3] >= t.KINK_EVEN * (parts[0] - parts[2]) and parts[0] > parts[1] > parts[2]
    still = abs(loss.mean(kink, kink + half) - loss.mean(kink + half, k + 1)) <= t.KINK_STILL * fell
    then, now = (_rate(run).at(loss.steps[i]) for i in (kink, k))
    slower = then is not None and now is not None and now < then / 2
    clear = fell > t.UNLEARNT_ERRORS * loss.noise(k + 1) * math.sqrt(8 / w)
    return clear and even and still and abs(parts[3] - after) <= fell / 3 and not slower


def _tell_frozen(run: Run, loss: Series, i: int) -> Signal:
    kink = i + 1 - _still_for(run, loss)
    why = (
        f"the loss came down without slowing to {loss.mean(kink - 3, kink):.3g} at step {loss.steps[kink - 1]} and has"
        f" stood at {loss.mean(kink, i + 1):.3g} since, up to step {loss.steps[i]}: are the weights still trained?"
    )
    return run.signal("plateau", "warn", loss, i, {"plan_still": t.KINK_SHARE, "share": t.KINK_STILL}, why)


def _held_out(run: Run) -> Series:
    return run.held_out


def _over(run: Run, held: Series, k: int) -> bool:
    """The loss on held-out rows rises from its minimum while the training loss still falls."""
    loss, low = run.loss, held.bottom_at[k]
    then, now = loss.at(held.steps[low]), loss.at(held.steps[k])
    rising = held.values[k] > (1 + t.OVERFIT_RISE) * held.bottom[k] > 0
    return rising and then is not None and now is not None and now < then


def _tell_over(run: Run, held: Series, i: int) -> Signal:
    low = held.bottom_at[i]
    why = (
        f"{held.key} rose from {held.bottom[i]:.3g} at step {held.steps[low]} to {held.values[i]:.3g} at step"
        f" {held.steps[i]} while the training loss fell"
    )
    return run.signal("overfit", "warn", held, i, t.OVERFIT_RISE, why)


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
    Rule("dead_lr", _rate, _rate_dead, _tell_rate, "learning_rate", 0,
         hold=lambda run, of: run.patience(of, t.DEAD_LR_LOGS)),
    Rule("dead_lr", _rate, _rate_tiny, _tell_tiny, "learning_rate", t.DEAD_LR_LOGS - 1,
         hold=lambda run, of: max(t.DEAD_LR_LOGS, run.patience(of, len(of), share=t.TINY_LR_LOGS))),
    Rule("plateau", _aim, _level, _tell_level, f"reward, eval_loss or loss in {t.PLATEAU_LOGS} logs",
         t.PLATEAU_LOGS - 1, 1),
    Rule("plateau", _loss, _frozen, _tell_frozen, "loss", 3 * t.KINK_LOGS - 1, 1, policy=False),
    Rule("overfit", _held_out, _over, _tell_over, "eval_loss more than twice", 1, t.OVERFIT_EVALS, policy=False),
)  # fmt: skip
