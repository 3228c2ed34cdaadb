"""What a run may spend and has spent: reserved at its worst before anything starts, settled to the truth after.

One append-only file a run. An entry is keyed by job, so that a stage that runs again reserves nothing twice; by call for
what a model says, with the process that asks: a reservation whose process is gone is seen to be one, and blocks nothing.
"""

from __future__ import annotations

import json
import threading
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from lab.ledger.files import append_line

KEPT_FOR_THE_END = 0.10
"""Share of the time that the search leaves for examination, reproduction and report."""


MODEL = "model"
"""The kind of entry that is a question to a model."""

HOLDER = uuid.uuid4().hex[:12]
"""This process. A run is held by one at a time, so whatever another one left open, it left behind."""

_guard = threading.RLock()
"""Looking and setting aside are one act, also for readers that work side by side."""


@dataclass(frozen=True)
class Answer:
    """Does it fit? With the numbers that say so."""

    fits: bool
    why: str
    short: Literal["", "calls", "budget"] = ""
    """Of what there is too little."""
    wait: bool = False
    """Another call is being made, and may cost less than was set aside for it."""


@dataclass(frozen=True)
class Spent:
    usd: float
    reserved_usd: float
    job_seconds: float
    jobs: int
    calls: int = 0
    """Times a model was asked and may have been paid."""

    def to_json(self) -> dict[str, Any]:
        return {
            "usd": round(self.usd, 6), "reserved_usd": round(self.reserved_usd, 6),
            "job_seconds": round(self.job_seconds, 1), "jobs": self.jobs,
            "model_calls": self.calls,
        }  # fmt: skip


@dataclass
class _Books:
    """The entries added up; read on from where the last look ended."""

    read: int = 0
    reserved: dict[str, dict[str, Any]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    totals: dict[str, float] = field(default_factory=dict)
    usd: float = 0.0
    seconds: float = 0.0
    jobs: int = 0
    closed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def enter(self, entry: dict[str, Any]) -> None:
        job = entry["job"]
        if entry["act"] == "closed":
            self.closed[entry["short"]] = entry
        elif entry["act"] == "total":
            self.totals[job] = entry["usd"]
        elif entry["act"] == "reserve":
            self.known.add(job)
            self.reserved[job] = entry
            self.jobs += entry["kind"] != MODEL
            if entry["kind"] == MODEL:
                self.calls.add(job)
        elif job not in self.settled:
            self.settled.add(job)
            self.jobs += job not in self.known
            self.known.add(job)
            self.reserved.pop(job, None)
            self.usd += entry["usd"]
            self.seconds += entry["seconds"]
            if not entry.get("paid", True):
                self.calls.discard(job)

    @property
    def spent(self) -> Spent:
        aside = sum(entry["usd"] for entry in self.reserved.values())
        return Spent(self.usd + sum(self.totals.values()), aside, self.seconds, self.jobs, len(self.calls))


@dataclass
class Ledger:
    path: Path
    budget: float | None = None
    """US dollars; `None` means no limit was set."""
    _books: _Books = field(default_factory=_Books, init=False, repr=False, compare=False)

    def reserve(self, job: str, kind: str, seconds: float, usd: float | None) -> Answer:
        """Set the worst case aside. An unknown price never fits: a person must say so at the gate."""
        with _guard:
            if job in self._look().known:
                return Answer(True, f"{job} is reserved already")
            if usd is None:
                return Answer(False, f"the price of {job} is not known")
            if short := self._short(job, usd):
                return short
            append_line(self.path, {"job": job, "kind": kind, "act": "reserve", "seconds": seconds, "usd": usd})
        return Answer(True, f"${usd:.2f} set aside")

    def settle(self, job: str, seconds: float, usd: float) -> None:
        with _guard:
            if job not in self._look().settled:
                append_line(self.path, {"job": job, "act": "settle", "seconds": round(seconds, 2), "usd": usd})

    def reserve_call(self, call: str, usd: float, sent: float, most: int) -> Answer:
        """Set one question to a model aside: its worst, and within it what is lost if the answer never comes."""
        with _guard:
            if closed := self._closed(most):
                return closed
            asked = len(self._look().calls)
            short = self._short("the next model call", usd)
            if asked >= most:
                short = Answer(False, f"the run has made its {most} model calls", "calls")
            if short:
                at_work = any(e["kind"] == MODEL and e["holder"] == HOLDER for e in self._look().reserved.values())
                return replace(short, wait=True) if at_work else self._close(short, most)
            entry = {"job": call, "kind": MODEL, "act": "reserve", "seconds": 0.0, "usd": usd, "sent": sent}
            append_line(self.path, {**entry, "holder": HOLDER})
        return Answer(True, f"call {asked + 1} of {most}")

    def _closed(self, most: int) -> Answer | None:
        """Once it was said that the model is asked no more, it is asked no more; unless a person has raised that limit."""
        for short, entry in self._look().closed.items():
            held, now = (entry["most"], most) if short == "calls" else (entry["budget"], self.budget)
            if now is not None and now <= held:
                return Answer(False, entry["why"], entry["short"])
        return None

    def _close(self, short: Answer, most: int) -> Answer:
        entry = {"job": MODEL, "act": "closed", "short": short.short, "why": short.why}
        append_line(self.path, {**entry, "most": most, "budget": self.budget})
        return short

    def settle_call(self, call: str, usd: float, paid: bool, why: str) -> None:
        """What it came to. Not `paid`: the provider refused it, so it is no call of the run's."""
        with _guard:
            if call not in self._look().settled:
                entry = {"job": call, "act": "settle", "seconds": 0.0, "usd": usd, "paid": paid, "why": why}
                append_line(self.path, entry)

    def left_behind(self) -> dict[str, float]:
        """Calls that a process now gone had open, and what their questions cost: settle them."""
        with _guard:
            open_calls = [e for e in self._look().reserved.values() if e["kind"] == MODEL]
        return {e["job"]: e["sent"] for e in open_calls if e["holder"] != HOLDER}

    @property
    def used_up(self) -> bool:
        """Is there nothing left of the budget?"""
        return self.budget is not None and self.spent().usd >= self.budget

    def spent(self) -> Spent:
        with _guard:
            return self._look().spent

    def _short(self, what: str, usd: float) -> Answer | None:
        spent = self._look().spent
        if self.budget is None or spent.usd + spent.reserved_usd + usd <= self.budget + 1e-9:
            return None
        left = self.budget - spent.usd - spent.reserved_usd
        line = f"{what} may cost ${_cents(usd)} and ${_cents(left)} of ${self.budget:.2f} is left"
        return Answer(False, line, "budget")

    def _look(self) -> _Books:
        """What was written since the last look, by whomever; a last line torn by a kill waits for its end."""
        try:
            with self.path.open("rb") as file:
                file.seek(0, 2)
                if file.tell() < self._books.read:  # another file than before
                    self._books = _Books()
                file.seek(self._books.read)
                news = file.read()
        except FileNotFoundError:
            self._books = _Books()
            return self._books
        whole = news[: news.rfind(b"\n") + 1]
        self._books.read += len(whole)
        for line in whole.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # torn by a kill; whoever wrote it writes again
            self._books.enter(entry)
        return self._books


def _cents(usd: float) -> str:
    return f"{usd:.2f}" if usd >= 0.1 or usd <= 0 else f"{usd:.4f}"
