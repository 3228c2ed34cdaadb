"""What a job is, how it stands, and what an engine can do with it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

JobKind = Literal["data", "rehearsal", "train", "predict", "control", "reproduce"]
JobState = Literal["queued", "running", "finished", "failed", "stopped", "lost"]
FINAL: frozenset[str] = frozenset({"finished", "failed", "stopped", "lost"})
GRACE = 3.0  # seconds between asking a job to end and ending it

_ATTEMPT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is reserved in the checkpoint before anything starts."""

    id: str
    kind: JobKind
    folder: str
    attempt: str
    argv: tuple[str, ...]
    seconds: float
    memory_mb: int = 4096
    reads: tuple[str, ...] = ()
    network: bool = False

    def __post_init__(self) -> None:
        if not Path(self.folder).is_absolute():
            raise ValueError(f"job {self.id}: the folder {self.folder!r} is not absolute")
        if not _ATTEMPT.fullmatch(self.attempt):
            raise ValueError(f"job {self.id}: {self.attempt!r} is no name for an attempt")
        if self.seconds <= 0 or self.memory_mb <= 0:
            raise ValueError(f"job {self.id}: its limits must be above zero")

    @property
    def place(self) -> Path:
        """The folder of this attempt: job.json, status.json, log.txt."""
        return Path(self.folder) / "attempts" / self.attempt

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "argv": list(self.argv), "reads": list(self.reads)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Job:
        """The inverse of `to_dict`."""
        return cls(**{**data, "argv": tuple(data["argv"]), "reads": tuple(data.get("reads", ()))})


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    """How a job stands, and why."""

    state: JobState
    why: str = ""
    rc: int | None = None
    queued_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    pid: int | None = None
    sandbox: str = ""

    @property
    def final(self) -> bool:
        """Nothing more will come of it under this attempt id."""
        return self.state in FINAL

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> JobStatus:
        """From a dict or a status.json, whose own book-keeping is passed over."""
        return cls(**{key: data[key] for key in cls.__dataclass_fields__ if key in data})


class Engine(Protocol):
    """A place where jobs run. Each call may be repeated; none starts a job twice."""

    name: str

    def submit(self, job: Job) -> JobStatus:
        """Start the job, or adopt it where it has begun already."""

    def status(self, job: Job) -> JobStatus:
        """How it stands now; changes nothing."""

    def log(self, job: Job, since: int = 0, limit: int = 65536) -> tuple[str, int]:
        """Its output from byte `since` on, and where to go on reading."""

    def cancel(self, job: Job, why: str, grace: float = GRACE) -> JobStatus:
        """Stop it with all its children, and see that they are gone."""

    def price(self, job: Job) -> float | None:
        """Dollars an hour; None where nobody knows."""
