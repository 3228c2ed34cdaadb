"""A brief on disk: YAML 1.2 or JSON in, a checked `Brief` out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from state.brief import Brief
from state.brief_rules import TEXTS, Json, Written, check, shown
from state.errors import UserError


def load_brief(path: str | Path) -> Brief:
    """The brief in a file, with nothing from the command line."""
    return check(read_written(Path(path)))


def make_brief(raw: Json, where: str = "", overrides: Sequence[str] = (), **given: Any) -> Brief:
    """A brief from its keys; `overrides` are `key=value` with dotted keys, `given` as for `check`."""
    return check(override(Written(raw, where), overrides), **given)


def read_written(path: Path) -> Written:
    """Read a file; syntax, duplicate keys and odd tags are refused with their line."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"no brief at {path}; give the path of a YAML or JSON file") from None
    except (OSError, UnicodeDecodeError) as wrong:
        reason = getattr(wrong, "strerror", None) or "it is not text in UTF-8"
        raise UserError(f"can't read the brief {path}: {reason}") from wrong
    keys, lines = parse(text, str(path))
    if not isinstance(keys, dict):
        raise UserError(f"{path}: a brief is a mapping of keys; it begins like `task: teach a model to add`")
    return Written(keys, str(path), {key: f"{path}:{line}" for key, line in lines.items()})


def override(written: Written, overrides: Sequence[str]) -> Written:
    """Set dotted keys, each value read as YAML."""
    keys, places = _copy(written.keys), dict(written.places)
    for item in overrides:
        dotted, sign, text = item.partition("=")
        parts = dotted.strip().split(".")
        if not sign or not all(parts):
            raise UserError(f"--set {item}: write KEY=VALUE, such as start.learning_rate=3e-4")
        value = text.strip() if parts[0] in TEXTS else parse(text, f"--set {dotted}")[0]
        inner = keys
        for part in parts[:-1]:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise UserError(f"--set {item}: {part} is {shown(inner)}, it has no keys of its own")
        inner[parts[-1]] = value
        places[".".join(parts[:2])] = f"--set {item}"
        places.setdefault(parts[0], f"--set {item}")
    return Written(keys, written.where, places)


def parse(text: str, where: str) -> tuple[Any, dict[str, int]]:
    """YAML 1.2 (JSON is part of it) to plain values, with the line of every key up to two levels deep."""
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError, SafeConstructor
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    class Plain(SafeConstructor):
        """A date stays the text it is: YAML 1.2 knows no dates, and neither does JSON."""

    Plain.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = Plain
    try:
        value, tree = reader.load(text), reader.compose(text)
    except RecursionError:
        raise UserError(f"{where}: nested too deep for a brief") from None
    except (MarkedYAMLError, YAMLError, ValueError) as wrong:
        mark = getattr(wrong, "problem_mark", None)
        place = f"{where}:{mark.line + 1}" if mark is not None else where
        said = " ".join(str(getattr(wrong, "problem", None) or wrong).split())
        if isinstance(wrong, DuplicateKeyError):
            said = said.partition(" with value")[0].replace("found duplicate key", "this key stands here twice:")
        raise UserError(f"{place}: not readable as YAML or JSON: {said}") from wrong
    try:
        bad = _not_plain(value)
    except RecursionError:
        bad = "it refers to itself; write it out"
    if bad:
        raise UserError(f"{where}: {bad}")
    return value, _lines(tree)


def _lines(node: Any, prefix: str = "", depth: int = 2) -> dict[str, int]:
    found: dict[str, int] = {}
    if depth and getattr(node, "id", "") == "mapping":
        for key, inner in node.value:
            name = f"{prefix}{key.value}"
            found[name] = key.start_mark.line + 1
            found |= _lines(inner, f"{name}.", depth - 1)
    return found


def _not_plain(value: Any) -> str:
    """Why a value could not be kept as JSON; empty if it could."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                return f"the key {shown(key)} is not a word; put it in quotes"
            if bad := _not_plain(inner):
                return f"{key}: {bad}" if not bad.startswith(key) else bad
    elif isinstance(value, list):
        return next((bad for inner in value if (bad := _not_plain(inner))), "")
    elif isinstance(value, float) and not math.isfinite(value):
        return f"{value} is no usable number"
    elif value is not None and not isinstance(value, str | int | float | bool):
        return f"{shown(value)} is neither text nor a number"
    return ""


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(inner) for key, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value
