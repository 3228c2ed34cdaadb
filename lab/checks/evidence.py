"""What a diagnosis may look at, and the readings that its rules share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lab.checks.names import Line
from lab.checks.series import Series, is_policy, main_phase, pass_at_k, probe, series, true_metric
from state.products import ArmResult, Json, Signal
from state.words import SignalKind


@dataclass(frozen=True)
class Evidence:
    """One sick experiment: its settings, its metrics, what fired, how it ended, what the recipe knows."""

    experiment: str
    config: Json
    metrics: Sequence[Line]
    signals: Sequence[Signal]
    log_tail: str = ""
    status: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Per setting what is known of it: `good`, and `high` where trouble is known to begin."""
    arms: Sequence[ArmResult] = ()
    previous: Sequence[str] = ()
    """Causes already ruled out."""

    @property
    def kinds(self) -> set[SignalKind]:
        return {signal.kind for signal in self.signals}

    @property
    def graver(self) -> set[SignalKind]:
        """Kinds that a diagnosis explains: the sicknesses, or the mere warnings if there are no others."""
        return {s.kind for s in self.signals if s.severity == "stop"} or self.kinds

    @property
    def first(self) -> Signal | None:
        stops = [s for s in self.signals if s.severity == "stop"] or list(self.signals)
        return min(stops, key=lambda s: s.step) if stops else None

    @property
    def planned(self) -> int | None:
        steps = self.config.get("steps", self.config.get("max_steps"))
        return int(steps) if isinstance(steps, (int, float)) and 0 < steps < math.inf else None

    @cached_property
    def policy(self) -> bool:
        return is_policy(self.metrics)

    @cached_property
    def true(self) -> Series:
        return true_metric(self.metrics)

    @cached_property
    def lines(self) -> list[Line]:
        """The training proper, under the names used here."""
        return main_phase(self.metrics)

    def series(self, key: str) -> Series:
        if key not in self._read:
            self._read[key] = series(self.lines, key)
        return self._read[key]

    @cached_property
    def _read(self) -> dict[str, Series]:
        return {}

    @property
    def held_out(self) -> Series:
        """The loss on rows that are not trained on."""
        keys = dict.fromkeys(k for line in self.lines for k in line if k.startswith("eval_") and k.endswith("loss"))
        return self.series("eval_loss" if "eval_loss" in keys else next(iter(keys), "eval_loss"))

    def probe(self, name: str) -> float | None:
        return probe(self.metrics, name)

    @cached_property
    def pass_at_k(self) -> tuple[int, float] | None:
        return pass_at_k(self.metrics)

    def setting(self, name: str) -> float | None:
        """A numeric setting of the sick experiment."""
        value = self.config.get(name)
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def known(self, name: str, what: str = "good") -> Any:
        """What the recipe knows of a setting."""
        return known(self.facts, name, what)


def known(facts: Mapping[str, Any], name: str, what: str = "good") -> Any:
    """What the recipe knows of a setting: a bare value counts as the good one."""
    entry = facts.get(name)
    if isinstance(entry, Mapping):
        return entry.get(what)
    return entry if what == "good" else None
