"""The run's full history, append-only: what each stage did, decided, saw and heard.

A stage that was killed runs again and writes again. Every record carries the number of its stage's step, so a reader
keeps what the last visit of a step wrote and forgets what a killed one had begun.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.ledger.files import append_line, read_lines

Record = dict[str, Any]


@dataclass
class Journal:
    """Writes `journal.jsonl`, reading back by kind."""

    path: Path
    step: int = 0
    written: list[Record] = field(default_factory=list)

    def enter(self, stage: str) -> None:
        self.write("enter", stage=stage)

    def write(self, kind: str, **record: Any) -> None:
        line = {"t": round(time.time(), 3), "step": self.step, "kind": kind, **record}
        append_line(self.path, line)
        self.written.append(line)


def history(path: Path) -> list[Record]:
    """All records, without those of visits that were cut off and made again."""
    kept: dict[int, list[Record]] = {}
    for record in read_lines(path):
        step = int(record.get("step", 0))
        if record.get("kind") == "enter":
            kept[step] = [r for r in kept.get(step, []) if r["kind"] in ANY_TIME]
        kept.setdefault(step, []).append(record)
    return [record for step in sorted(kept) for record in kept[step]]


ANY_TIME = ("cost",)
"""Kinds that stay true although the stage was cut off: money spent."""


def of_kind(records: list[Record], *kinds: str) -> list[Record]:
    return [r for r in records if r["kind"] in kinds]
