"""Groups without any spread of reward: nothing is learnt from them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from lab.checks import thresholds as t
from lab.checks.run import Rule, Run, at_best, can_tell, fell, index_at, rose, trend
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
    return not before or _chance(before, logs) < t.ZERO_CHANCE


def _chance(before: Sequence[float], logs: int) -> float:
    """How likely so many logs are silent one after the other, by the logs before: by how many of those were silent (the
    rule of succession), and by the share of their groups that were, as if a log had but one."""
    silent, known = sum(v >= t.ZERO_SIGNAL for v in before), len(before)
    by_logs = math.prod((silent + 1 + i) / (known + 2 + i) for i in range(logs))
    return min(by_logs, ((sum(before) + 1) / (known + 2)) ** logs)


def _solved(run: Run, of: Series, i: int) -> bool:
    """Whether it is success that is silent: the reward is full or, where nobody knows what is full, has risen while one
    group after the other fell silent. What falls silent from one log to the next is a reward that broke."""
    j = index_at(run.reward, of.steps[i])
    if j is None or run.is_at(j, t.FULL_REWARD):
        return j is not None
    first = i
    while first > max(0, i - t.NOISE_LOGS) and of.values[first - 1] >= t.ZERO_SIGNAL:
        first -= 1
    before, paid = of.values[max(0, first - t.LOSS_HOLD) : first], run.reward.index(of.steps[first] - 1)
    if not before or paid is None or statistics.fmean(before) < t.SOLVED_BEFORE:
        return False
    there = run.reward.top[paid] >= t.SOLVED_BEFORE * run.reward.smooth[j]
    return there and rose(run.reward, j, t.HACK_RISE) and at_best(run.reward, j)


def _tell_dead(run: Run, of: Series, i: int) -> Signal:
    j = index_at(run.reward, of.steps[i])
    solved = _solved(run, of, i)
    paid = "no reward is logged" if j is None else f"the reward is {run.reward.smooth[j]:.3g}"
    what = "the task is solved as the reward sees it" if solved else "nothing can be learnt"
    why = f"{of.values[i]:.0%} of groups have no spread of reward by step {of.steps[i]} and {paid}: {what}"
    return run.signal("zero_signal", "warn" if solved else "stop", of, i, t.ZERO_SIGNAL, why)


# --- too little signal ------------------------------------------------------------------------------------------


def _small(run: Run) -> bool:
    return run.group is not None and run.group <= t.SMALL_GROUP


def _bigger_would_speak(run: Run, share: float) -> bool:
    """Whether it was measured before training that most groups silent here would have spoken in a larger one: its
    questions are mostly right at least once in so many tries."""
    known = [(int(n), v) for k, v in run.probes.items() if (n := k.removeprefix("pass_at_")).isdigit()]
    tries, right = max(known, default=(0, 0.0))
    return run.group is not None and tries > run.group and 1 - right <= t.SPEAKS_LARGER * share


def _too_silent(run: Run, of: Series, k: int, threshold: float) -> bool:
    """Silent this often on average, neither full nor as the consequence of a collapse."""
    j = index_at(run.reward, of.steps[k])
    if not threshold <= of.mean(0, k + 1) < t.ZERO_SIGNAL or run.is_at(j, t.WEAK_REWARD):
        return False
    return j is None or fell(run.reward, j, t.COLLAPSE_SHARE) is None


def _weak(run: Run, of: Series, k: int) -> bool:
    """Too few groups carry an advantage from the start, well before the reward is full."""
    if k != t.WEAK_LOGS - 1 or not _too_silent(run, of, k, t.WEAK_SIGNAL_PAIR if _small(run) else t.WEAK_SIGNAL):
        return False
    # a reward that rises has enough to learn from; a pair would do better as a group all the same
    j = index_at(run.reward, of.steps[k])
    return not (j is not None and not _small(run) and rose(run.reward, j, t.HACK_RISE))


def _weak_for_long(run: Run, of: Series, k: int) -> bool:
    """A pair that is mostly silent and has gained nothing by a good part of the plan."""
    if not _small(run) or k + 1 < 2 * t.WEAK_LOGS or of.steps[k] < t.WEAK_UNTIL * run.planned_steps:
        return False
    j = index_at(run.reward, of.steps[k])
    if j is None or not _too_silent(run, of, k, t.WEAK_SIGNAL):
        return False
    risen = rose(run.reward, j, t.HACK_RISE) or trend(run.reward, 0, j + 1) > t.RISEN_ERRORS
    return not risen and can_tell(run.reward, j)


def _tell_weak(run: Run, of: Series, i: int) -> Signal:
    """A pair is stopped only where a larger group is known to do better, or where it learns nothing."""
    small, late = _small(run), i >= t.WEAK_LOGS
    size = f" of {run.group}" if run.group else ""
    share = of.mean(0, i + 1)
    why = f"{share:.0%} of groups{size} in the first {i + 1} logs have no spread of reward and teach nothing"
    threshold = t.WEAK_SIGNAL_PAIR if small and not late else t.WEAK_SIGNAL
    severity: Severity = "stop" if small and (late or _bigger_would_speak(run, share)) else "warn"
    signal = run.signal("weak_signal", severity, of, i, threshold, why)
    return signal.model_copy(update={"evidence": {**signal.evidence, "group": run.group}})


_NEEDS = "frac_reward_zero_std or reward_std"

SILENCE_RULES: tuple[Rule, ...] = (
    Rule("zero_signal", silent_groups, _dead, _tell_dead, _NEEDS, t.ZERO_HOLD - 1, 1, policy=True),
    Rule("weak_signal", silent_groups, _weak, _tell_weak, _NEEDS, t.WEAK_LOGS - 1, 1, policy=True),
    Rule("weak_signal", silent_groups, _weak_for_long, _tell_weak, _NEEDS, t.WEAK_LOGS - 1, policy=True),
)  # fmt: skip
