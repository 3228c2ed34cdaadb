"""The PEP 723 header: what the script needs, pinned, and as it is installed."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

from lab.checks.contract.fault import Fault, warning
from lab.checks.contract.scopes import Script
from lab.checks.contract.signatures import Installed

FORM = '# /// script\n# requires-python = ">=3.11"\n# dependencies = ["numpy==2.4.6"]\n# ///'
_BLOCK = re.compile(r"(?m)^# /// script$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


def dependencies(source: str, script: Script, installed: Installed) -> Iterator[Fault]:
    block = _BLOCK.search(source + "\n")
    if block is None:
        yield Fault("dependencies", 1, "the script has no header of its dependencies", f"begin it with {FORM!r}")
        return
    line = source[: block.start()].count("\n") + 1
    text = "".join(row[2:] if row.startswith("# ") else row[1:] for row in block["content"].splitlines(keepends=True))
    try:
        entries = tomllib.loads(text).get("dependencies", [])
    except tomllib.TOMLDecodeError as wrong:
        yield Fault("dependencies", line, f"the header is not TOML: {wrong}", f"write it as {FORM!r}")
        return
    named: set[str] = set()
    for entry in entries:
        at = line + next((i for i, row in enumerate(block["content"].splitlines(), 1) if str(entry) in row), 0)
        try:
            need = Requirement(str(entry))
        except InvalidRequirement as wrong:
            yield Fault("dependencies", at, f"{entry} is no requirement: {wrong}".split("\n")[0], "write name==version")
            continue
        named.add(_normal(need.name))
        yield from _met(need, installed.version(need.name), at)
    yield from _unnamed(script, installed, named)


def _met(need: Requirement, version: str | None, line: int) -> Iterator[Fault]:
    if need.url:
        yield Fault(
            "dependencies", line, f"{need.name} is fetched from {need.url}", "use what is installed: name==version"
        )
    elif version is None:
        yield Fault(
            "dependencies", line, f"{need.name} is not installed", "use what is installed, or ask for it in the plan"
        )
    elif not need.specifier:
        yield Fault("dependencies", line, f"{need.name} is not pinned", f"write {need.name}=={_public(version)}")
    elif not need.specifier.contains(version, prereleases=True):
        yield Fault(
            "dependencies",
            line,
            f"{need} is asked for, {version} is installed",
            f"write {need.name}=={_public(version)}",
        )
    elif not any(one.operator in ("==", "===") and "*" not in one.version for one in need.specifier):
        yield warning("dependencies", line, f"{need} leaves the version open", f"write {need.name}=={_public(version)}")


def _unnamed(script: Script, installed: Installed, named: set[str]) -> Iterator[Fault]:
    """What is imported and not in the header is neither locked nor seeded by the harness."""
    told: set[str] = set()
    for node, guarded in script.imports:
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        for top in {name.partition(".")[0] for name in names}:
            packages = installed.packages(top)
            if guarded or top in told or not packages or named & {_normal(p) for p in packages}:
                continue
            told.add(top)
            package = min(packages, key=lambda p: (_normal(p) != _normal(top), len(p)))
            version = installed.version(package)
            says = f"{top} is imported and {package} is not in the header, so it is neither locked nor seeded"
            yield Fault("dependencies", node.lineno, says, f'add "{package}=={_public(version or "")}"')


def _public(version: str) -> str:
    return Version(version).public if version else version


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
