"""`config.toml` in the home: what holds for every run unless the brief or the command line says otherwise."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from app.approvals import policies
from state.errors import UserError
from state.words import Gate

KINDS: dict[str, type | tuple[type, ...]] = {
    "model": str, "approve": (str, dict), "limits": dict, "slots": int, "sandbox": str,
}  # fmt: skip
LIMITS = ("time", "budget", "batches", "arms", "job_time")


@dataclass(frozen=True)
class Config:
    path: Path
    model: str = ""
    approve: dict[str, str] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)
    slots: int | None = None
    sandbox: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "file": str(self.path), "there": self.path.exists(), "model": self.model, "approve": self.approve,
            "limits": self.limits, "slots": self.slots, "sandbox": self.sandbox,
        }  # fmt: skip


def read_config(home: Path) -> Config:
    """The home's settings; a file that is not there sets nothing."""
    path = home / "config.toml"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Config(path)
    except tomllib.TOMLDecodeError as wrong:
        raise UserError(f"{path}: not readable as TOML: {wrong}") from wrong
    except (OSError, UnicodeDecodeError) as wrong:
        raise UserError(f"{path} can't be read: {wrong}") from wrong
    _known(path, found, tuple(KINDS), "")
    for key, value in found.items():
        if not isinstance(value, KINDS[key]) or isinstance(value, bool):
            raise UserError(f"{path}: {key} is {value!r}, which is not what it takes")
    if found.get("slots", 1) < 1:
        raise UserError(f"{path}: slots is {found['slots']}; at least one job at a time must fit")
    if found.get("sandbox", "plain") not in ("bwrap", "plain"):
        raise UserError(f"{path}: sandbox is {found['sandbox']!r}; write bwrap or plain")
    limits = found.get("limits", {})
    _known(path, limits, LIMITS, "limits.")
    approve = _approve(path, found.get("approve", {}))
    return Config(path, found.get("model", ""), approve, limits, found.get("slots"), found.get("sandbox"))


def _approve(path: Path, value: str | dict[str, Any]) -> dict[str, str]:
    if isinstance(value, dict):
        _known(path, value, get_args(Gate), "approve.")
        value = ",".join(f"{gate}={policy}" for gate, policy in value.items())
    try:
        return policies(value)
    except UserError as wrong:
        raise UserError(f"{path}: {wrong}") from wrong


def _known(path: Path, keys: dict[str, Any], allowed: tuple[str, ...], prefix: str) -> None:
    for key in keys:
        if key not in allowed:
            close = difflib.get_close_matches(key, allowed, 1)
            hint = f"did you mean {prefix}{close[0]}?" if close else f"it knows {', '.join(allowed)}"
            raise UserError(f"{path}: unknown key {prefix}{key}; {hint}")
