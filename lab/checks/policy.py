"""What can be seen going wrong in a training that learns from a reward. The loss is no witness here: it is about
zero by construction."""

from __future__ import annotations

import math

from lab.checks import thresholds as t
from lab.checks.run import Rule, Run, at_best, can_tell, fell, index_at, lost, rose
from lab.checks.series import Series
from state.products import Signal
from state.words import Severity


def _reward(run: Run) -> Series:
    return run.reward


def _gain(run: Run) -> Series:
    """What a training by reward is for: the true metric where there is one."""
    return run.true if len(run.true) else run.reward


def _idle(run: Run, step: int) -> bool:
    """Whether there is nothing to show for a change."""
    gain = _gain(run)
    j = index_at(gain, step)
    return j is None or not (at_best(gain, j) or (gain is run.reward and run.is_at(j, t.FULL_REWARD)))


def _sure(gain: Series, step: int) -> Severity:
    """No gain is a reason to stop only where a gain would have shown."""
    j = index_at(gain, step)
    return "stop" if j is None or can_tell(gain, j) else "warn"


# --- the reward -------------------------------------------------------------------------------------------------


def _was_and_is(of: Series, k: int) -> tuple[float, float, float]:
    """The best that was, what is now, and the error of their difference. Early on single logs must do; later the best
    ten logs running, for the best single one of many is luck."""
    if k < t.LONG_ENOUGH:
        return of.best[k], of.smooth[k], of.error(k + 1) * t.EARLY_ERRORS
    error = of.noise(k + 1) * math.sqrt(1 / t.RECENT_LOGS + 1 / t.LOSS_HOLD)
    return of.crest[k], of.mean(k + 1 - t.LOSS_HOLD, k + 1), error * t.NOISE_FACTOR


def _lost_share(of: Series, k: int) -> float:
    """The fall from the best, as a share of it or, where rewards may be negative, of their range."""
    was, now, _ = _was_and_is(of, k)
    scale = was if of.bottom[k] >= 0 else max(abs(was), of.top[k] - of.bottom[k])
    return (was - now) / scale if scale > 0 else 0.0


def _lost_some(run: Run, of: Series, k: int) -> bool:
    """More than a third is gone, and more than one answer's worth."""
    was, now, clear = _was_and_is(of, k)
    unit = run.gold or max(abs(of.top[k]), abs(of.bottom[k]), 1.0 if of.bottom[k] >= 0 and of.top[k] <= 1 else 0.0)
    return was - now > clear and was - now >= t.COLLAPSE_LEAST * unit and _lost_share(of, k) >= t.COLLAPSE_SHARE


def _reward_lost(run: Run, of: Series, k: int) -> bool:
    """Most of it is gone, or a third and something else gives way too. Harder questions cost a third by themselves."""
    if not _lost_some(run, of, k):
        return False
    entropy, silent = run.track("entropy"), _silent(run).at(of.steps[k])
    now = entropy.at(of.steps[k])
    odd = now is not None and not _entropy_floor(entropy) < now < t.ENTROPY_EXPLOSION * entropy.start
    return odd or (silent is not None and silent >= t.MOSTLY_SILENT) or _lost_share(of, k) >= t.COLLAPSE_MOST


def _gone_for_long(run: Run, of: Series, k: int) -> bool:
    """In a reward too noisy for single logs: a dozen of them have next to nothing of what all before had."""
    logs = t.LOSS_PATIENCE
    if k + 1 < 2 * logs or of.bottom[k] < 0:
        return False
    before, now = of.mean(0, k + 1 - logs), of.mean(k + 1 - logs, k + 1)
    error = of.noise(k + 1) * (1 / logs + 1 / (k + 1 - logs)) ** 0.5
    return now <= t.NEXT_TO_NOTHING * before and before - now > t.TREND_ERRORS * error


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


def _hacked(run: Run, of: Series, k: int) -> bool:
    """The reward rises while what it stands for falls, or while junk is known to be paid better."""
    if not rose(of, k, t.HACK_RISE):
        return False
    true = run.true
    j = index_at(true, of.steps[k])
    if lost(of, k, t.GOOD_STANDING):
        return False
    true_down = j is not None and fell(true, j, t.HACK_FALL) is not None and not _same(run)
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


# --- the learning signal ----------------------------------------------------------------------------------------


def _silent(run: Run) -> Series:
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


# --- the policy itself ------------------------------------------------------------------------------------------


def _entropy(run: Run) -> Series:
    return run.track("entropy")


def _entropy_floor(of: Series) -> float:
    return max(min(t.ENTROPY_FLOOR, t.ENTROPY_HALF * of.start), t.ENTROPY_LEFT * of.start)


def _exhausted(run: Run, of: Series, k: int) -> bool:
    """Sampling has become repetition, and the reward does not say that this is because the task is solved."""
    if of.smooth[k] >= _entropy_floor(of):
        return False
    j = index_at(run.reward, of.steps[k])
    return j is None or not (at_best(run.reward, j) or run.is_at(j, t.FULL_REWARD))


def _tell_exhausted(run: Run, of: Series, i: int) -> Signal:
    floor = _entropy_floor(of)
    why = (
        f"entropy fell from {of.start:.3g} to {of.smooth[i]:.3g} nats by step {of.steps[i]}"
        f" (floor {floor:.3g}) while the reward does not stand at its best"
    )
    return run.signal("entropy_collapse", _sure(run.reward, of.steps[i]), of, i, round(floor, 6), why)


def _dissolved(run: Run, of: Series, k: int) -> bool:
    """The policy dissolves: entropy far above its start, reward below its own."""
    above = of.smooth[k] - of.start
    if of.smooth[k] < t.ENTROPY_EXPLOSION * of.start or above < t.NOISE_FACTOR * of.error(k + 1):
        return False
    j = index_at(run.reward, of.steps[k])
    return j is not None and lost(run.reward, j, t.GOOD_STANDING)


def _tell_dissolved(run: Run, of: Series, i: int) -> Signal:
    why = f"entropy rose from {of.start:.3g} to {of.smooth[i]:.3g} nats by step {of.steps[i]} while the reward fell"
    return run.signal("entropy_explosion", "stop", of, i, t.ENTROPY_EXPLOSION, why)


def _kl(run: Run) -> Series:
    return run.first_of("kl", "kl_sequence")


def _kl_limit(run: Run, of: Series) -> float:
    return t.KL_LIMIT if of.key == "kl" else t.KL_SEQUENCE_LIMIT


def _gone(run: Run, of: Series, k: int) -> bool:
    """The policy has left its reference and got nothing for it."""
    return of.smooth[k] > _kl_limit(run, of) and _idle(run, of.steps[k])


def _tell_gone(run: Run, of: Series, i: int) -> Signal:
    gain = _gain(run).key
    why = f"KL to the reference reached {of.smooth[i]:.3g} nats by step {of.steps[i]} with no gain in {gain}"
    far = of.smooth[i] > t.KL_FAR * _kl_limit(run, of)
    return run.signal("kl_blowup", "stop" if far else _sure(_gain(run), of.steps[i]), of, i, _kl_limit(run, of), why)


# --- length -----------------------------------------------------------------------------------------------------


def _length(run: Run) -> Series:
    return run.track("completions/mean_length")


def _clipped(run: Run) -> Series:
    return run.track("completions/clipped_ratio")


def _cut_limit(of: Series) -> float:
    return max(t.CLIPPED_FLOOR, of.start + t.CLIPPED_RISE)


def _longer(run: Run, of: Series, k: int) -> bool:
    return of.smooth[k] > t.LENGTH_FACTOR * of.start > 0 and of.smooth[k] - of.start > t.LENGTH_TOKENS


def _cut_off(run: Run, of: Series, k: int) -> bool:
    return of.smooth[k] > _cut_limit(of)


def _longer_idle(run: Run, of: Series, k: int) -> bool:
    return _longer(run, of, k) and _idle(run, of.steps[k])


def _cut_off_idle(run: Run, of: Series, k: int) -> bool:
    unfinished = of.smooth[k] >= t.CLIPPED_MOST and not len(run.true)
    return _cut_off(run, of, k) and (unfinished or _idle(run, of.steps[k]))


def _tell_length(run: Run, of: Series, i: int) -> Signal:
    """Longer answers that earn more are how models learn to reason; mostly unfinished ones are not, whatever is paid."""
    cut = of.key.endswith("clipped_ratio")
    limit = _cut_limit(of) if cut else t.LENGTH_FACTOR * of.start
    grave = (_cut_off_idle if cut else _longer_idle)(run, of, i)
    why = f"{of.key} went from {of.start:.3g} to {of.smooth[i]:.3g} by step {of.steps[i]} " + (
        "with no gain" if grave else "while the reward rose: see whether it pays for length"
    )
    return run.signal("length_blowup", _sure(_gain(run), of.steps[i]) if grave else "warn", of, i, round(limit, 6), why)


# --- sampler and trainer ----------------------------------------------------------------------------------------


def _logp_gap(run: Run) -> Series:
    return run.track("sampling/sampling_logp_difference/mean")


def _ratio(run: Run) -> Series:
    return run.track("sampling/importance_sampling_ratio/mean")


def _ratio_min(run: Run) -> Series:
    return run.track("sampling/importance_sampling_ratio/min")


def _gap_wide(run: Run, of: Series, k: int) -> bool:
    return of.smooth[k] > t.LOGP_GAP


def _ratio_off(run: Run, of: Series, k: int) -> bool:
    return not t.RATIO_LOW <= of.smooth[k] <= t.RATIO_HIGH


def _ratio_vanished(run: Run, of: Series, k: int) -> bool:
    return of.start > t.RATIO_MIN_START and of.smooth[k] < t.RATIO_MIN and fell(of, k, t.COLLAPSE_SHARE) is not None


def _tell_mismatch(run: Run, of: Series, i: int) -> Signal:
    """The lowest ratio alone is one token's word and only warns."""
    limits = {"mean_logp_difference": t.LOGP_GAP, "mean_ratio": [t.RATIO_LOW, t.RATIO_HIGH], "min_ratio": t.RATIO_MIN}
    name = of.key.removeprefix("sampling/")
    why = f"{name} went from {of.start:.3g} to {of.smooth[i]:.3g} by step {of.steps[i]}: the sampler is not the policy"
    return run.signal("infer_mismatch", "warn" if name.endswith("/min") else "stop", of, i, limits, why)


def _patient(run: Run, of: Series) -> int:
    return run.patience(of, t.LOSS_PATIENCE, t.HOLD, t.QUICK_SHARE)


_LENGTHS = "completions/mean_length or completions/clipped_ratio"
_SAMPLING = "sampling/sampling_logp_difference or sampling/importance_sampling_ratio (a separate sampler)"
_DEAD_NEEDS = "frac_reward_zero_std or reward_std"

POLICY_RULES: tuple[Rule, ...] = (
    Rule("reward_collapse", _reward, _reward_lost, _tell_lost, "reward", policy=True),
    Rule("reward_collapse", _reward, _gone_for_long, _tell_lost, "reward", policy=True),
    Rule("reward_collapse", _reward, _lost_some, _tell_less, "reward",
         hold=lambda run, of: t.SHIFT_FACTOR * run.patience(of, t.LOSS_PATIENCE, t.LOSS_HOLD), policy=True),
    Rule("reward_collapse", lambda run: run.true, _true_lost, _tell_lost, "reward", policy=True),
    Rule("reward_hacking", _reward, _hacked, _tell_hacked, "reward and a true metric or probes", policy=True,
         can=lambda run: len(run.true) > 0 or run.gold is not None),
    Rule("zero_signal", _silent, _dead, _tell_dead, _DEAD_NEEDS, t.ZERO_HOLD - 1, 1, policy=True),
    Rule("weak_signal", _silent, _weak, _tell_weak, _DEAD_NEEDS, t.WEAK_LOGS - 1, 1, policy=True),
    Rule("entropy_collapse", _entropy, _exhausted, _tell_exhausted, "entropy", policy=True),
    Rule("entropy_explosion", _entropy, _dissolved, _tell_dissolved, "entropy", policy=True),
    Rule("kl_blowup", _kl, _gone, _tell_gone, "kl (beta above 0)", policy=True),
    Rule("length_blowup", _length, _longer_idle, _tell_length, _LENGTHS,
         hold=lambda run, of: run.patience(of, t.LOSS_PATIENCE, t.LOSS_HOLD), policy=True),
    Rule("length_blowup", _clipped, _cut_off_idle, _tell_length, _LENGTHS, hold=_patient, policy=True),
    Rule("length_blowup", _length, _longer, _tell_length, _LENGTHS, hold=t.LOSS_PATIENCE, policy=True),
    Rule("length_blowup", _clipped, _cut_off, _tell_length, _LENGTHS, hold=t.LOSS_PATIENCE, policy=True),
    Rule("infer_mismatch", _logp_gap, _gap_wide, _tell_mismatch, _SAMPLING),
    Rule("infer_mismatch", _ratio, _ratio_off, _tell_mismatch, _SAMPLING),
    Rule("infer_mismatch", _ratio_min, _ratio_vanished, _tell_mismatch, _SAMPLING),
)  # fmt: skip
