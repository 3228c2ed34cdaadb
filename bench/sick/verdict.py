"""What a detector said of a recorded run, held against what was planted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bench.sick.record import Lines, read

SHARE = 0.25
"""A sick run must be found within this share of its plan after the onset."""

Record = dict[str, Any]


class Said(Protocol):
    """A detector's signal, as far as it is judged."""

    @property
    def kind(self) -> str: ...
    @property
    def step(self) -> int: ...
    @property
    def severity(self) -> str: ...


Detect = Callable[[Record, Lines], list[Said]]


@dataclass(frozen=True)
class Verdict:
    """One run: whether what had to be said was said in time, and nothing else."""

    record: Record
    stops: tuple[tuple[int, str], ...]
    warns: tuple[tuple[int, str], ...]
    early: tuple[tuple[int, str], ...]
    """Stops while the run was well."""
    unseen_then: tuple[tuple[int, str], ...]
    """Stops that are not given when the stream ends at their step: they were dated back."""

    @property
    def deadline(self) -> float:
        return float(self.record["onset"] + SHARE * self.record["planned"])

    @property
    def delay(self) -> float | None:
        """Steps from the onset to the first stop, as a share of the plan."""
        first = min((step for step, _ in self.stops), default=None)
        return None if first is None else (first - self.record["onset"]) / self.record["planned"]

    @property
    def found(self) -> bool:
        return any(step <= self.deadline for step, _ in self.stops)

    @property
    def right(self) -> bool:
        """A stop of an expected kind in time; for what asks only for a warning, any signal of an expected kind."""
        if self.record["severity"] == "warn":
            return any(kind in self.record["expect"] for _, kind in self.stops + self.warns)
        return any(kind in self.record["expect"] for step, kind in self.stops if step <= self.deadline)

    @property
    def saved(self) -> float:
        """Share of the plan that need not be run."""
        first = min((step for step, _ in self.stops), default=self.record["planned"])
        return float(1 - first / self.record["planned"])


def judge(record: Record, lines: Lines, detect: Detect) -> Verdict:
    """Ask about the whole stream, and for every stop again about the stream as it was at that step."""
    said = sorted(detect(record, lines), key=lambda signal: signal.step)
    stops: list[tuple[int, str]] = []
    dated_back: list[tuple[int, str]] = []
    for signal in [each for each in said if each.severity == "stop"]:
        then = detect(record, [line for line in lines if line["step"] <= signal.step])
        known = any(each.kind == signal.kind and each.severity == "stop" for each in then)
        (stops if known else dated_back).append((signal.step, signal.kind))
    onset = record["onset"]
    well = [stop for stop in stops if onset is None or stop[0] <= onset]
    warns = [(each.step, each.kind) for each in said if each.severity == "warn"]
    sick = [stop for stop in stops if stop not in well]
    return Verdict(record, tuple(sick), tuple(warns), tuple(well), tuple(dated_back))


def recorded(folder: Path) -> list[tuple[Record, Path]]:
    """The runs of a folder, each with its stream."""
    return [(each, folder / f"{each['name']}.jsonl.gz") for each in json.loads((folder / "index.json").read_text())]


def in_process(record: Record, lines: Lines) -> list[Said]:
    """The detectors' door for Python."""
    from lab.checks.detectors import detect

    return list(detect(lines, record["name"], record["planned"], record["config"]))


__all__ = ["SHARE", "Detect", "Record", "Said", "Verdict", "in_process", "judge", "read", "recorded"]
