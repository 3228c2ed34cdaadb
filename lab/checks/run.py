"""One training as its detectors see it, and the form of a detector: a condition that must hold for some logs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.checks import thresholds as t
from lab.checks.series import Series, true_key
from state.products import Signal
from state.words import Severity, SignalKind


@dataclass
class Run:
    """What has been logged so far. It is told one line at a time and never looks ahead."""

    experiment: str
    planned_steps: int
    group: int | None = None
    """Answers per question, if the caller knows."""
    tracks: dict[str, Series] = field(default_factory=dict)
    probes: dict[str, float] = field(default_factory=dict)
    policy: bool = False
    """Whether it learns from a reward."""
    _true: tuple[int, str | None] = (0, None)

    def track(self, key: str) -> Series:
        """A metric's series; empty where it was never logged."""
        return self.tracks.get(key) or Series(key)

    def first_of(self, *keys: str) -> Series:
        """The first of these metrics that is logged."""
        return next((self.tracks[key] for key in keys if key in self.tracks), Series(keys[0]))

    @property
    def reward(self) -> Series:
        return self.track("reward")

    @property
    def loss(self) -> Series:
        return self.track("loss")

    @property
    def true(self) -> Series:
        """What the reward stands for."""
        if self._true[0] != len(self.tracks):
            self._true = (len(self.tracks), true_key(self.tracks))
        return self.track(self._true[1] or "true metric")

    @property
    def held_out(self) -> Series:
        """The loss on rows that are not trained on."""
        if "eval_loss" in self.tracks:
            return self.tracks["eval_loss"]
        return next(
            (s for key, s in self.tracks.items() if key.startswith("eval_") and key.endswith("loss")), Series("")
        )

    @property
    def gold(self) -> float | None:
        return self.probes.get("reward_gold")

    def level(self, j: int) -> float | None:
        """The reward as a share of what a right answer is paid; of the customary 1 when no probe told, if it fits."""
        reward = self.reward
        if self.gold is not None:
            return reward.smooth[j] / self.gold if self.gold > 0 else None
        return reward.smooth[j] if reward.bottom[j] >= 0 and reward.top[j] <= 1 else None

    def is_at(self, j: int | None, share: float) -> bool:
        """Whether the reward has come to this share of what is to be had."""
        level = None if j is None else self.level(j)
        return level is not None and level >= share

    def patience(self, of: Series, most: int, least: int = 3, share: float = t.PATIENCE_SHARE) -> int:
        """Logs to wait: fewer where few will be written, so that a sickness is told while there is much to save."""
        k = len(of) - 1
        if k < 1 or self.planned_steps <= 0:
            return most
        logs = self.planned_steps * k / max(1, of.steps[k] - of.steps[0])
        return min(most, max(least, math.ceil(share * logs)))

    def signal(self, kind: SignalKind, severity: Severity, of: Series, i: int, threshold: Any, why: str) -> Signal:
        evidence = {"metric": of.key, **of.window(i), "threshold": threshold}
        step = of.steps[i]
        return Signal(experiment=self.experiment, kind=kind, step=step, severity=severity, evidence=evidence, why=why)


@dataclass(frozen=True)
class Rule:
    """A detector: it speaks when its condition has held for so many logs of its metric in a row."""

    kind: SignalKind
    of: Callable[[Run], Series]
    holds: Callable[[Run, Series, int], bool]
    tell: Callable[[Run, Series, int], Signal]
    needs: str
    """What must be logged for it to have anything to look at."""
    begin: int = t.WARM_UP - 1
    hold: int | Callable[[Run, Series], int] = t.HOLD
    policy: bool | None = None
    """Only for trainings with a reward (True), only for others (False), or for any."""
    can: Callable[[Run], bool] = lambda run: True
    """Whether what it reads beside its own metric is there."""

    def applies(self, run: Run) -> bool:
        return self.policy is None or self.policy == run.policy

    def patience(self, run: Run, of: Series) -> int:
        return self.hold if isinstance(self.hold, int) else self.hold(run, of)


def fell(of: Series, i: int, share: float) -> float | None:
    """The best running mean so far if the present one lies below it by `share` and beyond noise, else None."""
    best = of.best[i]
    drop = best - of.smooth[i]
    if drop < share * abs(best) or drop <= 0:
        return None
    return best if drop > t.NOISE_FACTOR * of.error(i + 1) else None


def rose(of: Series, i: int, share: float) -> bool:
    """Whether the running mean stands above the start by `share` of the level and beyond noise."""
    gain = of.smooth[i] - of.start
    return gain >= share * max(abs(of.start), abs(of.smooth[i])) and gain > t.NOISE_FACTOR * of.error(i + 1)


def lost(of: Series, i: int, share: float) -> bool:
    """Whether the last logs together lie below the best running mean by this share and beyond what luck made of it."""
    recent = of.mean(max(0, i + 1 - t.RECENT_LOGS), i + 1)
    return of.best[i] - recent > share * abs(of.best[i]) + t.BEST_IS_LUCK * of.error(i + 1)


def at_best(of: Series, i: int) -> bool:
    """Whether the running mean has risen and has lost none of it that counts."""
    risen = of.smooth[i] - of.start > t.NOISE_FACTOR / 2 * of.error(i + 1) or trend(of, 0, i + 1) > t.RISEN_ERRORS
    return risen and not lost(of, i, t.GOOD_STANDING)


def can_tell(of: Series, i: int) -> bool:
    """Whether a gain of half of the level would show at all between the halves of what was logged."""
    half = (i + 1) // 2
    if half < 2:
        return False
    return (
        2 * of.noise(i + 1) * math.sqrt(2 / half) <= t.GAIN_THAT_SHOWS * abs(of.mean(0, i + 1))
        or of.top[i] == of.bottom[i]
    )


def index_at(of: Series, step: int) -> int | None:
    """Index of the last log of a series not after a step."""
    return of.index(step)


def trend(of: Series, low: int, high: int) -> float:
    """How far the later half of a stretch lies above the earlier one, in standard errors of that difference."""
    half = (high - low) // 2
    if half < 2:
        return 0.0
    move = of.mean(high - half, high) - of.mean(low, low + half)
    error = of.noise(high) * math.sqrt(2 / half)
    return move / error if error > 0 else math.copysign(math.inf, move) if move else 0.0


def probes_of(line: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """What was measured before training began."""
    return ((key.removeprefix("probe/"), value) for key, value in line.items() if key.startswith("probe/"))
