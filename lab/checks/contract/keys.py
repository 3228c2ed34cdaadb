"""The config and the script must agree: what is read is there, what is there is read."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from lab.checks.contract.fault import Fault, warning
from lab.checks.contract.settings import Settings

SEED = "seed"
"""The harness seeds from it, whether or not the script reads it."""


def keys(settings: Settings) -> Iterator[Fault]:
    if not settings.seen:
        if settings.config:
            yield warning(
                "config", 0, "where the script reads its config can't be seen", 'read it as config = json.loads(...) and config["key"]'
            )  # fmt: skip
        return
    yield from _absent(settings)
    if settings.handed_on:
        return
    fields = _fields(settings)
    for key in settings.config:
        if key in settings.used or key in fields or key == SEED:
            continue
        if key in settings.checked:
            says = f"the config's {key} is looked at, but no use of it can be seen"
            yield warning("config", 0, says, "see that it does what the config says")
        else:
            yield Fault(
                "config", 0, f"the config's {key} is never read, so a change of it changes nothing",
                f'use config["{key}"], or take it out of config.json',
            )  # fmt: skip


def _absent(settings: Settings) -> Iterator[Fault]:
    there = settings.config.keys() | settings.made
    for read in settings.reads:
        if read.key in there or read.key in settings.guarded or read.weak:
            continue
        if read.default:
            yield warning(
                "config", read.line, f"{read.key} is read with a default and is not in the config",
                "put it into config.json: the config says every setting",
            )  # fmt: skip
            continue
        near = difflib.get_close_matches(read.key, settings.config, 3)
        hint = f"near to it: {', '.join(near)}" if near else f"there are {', '.join(settings.config) or 'none'}"
        yield Fault("config", read.line, f"the config has no key {read.key}", hint)
    for read in settings.lost:
        yield Fault(
            "config", read.line, f"this part of the config has no key {read.key}", "put it there, or mend the name"
        )


def _fields(settings: Settings) -> frozenset[str]:
    """Fields of the script's own dataclass that is made of the config and whose attribute somebody reads."""
    classes = {
        owner
        for call in settings.script.calls
        if isinstance(owner := settings.script.own(call.func), ast.ClassDef)
        and any(k.arg is None and settings.holds(k.value) for k in call.keywords)
    }
    named = {
        statement.target.id
        for owner in classes
        for statement in owner.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    }
    read = {node.attr for node in settings.script.scope_of if isinstance(node, ast.Attribute)}
    return frozenset(named & read)
