"""A training's metrics as clean series: numbers only, in order of steps, a resumed stretch counted once."""

from __future__ import annotations

import itertools
import math
import statistics
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lab.checks.thresholds import ALPHA, BASELINE_LOGS, HOLD, NOISE_LOGS

Line = Mapping[str, Any]
WARM_UP_PREFIX = "supervised/"
TRUE_METRICS = ("rewards/exact/mean", "rewards/true_exact/mean", "rewards/true/mean")
HUGE = 1e100
"""No metric is this large; what claims to be has overflowed, and sums of it would."""
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def number(value: object) -> float | None:
    """A metric as a float, NaN and infinity included; None when it was not measured."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return _WORDS.get(value)
    if not isinstance(value, (int, float)):
        return None
    if abs(value) < HUGE or value != value:
        return float(value)
    return math.inf if value > 0 else -math.inf


@dataclass(frozen=True)
class Series:
    """One metric over a training, finite values only."""

    key: str
    steps: tuple[int, ...]
    values: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def smooth(self) -> tuple[float, ...]:
        """Running mean; it starts from the mean of the first logs, so that one odd batch is no baseline."""
        out: list[float] = []
        mean = self.start
        for i, value in enumerate(self.values):
            if i >= BASELINE_LOGS:
                mean += ALPHA * (value - mean)
            out.append(mean)
        return tuple(out)

    @cached_property
    def best(self) -> tuple[float, ...]:
        """The highest running mean up to each log."""
        return tuple(itertools.accumulate(self.smooth, max))

    @cached_property
    def lowest(self) -> tuple[float, ...]:
        """The lowest running mean up to each log."""
        return tuple(itertools.accumulate(self.smooth, min))

    @property
    def start(self) -> float:
        first = self.values[:BASELINE_LOGS]
        return statistics.fmean(first) if first else math.nan

    def noise(self, until: int | None = None) -> float:
        """Standard deviation of one recent log, from differences of neighbours: a trend does not inflate it."""
        end = len(self) if until is None else until
        values = self.values[max(0, end - NOISE_LOGS) : end]
        if len(values) < BASELINE_LOGS:
            return math.inf
        steps = [abs(b - a) for a, b in itertools.pairwise(values)]
        return max(statistics.median(steps) / 0.954, 0.25 * statistics.fmean(steps))

    def error(self, until: int | None = None) -> float:
        """Standard error of the running mean under that noise."""
        return self.noise(until) * math.sqrt(ALPHA / (2 - ALPHA))

    def at(self, step: int) -> float | None:
        """The running mean at the last log not after `step`."""
        i = bisect_right(self.steps, step) - 1
        return self.smooth[i] if i >= 0 else None

    def window(self, index: int, size: int = 5) -> dict[str, list[float]]:
        """The logs that end at `index`, for the record."""
        low = max(0, index + 1 - size)
        return {
            "window": list(self.steps[low : index + 1]),
            "values": [round(v, 6) for v in self.values[low : index + 1]],
        }


def series(lines: Iterable[Line], key: str) -> Series:
    """Finite values of a metric; a step logged again after a resume replaces what came after it."""
    steps: list[int] = []
    values: list[float] = []
    for line in lines:
        value = number(line.get(key))
        if value is None or not math.isfinite(value):
            continue
        step = _step(line, len(steps))
        while steps and steps[-1] >= step:
            steps.pop()
            values.pop()
        steps.append(step)
        values.append(value)
    return Series(key, tuple(steps), tuple(values))


def _step(line: Line, fallback: int) -> int:
    step = number(line.get("step"))
    return int(step) if step is not None and math.isfinite(step) else fallback


def step_of(line: Line) -> int:
    return _step(line, 0)


def is_warm_up(line: Line) -> bool:
    """The supervised start before reinforcement learning; rules about reward have no say there."""
    return line.get("phase") == "supervised" or step_of(line) < 0


def main_phase(metrics: Sequence[Line]) -> list[Line]:
    """The lines of the training proper, without the probes of step 0 that were measured before it began."""
    return [line for line in metrics if not is_warm_up(line)]


def is_policy(metrics: Sequence[Line]) -> bool:
    """Whether this training learns from a reward."""
    return any("reward" in line for line in metrics if not is_warm_up(line))


def probe(metrics: Sequence[Line], name: str) -> float | None:
    """A probe of the reward or the start, made before training; None when it was not made."""
    for line in metrics:
        value = number(line.get(f"probe/{name}"))
        if value is not None and math.isfinite(value):
            return value
    return None


def pass_at_k(metrics: Sequence[Line]) -> tuple[int, float] | None:
    """The probe with the most tries: how many, and the share of questions that one of them got right."""
    found: dict[int, float] = {}
    for line in metrics:
        for key, raw in line.items():
            value = number(raw)
            if key.startswith("probe/pass_at_") and value is not None:
                tries = key.removeprefix("probe/pass_at_")
                found.setdefault(int(tries) if tries.isdigit() else 0, value)
    return max(found.items()) if found else None


def true_metric(metrics: Sequence[Line]) -> Series:
    """What the reward stands for, logged at zero weight; empty when the script does not log it."""
    lines = main_phase(metrics)
    return series(lines, next((key for key in TRUE_METRICS if any(key in line for line in lines)), TRUE_METRICS[0]))


def first_held(holds: Callable[[int], bool], count: int, begin: int, hold: int = HOLD) -> int | None:
    """Index at which a condition has held for `hold` logs in a row, looking from `begin` on."""
    run = 0
    for i in range(begin, count):
        run = run + 1 if holds(i) else 0
        if run >= hold:
            return i
    return None
