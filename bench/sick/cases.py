"""What a case is: a training, what it should show, and what a detector should say of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from bench.sick.proof import Shows
from bench.sick.record import Lines, Plan

Severity = Literal["stop", "warn", "none"]


@dataclass(frozen=True)
class Case:
    """One way for a training to be well (no onsets) or sick."""

    name: str
    trainer: Literal["sft", "dpo", "grpo", "transformers"]
    make: Callable[[Plan], Lines]
    steps: int
    shows: list[Shows]
    expect: tuple[str, ...] = ()
    """Kinds any of which is right."""
    severity: Severity = "none"
    onsets: tuple[float, ...] = field(default=())
    """Shares of the plan, by turns of the seed."""
    stop_ok: bool = False
    """A warning is asked for, but a stop can be defended."""
    rewritten: str = ""
    """What was changed in the recorded stream afterwards, where something was."""

    def onset(self, seed: int) -> int | None:
        return round(self.onsets[seed % len(self.onsets)] * self.steps) if self.onsets else None


def share_right(text: str, answer: str, step: int) -> float:
    """Share of characters that are right at their place; a wrong length costs."""
    return sum(a == b for a, b in zip(text, answer, strict=False)) / max(len(text), len(answer))
