"""What a run of a data script came to: counts of a table that code has read, or the kind of trouble and the lines that show it."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.compute.engine import JobStatus
from state.errors import UserError

Trouble = Literal["code", "data", "memory", "time", "environment"]

RESULT = "out/rows.jsonl"
NOTHING = "it wrote no out/rows.jsonl: write one JSON object a line there"
LARGEST = 1 << 29
"""Bytes of a result: half a gigabyte of text takes several of memory as a table."""
SHOWN_LINES, SHOWN = 15, 1_500
"""The end of a log that a failure brings back."""
DATA = (
    "KeyError",
    "FileNotFoundError",
    "UnicodeDecodeError",
    "JSONDecodeError",
    "ValueError",
    "ParserError",
    "ArrowInvalid",
)
"""Errors of Python that come from data being other than the script thought."""


@dataclass(frozen=True)
class Made:
    """A run of a script that gave a table."""

    sha: str
    attempt: str
    rows_in: int
    rows_out: int
    columns: tuple[str, ...]
    result: str
    """Fingerprint of out/rows.jsonl."""

    @property
    def said(self) -> str:
        """The counts in a sentence; what was lost is always said."""
        if self.rows_out >= self.rows_in:
            return f"{self.rows_in} rows in, {self.rows_out} out"
        return f"{self.rows_in} rows in, {self.rows_out} out: {1 - self.rows_out / max(1, self.rows_in):.1%} dropped"


class ScriptFailed(UserError):
    """A run that gave no table: what kind of trouble, and the lines that show it."""

    def __init__(self, trouble: Trouble, why: str, log: str = "") -> None:
        super().__init__(f"{trouble} error: {why}" + (f"\n{log}" if log else ""))
        self.trouble: Trouble = trouble


def end_of(log: str) -> str:
    """The last lines, where the error stands."""
    return "\n".join(log.strip().splitlines()[-SHOWN_LINES:])[-SHOWN:]


def plain_bytes(folder: Path) -> bytes:
    """out/rows.jsonl if it is a plain file in a plain folder: a link would be read outside the sandbox, by us."""
    path = folder / RESULT
    try:
        seen = path.lstat()
    except OSError as none:
        raise UserError(NOTHING) from none
    if path.parent.is_symlink():
        raise UserError(NOTHING)
    if not stat.S_ISREG(seen.st_mode) or seen.st_nlink > 1:
        raise UserError("out/rows.jsonl is no plain file of its own: write it, don't link it")
    if seen.st_size > LARGEST:
        raise UserError(f"out/rows.jsonl has {seen.st_size / 1e9:.1f} GB: write fewer rows or columns")
    return path.read_bytes()


def trouble_of(status: JobStatus, log: str) -> Trouble:
    """Which kind, from how it ended and the error it named last."""
    why = status.why.lower()
    if "memory" in why or "MemoryError" in log:
        return "memory"
    if status.state == "stopped" or "time" in why:
        return "time"
    named = re.findall(r"^(?:\w+\.)*(\w*(?:Error|Exception|ArrowInvalid))\b", log, re.MULTILINE)
    last = named[-1] if named else ""
    if last in ("ModuleNotFoundError", "ImportError", "PermissionError") or status.state == "lost":
        return "environment"
    return "data" if last in DATA else "code"
