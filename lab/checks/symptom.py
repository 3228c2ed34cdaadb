"""What a row of the playbook is: a symptom, its likely causes, and the arms to try."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.checks.cause import kinds_of
from lab.checks.evidence import Evidence
from lab.checks.remedies import Remedy, gentler, nothing
from state.words import SignalKind


@dataclass(frozen=True)
class Arm:
    """One thing to try against one cause; where it is a change of settings, the change follows from them."""

    do: str
    cause: str
    confirms: str
    change: Remedy = nothing


@dataclass(frozen=True)
class Symptom:
    """What is seen, what it may come from (likeliest first), and what to try in order."""

    name: str
    seen: str
    kinds: frozenset[SignalKind]
    causes: tuple[str, ...]
    arms: tuple[Arm, ...]
    confirms: str
    fits: Callable[[Evidence], bool] = lambda ev: True


__all__ = ["RATE", "Arm", "Symptom", "kinds_of"]

RATE = Arm("train with a tenth of the learning rate", "learning_rate_too_high",
           "the reward or the loss no longer falls apart", gentler)  # fmt: skip
