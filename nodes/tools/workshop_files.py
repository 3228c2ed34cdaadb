"""The draft folder of one experiment: what may be read and written there, and every version that stood in it."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.ledger.files import append_line, read_json, read_lines, write_atomic, write_json
from state.errors import UserError

SCRIPT, CONFIG = "train.py", "config.json"
VERSIONS = ".versions"
TRUSTED = frozenset(["run.py", "experiment.json", "lock", "starts.jsonl", "status.json", "metrics.jsonl", "log.txt", "job.json",
                     "predictions.jsonl"])  # fmt: skip
TRUSTED_FOLDERS = frozenset(["data", "attempts", VERSIONS, "checkpoints", "model", ".tmp"])
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}\.(py|json|md)")
BIGGEST = {SCRIPT: 100_000, CONFIG: 20_000}
"""Characters: five times the largest honest script; helpers get what a config gets."""
MOST_FILES = 12
LARGEST = 64 * 1024 * 1024
"""Bytes of a file that is read, a page at a time or whole."""
LONGEST_NAME = 200
"""Bytes: no name in the draft folder is longer, and a system refuses what is."""
PAGE_LINES, PAGE_CHARACTERS, WIDEST = 250, 12_000, 1_000
DIFF_LINES = 160
_one_at_a_time = threading.Lock()
"""A model may read two files in one reply, and both reads are told side by side."""
ONE_SCRIPT = "the experiment stays one script: write it into train.py"


@dataclass(frozen=True)
class Version:
    """One text of one file, kept."""

    n: int
    file: str
    sha: str
    why: str
    added: int
    removed: int


class Files:
    """Reading and writing below one root, and nowhere else."""

    def __init__(self, root: Path, kept: Path | None = None) -> None:
        self.root = root.resolve()
        self.kept = kept if kept is not None else self.root / VERSIONS
        """Where versions and what was read are kept: outside the root if scripts that run there must not reach it."""

    # --- names --------------------------------------------------------------------------------------------------------
    def inside(self, name: str) -> Path:
        """The path of a name below the root; a way out of it is refused before anything is opened."""
        parts = Path(name).parts
        fit = name.strip() and name.isprintable() and len(name.encode()) <= LONGEST_NAME
        if not fit or Path(name).is_absolute() or ".." in parts:
            raise UserError(f"{name[:60]!r} is no name inside the draft folder; list_files shows what is there")
        path = self.root
        for part in parts:
            path = path / part
            if path.is_symlink():
                raise UserError(f"{name} is a link; only real files of the draft folder are read and written")
        return path

    def writable(self, name: str) -> Path:
        path = self.inside(name)
        top = Path(name).parts[0]
        if Path(name).as_posix() in TRUSTED or top in TRUSTED_FOLDERS:
            raise UserError(f"{name} is not yours to write; write train.py, config.json, or a .json or .md beside them")
        if NAME.fullmatch(name) is None:
            raise UserError(f"{name} can't be written; names are plain, beside train.py, and end in .py, .json or .md")
        if name.endswith(".py") and name != SCRIPT:
            raise UserError(f"{name} would be a second script; {ONE_SCRIPT}")
        return path

    def listed(self) -> Iterator[tuple[str, int]]:
        """Every file with its size; of versions and attempts only how many there are."""
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in name.parts)
            if path.is_file() and not path.is_symlink() and not hidden:
                yield name.as_posix(), path.stat().st_size

    # --- reading ------------------------------------------------------------------------------------------------------
    def text(self, name: str) -> str:
        path = self.inside(name)
        if "validation" in path.name or "sealed" in name or "_answers" in path.name:
            raise UserError(f"{name} holds rows that a result is measured on; nobody reads them here")
        try:
            raw = _plain_bytes(path, name)
        except FileNotFoundError:
            raise UserError(f"there is no {name}; list_files shows what is there") from None
        except IsADirectoryError:
            raise UserError(f"{name} is a folder; list_files shows what is in it") from None
        except OSError as wrong:
            raise UserError(f"{name} can't be read: {wrong.strerror}") from wrong
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise UserError(f"{name} is not text ({len(raw)} bytes)") from None

    def page(self, name: str, first: int, count: int) -> str:
        """Lines with their numbers, and where to go on. It counts as having been read."""
        text = self.text(name)
        lines = text.splitlines()
        if first > max(1, len(lines)):
            raise UserError(f"{name} has {len(lines)} lines; there is no line {first}")
        shown: list[str] = []
        size = 0
        for number, line in enumerate(lines[first - 1 : first - 1 + count], first):
            cut = line if len(line) <= WIDEST else f"{line[:WIDEST]} [... {len(line) - WIDEST} more characters]"
            size += len(cut) + 7
            if shown and size > PAGE_CHARACTERS:
                break
            shown.append(f"{number:5} {cut}")
        end = first - 1 + len(shown)
        self.saw(name, text)
        rest = (
            f"[lines {first} to {end} of {len(lines)}; go on with first={end + 1}]" if end < len(lines) else "[the end]"
        )
        return "\n".join([f"{name}, {len(lines)} lines", *shown, rest])

    def saw(self, name: str, text: str) -> None:
        """On disk, because a stage that is taken up again still has what was read in its conversation."""
        with _one_at_a_time:
            seen = self._seen()
            if seen.get(name) != sha(text):
                write_json(self.kept / "seen.json", {**seen, name: sha(text)})

    def has_seen(self, name: str, text: str) -> bool:
        return self._seen().get(name) == sha(text)

    def _seen(self) -> dict[str, str]:
        path = self.kept / "seen.json"
        return dict(read_json(path)) if path.exists() else {}

    # --- writing ------------------------------------------------------------------------------------------------------
    def put(self, name: str, text: str, why: str) -> str:
        """Keep the version, write the file, say what changed. Done twice it is done once."""
        path = self.writable(name)
        most = BIGGEST.get(name, BIGGEST[CONFIG])
        if len(text) > most:
            raise UserError(f"{name} would be {len(text)} characters long; at most {most}: data stays in data/")
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise UserError(f"{name} would hold what is no text; write plain characters")
        if name.endswith(".json"):
            _json(name, text)
        before = self.text(name) if path.exists() else ""
        if not path.exists() and sum(NAME.fullmatch(p.name) is not None for p in self.root.iterdir()) >= MOST_FILES:
            raise UserError("there are too many files in the draft folder; use those that are there")
        if path.exists() and before == text:
            self.keep(name, text, before, why)
            self.saw(name, text)
            return f"{name} already says exactly this: nothing changed"
        if path.exists() and not self.versions(name):
            self.keep(name, before, "", "as it was found")
        self.keep(name, text, before, why)
        write_atomic(path, text)
        self.saw(name, text)
        return diff(name, before, text)

    def keep(self, name: str, text: str, before: str, why: str) -> Version:
        """A version with its line in versions.jsonl; the newest is never kept twice."""
        mine = self.versions(name)
        if mine and mine[-1].sha == sha(text):
            return mine[-1]
        added, removed = _size(before, text)
        version = Version(len(self.versions()) + 1, name, sha(text), " ".join(why.split())[:300], added, removed)
        write_atomic(self.kept / f"{version.n:03}-{name}", text)
        line = {
            "n": version.n,
            "file": name,
            "sha": version.sha,
            "why": version.why,
            "added": added,
            "removed": removed,
        }
        append_line(self.kept / "versions.jsonl", line)
        return version

    def versions(self, name: str = "") -> list[Version]:
        """All that stood here, oldest first."""
        lines = (Version(**line) for line in read_lines(self.kept / "versions.jsonl"))
        return [version for version in lines if not name or version.file == name]

    def was_done(self, name: str, text: str, old: str, new: str) -> bool:
        """Whether this very edit made the file what it is: it is asked for again after a crash."""
        mine = self.versions(name)
        if not old or len(mine) < 2 or mine[-1].sha != sha(text):
            return False
        before = self.version_text(mine[-2])
        return before.count(old) == 1 and before.replace(old, new) == text

    def version_text(self, version: Version) -> str:
        return (self.kept / f"{version.n:03}-{version.file}").read_text(encoding="utf-8")


def _plain_bytes(path: Path, name: str) -> bytes:
    """What a script left in the folder may be a pipe that nobody writes to, or longer than the memory there is."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        seen = os.fstat(handle)
        if not stat.S_ISREG(seen.st_mode):
            raise UserError(f"{name} is no plain file; it is not read")
        if seen.st_size > LARGEST:
            raise UserError(
                f"{name} has {seen.st_size:,} bytes, and no more than {LARGEST:,} are read; read a smaller file"
            )
        return file.read()


def replaced(name: str, text: str, old: str, new: str) -> str:
    """The text with `old`, which must stand there once, replaced."""
    if not old:
        raise UserError("the old text is empty; write_file makes a file anew")
    if old == new:
        raise UserError("the old text and the new are the same")
    count = text.count(old)
    if count == 1:
        return text.replace(old, new)
    if count > 1:
        at = [text[: m.start()].count("\n") + 1 for m in re.finditer(re.escape(old), text)]
        where = ", ".join(map(str, at[:8]))
        raise UserError(
            f"the old text stands {count} times in {name}, in lines {where}; give more of what is round the one you mean"
        )
    raise UserError(f"the old text does not stand in {name}; nearest to it: {_nearest(text, old)}")


def _nearest(text: str, old: str) -> str:
    """The place that is most like it, with its number, so that it can be copied as it stands."""
    wanted = next((line.strip() for line in old.splitlines() if line.strip()), "")
    lines = text.splitlines()
    close = difflib.get_close_matches(wanted, [line.strip() for line in lines], 1, 0.4)
    if not close:
        return "nothing like it; read the file again"
    at = next(i for i, line in enumerate(lines) if line.strip() == close[0])
    same = (
        " (the same words, with other spaces or line ends)"
        if "".join(wanted.split()) == "".join(close[0].split())
        else ""
    )
    return " | ".join(f"{i + 1}: {lines[i][:200]}" for i in range(at, min(len(lines), at + 3))) + same


def diff(name: str, before: str, after: str) -> str:
    rows = list(
        difflib.unified_diff(before.splitlines(), after.splitlines(), f"{name} before", f"{name} now", lineterm="", n=2)
    )
    more = (
        [f"[{len(rows) - DIFF_LINES} more lines of the difference; read_file shows the file]"]
        if len(rows) > DIFF_LINES
        else []
    )
    return "\n".join([row[:WIDEST] for row in rows[:DIFF_LINES]] + more) or f"{name}: only line ends differ"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _size(before: str, after: str) -> tuple[int, int]:
    rows = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
    return sum(r.startswith("+") for r in rows), sum(r.startswith("-") for r in rows)


def _json(name: str, text: str) -> None:
    def unfit(word: str) -> Any:
        raise ValueError(f"{word} is no JSON")

    try:
        value = json.loads(text, parse_constant=unfit)
    except (ValueError, RecursionError) as wrong:
        raise UserError(f"{name} would not be JSON: {str(wrong)[:200]}") from wrong
    if name == CONFIG and not isinstance(value, dict):
        raise UserError(f"{name} must be one JSON object of settings")
