"""Is a script fit to be run? One door: its text in, its faults out. It is read, and never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from lab.checks.contract.calls import arguments, asked_names, imports
from lab.checks.contract.columns import Columns
from lab.checks.contract.commands import commands
from lab.checks.contract.fault import Contract, Fault, ordered, warning
from lab.checks.contract.header import dependencies
from lab.checks.contract.hosts import network as hosts
from lab.checks.contract.keys import keys
from lab.checks.contract.leaves import leaves
from lab.checks.contract.names import unknown_names
from lab.checks.contract.places import Places
from lab.checks.contract.scopes import Script
from lab.checks.contract.seeding import seeds
from lab.checks.contract.settings import Settings
from lab.checks.contract.signatures import Installed, Symbol
from lab.checks.contract.texts import Texts
from lab.checks.scripts.scan import scan

LONGEST = 200_000
"""Characters of a script: ten times the largest honest one; a longer one holds data, or was made by a machine."""


def check_script(
    source: str,
    *,
    config: Mapping[str, Any],
    columns: Sequence[str],
    files: Sequence[str],
    installed: Installed | None = None,
    network: bool = False,
) -> Contract:
    """What must be mended before the script may be run.

    `columns`: of the data, whether they stand in a row or inside its `input`. `files`: what lies in data/, below it.
    `installed`: whom to ask about libraries (`signatures.Here`); without one what needs them is not looked at.
    `network`: it was granted to this job.
    """
    with warnings.catch_warnings(action="ignore"):  # what Python thinks of a script's escapes is no matter of ours
        return _read(source, config, columns, files, installed, network)


def _read(
    source: str,
    config: Mapping[str, Any],
    columns: Sequence[str],
    files: Sequence[str],
    installed: Installed | None,
    network: bool,
) -> Contract:
    if len(source) > LONGEST:
        too_long = f"the script is {len(source)} characters long"
        return Contract((Fault("parses", 0, too_long, f"at most {LONGEST}: data belongs into data/"),))
    try:
        tree = ast.parse(source)
        script = Script(tree)
    except (SyntaxError, ValueError) as wrong:
        line = getattr(wrong, "lineno", 0) or 0
        said = getattr(wrong, "msg", "") or str(wrong)
        return Contract(
            (Fault("parses", line, f"it does not parse: {said}", "mend this first: nothing else was read"),)
        )
    except (RecursionError, MemoryError):  # how the parser says that its stack is full
        return Contract((Fault("parses", 0, "it is nested too deep to be read", "write it flat"),))
    settings = Settings(script, config)
    texts = Texts(script, settings.values)
    places = Places(script, texts, files)
    known: Mapping[str, Symbol] = {}
    faults: list[Fault] = []
    not_run: list[str] = []
    if installed is None:
        not_run.append("imports, arguments and dependencies: nobody to ask what is installed")
    else:
        names = asked_names(script)
        known = installed.look(names)
        unseen = sorted({name.partition(".")[0] for name in names if name not in known})
        not_run += [f"imports of {', '.join(unseen)}: not importable by themselves, or not in time"] if unseen else []
        faults += [*imports(script, known), *arguments(script, known, settings.values)]
        faults += dependencies(source, script, installed)
    faults += [
        *unknown_names(script),
        *commands(script, texts),
        *seeds(source, script, known, config, settings.values),
        *keys(settings),
        *Columns(script, texts, columns).faults(),
        *places.faults(),
        *([] if network else hosts(script, texts, files)),
        *leaves(script, places),
        *_leaks(source),
    ]
    return Contract(ordered(faults), tuple(not_run))


def _leaks(source: str) -> list[Fault]:
    """What the reader of leaks finds; loose seeds are told elsewhere."""
    found = []
    for looked in scan({"train.py": source}):
        for finding in looked.findings:
            if finding.kind == "loose_seed" or finding.severity == "info":
                continue
            line = int(str(finding.examples[0]["line"])) if finding.examples else 0
            make = Fault if finding.severity == "block" else warning
            found.append(make("leak", line, finding.why, finding.remedy))
    return found
