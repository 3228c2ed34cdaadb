"""What a stage works with: its run's folder, the journal, the engine, the ledger, the mind. And how it waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lab.compute.engine import Engine, Job, JobStatus
from lab.compute.run_template import SEALED_OPENED
from lab.ledger.journal import Journal, history, of_kind
from lab.ledger.ledger import Ledger
from lab.model.helm import Helm, Role
from lab.model.mind import MOST_CALLS, REPLIES, Mind
from state.brief import Brief
from state.errors import IntegrityBroken
from state.notebook import Notebook, Update
from state.products import Judgement

if TYPE_CHECKING:
    from lab.model.chat import PaidChat
    from lab.model.replies import Replies

ENDED = ("finished", "failed", "stopped", "lost")


@dataclass(frozen=True)
class Wait:
    """A stage yields this while processes run; the wrapper waits, without holding up the server, and comes back."""

    jobs: tuple[Job, ...]
    seconds: float
    ready: Callable[[], bool]
    every: float = 0.1


Steps = Generator[Wait, None, Update]
Work = Callable[[Notebook, "Desk"], "Update | Steps"]


class Stream(Protocol):
    def __call__(self, token: str, part: str = "") -> None: ...


@dataclass
class Desk:
    """One visit of one stage."""

    home: Path
    run: str
    stage: str
    engine: Engine
    journal: Journal
    ledger: Ledger
    say: Callable[[str], None]
    mind: Mind | None = None
    helm: Helm | None = None
    """Which models there are; None without any, and then nothing of them is imported."""
    most_calls: int = MOST_CALLS
    stream: Stream = lambda token, part="": None
    """Words of a model as they come, from whichever thread; `part` tells readers that work side by side apart."""
    can_ask: bool = False
    """Is there a thread and a checkpointer, so that a question can wait for its answer?"""
    unanswered: str = ""
    """A model that was asked and came to no answer, until the playbook has decided in its place."""
    left: float | None = None
    """Working seconds that the run may still use, as this visit began; None without a limit."""
    clock: float = 0.0
    """Working seconds of the run when this visit began."""
    slots: int = 1
    statuses: dict[str, JobStatus] = field(default_factory=dict)
    chats: dict[Role, PaidChat] = field(default_factory=dict)
    replies: Replies | None = None
    """The model's answers of this visit, once anyone asks."""
    opening: threading.Lock = field(default_factory=threading.Lock)

    @property
    def workspace(self) -> Path:
        return self.home / "runs" / self.run

    def experiment(self, name: str) -> Path:
        return self.workspace / "experiments" / name

    def record(self, judgement: Judgement) -> None:
        self.journal.write("decision", **judgement.to_json())

    def judged(self, why: str, **choice: Any) -> None:
        """A choice made by rule; whose model came to no answer is named beside it."""
        made = Judgement(stage=self.stage, by="playbook", choice=choice, why=why).to_json()
        asked, self.unanswered = self.unanswered, ""
        self.journal.write("decision", **made, **({"model": asked} if asked else {}))

    def chat(self, role: Role) -> PaidChat:
        """The model of a role, its calls counted and kept with those of the whole visit."""
        from lab.model.chat import open_chat
        from lab.model.replies import Replies

        if self.helm is None:
            raise RuntimeError(f"{self.stage} asked for a model and there is none")
        if role not in self.chats:
            with self.opening:
                self.replies = self.replies or Replies(self.workspace / REPLIES, str(self.journal.step))
            made = open_chat(
                self.helm, role, home=self.home, workspace=self.workspace, ledger=self.ledger,
                most_calls=self.most_calls, replies=self.replies,
            )  # fmt: skip
            made.say, made.note = self.say, self.fallback
            self.chats[role] = made
        return self.chats[role]

    def ran_out(self, of: str, why: str) -> None:
        """The run may not ask its model any more: said once, not at every decision that follows."""
        what = f"model {of}"
        if not any(record.get("what") == what for record in of_kind(history(self.journal.path), "fallback")):
            self.fallback(what, f"{why}; the playbook decides from here on")
            self.say(f"{why}; the playbook decides from here on")

    def fallback(self, what: str, why: str) -> None:
        self.journal.write("fallback", what=what, why=why)


def goal(state: Notebook) -> Brief:
    return Brief.model_validate(state["goal"])


def finish(desk: Desk, jobs: Iterable[Job], **about: Any) -> Generator[Wait, None, dict[str, JobStatus]]:
    """Start what is not started, and come back when all have ended."""
    todo = tuple(jobs)
    for job in todo:
        desk.engine.submit(job)

    def seen() -> dict[str, JobStatus]:
        return {job.id: desk.engine.status(job) for job in todo}

    def ready() -> bool:
        return all(status.state in ENDED for status in seen().values())

    while not ready():
        yield Wait(todo, 60.0, ready)
    ended = seen()
    for job in todo:
        note_job(desk, job, ended[job.id], **about)
    for job in todo:
        refuse_void(job, ended[job.id])
    return ended


def note_job(desk: Desk, job: Job, status: JobStatus, **about: Any) -> None:
    """A job has ended: into the journal, and its reservation settled to what it really took."""
    seconds = max(0.0, (status.ended_at or 0) - (status.started_at or status.ended_at or 0))
    desk.journal.write(
        "job", id=job.id, job_kind=job.kind, experiment=Path(job.folder).name, attempt=job.attempt, state=status.state,
        why=status.why, seconds=round(seconds, 2), sandbox=status.sandbox, **about,
    )  # fmt: skip
    price = desk.engine.price(job)
    desk.ledger.settle(job.id, seconds, (price or 0.0) * seconds / 3600)


def refuse_void(job: Job, status: JobStatus) -> None:
    """A job that reached for sealed answers makes every number of the run doubtful: the run ends there."""
    if status.rc == SEALED_OPENED:
        raise IntegrityBroken(
            f"{Path(job.folder).name} ({job.kind}) reached for the sealed answers: its result is void"
        )


def one_after_another(name: str, taken: Iterable[str]) -> str:
    """The next attempt of a kind: `predict-validation-1`, then -2."""
    numbers = [int(t.rsplit("-", 1)[1]) for t in taken if t.startswith(f"{name}-") and t.rsplit("-", 1)[1].isdigit()]
    return f"{name}-{max(numbers, default=0) + 1}"
