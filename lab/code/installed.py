"""What installed libraries really have: signatures, members and source, read in a process of its own and kept by release."""

from __future__ import annotations

import difflib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from lab.net.cache import Kept, keep, look_up, place_of
from state.errors import PostgradError, UserError

Ask = Literal["signature", "members", "source"]

SECONDS = 120.0
"""The heaviest import takes six on an idle machine; a busy one with few cores needs many times that."""
MEMORY = 6 * 1024**3
"""Bytes: importing torch, transformers and trl takes about one GiB."""
LOOKED = 0.1
"""Seconds between two looks at its memory."""
FOREVER = float("inf")
NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
NEAR = 6
NEVER = ("antigravity", "this", "idlelib", "turtledemo", "__main__")
"""Importing these does something of its own."""
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
"""Of the environment, no more: what is imported gets no token and no home."""


class NotThere(UserError):
    """The installed release has no such name."""


@dataclass(frozen=True)
class Parameter:
    name: str
    type: str
    default: str | None
    keyword_only: bool
    says: str

    @property
    def line(self) -> str:
        return (
            self.name + (f": {self.type}" if self.type else "") + ("" if self.default is None else f" = {self.default}")
        )


@dataclass(frozen=True)
class Symbol:
    """A class, function, module or value, as it is installed."""

    name: str
    kind: str
    release: str
    """`trl 1.16.0`."""
    module: str
    file: str
    line: int
    doc: str = ""
    parameters: tuple[Parameter, ...] | None = None
    """None where it has none, or none can be read."""
    returns: str = ""
    bases: tuple[str, ...] = ()
    value: str = ""
    members: tuple[dict[str, str], ...] = field(default=())
    source: str = ""


@dataclass(frozen=True)
class Package:
    top: str
    name: str
    version: str
    editable: bool

    @property
    def release(self) -> str:
        return f"{self.name} {self.version}"


class Installed:
    """The libraries of the Python that runs us, which is the one that experiments run with."""

    def __init__(self, cache: Path | None = None) -> None:
        self.cache = cache

    def signature(self, name: str) -> Symbol:
        return self._symbol("signature", name)

    def members(self, name: str) -> Symbol:
        return self._symbol("members", name)

    def source(self, name: str) -> Symbol:
        found = self._symbol("source", name)
        if not found.source:
            raise NotThere(f"{name} ({found.release}) has no Python source; it is built in or compiled")
        return found

    def _symbol(self, ask: Ask, name: str) -> Symbol:
        name = name.strip().removesuffix("()")
        package = _package(name)
        told = self._told(ask, name, package)
        if "trouble" in told:
            raise NotThere(f"{package.release} can't be looked at here: {' '.join(str(told['trouble']).split())[:300]}")
        if "missing" in told:
            raise NotThere(_missing(told, package))
        parameters = told.pop("parameters", None)
        listed = None if parameters is None else tuple(Parameter(**each) for each in parameters)
        return Symbol(
            release=package.release, file=_short(told.pop("file", ""), package.top), parameters=listed,
            bases=tuple(told.pop("bases", ())), members=tuple(told.pop("members", ())), **told,
        )  # fmt: skip

    def _told(self, ask: Ask, name: str, package: Package) -> dict[str, Any]:
        """From what is kept of this release, else looked up now. A package under work is looked at each time."""
        key = f"{ask} {name} {package.release} {sys.version}"
        place = place_of(self.cache, "installed", key) if self.cache and not package.editable else None
        if place and (known := look_up(place, FOREVER)):
            return dict(json.loads(known.body))
        raw = look(ask, name)
        told: dict[str, Any] = json.loads(raw)
        if place and "trouble" not in told:
            keep(place, Kept(name, 200, "application/json", raw))
        return told


def _package(name: str) -> Package:
    """The installed package that a dotted name begins with."""
    if not NAME.fullmatch(name):
        raise UserError(f"{name!r} is no dotted name; write one such as trl.GRPOConfig")
    top = name.split(".")[0]
    known = metadata.packages_distributions()
    if top in known and top not in NEVER:
        found = metadata.distribution(known[top][0])
        about = json.loads(found.read_text("direct_url.json") or "{}")
        return Package(top, found.name, found.version, bool((about.get("dir_info") or {}).get("editable")))
    if top in sys.stdlib_module_names and top not in NEVER:
        return Package(top, "Python", ".".join(map(str, sys.version_info[:3])), False)
    near = difflib.get_close_matches(top, [*known, *sys.stdlib_module_names], NEAR)
    raise NotThere(f"no package {top} is installed" + (f"; did you mean {', '.join(near)}?" if near else ""))


def _missing(told: dict[str, Any], package: Package) -> str:
    line = f"{package.release}: {told['parent']} has no {told['missing']}"
    lowered = {each.lower(): each for each in told["names"]}
    near = [lowered[each] for each in difflib.get_close_matches(told["missing"].lower(), lowered, NEAR, 0.5)]
    if told["elsewhere"]:
        return f"{line}; a {told['missing']} stands in {', '.join(told['elsewhere'])}"
    return f"{line}; close to it are {', '.join(near)}" if near else f"{line}, nor anything like it"


def _short(file: str, top: str) -> str:
    """The file from its package on: where the machine keeps packages is nobody's business."""
    parts = Path(file).parts
    return "/".join(parts[parts.index(top) :]) if top in parts else Path(file).name


def look(ask: Ask, name: str) -> bytes:
    """What the process wrote down; it is ended when it takes too long or too much."""
    with tempfile.TemporaryDirectory(prefix="postgrad-look-") as folder:
        place = Path(folder)
        (place / "request.json").write_text(json.dumps({"name": name, "ask": ask}), encoding="utf-8")
        command = [sys.executable, "-I", str(Path(__file__).with_name("look.py")), "request.json", "result.json"]
        with (place / "said.txt").open("wb") as said:
            process = subprocess.Popen(
                command, cwd=folder, env=_environment(folder), stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                start_new_session=True,
            )  # fmt: skip
            try:
                _watch(process, name)
            finally:
                _end(process)
        try:
            return (place / "result.json").read_bytes()
        except FileNotFoundError:
            last = (place / "said.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            line = f"looking at {name} ended with code {process.returncode}{': ' + last[0][:200] if last else ''}"
            raise PostgradError(f"{line}; read its documentation instead") from None


def _environment(folder: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    quiet = {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "MPLBACKEND": "Agg"}
    return {**kept, **offline, **quiet, "HOME": folder, "HF_HOME": folder, "USERPROFILE": folder}


def _watch(process: subprocess.Popen[bytes], name: str) -> None:
    import psutil

    ends = time.monotonic() + SECONDS
    while True:
        try:
            process.wait(LOOKED)
            return
        except subprocess.TimeoutExpired:
            pass
        try:
            used = psutil.Process(process.pid).memory_info().rss
        except psutil.Error:
            continue
        if used > MEMORY:
            raise PostgradError(
                f"importing {name} takes more than {MEMORY // 1024**3} GiB; read its documentation instead"
            )
        if time.monotonic() > ends:
            raise PostgradError(f"importing {name} takes more than {SECONDS:.0f} s; read its documentation instead")


def _end(process: subprocess.Popen[bytes]) -> None:
    """The whole group: an import may have started processes."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
