"""What the clock and the memory say about a training."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lab.checks import thresholds as t
from lab.checks.run import Rule, Run, trend
from lab.checks.series import Series, number
from state.products import Signal

CLOCKS = ("timestamp", "time", "wall_time", "wall time", "walltime", "_timestamp", "datetime", "date", "created_at")
RUNNING_CLOCKS = ("elapsed", "_runtime", "runtime", "elapsed_time", "total_time", "perf/total_time")
SECONDS = "seconds per step"
MEMORY = "share of memory"

_SHARE = re.compile(r"mem(ory)?.*(percent|pct|usage|share|fraction|allocated_?percent|util_?ratio)|vram_?percent", re.I)
_USED = re.compile(r"(mem(ory)?[_/.]?used|used[_/.]?mem(ory)?|allocated_memory|mem(ory)?_used_bytes|vram_used)", re.I)
_NOT_MEMORY = re.compile(r"clock|error|utilization|bandwidth", re.I)


def clock(line: Mapping[str, Any]) -> float | None:
    """When the line was written, in seconds, if it says so."""
    for key in (*CLOCKS, *RUNNING_CLOCKS):
        raw = line.get(key)
        value = number(raw)
        if value is not None:
            return value / 1000 if value > 1e11 else value
        if isinstance(raw, str):
            try:
                return datetime.fromisoformat(raw).timestamp()
            except ValueError:
                continue
    return None


def memory_share(line: Mapping[str, Any]) -> float | None:
    """The fullest of the memories that the line speaks of, as a fraction."""
    found: list[float] = []
    for key, raw in line.items():
        if "mem" not in key.lower() or _NOT_MEMORY.search(key):
            continue
        value = number(raw)
        if value is None or value < 0:
            continue
        if _SHARE.search(key):
            found.append(value if value <= 1 else value / 100)
        elif _USED.search(key):
            total = next((number(line[k]) for k in _totals(key) if k in line), None)
            if total:
                found.append(value / total)
    return max((v for v in found if v <= t.MEMORY_ABSURD), default=None)


def _totals(key: str) -> list[str]:
    """Names under which the size of the same memory may stand beside what is used of it."""
    return [key.replace(word, "total") for word in ("used", "allocated", "reserved") if word in key]


def _slow(run: Run, of: Series, k: int) -> bool:
    """One step took far longer than steps take, and there are steps left."""
    before = of.values[max(0, k - t.STALL_WINDOW) : k]
    limit = max(t.STALL_GAP_SECONDS, t.STALL_GAP_STEPS * statistics.median(before), 2 * max(before))
    return of.values[k] > limit and of.steps[k] < run.planned_steps


def _tell_slow(run: Run, of: Series, i: int) -> Signal:
    """It only warns: what has been logged afterwards is alive again. Silence that lasts is told by `stall`."""
    middle = statistics.median(of.values[max(0, i - t.STALL_WINDOW) : i])
    why = (
        f"the log of step {of.steps[i]} of {run.planned_steps} came {of.values[i]:.3g} s a step after the one before;"
        f" the median until then was {middle:.3g} s"
    )
    bounds = {"times_median": t.STALL_GAP_STEPS, "seconds": t.STALL_GAP_SECONDS}
    return run.signal("stall", "warn", of, i, bounds, why)


def _filling(run: Run, of: Series, k: int) -> bool:
    """Almost full and still rising. Allocators that sit at a high level are at rest there."""
    low = max(0, k + 1 - t.MEMORY_LOGS)
    rises = of.values[k] - of.values[low] >= t.MEMORY_RISE and trend(of, low, k + 1) > t.TREND_ERRORS
    return of.values[k] >= t.MEMORY_FULL and of.values[k] >= of.top[k] and rises


def _tell_filling(run: Run, of: Series, i: int) -> Signal:
    low = max(0, i + 1 - t.MEMORY_LOGS)
    why = (
        f"memory is {of.values[i]:.1%} full at step {of.steps[i]} of {run.planned_steps} and rising"
        f" (it was {of.values[low]:.1%} at step {of.steps[low]})"
    )
    return run.signal("out_of_memory", "warn", of, i, t.MEMORY_FULL, why)


MACHINE_RULES: tuple[Rule, ...] = (
    Rule("stall", lambda run: run.track(SECONDS), _slow, _tell_slow, "step_time or timestamps", t.STALL_LOGS, 1),
    Rule("out_of_memory", lambda run: run.track(MEMORY), _filling, _tell_filling,
         "memory used and total, or a share of memory", t.TREND_LEAST, 2),
)  # fmt: skip
