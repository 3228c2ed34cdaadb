"""How far a job is kept from everything that is not its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from lab.compute.engine import Job
from lab.compute.environment import interpreter_paths

SandboxLevel = Literal["bwrap", "plain"]

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
_ETC = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "alternatives",
    "localtime",
    "nsswitch.conf",
    "passwd",
    "group",
    "fonts",
)
_ETC_NETWORK = ("resolv.conf", "hosts", "ssl", "ca-certificates", "pki")
_SYS = ("/sys/devices/system/cpu", "/sys/devices/system/node")  # thread libraries read the processor's shape here
_FIXED = (
    "run.py",
    "train.py",
    "config.json",
    "experiment.json",
    "lock",
    "attempts",
    ".versions",
    "ran.jsonl",
    "source.json",
)  # what was approved is what runs


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """The level this machine offers, and why it is no better."""

    level: SandboxLevel
    why: str = ""


@cache
def probe() -> Sandbox:
    """Try bubblewrap for real, once per process."""
    if not shutil.which("bwrap"):
        return Sandbox(level="plain", why="bubblewrap is not installed")
    with tempfile.TemporaryDirectory() as folder:
        trial = Job(id="probe", kind="control", folder=os.path.realpath(folder), attempt="1", argv=(), seconds=10)
        call = [*prefix(trial), "/bin/sh", "-c", "exit 0"]
        try:
            done = subprocess.run(call, capture_output=True, text=True, timeout=20, env={}, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return Sandbox(level="plain", why=f"bubblewrap does not run here: {error}")
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return Sandbox(level="plain", why=f"bubblewrap does not work here: {said}")
    return Sandbox(level="bwrap")


def prefix(job: Job) -> list[str]:
    """The bubblewrap call that goes before the job's own command."""
    call = [shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent", "--cap-drop", "ALL"]
    if job.network:
        call += ["--share-net"]
    for path in map(Path, _SYSTEM):
        if path.is_symlink():
            call += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            call += ["--ro-bind", str(path), str(path)]
    for name in (*_ETC, *(_ETC_NETWORK if job.network else ())):
        call += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for name in _SYS:
        call += ["--ro-bind-try", name, name]
    call += ["--proc", "/proc", "--dev", "/dev", *_bounded(job), "--tmpfs", "/tmp", "--tmpfs", "/home"]
    for device in sorted(Path("/dev").glob("nvidia*")):
        call += ["--dev-bind-try", str(device), str(device)]
    return [*call, *_binds(job), "--remount-ro", "/home", "--remount-ro", "/", "--chdir", job.folder]


def _bounded(job: Job) -> list[str]:
    """Files in memory count against no process, so what they may take is bounded where bubblewrap knows how."""
    return ["--size", str(job.memory_mb * 2**20)] if _version() >= (0, 7) else []


@cache
def _version() -> tuple[int, ...]:
    """Of bubblewrap; (0,) where there is none that answers."""
    try:
        said = subprocess.run(["bwrap", "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    return tuple(int(part) for part in said.split()[-1].split(".") if part.isdecimal()) if said else (0,)


def _binds(job: Job) -> Iterable[str]:
    """What is bound on top of the system: parents first, so that a child's mode wins."""
    folder = Path(job.folder)
    modes = dict.fromkeys((*interpreter_paths(), *map(Path, job.reads)), "--ro-bind")
    modes[folder] = "--bind"
    fixed = _FIXED if job.kind == "data" else (*_FIXED, "data")
    modes |= {folder / name: "--ro-bind" for name in fixed if (folder / name).exists()}
    metrics = job.place / "metrics.jsonl"
    if metrics.exists():
        modes[metrics] = "--bind"
    for path in sorted(modes, key=lambda path: len(path.parts)):
        yield from (modes[path], str(path), str(path))
