"""What can be seen going wrong in a training that learns from a reward. The loss is no witness here: it is about
zero by construction."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lab.checks import thresholds as t
from lab.checks.series import Line, Series, first_held, main_phase, probe, series, true_metric
from state.products import Signal
from state.words import Severity, SignalKind


@dataclass(frozen=True)
class Policy:
    """One training that learns from a reward, as the detectors read it."""

    experiment: str
    metrics: Sequence[Line]
    planned_steps: int
    group: int | None = None
    """Answers per question, if the caller knows."""

    @cached_property
    def lines(self) -> list[Line]:
        return main_phase(self.metrics)

    @cached_property
    def reward(self) -> Series:
        return series(self.lines, "reward")

    @cached_property
    def true(self) -> Series:
        return true_metric(self.metrics)

    @cached_property
    def entropy(self) -> Series:
        return series(self.lines, "entropy")

    @cached_property
    def silent(self) -> Series:
        return series(self.lines, "frac_reward_zero_std")

    @cached_property
    def gold(self) -> float | None:
        return probe(self.metrics, "reward_gold")

    def level(self, j: int) -> float | None:
        """The reward as a share of what a right answer is paid; of the customary 1 when no probe told, if it fits."""
        if self.gold is not None:
            return self.reward.smooth[j] / self.gold if self.gold > 0 else None
        seen = self.reward.values[: j + 1]
        return self.reward.smooth[j] if 0 <= min(seen) <= max(seen) <= 1 else None

    def is_at(self, j: int | None, share: float) -> bool:
        """Whether the reward has come to this share of what is to be had."""
        level = None if j is None else self.level(j)
        return level is not None and level >= share

    def signal(self, kind: SignalKind, severity: Severity, of: Series, i: int, threshold: Any, why: str) -> Signal:
        evidence = {"metric": of.key, **of.window(i), "threshold": threshold}
        step = of.steps[i]
        return Signal(experiment=self.experiment, kind=kind, step=step, severity=severity, evidence=evidence, why=why)


def fell(of: Series, i: int, share: float) -> float | None:
    """The best running mean so far if the present one lies below it by `share` and beyond noise, else None."""
    best = of.best[i]
    drop = best - of.smooth[i]
    if drop < share * abs(best) or drop <= 0:
        return None
    return best if drop > t.NOISE_FACTOR * of.error(i + 1) else None


def rose(of: Series, i: int, share: float) -> bool:
    """Whether the running mean stands above the start by `share` of the level and beyond noise."""
    gain = of.smooth[i] - of.start
    return gain >= share * max(abs(of.start), abs(of.smooth[i])) and gain > t.NOISE_FACTOR * of.error(i + 1)


def at_best(of: Series, i: int) -> bool:
    """Whether the running mean stands above the start beyond noise and has lost none of it beyond noise."""
    best = of.best[i]
    slack = t.NOISE_FACTOR * of.error(i + 1)
    return best - of.smooth[i] <= min(slack, 0.15 * abs(best)) and of.smooth[i] - of.start > slack / 2


def index_at(of: Series, step: int) -> int | None:
    """Index of the last log of a series not after a step."""
    i = bisect_right(of.steps, step) - 1
    return i if i >= 0 else None


def reward_collapse(run: Policy) -> Signal | None:
    """The reward, or the true metric behind it, fell far below its own best."""
    reward, true = run.reward, run.true

    def true_fell(k: int) -> bool:
        """The reward must have lost something too: a true metric that falls alone is hacked, or just sparse."""
        j = index_at(reward, true.steps[k])
        lost = j is not None and fell(reward, j, t.REWARD_WITH_TRUE) is not None
        return lost and fell(true, k, t.TRUE_COLLAPSE_SHARE) is not None

    by_reward = first_held(lambda k: fell(reward, k, t.COLLAPSE_SHARE) is not None, len(reward), t.WARM_UP - 1)
    by_true = first_held(true_fell, len(true), t.WARM_UP - 1)
    found = [(of.steps[i], of, i) for of, i in ((reward, by_reward), (true, by_true)) if i is not None]
    if not found:
        return None
    step, of, i = min(found, key=lambda f: f[0])
    name, share = ("reward", t.COLLAPSE_SHARE) if of is reward else ("true metric", t.TRUE_COLLAPSE_SHARE)
    why = f"the {name} fell from its best running mean {of.best[i]:.3g} to {of.smooth[i]:.3g} by step {step}"
    return run.signal("reward_collapse", "stop", of, i, {"share_lost": share, "best": round(of.best[i], 6)}, why)


def reward_hacking(run: Policy) -> Signal | None:
    """The reward rises while what it stands for falls."""
    reward, true = run.reward, run.true
    gold, junk = probe(run.metrics, "reward_gold"), probe(run.metrics, "reward_junk")
    pays_junk = gold is not None and junk is not None and junk > gold

    def hacked(k: int) -> bool:
        if not rose(reward, k, t.HACK_RISE):
            return False
        j = index_at(true, reward.steps[k])
        true_down = j is not None and fell(true, j, t.HACK_FALL) is not None
        return true_down or (pays_junk and (j is None or not rose(true, j, t.HACK_RISE)))

    i = first_held(hacked, len(reward), t.WARM_UP - 1)
    if i is None:
        return None
    j = index_at(true, reward.steps[i])
    now = f"the true metric went from {true.start:.3g} to {true.smooth[j]:.3g}" if j is not None else "no true metric"
    if pays_junk:
        now += f"; junk is paid {junk:.3g} and a right answer {gold:.3g}"
    why = f"the reward rose from {reward.start:.3g} to {reward.smooth[i]:.3g} by step {reward.steps[i]} while {now}"
    bounds = {"reward_rise": t.HACK_RISE, "true_fall": t.HACK_FALL}
    signal = run.signal("reward_hacking", "stop", reward, i, bounds, why)
    return signal.model_copy(update={"evidence": {**signal.evidence, "true": true.window(j) if j is not None else {}}})


def zero_signal(run: Policy) -> Signal | None:
    """(Nearly) every group is paid alike, so that no advantage is left to learn from."""
    silent = run.silent

    def dead(k: int) -> bool:
        return silent.values[k] >= t.ZERO_SIGNAL

    i = first_held(dead, len(silent), 0, t.ZERO_HOLD)
    if i is None:
        return None
    j = index_at(run.reward, silent.steps[i])
    level = run.reward.smooth[j] if j is not None else None
    solved = run.is_at(j, t.FULL_REWARD)
    paid = "no reward is logged" if level is None else f"the reward is {level:.3g}"
    what = "the task is solved as the reward sees it" if solved else "nothing can be learnt"
    why = f"{silent.values[i]:.0%} of groups have no spread of reward by step {silent.steps[i]} and {paid}: {what}"
    return run.signal("zero_signal", "warn" if solved else "stop", silent, i, t.ZERO_SIGNAL, why)


def weak_signal(run: Policy) -> Signal | None:
    """Too few groups carry an advantage from the start, well before the reward is full."""
    silent = run.silent
    if len(silent) < t.WEAK_LOGS:
        return None
    i = t.WEAK_LOGS - 1
    share = sum(silent.values[: i + 1]) / t.WEAK_LOGS
    j = index_at(run.reward, silent.steps[i])
    small = run.group is not None and run.group <= t.SMALL_GROUP
    threshold = t.WEAK_SIGNAL_PAIR if small else t.WEAK_SIGNAL
    if not threshold <= share < t.ZERO_SIGNAL or run.is_at(j, t.WEAK_REWARD):
        return None
    if j is not None and fell(run.reward, j, t.COLLAPSE_SHARE) is not None:
        return None  # silence after a collapse is its consequence
    if j is not None and not small and rose(run.reward, j, t.HACK_RISE):
        return None  # a reward that rises has enough to learn from; a pair would do better as a group all the same
    size = f" of {run.group}" if run.group else ""
    why = f"{share:.0%} of groups{size} in the first {t.WEAK_LOGS} logs have no spread of reward and teach nothing"
    signal = run.signal("weak_signal", "stop", silent, i, threshold, why)
    return signal.model_copy(update={"evidence": {**signal.evidence, "group": run.group}})


def entropy_collapse(run: Policy) -> Signal | None:
    """Sampling has become repetition, and the reward does not say that this is because the task is solved."""
    entropy, reward = run.entropy, run.reward
    floor = max(t.ENTROPY_FLOOR, t.ENTROPY_LEFT * entropy.start) if len(entropy) else 0.0

    def exhausted(k: int) -> bool:
        if entropy.smooth[k] >= floor:
            return False
        j = index_at(reward, entropy.steps[k])
        return j is None or not (at_best(reward, j) or run.is_at(j, t.FULL_REWARD))

    i = first_held(exhausted, len(entropy), t.WARM_UP - 1)
    if i is None:
        return None
    why = (
        f"entropy fell from {entropy.start:.3g} to {entropy.smooth[i]:.3g} nats by step {entropy.steps[i]}"
        f" (floor {floor:.3g}) while the reward does not stand at its best"
    )
    return run.signal("entropy_collapse", "stop", entropy, i, round(floor, 6), why)


def entropy_explosion(run: Policy) -> Signal | None:
    """The policy dissolves: entropy far above its start, reward below its own."""
    entropy, reward = run.entropy, run.reward

    def dissolved(k: int) -> bool:
        above = entropy.smooth[k] - entropy.start
        if entropy.smooth[k] < t.ENTROPY_EXPLOSION * entropy.start or above < t.NOISE_FACTOR * entropy.error(k + 1):
            return False
        j = index_at(reward, entropy.steps[k])
        return j is not None and reward.best[j] - reward.smooth[j] > t.NOISE_FACTOR * reward.error(j + 1)

    i = first_held(dissolved, len(entropy), t.WARM_UP - 1)
    if i is None:
        return None
    why = (
        f"entropy rose from {entropy.start:.3g} to {entropy.smooth[i]:.3g} nats by step {entropy.steps[i]}"
        " while the reward fell"
    )
    return run.signal("entropy_explosion", "stop", entropy, i, t.ENTROPY_EXPLOSION, why)


def kl_blowup(run: Policy) -> Signal | None:
    """The policy has left its reference and got nothing for it."""
    kl = series(run.lines, "kl")
    gain = run.true if len(run.true) else run.reward

    def gone(k: int) -> bool:
        if kl.smooth[k] <= t.KL_LIMIT:
            return False
        j = index_at(gain, kl.steps[k])
        return j is None or not at_best(gain, j)

    i = first_held(gone, len(kl), t.WARM_UP - 1)
    if i is None:
        return None
    why = f"KL to the reference reached {kl.smooth[i]:.3g} nats by step {kl.steps[i]} with no gain in {gain.key}"
    return run.signal("kl_blowup", "stop", kl, i, t.KL_LIMIT, why)


def length_blowup(run: Policy) -> Signal | None:
    """Answers grow or are cut off, and the true metric has nothing to show for it."""
    length, clipped = series(run.lines, "completions/mean_length"), series(run.lines, "completions/clipped_ratio")
    gain = run.true if len(run.true) else run.reward

    def idle(step: int) -> bool:
        j = index_at(gain, step)
        return j is None or not at_best(gain, j)

    longest = t.LENGTH_FACTOR * length.start
    cut = max(t.CLIPPED_FLOOR, clipped.start + t.CLIPPED_RISE)
    for of, limit in ((length, longest), (clipped, cut)):
        i = first_held(
            lambda k, of=of, limit=limit: of.smooth[k] > limit and idle(of.steps[k]), len(of), t.WARM_UP - 1  # type: ignore[misc]
        )  # fmt: skip
        if i is not None:
            why = f"{of.key} went from {of.start:.3g} to {of.smooth[i]:.3g} by step {of.steps[i]} with no gain"
            return run.signal("length_blowup", "stop", of, i, round(limit, 6), why)
    return None


POLICY_RULES = (
    reward_collapse, reward_hacking, zero_signal, weak_signal, entropy_collapse, entropy_explosion, kl_blowup,
    length_blowup,
)  # fmt: skip
