"""What is wrong with a script: closed kinds, a line, a sentence, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "parses",
    "imports",
    "arguments",
    "commands",
    "seeds",
    "config",
    "columns",
    "files",
    "dependencies",
    "network",
    "writes",
    "metrics",
    "checkpoints",
    "predictions",
    "leak",
]
Severity = Literal["fault", "warning"]


@dataclass(frozen=True)
class Fault:
    """One thing. A fault must be mended before anything is spent; a warning is told, and a rehearsal will show."""

    kind: Kind
    line: int
    """In the script, from 1; 0 where it is about the whole."""
    says: str
    remedy: str
    severity: Severity = "fault"

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line else "whole script"
        return f"{self.severity} ({self.kind}, {place}): {self.says}; {self.remedy}"


@dataclass(frozen=True)
class Contract:
    """What reading a script brought to light."""

    faults: tuple[Fault, ...]
    """Of both severities, in the order of their lines."""
    not_run: tuple[str, ...] = ()
    """What could not be looked at, and why: no pass."""

    @property
    def fit(self) -> bool:
        """Whether nothing has to be mended first."""
        return not self.must_mend

    @property
    def must_mend(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.severity == "fault")

    @property
    def warnings(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.severity == "warning")

    def lines(self) -> Iterator[str]:
        """As a model or a person reads it, what must be mended first."""
        yield from map(str, (*self.must_mend, *self.warnings))
        yield from (f"not looked at: {said}" for said in self.not_run)


def warning(kind: Kind, line: int, says: str, remedy: str) -> Fault:
    return Fault(kind, line, says, remedy, "warning")


def ordered(faults: list[Fault]) -> tuple[Fault, ...]:
    """Each said once, by line."""
    return tuple(sorted(dict.fromkeys(faults), key=lambda f: (f.line, f.kind, f.says)))
