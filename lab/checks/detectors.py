"""The nose: what the metrics, the clock and the end of a job say about its health. Pure, and cheap to call again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lab.checks import thresholds as t
from lab.checks.clones import cloned
from lab.checks.names import Line
from lab.checks.series import step_of
from lab.checks.watch import Watch
from state.products import Signal

__all__ = ["Watch", "cloned", "detect", "from_end", "ill_end", "sick", "stall", "watch"]

OUT_OF_MEMORY = re.compile(
    r"out of memory|OutOfMemoryError|MemoryError|Cannot allocate memory|can't allocate memory|oom-kill", re.IGNORECASE
)
KILLED = (137, -9)
LAST_WORDS = 300


def watch(experiment: str, planned_steps: int, config: Mapping[str, Any] | None = None) -> Watch:
    """A watch that is told lines as they come. The config is asked for one thing: how large the groups are."""
    group = (config or {}).get("num_generations")
    return Watch(experiment, planned_steps, group if isinstance(group, int) else None)


def detect(
    metrics: Sequence[Line], experiment: str, planned_steps: int, config: Mapping[str, Any] | None = None
) -> list[Signal]:
    """The first alarm of each kind that a metric stream gives rise to, earliest first; where a warning of a kind later
    asks for a stop, both. Without the config a small group is noticed only when extreme."""
    looking = watch(experiment, planned_steps, config)
    for line in metrics:
        looking.feed(line)
    return looking.signals


def sick(signals: Sequence[Signal]) -> bool:
    """Whether any signal asks for the job to be stopped."""
    return any(signal.severity == "stop" for signal in signals)


def stall(last_log_age: float, median_step_time: float | None, experiment: str, step: int = 0) -> Signal | None:
    """Silence: nothing was logged for longer than any step takes."""
    limit = max(t.STALL_SECONDS, t.STALL_STEPS * (median_step_time or 0.0))
    if last_log_age <= limit:
        return None
    why = f"nothing was logged for {last_log_age:.0f} s; the limit is {limit:.0f} s"
    evidence = {"metric": "last_log_age", "window": [step], "values": [last_log_age], "threshold": limit}
    return Signal(experiment=experiment, kind="stall", step=step, severity="stop", evidence=evidence, why=why)


def from_end(status: Mapping[str, Any], log_tail: str, experiment: str, metrics: Sequence[Line] = ()) -> Signal | None:
    """What the end of a job that failed says: out of memory, or a crash. None for a job that ended well."""
    if status.get("status", status.get("state")) != "failed":
        return None
    step = step_of(metrics[-1]) if metrics else 0
    code = exit_code(status)
    lines = [line for line in log_tail.strip().splitlines() if line.strip()]
    said = (lines[-1] if lines else str(status.get("why") or "no log"))[:LAST_WORDS]
    evidence = {"metric": "exit", "window": [step], "values": [code], "threshold": 0, "log": said}
    memory = OUT_OF_MEMORY.search(log_tail) or OUT_OF_MEMORY.search(str(status.get("why") or ""))
    if memory or code in KILLED:
        how = f"the log says {memory.group(0)!r}" if memory else f"it was killed (exit {code}), as the kernel does"
        why = f"the job ran out of memory after step {step}: {how}"
        return Signal(
            experiment=experiment, kind="out_of_memory", step=step, severity="stop", evidence=evidence, why=why
        )
    why = f"the job failed after step {step} with exit {code}: {said}"
    return Signal(experiment=experiment, kind="crash", step=step, severity="stop", evidence=evidence, why=why)


def ill_end(log_tail: str) -> dict[str, Any]:
    """The status of a job of which only the log is known: failed if it ends in a traceback or speaks of memory."""
    failed = OUT_OF_MEMORY.search(log_tail) or "Traceback (most recent call last)" in log_tail
    return {"status": "failed"} if failed else {}


def exit_code(status: Mapping[str, Any]) -> int | None:
    """The exit code by whichever of its usual names the status has it."""
    for key in ("exit_code", "returncode", "code", "rc"):
        if isinstance(status.get(key), int):
            return int(status[key])
    return None
