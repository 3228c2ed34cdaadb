"""`config.toml` in the home: what holds for every run unless the brief or the command line says otherwise."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from app.approvals import policies
from state.errors import UserError
from state.words import Gate

KINDS: dict[str, type | tuple[type, ...]] = {
    "model": str, "models": dict, "base_url": str, "prices": dict, "cache_answers": bool,
    "approve": (str, dict), "limits": dict, "slots": int, "sandbox": str,
}  # fmt: skip
MODEL = re.compile(r"[A-Za-z][\w.-]*/(?:/?[\w.:@+-]+)+")  # a server that loads from a folder names models by path
KEYS = {
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"), "openai": ("OPENAI_API_KEY",), "mistral": ("MISTRAL_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"), "openrouter": ("OPENROUTER_API_KEY",),
}  # fmt: skip
"""Providers that answer nobody without one of these in the environment."""
LIMITS = ("time", "budget", "batches", "arms", "job_time", "model_calls")


@dataclass(frozen=True)
class Config:
    path: Path
    model: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    fallback: tuple[str, ...] = ()
    base_url: str = ""
    prices: dict[str, str] = field(default_factory=dict)
    cache_answers: bool = False
    approve: dict[str, str] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)
    slots: int | None = None
    sandbox: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "file": str(self.path), "there": self.path.exists(), "model": self.model, "models": self.roles,
            "fallback": list(self.fallback), "base_url": self.base_url, "prices": self.prices,
            "cache_answers": self.cache_answers, "approve": self.approve,
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
        if not isinstance(value, KINDS[key]) or isinstance(value, bool) != (KINDS[key] is bool):
            raise UserError(f"{path}: {key} is {value!r}, which is not what it takes")
    if found.get("slots", 1) < 1:
        raise UserError(f"{path}: slots is {found['slots']}; at least one job at a time must fit")
    if found.get("sandbox", "plain") not in ("bwrap", "plain"):
        raise UserError(f"{path}: sandbox is {found['sandbox']!r}; write bwrap or plain")
    minds = _minds(path, found)
    limits = found.get("limits", {})
    _known(path, limits, LIMITS, "limits.")
    approve = _approve(path, found.get("approve", {}))
    return Config(path, approve=approve, limits=limits, slots=found.get("slots"), sandbox=found.get("sandbox"), **minds)


def _minds(path: Path, found: dict[str, Any]) -> dict[str, Any]:
    """What it says of models: one, others for roles, those to fall back on, where they are, what they cost."""
    from lab.model.helm import ROLES, checked_url
    from lab.model.prices import read_price

    models = dict(found.get("models", {}))
    _known(path, models, (*ROLES, "fallback"), "models.")
    fallback = models.pop("fallback", [])
    fallback = [fallback] if isinstance(fallback, str) else fallback
    for name in (*models.values(), *fallback, found.get("model", "")):
        model_id(str(name), f"{path}: model ")
    for name, price in found.get("prices", {}).items():
        read_price(price, f"{path}: the price of {name}")
    return {
        "model": found.get("model", ""), "roles": models, "fallback": tuple(fallback),
        "base_url": checked_url(found.get("base_url", ""), f"{path}: base_url"),
        "prices": found.get("prices", {}), "cache_answers": found.get("cache_answers", False),
    }  # fmt: skip


def model_id(model: str, place: str) -> str:
    """A model's id in the form that is understood; empty for none."""
    model = model.strip()
    if model and not MODEL.fullmatch(model):
        raise UserError(f"{place}{model}: write PROVIDER/NAME, such as openai/NAME or anthropic/NAME")
    return model


def need_key(model: str, base: str = "") -> str:
    """The same model, if the key its provider asks for is there; a server on one's own machine may need none."""
    from lab.model.helm import own_host

    provider = model.partition("/")[0]
    names = KEYS.get(provider, ())
    name = provider.upper()
    base = base or os.environ.get(f"{name}_API_BASE") or os.environ.get(f"{name}_BASE_URL") or ""
    own = own_host(base)  # LiteLLM asks for a key wherever else the server stands
    if names and not own and not any(os.environ.get(name, "").strip() for name in names):
        any_word = f" (any word, if {base} wants none)" if base else ""
        raise UserError(f"model {model} needs a key; set {' or '.join(names)}{any_word}, or name another --model")
    return model


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
