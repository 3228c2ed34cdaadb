"""Numbers that are none, and what hides them: loggers put a zero, or nothing, where a NaN was."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab.checks import thresholds as t
from lab.checks.names import Line
from lab.checks.run import Run
from lab.checks.series import WARM_UP_PREFIX, number
from state.products import Check, Signal
from state.words import CheckResult, Severity

MUST_BE_FINITE = ("loss", "grad_norm", "reward", "entropy", "kl", "eval_loss")
MAY_BE_NULL = ("loss", "grad_norm", "reward", "entropy", "kl")


EVALUATION = ("eval_", "test_", "val_")


@dataclass
class Empty:
    """How a metric was logged: lines that had a value, lines since the last one that had it empty, and where."""

    values: int = 0
    lines: int = 0
    nulls: int = 0
    since: int = 0
    last: int = 0


class Lost:
    """Looks at each line before any trend does."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.seen = 0
        self.norm_logged = False
        self.norm_good = False
        self.norms_bad = 0
        self.zeros = 0
        self.empty: dict[str, Empty] = {}

    def look(self, line: Line, step: int, warm: bool) -> Iterator[Signal]:
        prefix = WARM_UP_PREFIX if warm else ""
        for key in MUST_BE_FINITE:
            value = number(line.get(key, line.get(WARM_UP_PREFIX + key)))
            if value is None:
                continue
            self.seen += 1
            if key == "grad_norm":
                yield from self._norm(line, step, value)
            elif not math.isfinite(value):
                yield self._tell(prefix + key, step, value, "warn" if key == "eval_loss" else "stop")
        if not warm:
            yield from self._emptied(line, step)
        if not warm and not self.run.policy and "loss" in line:
            yield from self._zero(line, step)

    def _norm(self, line: Line, step: int, value: float) -> Iterator[Signal]:
        """A gradient that overflows once is what the loss scaler of half precision skips, and at the start it does so
        until it has found its scale; one that does not come back, or comes with an empty loss, is lost."""
        self.norm_logged = True
        if math.isfinite(value):
            self.norm_good, self.norms_bad = True, 0
            return
        self.norms_bad += 1
        loss = number(line.get("loss", line.get(WARM_UP_PREFIX + "loss")))
        empty = "loss" in line and (loss is None or loss == 0.0) and not self.run.policy
        if empty or self.norms_bad >= (t.NORM_HOLD if self.norm_good else t.NORM_HOLD_START):
            yield self._tell("grad_norm", step, value, "stop", f" ({self.norms_bad} logs running)")

    def _emptied(self, line: Line, step: int) -> Iterator[Signal]:
        """A number that nearly every line had and that is now written as null: how many loggers write NaN."""
        if any(key.startswith(EVALUATION) and value is not None for key, value in line.items()):
            return  # an evaluation has none of them, and comes when it comes
        for key in MAY_BE_NULL:
            seen = self.empty.setdefault(key, Empty())
            if key not in line or line[key] is not None:
                seen.values, seen.lines = seen.values + (key in line), seen.lines + seen.nulls + 1
                seen.nulls, seen.since = 0, step
            elif step > seen.last:
                seen.nulls += 1
            seen.last = step
            dense = seen.values >= max(t.NULL_BEFORE, t.NULL_DENSE * seen.lines)
            if dense and seen.nulls >= t.NULL_LOGS:
                evidence = {"metric": key, "window": [seen.since, step], "values": ["null"], "threshold": t.NULL_LOGS}
                why = f"{key} has no value since step {seen.since}: null in {seen.nulls} logs up to step {step}"
                run = self.run.experiment
                yield Signal(experiment=run, kind="nan", step=step, severity="warn", evidence=evidence, why=why)

    def _zero(self, line: Line, step: int) -> Iterator[Signal]:
        """A loss of exactly zero that did not come down to it: masked labels, or NaN that the logger hides."""
        loss = self.run.loss
        if number(line.get("loss")) != 0.0:
            self.zeros = 0
            return
        self.zeros += 1
        self.norm_logged = self.norm_logged or "grad_norm" in line
        if self.zeros < t.MASKED_LOSS_LOGS or not self.norm_logged or len(loss) < self.zeros:
            return
        before = loss.values[-self.zeros - 1] if len(loss) > self.zeros else None
        first = next((v for v in loss.values[: t.BASELINE_LOGS] if v), None)
        if before is not None and first is not None and before <= max(t.ZERO_NEAR * first, t.ZERO_ROUNDED):
            return
        evidence = {"metric": "loss", **loss.window(len(loss) - 1), "threshold": 0.0}
        why = f"the loss is exactly 0 in {self.zeros} logs up to step {step}: hidden NaN or masked labels"
        yield Signal(experiment=self.run.experiment, kind="nan", step=step, severity="stop", evidence=evidence, why=why)

    def _tell(self, key: str, step: int, value: float, severity: Severity, more: str = "") -> Signal:
        evidence = {"metric": key, "window": [step], "values": [str(value)], "threshold": "finite"}
        why = f"{key} is {value} at step {step}{more}"
        return Signal(
            experiment=self.run.experiment, kind="nan", step=step, severity=severity, evidence=evidence, why=why
        )

    def check(self, signals: Sequence[Signal]) -> Check:
        found = [s for s in signals if s.kind == "nan"]
        if found:
            worst: CheckResult = "FAIL" if any(s.severity == "stop" for s in found) else "SUSPECT"
            return Check(name="nan", result=worst, why=found[-1].why)
        if not self.seen:
            return Check(name="nan", result="NOT_RUN", why=f"it needs one of {', '.join(MUST_BE_FINITE)}")
        return Check(name="nan", result="PASS", why=f"{self.seen} numbers are finite")
