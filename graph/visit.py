"""One visit of one stage: what happens before, during and after its work."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.config import get_config, get_stream_writer
from langgraph.runtime import get_runtime

from graph.routes import Route
from lab.ledger import locks
from lab.ledger.files import append_line, read_json, read_lines
from lab.ledger.journal import Journal
from lab.ledger.ledger import Ledger
from nodes.desk import Desk, Wait, Work, note_job
from state.bounds import BOUNDS
from state.errors import PostgradError, UserError
from state.notebook import FIELDS, VERSION, Notebook, Update
from state.settings import Settings

if TYPE_CHECKING:
    from lab.compute.sandbox import SandboxLevel

TRAIL_KEPT, NOTES_KEPT, MESSAGES_KEPT = 40, 5, 12
"""How much of a long run stands in the state; the journal holds the rest."""

NO_STOP = ("report", "approve_publication", "publication")
"""Stages that a stop leads to; they are not stopped themselves."""


class Halt(Exception):
    """The run was asked to stop, or its time is over, while a stage waited."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.reason = kind, reason


class OldState(UserError):
    """The checkpoint was written by another version of the notebook."""


@dataclass
class Visit:
    stage: str
    state: Notebook
    rule: Callable[[Any], Route]
    exits: dict[str, str]
    desk: Desk
    lock: Path
    began: float = field(default_factory=time.monotonic)
    steps: Generator[Wait, None, Update] | None = None

    @classmethod
    def open(cls, stage: str, state: Notebook, rule: Callable[[Any], Route], exits: dict[str, str]) -> Visit:
        version = state.get("version", VERSION)
        if version != VERSION:
            raise OldState(
                f"this run was written with notebook version {version}, this postgrad reads {VERSION}; use the postgrad it began with"
            )
        desk = set_up(stage, state)
        lock = desk.workspace / "lock"
        locks.join(lock)
        try:
            visit = cls(stage, state, rule, exits, desk, lock)
            desk.journal.enter(stage)
            desk.say(f"{stage} …")
        except BaseException:
            locks.release(lock)
            raise
        return visit

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        if self.steps is not None:
            self.steps.close()
        locks.release(self.lock)

    def begin(self, work: Work) -> Update | Wait:
        """First step of the stage's work; a run that was asked to stop does not begin it."""
        self.check()
        made = work(self.state, self.desk)
        if isinstance(made, dict):
            return made
        self.steps = made
        return self.go_on()

    def go_on(self) -> Update | Wait:
        assert self.steps is not None
        try:
            return next(self.steps)
        except StopIteration as done:
            return dict(done.value)

    def check(self) -> None:
        """Raise `Halt` if a person asked to stop or the time is over."""
        if halt := self._halt():
            raise halt

    def _halt(self) -> Halt | None:
        if self.stage in NO_STOP:
            return None
        asked = self.desk.workspace / "stop.json"
        if asked.exists():
            return Halt("stopped", read_json(asked).get("why") or "stopped by a person")
        limit = ((self.state.get("goal") or {}).get("limits") or {}).get("time")
        used = self.desk.clock + time.monotonic() - self.began
        if limit is not None and used > limit:
            return Halt("out_of_budget", f"the time limit of {limit:.0f} s is used up")
        return None

    def halted(self, halt: Halt) -> Update:
        self._stop_jobs(halt.reason)
        return {"stop": {"kind": halt.kind, "reason": halt.reason, "stage": self.stage}}

    def _stop_jobs(self, why: str) -> None:
        """A run that goes to its report leaves nothing running behind."""
        from lab.compute.folder import live_jobs

        for job in live_jobs(self.desk.workspace):
            note_job(self.desk, job, self.desk.engine.cancel(job, why))

    def failed(self, reason: str) -> Update:
        self._stop_jobs(reason)
        self.desk.journal.write("error", stage=self.stage, why=reason)
        if "stop" not in self.exits:  # there is no report after the report: the run stays where it is
            raise PostgradError(f"{reason}; when that is mended: postgrad resume {self.desk.run}")
        return {"stop": {"kind": "failed", "reason": reason, "stage": self.stage}}

    def broke(self, wrong: BaseException, trace: str) -> Update:
        """A defect of ours or a case nobody thought of: the traceback to the log, one line to the report."""
        append_line(self.desk.workspace / "errors.jsonl", {"stage": self.stage, "trace": trace})
        said = " ".join(str(wrong).split())
        return self.failed(f"{self.stage} broke: {type(wrong).__name__}: {said} (traceback in errors.jsonl)")

    def close(self, update: Update) -> Update:
        """Check what the stage returned, choose the way on, and write both down."""
        strange = sorted(set(update) - FIELDS)
        if strange:
            raise ValueError(f"{self.stage} returned fields the notebook does not have: {strange}")
        state: dict[str, Any] = {**self.state, **update}
        took = time.monotonic() - self.began
        chosen = decide(self.stage, state, self.rule, self.exits)
        self.desk.journal.write(
            "leave",
            stage=self.stage,
            label=chosen["next"]["label"],
            to=chosen["next"]["to"],
            why=chosen["next"]["why"],
            seconds=round(took, 3),
        )
        self.desk.say(f"{self.stage}: {chosen['next']['why']}")
        told = [line["text"] for line in read_lines(self.desk.workspace / "tell.jsonl")]
        for note in told[int(state.get("heard", 0)) :]:
            self.desk.journal.write("tell", text=note)
        return {
            **update,
            **chosen,
            "version": VERSION,
            "stage": self.stage,
            "step": self.desk.journal.step,
            "trail": [*state.get("trail", []), self.stage][-TRAIL_KEPT:],
            "clock": round(self.desk.clock + took, 3),
            "heard": len(told),
            "notes": told[-NOTES_KEPT:],
            "messages": [
                *state.get("messages", []),
                {"type": "ai", "content": f"{self.stage}: {chosen['next']['why']}"},
            ][-MESSAGES_KEPT:],
        }


def decide(stage: str, state: dict[str, Any], rule: Callable[[Any], Route], exits: dict[str, str]) -> Update:
    """The way on: a stop first, then the stage's own rule, then the bound of the edge it chose."""
    stop = state.get("stop")
    bounds = dict(state.get("bounds") or {})
    if stop and "stop" in exits:
        return _went(stage, Route("stop", stop["reason"]), exits, {"bounds": bounds})
    route = rule(state)
    if route.label == "stop":
        halt = {"kind": "no_way_on", "reason": route.why, "stage": stage}
        return _went(stage, route, exits, {"bounds": bounds, "stop": halt})
    edge = f"{stage}→{exits[route.label]}"
    if edge in BOUNDS:
        if bounds.get(edge, 0) >= BOUNDS[edge]:
            reason = f"{edge} was taken {BOUNDS[edge]} times, its bound; the last reason was: {route.why}"
            halt = {"kind": "bound", "reason": reason, "stage": stage}
            return _went(stage, Route("stop", reason), exits, {"bounds": bounds, "stop": halt})
        bounds[edge] = bounds.get(edge, 0) + 1
    return _went(stage, route, exits, {"bounds": bounds})


def _went(stage: str, route: Route, exits: dict[str, str], more: Update) -> Update:
    return {**more, "next": {"stage": stage, "label": route.label, "to": exits[route.label], "why": route.why}}


def _level(wanted: str | None) -> SandboxLevel | None:
    if wanted in (None, "", "bwrap", "plain"):
        return wanted or None  # type: ignore[return-value]
    raise UserError(f"sandbox is {wanted!r}; choose bwrap or plain")


def set_up(stage: str, state: Notebook) -> Desk:
    """Lay out the desk for this visit from the state, the settings and the run's folder."""
    from lab.compute.environment import cores
    from lab.compute.local import LocalEngine
    from lab.model.helm import steer
    from lab.model.mind import MOST_CALLS, ChatMind

    settings = get_runtime(Settings).context or Settings()
    home = settings.home_path()
    run = state.get("run") or state.get("name")
    if not run:
        raise UserError(
            "this graph has no run: start it through open_graph() or the graph of `from graph import graph`"
        )
    workspace = home / "runs" / run
    workspace.mkdir(parents=True, exist_ok=True)
    goal = state.get("goal") or {}
    engine = LocalEngine(home, slots=settings.slots, demand=_level(settings.sandbox))
    write, context = get_stream_writer(), contextvars.copy_context()

    def writer(told: dict[str, Any]) -> None:
        """From any thread: the writer looks for its run in the context, and a reader's thread has none of its own."""
        context.copy().run(write, told)

    limits = goal.get("limits") or {}
    helm = steer(state, settings)
    desk = Desk(
        home=home,
        run=run,
        stage=stage,
        engine=engine,
        journal=Journal(workspace / "journal.jsonl", step=int(state.get("step", 0)) + 1),
        ledger=Ledger(workspace / "ledger.jsonl", limits.get("budget")),
        say=lambda line: writer({"say": line, "stage": stage, "run": run}),
        helm=helm,
        most_calls=MOST_CALLS if limits.get("model_calls") is None else int(limits["model_calls"]),
        stream=lambda token, part="": writer({"token": token, "part": part, "stage": stage, "run": run}),
        can_ask=bool(get_config()["configurable"].get("__can_ask")),
        clock=float(state.get("clock", 0.0)),
        left=None if limits.get("time") is None else float(limits["time"]) - float(state.get("clock", 0.0)),
        slots=settings.slots or cores(),
    )
    if helm is not None:
        desk.mind = ChatMind(
            helm.of("judging"), lambda: desk.chat("judging").model_copy(update={"on_token": desk.stream})
        )
    return desk
