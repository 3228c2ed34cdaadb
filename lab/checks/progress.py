"""Trainings that do not move, or move on without learning: dead rates, plateaus, overfitting."""

from __future__ import annotations

import math
import statistics

from lab.checks import thresholds as t
from lab.checks.run import Rule, Run, trend
from lab.checks.series import Series
from state.products import Signal


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
    first, last = middle(of.values[:part]), middle(of.values[k + 1 - part : k + 1])
    gain = sign * (last - first)
    if of.key != "reward" and len(run.loss) and last > t.PLATEAU_WORSE * abs(first):
        return False  # it went up: that is told as divergence or overfitting
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


PROGRESS_RULES: tuple[Rule, ...] = (
    Rule("dead_lr", _rate, _rate_dead, _tell_rate, "learning_rate", 0,
         hold=lambda run, of: run.patience(of, t.DEAD_LR_LOGS)),
    Rule("dead_lr", _rate, _rate_tiny, _tell_tiny, "learning_rate", t.DEAD_LR_LOGS - 1,
         hold=lambda run, of: max(t.DEAD_LR_LOGS, run.patience(of, len(of), share=t.TINY_LR_LOGS))),
    Rule("plateau", _aim, _level, _tell_level, f"reward, eval_loss or loss in {t.PLATEAU_LOGS} logs",
         t.PLATEAU_LOGS - 1, 1),
    Rule("plateau", lambda run: run.loss, _frozen, _tell_frozen, "loss", 3 * t.KINK_LOGS - 1, 1, policy=False),
    Rule("overfit", _held_out, _over, _tell_over, "eval_loss more than twice", 1, t.OVERFIT_EVALS, policy=False),
)  # fmt: skip
