"""What the metrics show."""

from __future__ import annotations

import statistics

from lab.checks import thresholds as t
from lab.checks.evidence import Evidence
from lab.checks.rules_streams import rate_jumped
from lab.checks.run import fell, rose
from lab.checks.said import SILENT, Said, opposite


def came_early(ev: Evidence) -> Said:
    """A wrong setting shows at once; exhaustion and drift take their time."""
    if ev.first is None or ev.planned is None:
        return SILENT
    jumped = rate_jumped(ev)
    if jumped.fired:
        return Said(True, f"first sick at step {ev.first.step}, after {jumped.says}")
    early = ev.first.step <= max(t.EARLY_SHARE * ev.planned, t.EARLY_STEPS)
    return Said(early, f"first sick at step {ev.first.step} of {ev.planned}")


def came_late(ev: Evidence) -> Said:
    """It built up over a good stretch."""
    return opposite(came_early(ev))


def had_signal(ev: Evidence) -> Said:
    """There was something to learn from before it fell."""
    reward, silent = ev.series("reward"), ev.series("frac_reward_zero_std")
    if not len(reward):
        return SILENT
    alive = reward.start > 0 and (not len(silent) or silent.start < t.ZERO_SIGNAL)
    quiet = f" with {silent.start:.0%} of groups silent" if len(silent) else ""
    return Said(alive, f"the reward started at {reward.start:.3g}{quiet}")


def reward_fell(ev: Evidence) -> Said:
    """What was there got lost."""
    reward = ev.series("reward")
    if len(reward) < t.WARM_UP:
        return SILENT
    at = min(range(len(reward)), key=lambda k: (reward.smooth[k] - reward.best[k], k))
    lost = any(fell(reward, k, t.COLLAPSE_SHARE) is not None for k in range(t.WARM_UP - 1, len(reward)))
    return Said(lost, f"the reward's running mean went from {reward.best[at]:.3g} to {reward.smooth[at]:.3g}")


def gradient_died(ev: Evidence) -> Said:
    """The gradient burst or vanished, as it does when one update leaves the region it was computed for."""
    norm = ev.series("grad_norm")
    if len(norm) < t.WARM_UP:
        return SILENT
    start, last, peak = norm.start, statistics.median(norm.values[-3:]), max(norm.values)
    fired = start > 0 and (last < t.GRADIENT_DEAD * start or peak > t.SPIKE_RATIO * start)
    return Said(fired, f"the gradient norm started at {start:.3g}, peaked at {peak:.3g} and ended at {last:.3g}")


def entropy_gone(ev: Evidence) -> Said:
    """Little is left to explore with."""
    entropy = ev.series("entropy")
    if len(entropy) < t.WARM_UP:
        return SILENT
    low = min(entropy.smooth)
    floor = max(t.ENTROPY_FLOOR, t.ENTROPY_LEFT * entropy.start)
    return Said(low < floor, f"entropy went from {entropy.start:.3g} to {low:.3g} nats (floor {floor:.3g})")


def entropy_led(ev: Evidence) -> Said:
    """Exploration ran out before the reward fell."""
    entropy, reward = ev.series("entropy"), ev.series("reward")
    if len(entropy) < t.WARM_UP or len(reward) < t.WARM_UP:
        return SILENT
    half = next((s for s, v in zip(entropy.steps, entropy.smooth, strict=True) if v < 0.5 * entropy.start), None)
    fall = next((reward.steps[k] for k in range(t.WARM_UP - 1, len(reward)) if fell(reward, k, 0.2) is not None), None)
    if half is None:
        return Said(False, f"entropy never fell to half of its {entropy.start:.3g} nats")
    says = f"entropy was halved at step {half}, the reward " + (
        "never fell" if fall is None else f"fell at step {fall}"
    )
    return Said(fall is None or half < fall - 5, says)


def far_from_start(ev: Evidence) -> Said:
    """The policy is measurably far from its reference."""
    kl = ev.series("kl")
    return Said(max(kl.smooth) > t.KL_LIMIT, f"KL to the start reached {max(kl.smooth):.3g}") if len(kl) else SILENT


def groups_silent(ev: Evidence) -> Said:
    """Too many groups without spread from the first logs on."""
    silent = ev.series("frac_reward_zero_std")
    if not len(silent):
        return SILENT
    first = silent.values[: t.WEAK_LOGS]
    share = statistics.fmean(first)
    group = ev.setting("num_generations")
    limit = t.WEAK_SIGNAL_PAIR if group is not None and group <= t.SMALL_GROUP else t.WEAK_SIGNAL
    return Said(share >= limit, f"{share:.0%} of groups silent over the first {len(first)} logs")


def some_groups_speak(ev: Evidence) -> Said:
    """The reward can tell answers apart: not every group is silent."""
    silent = ev.series("frac_reward_zero_std")
    if not len(silent):
        return SILENT
    share = statistics.fmean(silent.values[: t.WEAK_LOGS])
    return Said(share < t.ZERO_SIGNAL, f"{1 - share:.0%} of groups have some spread of reward")


def silent_from_start(ev: Evidence) -> Said:
    """There was never any spread of reward, so nothing was lost on the way."""
    silent = ev.series("frac_reward_zero_std")
    if not len(silent):
        return SILENT
    return Said(silent.start >= t.ZERO_SIGNAL, f"{silent.start:.0%} of groups silent in the first logs")


def never_right(ev: Evidence) -> Said:
    """The start never gets a question right, however often it tries."""
    if ev.pass_at_k is not None:
        tries, share = ev.pass_at_k
        return Said(share <= 0.02, f"within {tries} tries the start solves {share:.1%} of questions")
    if not len(ev.true):
        return SILENT
    return Said(max(ev.true.values) == 0, f"the true metric never exceeded {max(ev.true.values):.3g}")


def right_but_unpaid(ev: Evidence) -> Said:
    """Right answers occur and earn nothing."""
    reward = ev.series("reward")
    if not len(ev.true) or not len(reward):
        return SILENT
    fired = max(ev.true.values) > 0 and max(reward.values) == 0
    return Said(
        fired, f"right answers up to {max(ev.true.values):.3g} of a batch; reward at most {max(reward.values):.3g}"
    )


def proxy_up_true_down(ev: Evidence) -> Said:
    """The reward rose while what it stands for did not."""
    reward, true = ev.series("reward"), ev.true
    if len(reward) < t.WARM_UP or len(true) < t.WARM_UP:
        return SILENT
    up = rose(reward, len(reward) - 1, t.HACK_RISE)
    down = true.smooth[-1] < (1 - t.HACK_FALL) * true.start
    says = (
        f"reward {reward.start:.3g} to {reward.smooth[-1]:.3g}, true metric {true.start:.3g} to {true.smooth[-1]:.3g}"
    )
    return Said(up and down, says)


def loss_ran_away(ev: Evidence) -> Said:
    """The loss is higher than where it began, or no number at all."""
    if ev.policy:
        return SILENT
    loss = ev.series("loss")
    if "nan" in ev.kinds:
        return Said(True, "a number became NaN or infinite")
    if len(loss) < t.WARM_UP:
        return SILENT
    return Said(loss.smooth[-1] > min(loss.smooth) * t.DIVERGED_BEST, f"loss {loss.start:.3g} to {loss.smooth[-1]:.3g}")


def gradient_spiked(ev: Evidence) -> Said:
    """A single update stood far outside the rest."""
    norm = ev.series("grad_norm")
    if len(norm) < t.WARM_UP:
        return SILENT
    middle = statistics.median(norm.values)
    fired = max(norm.values) > t.SPIKE_RATIO * middle > 0
    return Said(fired, f"gradient norm {middle:.3g} in the middle, {max(norm.values):.3g} at most")


def no_better_than_majority(ev: Evidence) -> Said:
    """Accuracy stays at what the commonest label gives."""
    accuracy, majority = ev.series("accuracy"), ev.known("majority")
    if not len(accuracy) or not isinstance(majority, (int, float)):
        return SILENT
    best = max(accuracy.smooth)
    return Said(best <= majority + 0.02, f"accuracy came to {best:.3g}; the commonest label alone gives {majority:.3g}")


def training_never_improved(ev: Evidence) -> Said:
    """The training loss itself did not go down, so it is not a matter of generalising."""
    loss = ev.series("loss")
    if ev.policy or len(loss) < t.WARM_UP:
        return SILENT
    return Said(
        min(loss.smooth) > 0.95 * loss.start, f"loss {loss.start:.3g} at the start, {min(loss.smooth):.3g} at best"
    )


def recovered(ev: Evidence) -> Said:
    """After the alarm the reward came back to its best."""
    reward = ev.series("reward")
    if ev.first is None or not len(reward):
        return SILENT
    after = [k for k, s in enumerate(reward.steps) if s > ev.first.step]
    if len(after) < 5:
        return SILENT
    k = after[-1]
    back = reward.best[k] - reward.smooth[k] <= t.NOISE_FACTOR * reward.error(k + 1)
    return Said(back, f"the reward stands at {reward.smooth[k]:.3g}, its best was {reward.best[k]:.3g}")


def true_held(ev: Evidence) -> Said:
    """The true metric is not below where it started."""
    true = ev.true
    if len(true) < t.WARM_UP:
        return SILENT
    held = true.smooth[-1] >= true.start - true.error()
    return Said(held, f"the true metric started at {true.start:.3g} and stands at {true.smooth[-1]:.3g}")
