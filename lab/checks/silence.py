"""Groups without any spread of reward: nothing is learnt from them."""

from __future__ import annotations

from lab.checks import thresholds as t
from lab.checks.run import Rule, Run, at_best, fell, index_at, rose
from lab.checks.series import Series
from state.products import Signal
from state.words import Severity


def silent_groups(run: Run) -> Series:
    return run.track("frac_reward_zero_std")


def _dead(run: Run, of: Series, k: int) -> bool:
    """Silent for longer than chance would have it. One group a log is silent by itself on any hard task, so it is
    given longer; and what was often silent before must be silent for longer still."""
    values = of.values
    if values[k] < t.ZERO_SIGNAL:
        return False
    first = k
    while first > max(0, k - t.NOISE_LOGS) and values[first - 1] >= t.ZERO_SIGNAL:
        first -= 1
    before = values[max(0, first - t.NOISE_LOGS) : first]
    many = any(0 < v < 1 for v in before)
    logs = k - first + 1
    if logs < (t.ZERO_HOLD if many else run.patience(of, t.ZERO_HOLD_ONE, t.ZERO_HOLD, t.ZERO_PATIENCE)):
        return False
    often = (sum(v >= t.ZERO_SIGNAL for v in before) + 2) / (len(before) + 3)
    return not before or often**logs < t.ZERO_CHANCE


def _tell_dead(run: Run, of: Series, i: int) -> Signal:
    reward = run.reward
    j = index_at(reward, of.steps[i])
    level = reward.smooth[j] if j is not None else None
    solved = run.is_at(j, t.FULL_REWARD) or (j is not None and rose(reward, j, t.HACK_RISE) and at_best(reward, j))
    paid = "no reward is logged" if level is None else f"the reward is {level:.3g}"
    what = "the task is solved as the reward sees it" if solved else "nothing can be learnt"
    why = f"{of.values[i]:.0%} of groups have no spread of reward by step {of.steps[i]} and {paid}: {what}"
    return run.signal("zero_signal", "warn" if solved else "stop", of, i, t.ZERO_SIGNAL, why)


def _small(run: Run) -> bool:
    return run.group is not None and run.group <= t.SMALL_GROUP


def _weak(run: Run, of: Series, k: int) -> bool:
    """Too few groups carry an advantage from the start, well before the reward is full."""
    if k != t.WEAK_LOGS - 1:
        return False
    share = of.mean(0, t.WEAK_LOGS)
    j = index_at(run.reward, of.steps[k])
    threshold = t.WEAK_SIGNAL_PAIR if _small(run) else t.WEAK_SIGNAL
    if not threshold <= share < t.ZERO_SIGNAL or run.is_at(j, t.WEAK_REWARD):
        return False
    if j is not None and fell(run.reward, j, t.COLLAPSE_SHARE) is not None:
        return False  # silence after a collapse is its consequence
    # a reward that rises has enough to learn from; a pair would do better as a group all the same
    return not (j is not None and not _small(run) and rose(run.reward, j, t.HACK_RISE))


def _tell_weak(run: Run, of: Series, i: int) -> Signal:
    size = f" of {run.group}" if run.group else ""
    share = of.mean(0, t.WEAK_LOGS)
    why = f"{share:.0%} of groups{size} in the first {t.WEAK_LOGS} logs have no spread of reward and teach nothing"
    severity: Severity = "stop" if _small(run) else "warn"
    signal = run.signal("weak_signal", severity, of, i, t.WEAK_SIGNAL_PAIR if _small(run) else t.WEAK_SIGNAL, why)
    return signal.model_copy(update={"evidence": {**signal.evidence, "group": run.group}})


_NEEDS = "frac_reward_zero_std or reward_std"

SILENCE_RULES: tuple[Rule, ...] = (
    Rule("zero_signal", silent_groups, _dead, _tell_dead, _NEEDS, t.ZERO_HOLD - 1, 1, policy=True),
    Rule("weak_signal", silent_groups, _weak, _tell_weak, _NEEDS, t.WEAK_LOGS - 1, 1, policy=True),
)  # fmt: skip
