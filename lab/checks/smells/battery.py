"""The smell battery: all sixteen checks on one result, what they come to, and whether it may be published."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lab.checks.smells.alignment import alignment
from lab.checks.smells.good import too_good, train_gap
from lab.checks.smells.names import REQUIRED, SIXTEEN, SmellName
from lab.checks.smells.process import cost, eval_mode, file_access, prompt_leak
from lab.checks.smells.result import Result
from lab.checks.smells.said import cloned, denominator, variety
from lab.checks.smells.slices import slices
from lab.checks.smells.trivial import beats_trivial, shuffled_control
from lab.checks.smells.value import direction, possible_value, second_reading
from state.errors import UserError
from state.products import Check
from state.words import CheckResult

CHECKS: dict[SmellName, Callable[[Result], Check]] = {
    "possible_value": possible_value, "beats_trivial": beats_trivial, "too_good": too_good, "train_gap": train_gap,
    "variety": variety, "alignment": alignment, "denominator": denominator, "second_reading": second_reading,
    "shuffled_control": shuffled_control, "slices": slices, "cloned": cloned, "direction": direction,
    "prompt_leak": prompt_leak, "eval_mode": eval_mode, "cost": cost, "file_access": file_access,
}  # fmt: skip
GRAVITY: tuple[CheckResult, ...] = ("FAIL", "SUSPECT", "PASS")


def battery(result: Result) -> list[Check]:
    """All sixteen, always in the same order; what has nothing to look at says NOT_RUN and why."""
    return [CHECKS[name](result) for name in SIXTEEN]


def worst(checks: Sequence[Check]) -> CheckResult:
    """The gravest result among checks; NOT_RUN when nothing ran at all."""
    return next((result for result in GRAVITY if any(c.result == result for c in checks)), "NOT_RUN")


def verdict(checks: Sequence[Check]) -> CheckResult:
    """PASS, SUSPECT or FAIL; where nothing ran there is no verdict."""
    found = worst(checks)
    if found == "NOT_RUN":
        raise UserError("no check could be run on this result; give predictions and answers")
    return found


def publishable(checks: Sequence[Check]) -> Check:
    """PASS when no check failed and every required one ran; else FAIL with what stands in the way."""
    ran = {c.name: c for c in checks if c.result != "NOT_RUN"}
    failed = [c.name for c in checks if c.result == "FAIL"]
    lacking = [name for name in SIXTEEN if name in REQUIRED and name not in ran]
    evidence = {"failed": failed, "not_run": lacking}
    if not failed and not lacking:
        why = f"no check failed; all {len(REQUIRED)} required ones ran"
        return Check(name="publishable", result="PASS", why=why, evidence=evidence)
    why = "; ".join([f"{n} failed: {ran[n].why}" for n in failed] + [f"{n} did not run" for n in lacking])
    return Check(name="publishable", result="FAIL", why=why, evidence=evidence)
