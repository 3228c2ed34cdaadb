"""What can be seen in a reward: that it went, or that it is earned by something else than what it stands for."""

from __future__ import annotations

import math
import statistics

from lab.checks import thresholds as t
from lab.checks.policy import entropy_floor
from lab.checks.run import Rule, Run, fell, index_at, lost, rose
from lab.checks.series import Series
from lab.checks.silence import silent_groups
from state.products import Signal


def _reward(run: Run) -> Series:
    return run.reward


def _was_and_is(of: Series, k: int) -> tuple[float, float, float]:
    """The best that was, what is now, and the error of their difference. Early on single logs must do; later the best
    ten logs running, for the best single one of many is luck."""
    if k < t.LONG_ENOUGH:
        often = min(of.values[: k // 2 + 1]) > 0
        return of.best[k], of.smooth[k], of.error(k + 1) * (t.NOISE_FACTOR if often else t.EARLY_ERRORS)
    error = of.noise(k + 1) * math.sqrt(1 / t.RECENT_LOGS + 1 / t.LOSS_HOLD)
    return of.crest[k], of.mean(k + 1 - t.LOSS_HOLD, k + 1), error * t.NOISE_FACTOR


def _by_luck(of: Series, k: int) -> bool:
    """Whether as many logs as poor as the last dozen come about by chance in a reward that is often nothing."""
    m = min(t.LOSS_PATIENCE, (k + 1) // 2)
    before, last = of.values[max(0, k + 1 - m - t.NOISE_LOGS) : k + 1 - m], of.values[k + 1 - m : k + 1]
    if of.bottom[k] < 0 or min(before) > 0:
        return False
    poor = max(statistics.fmean(last), t.NEXT_TO_NOTHING * statistics.fmean(before))
    often = (sum(v <= poor for v in before) + 1) / (len(before) + 2)
    count = sum(v <= poor for v in last)
    chance = sum(math.comb(m, i) * often**i * (1 - often) ** (m - i) for i in range(count, m + 1))
    return chance > t.POOR_CHANCE


def _lost_share(of: Series, k: int) -> float:
    """The fall from the best, as a share of it or, where rewards may be negative, of their range."""
    was, now, _ = _was_and_is(of, k)
    scale = was if of.bottom[k] >= 0 else max(abs(was), of.top[k] - of.bottom[k])
    return (was - now) / scale if scale > 0 else 0.0


def _lost_some(run: Run, of: Series, k: int) -> bool:
    """More than a third is gone, and more than one answer's worth."""
    was, now, clear = _was_and_is(of, k)
    unit = run.gold or max(abs(of.top[k]), abs(of.bottom[k]), 1.0 if of.bottom[k] >= 0 and of.top[k] <= 1 else 0.0)
    return (
        was - now > clear
        and was - now >= t.COLLAPSE_LEAST * unit
        and _lost_share(of, k) >= t.COLLAPSE_SHARE
        and not _by_luck(of, k)
    )


def _reward_lost(run: Run, of: Series, k: int) -> bool:
    """Most of it is gone, or a third and something else gives way too. Harder questions cost a third by themselves."""
    if not _lost_some(run, of, k):
        return False
    entropy, silent = run.track("entropy"), silent_groups(run).at(of.steps[k])
    now = entropy.at(of.steps[k])
    odd = now is not None and not entropy_floor(entropy) < now < t.ENTROPY_EXPLOSION * entropy.start
    return odd or (silent is not None and silent >= t.MOSTLY_SILENT) or _lost_share(of, k) >= t.COLLAPSE_MOST


def _gone_for_long(run: Run, of: Series, k: int) -> bool:
    """In a reward too noisy for single logs: a dozen of them have next to nothing of what all before had."""
    logs = t.LOSS_PATIENCE
    if k + 1 < 2 * logs or of.bottom[k] < 0:
        return False
    before, now = of.mean(0, k + 1 - logs), of.mean(k + 1 - logs, k + 1)
    error = of.noise(k + 1) * (1 / logs + 1 / (k + 1 - logs)) ** 0.5
    return now <= t.NEXT_TO_NOTHING * before and before - now > t.TREND_ERRORS * error and not _by_luck(of, k)


def _true_lost(run: Run, of: Series, k: int) -> bool:
    """The reward must have lost something too: a true metric that falls alone is hacked, or just sparse."""
    j = index_at(run.reward, of.steps[k])
    less = j is not None and fell(run.reward, j, t.REWARD_WITH_TRUE) is not None
    return less and not _same(run) and fell(of, k, t.TRUE_COLLAPSE_SHARE) is not None


def _same(run: Run) -> bool:
    """Whether what looks like a true metric is the reward itself under the name of its one function."""
    pairs = list(zip(run.true.values[-5:], run.reward.values[-5:], strict=False))
    return all(abs(a - b) <= 1e-6 * max(1.0, abs(b)) for a, b in pairs)


def _tell_lost(run: Run, of: Series, i: int) -> Signal:
    name, share = ("reward", t.COLLAPSE_SHARE) if of.key == "reward" else ("true metric", t.TRUE_COLLAPSE_SHARE)
    why = f"the {name} fell from its best running mean {of.best[i]:.3g} to {of.smooth[i]:.3g} by step {of.steps[i]}"
    return run.signal("reward_collapse", "stop", of, i, {"share_lost": share, "best": round(of.best[i], 6)}, why)


def _tell_less(run: Run, of: Series, i: int) -> Signal:
    why = (
        f"the reward went from its best running mean {of.best[i]:.3g} to {of.smooth[i]:.3g} by step {of.steps[i]} and"
        " stays there: harder questions, or something was unlearnt"
    )
    bounds = {"share_lost": t.COLLAPSE_SHARE, "best": round(of.best[i], 6)}
    return run.signal("reward_collapse", "warn", of, i, bounds, why)


def _pays_junk(run: Run) -> bool:
    gold, junk = run.probes.get("reward_gold"), run.probes.get("reward_junk")
    return gold is not None and junk is not None and junk > gold


def _less_right(true: Series, j: int) -> bool:
    """Whether the true metric fell from its best, which later on is the best of ten logs: few answers are right or wrong
    in each, and the best of a hundred such is luck."""
    if j < t.LONG_ENOUGH:
        return fell(true, j, t.HACK_FALL) is not None
    drop = true.best[j] - true.smooth[j]
    if drop >= t.HACK_FALL * abs(true.best[j]) and drop > t.UNLEARNT_ERRORS * true.error(j + 1):
        return True
    was, now, clear = _was_and_is(true, j)
    return was - now > clear and was - now >= t.HACK_FALL * abs(was)


def _hacked(run: Run, of: Series, k: int) -> bool:
    """The reward rises while what it stands for falls, or while junk is known to be paid better."""
    if not rose(of, k, t.HACK_RISE):
        return False
    true = run.true
    j = index_at(true, of.steps[k])
    if lost(of, k, t.GOOD_STANDING):
        return False
    true_down = j is not None and _less_right(true, j) and not _same(run)
    return true_down or (_pays_junk(run) and (j is None or not rose(true, j, t.HACK_RISE)))


def _tell_hacked(run: Run, of: Series, i: int) -> Signal:
    true = run.true
    j = index_at(true, of.steps[i])
    now = f"{true.key} went from {true.start:.3g} to {true.smooth[j]:.3g}" if j is not None else "no true metric"
    if _pays_junk(run):
        now += f"; junk is paid {run.probes['reward_junk']:.3g} and a right answer {run.probes['reward_gold']:.3g}"
    why = f"the reward rose from {of.start:.3g} to {of.smooth[i]:.3g} by step {of.steps[i]} while {now}"
    bounds = {"reward_rise": t.HACK_RISE, "true_fall": t.HACK_FALL}
    signal = run.signal("reward_hacking", "stop", of, i, bounds, why)
    return signal.model_copy(update={"evidence": {**signal.evidence, "true": true.window(j) if j is not None else {}}})


REWARD_RULES: tuple[Rule, ...] = (
    Rule("reward_collapse", _reward, _reward_lost, _tell_lost, "reward", policy=True),
    Rule("reward_collapse", _reward, _gone_for_long, _tell_lost, "reward", policy=True),
    Rule("reward_collapse", _reward, _lost_some, _tell_less, "reward",
         hold=lambda run, of: t.SHIFT_FACTOR * run.patience(of, t.LOSS_PATIENCE, t.LOSS_HOLD), policy=True),
    Rule("reward_collapse", lambda run: run.true, _true_lost, _tell_lost, "reward", policy=True),
    Rule("reward_hacking", _reward, _hacked, _tell_hacked, "reward and a true metric or probes", policy=True,
         can=lambda run: len(run.true) > 0 or run.gold is not None),
)  # fmt: skip
