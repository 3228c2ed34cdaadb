"""A tool as a model sees it: a name, a line about it, typed arguments, and a function that answers in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

LONGEST = 16_000
"""Characters of one result: a tool pages what is longer; what comes longer still is cut, with a word."""


@dataclass(frozen=True)
class Tool:
    """One thing a model may do. `run` takes validated `takes`, answers in words, raises PostgradError with one line."""

    name: str
    about: str
    """What it does and when to use it, as the model reads it."""
    takes: type[BaseModel]
    run: Callable[[Any], str]
    writes: bool = False
    """Changes a file or starts a process, in the places its stage may write to."""
    reaches: tuple[str, ...] = ()
    """Names of the hosts it asks; empty for what never leaves this machine."""
