"""What a run may spend and has spent: reserved at its worst before anything starts, settled to the truth after.

One append-only file a run. An entry is keyed by job, so that a stage that runs again reserves nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.ledger.files import append_line, read_lines

KEPT_FOR_THE_END = 0.10
"""Share of the time that the search leaves for examination, reproduction and report."""


@dataclass(frozen=True)
class Answer:
    """Does it fit? With the numbers that say so."""

    fits: bool
    why: str


@dataclass(frozen=True)
class Spent:
    usd: float
    reserved_usd: float
    job_seconds: float
    jobs: int

    def to_json(self) -> dict[str, Any]:
        return {
            "usd": round(self.usd, 6), "reserved_usd": round(self.reserved_usd, 6),
            "job_seconds": round(self.job_seconds, 1), "jobs": self.jobs,
        }  # fmt: skip


@dataclass
class Ledger:
    path: Path
    budget: float | None = None
    """US dollars; `None` means no limit was set."""

    def reserve(self, job: str, kind: str, seconds: float, usd: float | None) -> Answer:
        """Set the worst case aside. An unknown price never fits: a person must say so at the gate."""
        spent = self.spent()
        if any(e["job"] == job for e in read_lines(self.path)):
            return Answer(True, f"{job} is reserved already")
        if usd is None:
            return Answer(False, f"the price of {job} is not known")
        if self.budget is not None and spent.usd + spent.reserved_usd + usd > self.budget + 1e-9:
            left = self.budget - spent.usd - spent.reserved_usd
            return Answer(False, f"{job} may cost ${usd:.2f} and ${left:.2f} of ${self.budget:.2f} is left")
        append_line(self.path, {"job": job, "kind": kind, "act": "reserve", "seconds": seconds, "usd": usd})
        return Answer(True, f"${usd:.2f} set aside")

    def settle(self, job: str, seconds: float, usd: float) -> None:
        if any(e["job"] == job and e["act"] == "settle" for e in read_lines(self.path)):
            return
        append_line(self.path, {"job": job, "act": "settle", "seconds": round(seconds, 2), "usd": usd})

    def total(self, what: str, usd: float) -> None:
        """What something that is paid as it goes has cost so far; the last word counts."""
        append_line(self.path, {"job": what, "act": "total", "usd": usd})

    @property
    def used_up(self) -> bool:
        """Is there nothing left of the budget?"""
        return self.budget is not None and self.spent().usd >= self.budget

    def spent(self) -> Spent:
        reserved: dict[str, float] = {}
        usd = seconds = 0.0
        settled: set[str] = set()
        totals: dict[str, float] = {}
        for entry in read_lines(self.path):
            if entry["act"] == "total":
                totals[entry["job"]] = entry["usd"]
            elif entry["act"] == "reserve":
                reserved[entry["job"]] = entry["usd"]
            elif entry["job"] not in settled:
                settled.add(entry["job"])
                reserved.pop(entry["job"], None)
                usd += entry["usd"]
                seconds += entry["seconds"]
        return Spent(usd + sum(totals.values()), sum(reserved.values()), seconds, len(settled) + len(reserved))
