"""What can be seen going wrong in the policy itself: its entropy, its distance from the reference, its lengths. The loss
is no witness here: it is about zero by construction."""

from __future__ import annotations

import math
import statistics

from lab.checks import thresholds as t
from lab.checks.gains import gain_of, idle, sure
from lab.checks.run import Rule, Run, at_best, index_at, lost, trend
from lab.checks.series import Series
from state.products import Signal

# --- the policy itself ------------------------------------------------------------------------------------------


def _entropy(run: Run) -> Series:
    return run.track("entropy")


def entropy_floor(of: Series) -> float:
    return max(min(t.ENTROPY_FLOOR, t.ENTROPY_HALF * of.start), t.ENTROPY_LEFT * of.start)


def _exhausted(run: Run, of: Series, k: int) -> bool:
    """Sampling has become repetition, and the reward does not say that this is because the task is solved."""
    if of.smooth[k] >= entropy_floor(of):
        return False
    j = index_at(run.reward, of.steps[k])
    return j is None or not (at_best(run.reward, j) or run.is_at(j, t.FULL_REWARD))


def _tell_exhausted(run: Run, of: Series, i: int) -> Signal:
    floor = entropy_floor(of)
    why = (
        f"entropy fell from {of.start:.3g} to {of.smooth[i]:.3g} nats by step {of.steps[i]}"
        f" (floor {floor:.3g}) while the reward does not stand at its best"
    )
    return run.signal("entropy_collapse", sure(run.reward, of.steps[i]), of, i, round(floor, 6), why)


def _stuck_for(run: Run, of: Series) -> int:
    return run.patience(of, len(of), t.STUCK_LEAST, t.STUCK_SHARE)


def _stuck(run: Run, of: Series, k: int) -> bool:
    """Nothing is tried any more, and some of the reward went with it and does not come back."""
    long, reward = _stuck_for(run, of), run.reward
    low = k + 1 - long
    if low < 0 or max(of.smooth[low : k + 1]) >= entropy_floor(of):
        return False
    a, b = index_at(reward, of.steps[low]), index_at(reward, of.steps[k])
    if a is None or b is None or b - a < t.STUCK_LEAST - 1 or run.is_at(b, t.FULL_REWARD):
        return False
    gone = reward.crest[a] - reward.mean(a, b + 1)
    tens = [reward.mean(i, i + t.RECENT_LOGS) for i in range(a, b + 2 - t.RECENT_LOGS)]
    clear = t.NOISE_FACTOR * max(reward.noise(b + 1) / math.sqrt(t.RECENT_LOGS), statistics.pstdev(tens))
    return gone > max(t.STUCK_LOSS * abs(reward.crest[a]), clear) and trend(reward, a, b + 1) <= t.RISEN_ERRORS


def _tell_stuck(run: Run, of: Series, i: int) -> Signal:
    reward = run.reward
    b, logs = len(reward) - 1, _stuck_for(run, of)
    why = (
        f"entropy is down to {of.smooth[i]:.3g} from {of.start:.3g} nats, and the reward, {reward.crest[b]:.3g} at its"
        f" best, stood at {reward.mean(max(0, b + 1 - logs), b + 1):.3g} for the {logs} logs up to step {of.steps[i]}"
    )
    return run.signal("entropy_collapse", "warn", of, i, round(entropy_floor(of), 6), why)


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
    usual = statistics.median(of.values[max(0, k + 1 - t.HOLD) : k + 1])  # one odd token may make one log huge
    return min(usual, of.smooth[k]) > _kl_limit(run, of) and idle(run, of.steps[k])


def _tell_gone(run: Run, of: Series, i: int) -> Signal:
    gain = gain_of(run).key
    why = f"KL to the reference reached {of.smooth[i]:.3g} nats by step {of.steps[i]} with no gain in {gain}"
    far = of.smooth[i] > t.KL_FAR * _kl_limit(run, of)
    return run.signal("kl_blowup", "stop" if far else sure(gain_of(run), of.steps[i]), of, i, _kl_limit(run, of), why)


def _beyond(run: Run, of: Series, k: int) -> bool:
    """Farther than anything that is still the model it came from, in this log and in the running mean."""
    return min(of.values[k], of.smooth[k]) > t.KL_BEYOND * _kl_limit(run, of)


def _beyond_idle(run: Run, of: Series, i: int) -> bool:
    """Whether a quarter of the plan has been spent away from the reference and has gained nothing."""
    long, gain = run.patience(of, len(of), t.KL_IDLE_LEAST, t.KL_IDLE_SHARE), gain_of(run)
    low, high = max(0, i + 1 - long), i + 1
    if high - low < long or min(of.smooth[low:high]) <= _kl_limit(run, of):
        return False
    a, b = index_at(gain, of.steps[low]), index_at(gain, of.steps[i])
    if a is None or b is None or run.is_at(index_at(run.reward, of.steps[i]), t.FULL_REWARD):
        return False
    return b - a >= t.KL_IDLE_LEAST - 1 and trend(gain, a, b + 1) <= t.RISEN_ERRORS


def _tell_beyond(run: Run, of: Series, i: int) -> Signal:
    limit, gain = t.KL_BEYOND * _kl_limit(run, of), gain_of(run)
    idled = _beyond_idle(run, of, i)
    more = f" and {gain.key} gains nothing any more" if idled else ": next to nothing of the reference is left"
    why = f"KL to the reference reached {of.smooth[i]:.3g} nats by step {of.steps[i]}{more}"
    return run.signal("kl_blowup", sure(gain, of.steps[i]) if idled else "warn", of, i, limit, why)


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
    return _longer(run, of, k) and idle(run, of.steps[k])


def _cut_off_idle(run: Run, of: Series, k: int) -> bool:
    unfinished = of.smooth[k] >= t.CLIPPED_MOST and not len(run.true)
    return _cut_off(run, of, k) and (unfinished or idle(run, of.steps[k]))


def _tell_length(run: Run, of: Series, i: int) -> Signal:
    """Longer answers that earn more are how models learn to reason; mostly unfinished ones are not, whatever is paid."""
    cut = of.key.endswith("clipped_ratio")
    limit = _cut_limit(of) if cut else t.LENGTH_FACTOR * of.start
    grave = (_cut_off_idle if cut else _longer_idle)(run, of, i)
    why = f"{of.key} went from {of.start:.3g} to {of.smooth[i]:.3g} by step {of.steps[i]} " + (
        "with no gain" if grave else "while the reward rose: see whether it pays for length"
    )
    return run.signal(
        "length_blowup", sure(gain_of(run), of.steps[i]) if grave else "warn", of, i, round(limit, 6), why
    )


def _patient(run: Run, of: Series) -> int:
    return run.patience(of, t.LOSS_PATIENCE, t.HOLD, t.QUICK_SHARE)


_LENGTHS = "completions/mean_length or completions/clipped_ratio"

POLICY_RULES: tuple[Rule, ...] = (
    Rule("entropy_collapse", _entropy, _exhausted, _tell_exhausted, "entropy", policy=True),
    Rule("entropy_collapse", _entropy, _stuck, _tell_stuck, "entropy", policy=True),
    Rule("entropy_explosion", _entropy, _dissolved, _tell_dissolved, "entropy", policy=True),
    Rule("kl_blowup", _kl, _gone, _tell_gone, "kl (beta above 0)", policy=True),
    Rule("kl_blowup", _kl, _beyond, _tell_beyond, "kl (beta above 0)", policy=True),
    Rule("length_blowup", _length, _longer_idle, _tell_length, _LENGTHS,
         hold=lambda run, of: run.patience(of, t.LOSS_PATIENCE, t.LOSS_HOLD), policy=True),
    Rule("length_blowup", _clipped, _cut_off_idle, _tell_length, _LENGTHS, hold=_patient, policy=True),
    Rule("length_blowup", _length, _longer, _tell_length, _LENGTHS, hold=t.LOSS_PATIENCE, policy=True),
    Rule("length_blowup", _clipped, _cut_off, _tell_length, _LENGTHS, hold=t.LOSS_PATIENCE, policy=True),
)  # fmt: skip
