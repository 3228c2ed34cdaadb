"""A training's metrics as clean series: numbers only, in order of steps, a resumed stretch counted once."""

from __future__ import annotations

import itertools
import math
import numbers
import re
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

from lab.checks.names import Line, canonical
from lab.checks.thresholds import ALPHA, BASELINE_LOGS, LATE_LOGS, NOISE_LOGS, RECENT_LOGS

WARM_UP_PREFIX = "supervised/"
TRUE_METRICS = ("rewards/exact/mean", "rewards/true_exact/mean", "rewards/true/mean")
TRUE_WORDS = re.compile(
    r"(^|[/_])(true|gold|exact|exact_match|correct|correctness|accuracy|acc|solved|held_?out)([/_]|$)"
)
"""What the name of a metric says that stands for the goal itself."""
HUGE = 1e100
"""No metric is this large; what claims to be has overflowed, and sums of it would."""

MEDIAN_MOVE, MEAN_MOVE = 0.954, 1.25
"""Median and mean distance of neighbours in units of their deviation. The mean would be 1.13 for even noise; rewards
that are mostly zero have a median of nothing and only a mean, and a fall adds to it, so it counts a little less."""


def number(value: object) -> float | None:
    """A metric as a float, NaN and infinity included; None when it was not measured."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    if not isinstance(value, numbers.Real):
        return None
    try:
        told = float(value)
    except OverflowError:
        return math.inf
    return told if abs(told) < HUGE or told != told else math.copysign(math.inf, told)


class Series:
    """One metric over a training, finite values only. It grows by one value at a time, and whatever a detector asks of
    it is then known without looking back."""

    def __init__(self, key: str, steps: Iterable[int] = (), values: Iterable[float] = ()) -> None:
        self.key = key
        self.steps: list[int] = []
        self.values: list[float] = []
        self.smooth: list[float] = []
        """Running mean; it starts from the mean of the first logs, so that one odd batch is no baseline."""
        self.best: list[float] = []
        """The highest running mean up to each log."""
        self.lowest: list[float] = []
        """The lowest running mean up to each log, and the highest since then with its index."""
        self.peak: list[tuple[float, int]] = []
        self.top: list[float] = []
        self.bottom: list[float] = []
        """The highest and the lowest single value up to each log, and the index of the lowest."""
        self.bottom_at: list[int] = []
        self.total: list[float] = []
        self.crest: list[float] = []
        """The sum up to each log, and the best mean of ten logs running."""
        self._noise: tuple[int, float] | None = None
        for step, value in zip(steps, values, strict=True):
            self.push(step, value)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def start(self) -> float:
        first = self.values[:BASELINE_LOGS]
        return statistics.fmean(first) if first else math.nan

    def push(self, step: int, value: float) -> int | None:
        """Take in a value. A step logged again replaces what came after it (the index is returned); one that comes a
        little late and was never logged is left out."""
        cut = None
        if self.steps and step <= self.steps[-1]:
            i = bisect_left(self.steps, step)
            if self.steps[i] != step and len(self) - i <= LATE_LOGS:
                return None
            cut = i
            self._cut(i)
        self.steps.append(step)
        self.values.append(value)
        self._noise = None
        self._read(len(self) - 1)
        return cut

    def _columns(self) -> tuple[list[Any], ...]:
        return (
            self.smooth,
            self.best,
            self.lowest,
            self.peak,
            self.top,
            self.bottom,
            self.bottom_at,
            self.total,
            self.crest,
        )

    def _cut(self, i: int) -> None:
        columns: tuple[list[Any], ...] = (self.steps, self.values, *self._columns())
        for column in columns:
            del column[i:]

    def _read(self, k: int) -> None:
        if k < BASELINE_LOGS:
            for column in self._columns():
                column.clear()
            for i in range(k + 1):
                self._add(i, self.start)
        else:
            self._add(k, self.smooth[-1] + ALPHA * (self.values[k] - self.smooth[-1]))

    def _add(self, k: int, mean: float) -> None:
        value, first = self.values[k], not self.smooth
        self.smooth.append(mean)
        self.best.append(mean if first else max(self.best[-1], mean))
        lowest = mean if first else min(self.lowest[-1], mean)
        fresh = first or mean <= lowest or mean >= self.peak[-1][0]
        self.peak.append((mean, k) if fresh else self.peak[-1])
        self.lowest.append(lowest)
        self.top.append(value if first else max(self.top[-1], value))
        below = first or value < self.bottom[-1]
        self.bottom.append(value if below else self.bottom[-1])
        self.bottom_at.append(k if below else self.bottom_at[-1])
        self.total.append(value + (0.0 if first else self.total[-1]))
        ten = self.mean(max(0, k - RECENT_LOGS + 1), k + 1)
        self.crest.append(ten if k < RECENT_LOGS else max(self.crest[-1], ten))

    def noise(self, until: int | None = None) -> float:
        """Standard deviation of one recent log, from differences of neighbours: a trend does not inflate it."""
        end = len(self) if until is None else until
        if self._noise is None or self._noise[0] != end:
            self._noise = (end, self._spread(end))
        return self._noise[1]

    def _spread(self, end: int) -> float:
        values = self.values[max(0, end - NOISE_LOGS) : end]
        if len(values) < BASELINE_LOGS:
            return math.inf
        moves = [abs(b - a) for a, b in itertools.pairwise(values)]
        return max(statistics.median(moves) / MEDIAN_MOVE, statistics.fmean(moves) / MEAN_MOVE)

    def error(self, until: int | None = None) -> float:
        """Standard error of the running mean under that noise."""
        return self.noise(until) * math.sqrt(ALPHA / (2 - ALPHA))

    def index(self, step: int) -> int | None:
        """Index of the last log not after a step."""
        i = bisect_right(self.steps, step) - 1
        return i if i >= 0 else None

    def at(self, step: int) -> float | None:
        """The running mean at the last log not after `step`."""
        i = self.index(step)
        return None if i is None else self.smooth[i]

    def mean(self, low: int, high: int) -> float:
        """Mean of the values from one index up to another."""
        return (self.total[high - 1] - (self.total[low - 1] if low else 0.0)) / (high - low)

    def window(self, index: int, size: int = 5) -> dict[str, list[float]]:
        """The logs that end at `index`, for the record."""
        low = max(0, index + 1 - size)
        return {
            "window": list(self.steps[low : index + 1]),
            "values": [float(f"{v:.6g}") for v in self.values[low : index + 1]],
        }


def series(lines: Iterable[Line], key: str) -> Series:
    """Finite values of a metric under its one name."""
    out = Series(key)
    for line in lines:
        value = number(line.get(key))
        if value is not None and math.isfinite(value):
            out.push(_step(line, len(out)), value)
    return out


def _step(line: Line, fallback: int) -> int:
    step = number(line.get("step"))
    return int(step) if step is not None and math.isfinite(step) else fallback


def step_of(line: Line) -> int:
    return _step(line, 0)


def is_warm_up(line: Line) -> bool:
    """The supervised start before reinforcement learning; rules about reward have no say there."""
    return line.get("phase") == "supervised" or step_of(line) < 0


def main_phase(metrics: Sequence[Line]) -> list[Line]:
    """The lines of the training proper, under the names used here."""
    return [line for line in map(canonical, metrics) if not is_warm_up(line)]


def is_policy(metrics: Sequence[Line]) -> bool:
    """Whether this training learns from a reward."""
    return any("reward" in line for line in main_phase(metrics))


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


def true_key(keys: Iterable[str]) -> str | None:
    """The metric that stands for the goal itself: ours by name, then a reward function that is called so, then one
    that is measured on held-out rows."""
    known = list(dict.fromkeys(keys))
    named = [key for key in known if TRUE_WORDS.search(key) and not key.endswith(("/std", "mean_token_accuracy"))]
    by_rank = (
        [key for key in TRUE_METRICS if key in known],
        [key for key in named if key.startswith("rewards/")],
        [key for key in named if not key.startswith("probe/")],
        [key for key in known if key == "eval_reward"],
    )
    return next((keys[0] for keys in by_rank if keys), None)


def true_metric(metrics: Sequence[Line]) -> Series:
    """What the reward stands for, logged at zero weight; empty when the script does not log it."""
    lines = main_phase(metrics)
    return series(lines, true_key(key for line in lines for key in line) or TRUE_METRICS[0])
