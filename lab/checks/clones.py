"""A curve that is another run's curve: a change that changed nothing, or a result that is not its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.checks import thresholds as t
from lab.checks.names import Line
from lab.checks.series import Series, main_phase, series
from state.products import Signal

CURVES = ("loss", "reward", "grad_norm", "entropy", "eval_loss")


def cloned(metrics: Sequence[Line], others: Mapping[str, Sequence[Line]], experiment: str = "") -> Signal | None:
    """A warning when all that this training logged at the steps of another one is equal to the last digit. Two that
    share their beginning and then part come from one checkpoint or seed, and are left alone."""
    lines = main_phase(metrics)
    for name, theirs in others.items():
        signal = _same(lines, main_phase(theirs), name, experiment)
        if signal is not None:
            return signal
    return None


def _same(mine: Sequence[Line], theirs: Sequence[Line], name: str, experiment: str) -> Signal | None:
    told: list[tuple[Series, int]] = []
    for key in CURVES:
        here, there = series(mine, key), series(theirs, key)
        known = dict(zip(there.steps, there.values, strict=True))
        common = [(v, known[s]) for s, v in zip(here.steps, here.values, strict=True) if s in known]
        if any(a != b for a, b in common):
            return None
        if len(common) >= t.CLONE_LOGS and len({a for a, _ in common}) >= t.CLONE_VALUES:
            told.append((here, len(common)))
    if not told:
        return None
    of, logs = told[0]
    keys = ", ".join(s.key for s, _ in told)
    why = f"{keys} equal those of {name} to the last digit in {logs} logs: the change between them changed nothing"
    i = min(len(of), t.CLONE_LOGS) - 1
    evidence = {"metric": of.key, **of.window(i), "threshold": t.CLONE_LOGS, "other": name, "equal_logs": logs}
    return Signal(
        experiment=experiment, kind="cloned_curve", step=of.steps[i], severity="warn", evidence=evidence, why=why
    )
