"""What can be seen going wrong in a training on pairs (DPO and its kin), beside what any loss shows."""

from __future__ import annotations

from lab.checks import thresholds as t
from lab.checks.run import Rule, Run, fell
from lab.checks.series import Series
from state.products import Signal
from state.words import Severity


def _chosen(run: Run) -> Series:
    return run.track("logps/chosen")


def _lost(run: Run, of: Series, k: int) -> tuple[float, float, float]:
    """What the better answers have lost since the start: in nats, as a share of what they had, and in units of the
    margin that was gained for it."""
    nats = of.start - of.smooth[k]
    reward, margin = (run.track(f"rewards/{name}").at(of.steps[k]) or 0.0 for name in ("chosen", "margins"))
    return nats, nats / max(abs(of.start), 1e-9), -reward / max(margin, 1e-9)


def _displaced(run: Run, of: Series, k: int) -> bool:
    """The better answers themselves become unlikely: their probability went to neither answer. A little of that is what
    the loss of healthy runs does, for it only sees the difference; there the margin gains more than is lost."""
    reward = run.track("rewards/chosen")
    j = reward.index(of.steps[k])
    if j is None or reward.smooth[j] >= 0 or fell(reward, j, 0.0) is None:
        return False
    nats, share, price = _lost(run, of, k)
    clear = nats > t.DISPLACED_ERRORS * of.error(k + 1) and nats >= t.DISPLACED_NATS
    return clear and share >= t.DISPLACED_WARN and price >= t.DISPLACED_PRICE


def _tell_displaced(run: Run, of: Series, i: int) -> Signal:
    nats, share, price = _lost(run, of, i)
    reward, margin = (run.track(f"rewards/{name}").at(of.steps[i]) or 0.0 for name in ("chosen", "margins"))
    why = (
        f"logps/chosen fell by {nats:.3g} nats ({share:.0%}) from {of.start:.4g} to {of.smooth[i]:.4g} and rewards/chosen"
        f" to {reward:.3g} by step {of.steps[i]}, for a margin of {margin:.3g}"
    )
    bounds = {"warn_share": t.DISPLACED_WARN, "stop_share": t.DISPLACED_STOP, "nats": t.DISPLACED_NATS}
    grave = share >= t.DISPLACED_STOP and price >= 1
    severity: Severity = "stop" if grave else "warn"
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
         "frac_reward_zero_std or rewards/accuracies",
         hold=lambda run, of: run.patience(of, t.SEPARATED_LOGS, t.LOSS_HOLD), policy=False),
)  # fmt: skip
