"""An answer of the stand-in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reply:
    status: int
    kind: str
    body: bytes


def as_json(value: Any, status: int = 200) -> Reply:
    return Reply(status, "application/json", json.dumps(value).encode())
