"""What a cause is, and where its family sends the run."""

from __future__ import annotations

from dataclasses import dataclass

from lab.checks.remedies import Remedy
from lab.checks.said import Rule
from state.words import Family, SignalKind

GOES_TO: dict[Family, str] = {
    "dynamics": "ablation", "code": "implementation", "data": "curation", "idea": "literature",
    "infrastructure": "approve_launch", "false_alarm": "launch", "unknown": "report",
}  # fmt: skip


@dataclass(frozen=True)
class Cause:
    """One thing that can be wrong. It is considered only where one of its symptoms was seen."""

    name: str
    family: Family
    symptoms: frozenset[SignalKind]
    rules: tuple[Rule, ...]
    remedy: Remedy
    prediction: str
    cost: float = 1.0
    """What an arm with the remedy costs, in trainings of the parent."""
    armed: bool = False
    """Whether a short training with the remedy can tell this cause from others."""


def kinds_of(*kinds: SignalKind) -> frozenset[SignalKind]:
    return frozenset(kinds)
