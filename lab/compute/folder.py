"""Reading an experiment's folder: how often it began, what it measured, what it is made of."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from lab.compute.engine import Job, JobKind
from lab.compute.files import held
from lab.compute.run_template import dependencies

LARGEST = 256 * 1024 * 1024
"""Bytes of a metrics file that are read: a script may have made one without end, and what it logged stands at the beginning."""
_NOT_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def starts(folder: Path, kind: JobKind = "train") -> int:
    """How many processes of this kind really began here."""
    return sum(1 for line in _rows(folder / "starts.jsonl") if line.get("kind") == kind)


def live_jobs(workspace: Path) -> list[Job]:
    """Jobs anywhere below a run's folder whose warden lives."""
    orders = (lock.with_name("job.json") for lock in sorted(workspace.glob("*/*/attempts/*/lock")) if held(lock))
    return [Job.from_dict(json.loads(order.read_text(encoding="utf-8"))["job"]) for order in orders if order.exists()]


def read_metrics(folder: Path, attempt: str | None = None) -> list[dict[str, Any]]:
    """The metrics of one attempt, or of the newest training; a line half written is not there yet."""
    if attempt is None:
        attempts = folder / "attempts"
        numbers = (
            [int(entry.name) for entry in attempts.iterdir() if entry.name.isdecimal()] if attempts.is_dir() else []
        )
        attempt = str(max(numbers)) if numbers else None
    path = folder / "attempts" / attempt / "metrics.jsonl" if attempt else folder / "metrics.jsonl"
    return [{key: _number(value) for key, value in row.items()} for row in _rows(path)]


def sha256_folder(folder: Path, names: Iterable[str]) -> str:
    """One hash of these files and folders, names and contents; that one is missing counts too."""
    total = hashlib.sha256()
    for name in sorted(set(names)):
        path = folder / name
        files = sorted(entry for entry in path.rglob("*") if entry.is_file()) if path.is_dir() else [path]
        for file in files:
            digest = _sha256(file) if file.is_file() else "missing"
            total.update(f"{digest} {file.relative_to(folder).as_posix()}\n".encode())
        if not files:
            total.update(f"empty {name}\n".encode())
    return total.hexdigest()


def header(script: Path) -> list[str]:
    """The requirements in a script's PEP 723 header."""
    return dependencies(script.read_text())


def unmet(script: Path) -> list[str]:
    """The header's requirements that this interpreter does not satisfy, each with what is there instead."""
    missing = []
    for requirement in map(Requirement, header(script)):
        if requirement.marker and not requirement.marker.evaluate():
            continue
        version = _version(requirement.name)
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            missing.append(f"{requirement} (here: {version or 'not installed'})")
    return missing


def lock_lines(script: Path) -> list[str]:
    """name==version of what the header names and of all that it needs, as installed in this interpreter."""
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    front = [Requirement(line) for line in header(script)]
    while front:
        requirement = front.pop()
        known = (requirement.name.lower(), frozenset(requirement.extras))
        version = _version(requirement.name)
        if known in seen or version is None:
            continue
        seen.add(known)
        found[_normal(requirement.name)] = version
        needs = (Requirement(line) for line in metadata.requires(requirement.name) or ())
        front += [need for need in needs if _applies(need, requirement.extras)]
    return [f"{name}=={found[name]}" for name in sorted(found)]


def lock_text(script: Path) -> str:
    """The experiment's `lock`: interpreter and driver as comments, then the exact packages."""
    driver = Path("/proc/driver/nvidia/version")
    about = [
        f"# python {platform.python_version()} ({platform.python_implementation()})",
        f"# platform {platform.system()} {platform.machine()}",
        f"# driver {driver.read_text().splitlines()[0] if driver.is_file() else 'none'}",
    ]
    return "\n".join([*about, *lock_lines(script)]) + "\n"


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    if not path.is_file():
        return
    try:
        with path.open("rb") as file:
            lines = file.read(LARGEST).split(b"\n")
    except FileNotFoundError:
        return
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue  # cut short by a kill, or nested deeper than any metric is
        if isinstance(row, dict):
            yield row


def _number(value: Any) -> Any:
    return _NOT_FINITE.get(value, value) if isinstance(value, str) else value


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _applies(need: Requirement, extras: set[str]) -> bool:
    return not need.marker or any(need.marker.evaluate({"extra": extra}) for extra in extras or {""})
