"""What can be smelt from predictions and answers alone: a doorway to the battery for those who have no more."""

from __future__ import annotations

from collections.abc import Mapping

from lab.checks.smells.battery import battery, worst
from lab.checks.smells.good import too_good as _too_good
from lab.checks.smells.result import Result
from lab.stats.scorers import Texts
from state.products import Check

__all__ = ["smell", "too_good", "worst"]

AT_HAND = (
    "possible_value", "beats_trivial", "too_good", "variety", "alignment", "denominator", "second_reading", "cloned",
)  # fmt: skip


def smell(
    metric: str, predictions: Texts, answers: Texts, claimed: float, others: Mapping[str, Texts] | None = None
) -> list[Check]:
    """The checks that need no more than this; `others` are predictions of other experiments on the same items."""
    checks = battery(Result(metric, predictions, answers, claimed=claimed, others=others or {}))
    return [check for check in checks if check.name in AT_HAND]


def too_good(metric: str, claimed: float, n: int) -> Check:
    """The same from a value and a number of rows."""
    return _too_good(Result(metric, {}, {str(i): "" for i in range(n)}, claimed=claimed))
