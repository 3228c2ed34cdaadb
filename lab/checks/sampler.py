"""A sampler that is not the policy it samples for."""

from __future__ import annotations

from lab.checks import thresholds as t
from lab.checks.run import Rule, Run, fell
from lab.checks.series import Series
from state.products import Signal


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


_SAMPLING = "sampling/sampling_logp_difference or sampling/importance_sampling_ratio (a separate sampler)"

SAMPLER_RULES: tuple[Rule, ...] = (
    Rule("infer_mismatch", _logp_gap, _gap_wide, _tell_mismatch, _SAMPLING),
    Rule("infer_mismatch", _ratio, _ratio_off, _tell_mismatch, _SAMPLING),
    Rule("infer_mismatch", _ratio_min, _ratio_vanished, _tell_mismatch, _SAMPLING),
)  # fmt: skip
