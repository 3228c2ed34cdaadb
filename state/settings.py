"""Settings of the machine, not of the run: where home is, how many jobs fit. Never checkpointed, so no secret is stored."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path


def default_home() -> str:
    return os.environ.get("POSTGRAD_HOME") or str(Path.home() / ".postgrad")


@dataclass(kw_only=True)
class Settings:
    """The graph's context: what differs from machine to machine."""

    home: str | None = field(default=None, metadata={"description": "Where runs are kept; $POSTGRAD_HOME if empty"})
    slots: int | None = field(default=None, metadata={"description": "Jobs at a time; one per core if empty"})
    model: str | None = field(default=None, metadata={"description": "The mind at the helm instead of the run's own"})
    roles: dict[str, str] | None = field(
        default=None, metadata={"description": "With `model`: other minds for reading, coding or judging"}
    )
    base_url: str | None = field(
        default=None, metadata={"description": "Where the model is served, if not at its provider"}
    )
    prices: dict[str, str] | None = field(
        default=None,
        metadata={"description": 'Dollars per million tokens by model: {"openai/NAME": "IN/OUT"}, or free'},
    )
    fallback: list[str] | None = field(default=None, metadata={"description": "Models asked when the first one fails"})
    cache_answers: bool | None = field(
        default=None, metadata={"description": "Reuse answers given to any run of the home"}
    )
    sandbox: str | None = field(default=None, metadata={"description": "Least isolation accepted: bwrap or plain"})

    def home_path(self) -> Path:
        return Path(self.home or default_home()).expanduser().resolve()
