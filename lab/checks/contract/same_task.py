"""Is it still the same experiment after an edit? What an error may be mended by, and what needs a person."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.checks.contract import same_code, same_rows
from lab.checks.contract import same_settings as given
from lab.checks.contract.same_losses import losses
from lab.checks.contract.same_writes import taken_less, written_over
from lab.checks.failures import Failure

PERSON = "that needs a person"


@dataclass(frozen=True)
class Draft:
    """An experiment as it stood once."""

    source: str
    config: Mapping[str, Any] = field(default_factory=dict)


def same_task(before: Draft, after: Draft, failure: Failure | None = None) -> str | None:
    """The first thing that an edit changes and may not, as a line for a person; None where the task is what it was."""
    return next(iter(objections(before, after, failure)), None)


def objections(before: Draft, after: Draft, failure: Failure | None = None) -> tuple[str, ...]:
    """All of them. A script that does not parse is not judged: it is mended first."""
    try:
        old, new = ast.parse(before.source), ast.parse(after.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    escape = f" to escape {_named(failure)}" if failure is not None else ""
    excused = failure.says if failure is not None else ""
    was, now = given.settings(old, before.config), given.settings(new, after.config)
    aspects = {**given.aspects(was, now), **given.less(was, now)}
    found = [
        *aspects.values(),
        *given.turned(before.config, after.config, excused),
        *given.arguments(old, new, before.config, after.config, excused),
        *written_over(old, new, set(before.config)),
        *taken_less(old, new),
        *same_code.classes(old, new),
        *same_code.adapters(old, new),
        *losses(old, new),
        *same_code.learning(old, new),
        *same_rows.cuts(old, new),
        *same_rows.files(old, new, failure),
        *same_rows.columns(old, new, excused),
        *same_rows.rounds(old, new),
        *same_code.checks(old, new, failure),
        *same_code.measured(old, new, failure),
    ]
    batch = given.batch(was, now)
    if not any("sequence length" in said for said in aspects):
        found += given.worked_out(old, new, set(before.config) | set(after.config))
    told = " ".join(found)
    found += [
        said
        for key, said in given.unused(old, new, before.config, after.config)
        if not any(a in aspects and re.fullmatch(p, key) for a, p in {**given.ASPECTS, **given.LESS}.items())
        and key not in told
    ]
    said = [f"{what}{escape}; {PERSON}" for what in found]
    return tuple(dict.fromkeys([*said, *([batch] if batch else [])]))


def _named(failure: Failure) -> str:
    names = {"memory": "a memory error", "data": "an error in the data", "config": "an error in the config"}
    if failure.kind == "environment" and "time" in failure.says:
        return "a time limit"
    return names.get(failure.kind, "a limit of the machine" if failure.kind == "environment" else "an error")
