"""What every second implementation is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Asked:
    rows: Mapping[str, Mapping[str, Any]]
    answers: Mapping[str, str]
    options: Mapping[str, Sequence[str]]
    metric: str
    detail: str
    """What stands after the colon of the metric's name."""

    def said(self, key: str) -> str | None:
        """The prediction as text; a number is written out, a NaN or a container is none."""
        found = self.rows[key].get("prediction") if key in self.rows else None
        if isinstance(found, str) or found is None:
            return found
        return str(found) if type(found) in (int, float, bool) and found == found else None
