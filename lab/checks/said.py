"""What a rule answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.checks.evidence import Evidence


@dataclass(frozen=True)
class Said:
    """A rule's answer: fired, not fired, or (None) not applicable to this evidence."""

    fired: bool | None
    says: str = ""


Rule = Callable[[Evidence], Said]
SILENT = Said(None)


def opposite(said: Said) -> Said:
    """The same numbers read the other way."""
    return said if said.fired is None else Said(not said.fired, said.says)
