"""What can be seen going wrong in a training on pairs (DPO and its kin), beside what any loss shows."""

from __future__ import annotations

from lab.checks import thresholds as t
from lab.checks.run import Rule, Run, fell, rose
from lab.checks.series import Series
from state.products import Signal
from state.words import Severity


def _chosen(run: Run) -> Series:
    return run.track("logps/chosen")


def _displaced(run: Run, of: Series, k: int) -> bool:
    """The better answers themselves become unlikely, and the margin grows all the same: their probability went to
    neither answer. A little of it is what the loss of healthy runs does, for it only sees the difference."""
    reward, margin = run.track("rewards/chosen"), run.track("rewards/margins")
    j, m = reward.index(of.steps[k]), margin.index(of.steps[k])
    if j is None or m is None or fell(of, k, t.DISPLACED_WARN) is None:
        return False
    return fell(reward, j, 0.0) is not None and reward.smooth[j] < 0 and rose(margin, m, 0.0)


def _tell_displaced(run: Run, of: Series, i: int) -> Signal:
    reward = run.track("rewards/chosen").at(of.steps[i]) or 0.0
    share = (of.best[i] - of.smooth[i]) / abs(of.best[i])
    why = (
        f"logps/chosen fell by {share:.0%} from {of.best[i]:.4g} to {of.smooth[i]:.4g} and rewards/chosen to"
        f" {reward:.3g} by step {of.steps[i]} while the margin grew"
    )
    bounds = {"warn": t.DISPLACED_WARN, "stop": t.DISPLACED_STOP}
    severity: Severity = "stop" if share >= t.DISPLACED_STOP else "warn"
    return run.signal("likelihood_displacement", severity, of, i, bounds, why)


def _separated(run: Run, of: Series, k: int) -> bool:
    """Every pair is told apart from almost the first step on: the pairs are trivial, or were seen before."""
    early = of.steps[k] <= min(t.SEPARATED_STEPS, t.SEPARATED_SHARE * run.planned_steps)
    return early and of.values[k] >= t.SEPARATED


def _tell_separated(run: Run, of: Series, i: int) -> Signal:
    why = (
        f"{of.values[i]:.0%} of pairs are told apart by step {of.steps[i]} of {run.planned_steps}: trivial pairs,"
        " or pairs seen before, leave nothing to learn"
    )
    return run.signal("zero_signal", "warn", of, i, t.SEPARATED, why)


_PAIRS = "rewards/chosen, rewards/margins and logps/chosen (training on pairs)"

PREFERENCE_RULES: tuple[Rule, ...] = (
    Rule("likelihood_displacement", _chosen, _displaced, _tell_displaced, _PAIRS, policy=False,
         can=lambda run: len(run.track("rewards/margins")) > 0),
    Rule("zero_signal", lambda run: run.track("rewards/accuracies"), _separated, _tell_separated,
         "frac_reward_zero_std or rewards/accuracies", policy=False),
)  # fmt: skip
