"""What a training by reward has gained: whether there is anything to show for a change."""

from __future__ import annotations

from lab.checks import thresholds as t
from lab.checks.run import Run, at_best, can_tell, index_at
from lab.checks.series import Series
from state.words import Severity


def gain_of(run: Run) -> Series:
    """What a training by reward is for: the true metric where there is one."""
    return run.true if len(run.true) else run.reward


def idle(run: Run, step: int) -> bool:
    """Whether there is nothing to show for a change."""
    gain = gain_of(run)
    j = index_at(gain, step)
    return j is None or not (at_best(gain, j) or (gain is run.reward and run.is_at(j, t.FULL_REWARD)))


def sure(gain: Series, step: int) -> Severity:
    """No gain is a reason to stop only where a gain would have shown."""
    j = index_at(gain, step)
    return "stop" if j is None or can_tell(gain, j) else "warn"
