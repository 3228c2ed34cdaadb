"""What the installed libraries offer: names, classes, and the arguments they really take."""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, Protocol

from lab.ledger.files import write_json
from state.errors import EnvironmentTrouble

DEADLINE = 120.0
"""Seconds for one look: torch, transformers and trl together take ten on an idle machine, more on a full one."""
NEAR, CLOSE = 4, 0.55
NEVER = frozenset(["__main__", "antigravity", "idlelib", "this", "turtledemo", "test"])
"""Modules that do something when they are merely imported: open a browser, a window, print a poem."""


@dataclass(frozen=True)
class Taken:
    """One argument."""

    name: str
    kind: str
    required: bool
    default: str


@dataclass(frozen=True)
class Symbol:
    """What stands behind a full name, or what is missing of it."""

    name: str
    found: bool
    kind: Literal["module", "class", "function", "value", ""] = ""
    about: str = ""
    missing: str = ""
    """The shortest part of the name that is not there."""
    near: tuple[str, ...] = ()
    broken: str = ""
    """It is there, and can't be imported."""
    takes: tuple[Taken, ...] | None = None
    """None where nothing can be said of its arguments."""
    also: tuple[str, ...] = ()
    """Old names it still understands."""
    fields: bool = False
    """A dataclass: its settings are its arguments."""
    loose: bool = False
    """It keeps any keyword as an attribute, which may then do nothing."""
    method: bool = False
    """Of an instance, which is not counted among its arguments."""

    @property
    def open(self) -> bool:
        """Whether it takes any keyword."""
        return self.takes is None or any(one.kind == "var_keyword" for one in self.takes)

    @property
    def words(self) -> tuple[str, ...]:
        """The keywords it takes."""
        return tuple(one.name for one in self.takes or () if one.kind in ("positional_or_keyword", "keyword_only"))

    def near_words(self, word: str) -> tuple[str, ...]:
        ends = tuple(w for w in self.words if w.split("_")[-2:] == word.split("_")[-2:] or w.endswith(f"_{word}"))
        close = difflib.get_close_matches(word, self.words, NEAR, CLOSE)
        return tuple(dict.fromkeys((*close, *ends)))[:NEAR]

    def __str__(self) -> str:
        if not self.found:
            near = f"; near to it: {', '.join(self.near)}" if self.near else ""
            return f"{self.name}: {self.broken or f'there is no {self.missing}'}{near}"
        if self.takes is None:
            return f"{self.name} ({self.kind}): {self.about or 'its arguments are not known'}"
        return f"{self.name}({', '.join(map(_argument, self.takes))})" + (f"\n  {self.about}" if self.about else "")


class Installed(Protocol):
    """An environment that can be asked."""

    def look(self, names: Iterable[str]) -> Mapping[str, Symbol]:
        """What stands behind full names; one that could not be looked at in time is left out."""

    def version(self, package: str) -> str | None:
        """Of a package, by the name it is installed under."""

    def packages(self, module: str) -> tuple[str, ...]:
        """The packages that bring a module; none for the standard library and for what is not there."""


class Here:
    """This interpreter. Libraries are imported in a child process with a deadline, no secrets and no network of the hub's,
    and what it finds is kept until anything installed changes."""

    def __init__(self, cache: Path | None = None, seconds: float = DEADLINE, also: Sequence[Path] = ()) -> None:
        """`also`: folders with further libraries."""
        self.seconds, self.also = seconds, tuple(also)
        self.kept = cache / f"signatures-{_fingerprint(self.also)}.json" if cache is not None else None
        self.known: dict[str, Symbol] = {}
        if self.kept is not None and self.kept.is_file():
            with contextlib.suppress(
                ValueError, TypeError, KeyError, AttributeError, OSError
            ):  # a damaged cache is none
                self.known = {n: _symbol(n, said) for n, said in json.loads(self.kept.read_text("utf-8")).items()}

    def look(self, names: Iterable[str]) -> Mapping[str, Symbol]:
        wanted = list(dict.fromkeys(names))
        new = [name for name in wanted if name not in self.known and not NEVER & set(name.split("."))]
        if new:
            said = _ask(new, self.seconds, self.also)
            self.known |= {name: _symbol(name, about) for name, about in said.items()}
            self._keep(said)
        return {name: self.known[name] for name in wanted if name in self.known}

    def version(self, package: str) -> str | None:
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return None

    def packages(self, module: str) -> tuple[str, ...]:
        return () if module in sys.stdlib_module_names else tuple(sorted(set(_distributions().get(module, ()))))

    def _keep(self, said: Mapping[str, Any]) -> None:
        """What was broken may be mended by a word in the environment, so it is asked again."""
        if self.kept is None:
            return
        before: dict[str, Any] = {}
        with contextlib.suppress(ValueError, TypeError, OSError):
            before = dict(json.loads(self.kept.read_text("utf-8")))
        whole = {name: about for name, about in said.items() if not about.get("broken")}
        self.kept.parent.mkdir(parents=True, exist_ok=True)
        write_json(self.kept, {**before, **whole})


def _ask(names: list[str], seconds: float, also: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """Answers come line by line, so a deadline loses only what was not reached."""
    with tempfile.TemporaryDirectory(prefix="postgrad-look-") as empty:
        env = {
            "PATH": os.defpath, "HOME": empty, "TMPDIR": empty, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1",
            "HF_DATASETS_OFFLINE": "1", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8", "CUDA_VISIBLE_DEVICES": "",
            "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.pathsep.join(map(str, also)),
        }  # fmt: skip
        call = [sys.executable, "-P", str(Path(__file__).with_name("probe.py"))]
        try:
            done = subprocess.run(
                call, input=json.dumps({"names": names}).encode(), capture_output=True, timeout=seconds,
                cwd=empty, env=env, check=False,
            )  # fmt: skip
            out = done.stdout
        except subprocess.TimeoutExpired as late:
            out = late.stdout or b""
        except OSError as wrong:
            raise EnvironmentTrouble(f"can't start {sys.executable} to look at what is installed: {wrong}") from wrong
    found: dict[str, dict[str, Any]] = {}
    for line in out.decode("utf-8", "replace").splitlines():
        with contextlib.suppress(ValueError):  # the last one may be cut short
            about = json.loads(line)
            found[about.pop("name")] = about
    return found


def _symbol(name: str, said: Mapping[str, Any]) -> Symbol:
    takes = said.get("takes")
    return Symbol(
        name=name,
        found=bool(said["found"]),
        kind=said.get("kind", ""),
        about=said.get("about", ""),
        missing=said.get("missing", ""),
        near=tuple(said.get("near", ())),
        broken=said.get("broken", ""),
        takes=None if takes is None else tuple(Taken(**one) for one in takes),
        also=tuple(said.get("also", ())),
        fields=bool(said.get("fields")),
        loose=bool(said.get("loose")),
        method=bool(said.get("method")),
    )


def _argument(one: Taken) -> str:
    star = {"var_positional": "*", "var_keyword": "**"}.get(one.kind, "")
    return f"{star}{one.name}" + (f"={one.default}" if one.default else "")


@cache
def _distributions() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def _fingerprint(also: Sequence[Path]) -> str:
    """Of everything installed, and of how it is looked at: a class may take its arguments from a library that another
    version replaces."""
    folders = [*also, *(Path(entry) for entry in sys.path if entry and Path(entry).is_dir())]
    names = sorted(f.name for folder in folders for f in folder.glob("*.dist-info"))
    asked = Path(__file__).with_name("probe.py").read_text("utf-8")
    return hashlib.sha256("\n".join([sys.version, *names, asked]).encode()).hexdigest()[:12]
