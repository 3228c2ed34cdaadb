"""The one door through which a model sees files of a run: named pieces of experiments, no paths, no links, nothing sealed."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from state.errors import UserError

Json = dict[str, Any]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""How experiments and attempts are named: no dot and no slash, so that no name leads anywhere."""
ATTEMPT = re.compile(r"\d+|train-\d+|predict-\d+|predict-validation-\d+")
"""Attempts that may be looked at: what was made with sealed rows (predict-sealed, controls, reproduction) may not."""
PIECES = ("train.py", "run.py", "config.json", "experiment.json", "lock")
LOG, METRICS = "log.txt", "metrics.jsonl"
LARGEST = 64 * 1024 * 1024
"""Bytes of a file that are read at most: a training that logs more has its end read."""
NOT_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
SECRET = re.compile(
    r"\b(hf_[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|sk-[A-Za-z0-9_-]{16,}|AKIA[0-9A-Z]{16})\b"
)
SECRET_NAMES = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")
SHORTEST_SECRET = 8
"""Characters: shorter values stand in ordinary words, and are no secrets worth the name."""


@dataclass(frozen=True)
class JobLog:
    """A job whose output may be read: where it lies below the run's folder."""

    name: str
    place: tuple[str, ...]


class Records:
    """A run's folder, read only."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace

    def experiments(self) -> list[str]:
        return [name for name in self._folders("experiments") if NAME.fullmatch(name)]

    def known(self, experiment: str) -> str:
        """The name, if there is such an experiment with a folder."""
        names = self.experiments()
        if experiment not in names:
            has = ", ".join(names[-12:]) or "none yet"
            raise UserError(f"there is no experiment {experiment[:40]!r} with a folder; there is {has}")
        return experiment

    def piece(self, experiment: str, name: str) -> str:
        """One of the files an experiment is made of; empty where it has none."""
        if name not in PIECES:
            raise UserError(f"an experiment has {', '.join(PIECES)}; {name[:40]!r} is none of them")
        return self._text(("experiments", self.known(experiment), name)) or ""

    def attempts(self, experiment: str) -> list[str]:
        """Trainings first to last, then validations."""
        names = self._folders("experiments", self.known(experiment), "attempts")
        return sorted(
            (n for n in names if ATTEMPT.fullmatch(n)), key=lambda n: (not n.isdigit(), int(n.rsplit("-")[-1]))
        )

    def logs(self, experiment: str) -> list[JobLog]:
        """Jobs of an experiment that said something: its attempts, and the rehearsals of its folder."""
        found = [JobLog(name, ("experiments", experiment, "attempts", name)) for name in self.attempts(experiment)]
        for folder in self._folders("rehearsals"):
            if folder.rpartition("-")[0] == experiment and NAME.fullmatch(folder):
                inside = self._folders("rehearsals", folder, "attempts")
                found += [
                    JobLog(f"rehearsal {folder} {name}", ("rehearsals", folder, "attempts", name))
                    for name in inside
                    if ATTEMPT.fullmatch(name)
                ]
        return [job for job in found if self._is_there((*job.place, LOG))]

    def log(self, job: JobLog) -> str:
        return scrubbed(self._text((*job.place, LOG)) or "")

    def metrics(self, experiment: str, attempt: str = "") -> list[Json]:
        """What a training logged; of the last one unless another is named."""
        trainings = [name for name in self.attempts(experiment) if name.isdigit()]
        if attempt and attempt not in trainings:
            raise UserError(
                f"{experiment} has the trainings {', '.join(trainings) or 'none'}; {attempt[:20]!r} is none of them"
            )
        if not trainings:
            return []
        text = self._text(("experiments", experiment, "attempts", attempt or trainings[-1], METRICS)) or ""
        return [row for line in text.splitlines() if (row := _row(line))]

    def status(self, experiment: str) -> Json:
        """How its last training stands."""
        for attempt in reversed([name for name in self.attempts(experiment) if name.isdigit()]):
            if text := self._text(("experiments", experiment, "attempts", attempt, "status.json")):
                return _object(text)
        return {}

    def about(self, experiment: str) -> Json:
        return _object(self.piece(experiment, "experiment.json"))

    def _folders(self, *parts: str) -> list[str]:
        place = self._open(parts, folder=True)
        if place is None:
            return []
        try:
            return sorted(entry.name for entry in os.scandir(place) if entry.is_dir(follow_symlinks=False))
        finally:
            os.close(place)

    def _is_there(self, parts: Sequence[str]) -> bool:
        place = self._open(parts, folder=False)
        if place is None:
            return False
        os.close(place)
        return True

    def _text(self, parts: Sequence[str]) -> str | None:
        """A file's words, the end of one that is too long; None where there is none."""
        place = self._open(parts, folder=False)
        if place is None:
            return None
        with os.fdopen(place, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - LARGEST))
            return file.read(LARGEST).decode("utf-8", "replace")

    def _open(self, parts: Sequence[str], *, folder: bool) -> int | None:
        """A handle, walked to step by step: a link anywhere on the way is refused, whoever put it there and when."""
        at = os.open(self.workspace, os.O_RDONLY | os.O_DIRECTORY)
        for depth, part in enumerate(parts):
            if part in ("", ".", "..") or "/" in part or "\0" in part:
                os.close(at)
                raise UserError(f"{part[:40]!r} is no name of anything in this run")
            kind = os.O_DIRECTORY if folder or depth < len(parts) - 1 else os.O_NONBLOCK
            try:
                step = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | kind, dir_fd=at)
            except FileNotFoundError:
                return None
            except OSError as wrong:
                if wrong.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
                    raise UserError(f"{'/'.join(parts)} is not what it should be (a link?); it is not read") from wrong
                raise
            finally:
                os.close(at)
            at = step
        if not folder and not stat.S_ISREG(os.fstat(at).st_mode):
            os.close(at)
            raise UserError(f"{'/'.join(parts)} is no plain file; it is not read")
        return at


def scrubbed(text: str) -> str:
    """Without secrets: what the environment holds under telling names, and what looks like a key."""
    for name, value in os.environ.items():
        if name.endswith(SECRET_NAMES) and len(value) >= SHORTEST_SECRET:
            text = text.replace(value, f"${name}")
    return SECRET.sub("(a secret)", text)


def _object(text: str) -> Json:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _row(line: str) -> Json:
    """A line of metrics; one torn by a kill is none."""
    return {
        key: NOT_FINITE.get(value, value) if isinstance(value, str) else value for key, value in _object(line).items()
    }
