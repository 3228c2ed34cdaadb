"""What streams of trainings by loss, of trainings on pairs and of machines show, with or without their settings."""

from __future__ import annotations

import itertools
import statistics

from lab.checks import thresholds as t
from lab.checks.evidence import Evidence
from lab.checks.machine import MEMORY
from lab.checks.run import rose
from lab.checks.said import SILENT, Said, opposite
from lab.checks.series import Series


def rate_jumped(ev: Evidence) -> Said:
    """The learning rate was raised at once, after training had begun. One that was not says nothing about its size."""
    rate = ev.series("learning_rate")
    for k in range(t.WARM_UP, len(rate)):
        if rate.values[k] >= t.LR_DEPARTURE * max(rate.values[:k]) > 0:
            return Said(
                True,
                f"the learning rate went from {rate.values[k - 1]:.3g} to {rate.values[k]:.3g} at step {rate.steps[k]}",
            )
    return SILENT


def rate_steady(ev: Evidence) -> Said:
    """The learning rate was not raised midway."""
    return opposite(rate_jumped(ev))


def rate_fell_to_nothing(ev: Evidence) -> Said:
    """The learning rate was there and went: the schedule ends too early."""
    rate = ev.series("learning_rate")
    if "dead_lr" not in ev.kinds or not len(rate):
        return SILENT
    return Said(max(rate.values) > t.DEAD_LR, f"the learning rate was {max(rate.values):.3g} at most before it was 0")


def loss_stepped(ev: Evidence) -> Said:
    """The loss went up in one or two logs and has been level since: other rows, or other labels, than before."""
    loss = ev.series("loss")
    if ev.policy or len(loss) < 2 * t.WARM_UP:
        return SILENT
    low = min(range(len(loss)), key=loss.smooth.__getitem__)
    after = loss.values[low + 1 :]
    if len(after) < t.WARM_UP:
        return SILENT
    settled = statistics.fmean(after[-t.WARM_UP :])
    need = loss.smooth[low] + 0.8 * (settled - loss.smooth[low])
    logs = next((i for i, v in enumerate(after, 1) if v >= need), len(after))
    return Said(
        settled > t.DIVERGED_BEST * loss.smooth[low] and logs <= 5,
        f"the loss went from {loss.smooth[low]:.3g} to {settled:.3g} within {logs} logs",
    )


def gradient_calm(ev: Evidence) -> Said:
    """No gradient burst with it."""
    norm = ev.series("grad_norm")
    if len(norm) < t.WARM_UP:
        return SILENT
    middle, peak = statistics.median(norm.values), max(norm.values)
    return Said(peak <= t.SPIKE_RATIO * middle, f"gradient norm {middle:.3g} in the middle, {peak:.3g} at most")


def gradient_grew(ev: Evidence) -> Said:
    """The gradient grew before numbers were lost: steps were too large, not a single row."""
    norm = ev.series("grad_norm")
    if "nan" not in ev.kinds or len(norm) < t.WARM_UP:
        return SILENT
    last = statistics.median(norm.values[-3:])
    return Said(
        last > t.LR_DEPARTURE * norm.start, f"the gradient norm went from {norm.start:.3g} to {last:.3g} before"
    )


def lost_at_once(ev: Evidence) -> Said:
    """Numbers were lost from one log to the next, out of a calm training."""
    return opposite(gradient_grew(ev))


def came_back(ev: Evidence) -> Said:
    """One loss jumped and the next ones were as before."""
    loss = ev.series("loss")
    jump = next((s for s in ev.signals if s.kind == "spike" and s.evidence.get("metric") == "loss"), None)
    at = None if jump is None else loss.index(jump.step)
    if at is None or at < t.WARM_UP or at + 1 >= len(loss):
        return SILENT
    before, after = (
        statistics.median(loss.values[max(0, at - 10) : at]),
        statistics.median(loss.values[at + 1 : at + 6]),
    )
    return Said(
        after < t.DIVERGED_BEST * before, f"the median loss was {before:.3g} before the jump and {after:.3g} after it"
    )


def half_precision(ev: Evidence) -> Said:
    """Sixteen-bit floats with a narrow range."""
    if "fp16" not in ev.config and "dtype" not in ev.config:
        return SILENT
    narrow = ev.config.get("fp16") is True or str(ev.config.get("dtype")) in ("float16", "fp16", "torch.float16")
    return Said(narrow, f"fp16 is {ev.config.get('fp16')}, dtype {ev.config.get('dtype')}: 1 of 2 would suffice")


def held_out_rose(ev: Evidence) -> Said:
    """The loss on held-out rows turned while the training loss went on."""
    held, loss = ev.held_out, ev.series("loss")
    if len(held) < 2 or not len(loss):
        return SILENT
    fired = held.values[-1] > (1 + t.OVERFIT_RISE) * min(held.values) and loss.smooth[-1] < loss.start
    return Said(
        fired,
        f"{held.key} was {min(held.values):.3g} at best and is {held.values[-1]:.3g}; the loss is {loss.smooth[-1]:.3g}",
    )


def rows_repeated(ev: Evidence) -> Said:
    """The rows have been seen several times."""
    epoch = ev.series("epoch")
    return (
        Said(epoch.values[-1] > t.MANY_EPOCHS, f"{epoch.values[-1]:.3g} passes over the rows") if len(epoch) else SILENT
    )


def chosen_fell(ev: Evidence) -> Said:
    """The better answers lost probability while the margin grew."""
    chosen, margin = ev.series("logps/chosen"), ev.series("rewards/margins")
    if len(chosen) < t.WARM_UP or len(margin) < t.WARM_UP:
        return SILENT
    fired = (
        chosen.best[-1] - chosen.smooth[-1] > t.DISPLACED_WARN * abs(chosen.best[-1])
        and margin.smooth[-1] > margin.start
    )
    return Said(
        fired,
        f"logps/chosen {chosen.start:.4g} to {chosen.smooth[-1]:.4g}, margin {margin.start:.3g} to {margin.smooth[-1]:.3g}",
    )


def chosen_unanchored(ev: Evidence) -> Said:
    """Nothing in the loss pays for the better answer itself."""
    told = {name: ev.config[name] for name in ("rpo_alpha", "loss_type") if name in ev.config}
    if not told or not len(ev.series("rewards/chosen")):
        return SILENT
    anchored = bool(told.get("rpo_alpha")) or "sft" in str(told.get("loss_type"))
    return Said(not anchored, f"{len(told)} settings read: " + ", ".join(f"{k} is {v}" for k, v in told.items()))


def pairs_told_apart(ev: Evidence) -> Said:
    """Nearly every pair was told apart from the first steps on."""
    right = ev.series("rewards/accuracies")
    if len(right) < t.WARM_UP:
        return SILENT
    share = statistics.fmean(right.values[: t.WEAK_LOGS])
    return Said(
        share >= t.SEPARATED - 0.1,
        f"{share:.0%} of pairs told apart over the first {min(len(right), t.WEAK_LOGS)} logs",
    )


def sampler_apart(ev: Evidence) -> Said:
    """The probabilities of the sampler and of the trainer are not the same."""
    gap = ev.series("sampling/sampling_logp_difference/mean")
    if not len(gap):
        return Said(True, _why(ev, "infer_mismatch")) if "infer_mismatch" in ev.kinds else SILENT
    return Said(
        max(gap.smooth) > t.LOGP_GAP,
        f"they differ by {gap.start:.3g} nats a token at the start, {max(gap.smooth):.3g} at most",
    )


def separate_sampler(ev: Evidence) -> Said:
    """Answers are drawn by another engine than the one that is trained."""
    return (
        Said(bool(ev.config["use_vllm"]), f"use_vllm is {ev.config['use_vllm']}, 1 engine more")
        if "use_vllm" in ev.config
        else SILENT
    )


def reward_follows_length(ev: Evidence) -> Said:
    """The reward moves with the length of answers."""
    reward, length = ev.series("reward"), ev.series("completions/mean_length")
    pairs = [(v, length.at(s)) for s, v in zip(reward.steps, reward.smooth, strict=True)]
    known = [(a, b) for a, b in pairs if b is not None]
    if len(known) < 2 * t.WARM_UP or len({a for a, _ in known}) < 3 or len({b for _, b in known}) < 3:
        return SILENT
    tie = statistics.correlation([a for a, _ in known], [b for _, b in known])
    fired = tie > t.LENGTH_TIE and rose(length, len(length) - 1, t.HACK_RISE)
    return Said(fired, f"reward and mean length go together with a correlation of {tie:.2f}")


def length_unpaid(ev: Evidence) -> Said:
    """Longer answers are not what the reward pays for."""
    return opposite(reward_follows_length(ev))


def cut_short(ev: Evidence) -> Said:
    """Answers end because they may not be longer."""
    cut = ev.series("completions/clipped_ratio")
    return (
        Said(max(cut.smooth) >= t.CLIPPED_FLOOR, f"up to {max(cut.smooth):.0%} of answers are cut off")
        if len(cut)
        else SILENT
    )


def reward_full(ev: Evidence) -> Said:
    """Nearly all that can be earned is earned."""
    reward, gold = ev.series("reward"), ev.probe("reward_gold") or 1.0
    if not len(reward) or min(reward.values) < 0 or max(reward.values) > 1.001 * gold:
        return SILENT
    return Said(reward.smooth[-1] >= t.FULL_REWARD * gold > 0, f"the reward is {reward.smooth[-1]:.3g} of {gold:.3g}")


def curve_equal(ev: Evidence) -> Said:
    """Another run logged the same numbers."""
    return Said(True, _why(ev, "cloned_curve")) if "cloned_curve" in ev.kinds else SILENT


def step_slow(ev: Evidence) -> Said:
    """One step took far longer than steps take."""
    return Said(True, _why(ev, "stall")) if "stall" in ev.kinds else SILENT


def memory_grows(ev: Evidence) -> Said:
    """Memory fills as training goes on: something is kept that should not be, or rows grow longer."""
    share = next((s for s in ev.signals if s.evidence.get("metric") == MEMORY), None)
    return SILENT if share is None else Said(True, share.why)


def wandering(ev: Evidence) -> Said:
    """The reward changes much from log to log for the little that it gains."""
    reward: Series = ev.series("reward")
    if len(reward) < t.WEAK_LOGS:
        return SILENT
    moves = statistics.fmean(abs(b - a) for a, b in itertools.pairwise(reward.values))
    gain = reward.smooth[-1] - reward.start
    return Said(
        moves > abs(gain) > 0, f"the reward moves by {moves:.3g} a log and gained {gain:.3g} in {len(reward)} logs"
    )


def _why(ev: Evidence, kind: str) -> str:
    return next(s.why for s in ev.signals if s.kind == kind)
