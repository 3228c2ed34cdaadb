"""Looks at one name of an installed package and writes down what it is. Run as a process of its own: an import runs code.

python -I look.py REQUEST RESULT      two JSON files; the request is {"name", "ask": "signature" | "members" | "source"}
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

DOC = 1_500
"""Characters of a docstring: its first paragraphs; the source has the rest."""
SAID = 300
"""Characters about one parameter, and of one default."""
FILES = 6_000
"""Files looked through for a name that moved: the largest package here has some four thousand."""
ELSEWHERE = 8


class Missing(Exception):
    """The name ends somewhere; what is there instead."""

    def __init__(self, parent: str, name: str, near: list[str], elsewhere: list[str]) -> None:
        super().__init__(name)
        self.told = {"missing": name, "parent": parent, "names": near, "elsewhere": elsewhere}


def resolve(dotted: str) -> Any:
    """The object of a dotted name: modules are imported as far as they go, then attributes."""
    parts = dotted.split(".")
    at: Any = importlib.import_module(parts[0])
    for depth, part in enumerate(parts[1:], 1):
        here = ".".join(parts[:depth])
        try:
            at = getattr(at, part)
        except AttributeError:
            deeper = f"{here}.{part}"
            if not isinstance(at, ModuleType) or importlib.util.find_spec(deeper) is None:
                raise Missing(here, part, sorted(dir(at)), elsewhere(parts[0], part)) from None
            at = importlib.import_module(deeper)
    return at


def elsewhere(package: str, name: str) -> list[str]:
    """Where in the package a class or function of this name is defined: names move between releases."""
    spec = importlib.util.find_spec(package)
    roots = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    pattern, found = re.compile(rf"^(?:class|def|async def) {re.escape(name)}\b", re.MULTILINE), []
    for root in roots:
        for file in sorted(root.rglob("*.py"))[:FILES]:
            text = file.read_text(encoding="utf-8", errors="replace")
            if name in text and pattern.search(text):
                inside = file.relative_to(root.parent).with_suffix("").parts
                found.append(".".join([*(part for part in inside if part != "__init__"), name]))
    return found[:ELSEWHERE]


def kind_of(thing: Any) -> str:
    if isinstance(thing, ModuleType):
        return "module"
    if inspect.isclass(thing):
        return "class"
    return "function" if callable(thing) else "value"


def signature(thing: Any, name: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": name,
        "kind": kind_of(thing),
        "doc": (inspect.getdoc(thing) or "")[:DOC],
        **where(thing),
    }
    if inspect.isclass(thing):
        told["bases"] = [f"{base.__module__}.{base.__qualname__}" for base in thing.__mro__[1:-1]][:6]
    if told["kind"] in ("class", "function"):
        try:
            asked = inspect.signature(thing)
        except (ValueError, TypeError):
            told["parameters"] = None  # written in C, without a signature
        else:
            told["parameters"] = [parameter(thing, each) for each in asked.parameters.values()]
            told["returns"] = annotation(asked.return_annotation)
    elif told["kind"] == "value":
        told["value"], told["doc"] = repr(thing)[:SAID], ""
    return told


def parameter(thing: Any, given: inspect.Parameter) -> dict[str, Any]:
    fields = {f.name: f for f in dataclasses.fields(thing)} if dataclasses.is_dataclass(thing) else {}
    known = fields.get(given.name)
    default: str | None = None if given.default is inspect.Parameter.empty else repr(given.default)[:SAID]
    if known is not None and known.default_factory is not dataclasses.MISSING:
        default = repr(known.default_factory())[:SAID]
    said = str(known.metadata.get("help") or "") if known is not None else ""
    variadic = given.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    mark = str(given).split(given.name)[0] if variadic else ""
    return {
        "name": mark + given.name, "type": annotation(given.annotation), "default": default,
        "keyword_only": given.kind is inspect.Parameter.KEYWORD_ONLY,
        "says": " ".join((said or said_of(thing, given.name)).split())[:SAID],
    }  # fmt: skip


def annotation(given: Any) -> str:
    if given is inspect.Parameter.empty:
        return ""
    said = given if isinstance(given, str) else inspect.formatannotation(given)
    return said.replace("typing.", "").replace("NoneType", "None")[:SAID]


def said_of(thing: Any, name: str) -> str:
    """What the docstring says of a parameter: `name (type): ...`, `name : type` and the lines further in."""
    docs = [inspect.getdoc(thing) or "", inspect.getdoc(getattr(thing, "__init__", None)) or ""]
    for doc in docs:
        lines = doc.splitlines()
        for at, line in enumerate(lines):
            if re.match(rf"\s*[-*`]*{re.escape(name)}[`*]*\s*(\(.*\))?\s*:", line):
                depth = len(line) - len(line.lstrip())
                told = [line.strip()]
                for more in lines[at + 1 :]:
                    if not more.strip() or len(more) - len(more.lstrip()) <= depth:
                        break
                    told.append(more.strip())
                return " ".join(told)
    return ""


def where(thing: Any) -> dict[str, Any]:
    """Its module, and file and line where it has them."""
    module = getattr(thing, "__module__", None) or getattr(thing, "__name__", "")
    told: dict[str, Any] = {"module": module}
    try:
        told["file"] = inspect.getsourcefile(inspect.unwrap(thing)) or ""
        told["line"] = inspect.getsourcelines(inspect.unwrap(thing))[1] or 1
    except (TypeError, OSError):
        told.setdefault("file", "")
        told["line"] = 0
    return told


def members(thing: Any, name: str) -> dict[str, Any]:
    """Public names; what is not yet loaded (packages load lazily) is not loaded for this."""
    listed = getattr(thing, "__all__", None) or [each for each in dir(thing) if not each.startswith("_")]
    loaded = vars(thing) if hasattr(thing, "__dict__") else {}
    found = []
    for each in sorted(set(map(str, listed))):
        here = loaded.get(each)
        if here is None and not isinstance(thing, ModuleType):
            here = inspect.getattr_static(thing, each, None)
        here = getattr(here, "__func__", here)
        entry = {"name": each, "kind": kind_of(here) if here is not None else ""}
        if callable(here) and entry["kind"] == "function":
            try:
                entry["signature"] = str(inspect.signature(here))[:SAID]
            except (ValueError, TypeError):
                entry["signature"] = "(...)"
        found.append(entry)
    return {"name": name, "kind": kind_of(thing), **where(thing), "members": found}


def source(thing: Any, name: str) -> dict[str, Any]:
    told = {"name": name, "kind": kind_of(thing), **where(thing)}
    try:
        told["source"] = inspect.getsource(inspect.unwrap(thing))
    except (TypeError, OSError):
        told["source"] = ""
    return told


def main() -> None:
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    answer = {"signature": signature, "members": members, "source": source}[asked["ask"]]
    try:
        told = answer(resolve(asked["name"]), asked["name"])
    except Missing as ends:
        told = ends.told
    except (Exception, SystemExit) as wrong:  # noqa: BLE001  other people's code may raise anything when it is imported
        told = {"trouble": f"{type(wrong).__name__}: {wrong}"}
    Path(sys.argv[2]).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
