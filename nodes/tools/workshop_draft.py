"""The draft of one experiment: what it says, whether it is fit, how it failed, and how often it was tried."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from lab.checks.contract.check import check_script
from lab.checks.contract.fault import Contract
from lab.checks.contract.same_task import Draft, objections
from lab.checks.contract.signatures import Installed
from lab.checks.failures import Failure
from lab.ledger.files import append_line, read_lines
from nodes.tools.workshop_files import CONFIG, SCRIPT, Files
from state.errors import UserError

MOST_RUNS = 10
"""Tiny runs of one draft: an honest script needs two or three, and each takes a slot."""
SECONDS = 180.0
"""Importing torch and trl takes ten of them, the rest is for a few steps."""


@dataclass
class Workshop:
    """The draft of one experiment."""

    root: Path
    columns: Sequence[str] = ()
    """Of the data, whether they stand in a row or inside its input."""
    installed: Installed | None = None
    network: bool = False
    """Granted to its jobs."""
    most_runs: int = MOST_RUNS
    seconds: float = SECONDS
    kept: Path | None = None
    """Where versions, failures and runs are written down; root/.versions if not said."""
    used: int = field(default=0, init=False)
    _failures: list[dict[str, Any]] = field(default_factory=list, init=False)
    """Remembered here as well: a script that runs in the folder might lose the file."""

    @cached_property
    def files(self) -> Files:
        return Files(self.root, self.kept)

    def source(self) -> str:
        return self.files.text(SCRIPT) if (self.files.root / SCRIPT).exists() else ""

    def config(self) -> dict[str, Any]:
        """Of the draft; one that is damaged is said so, not taken for empty."""
        if not (self.files.root / CONFIG).exists():
            return {}
        try:
            found = json.loads(self.files.text(CONFIG))
        except ValueError as wrong:
            raise UserError(f"{CONFIG} is not JSON: {wrong}; write it anew") from wrong
        if not isinstance(found, dict):
            raise UserError(f"{CONFIG} must be one JSON object of settings; write it anew")
        return found

    def draft(self) -> Draft:
        return Draft(self.source(), self.config())

    def check(self) -> Contract:
        """Whether the draft is fit to be run; it is read, never run."""
        if not self.source():
            raise UserError(f"there is no {SCRIPT} yet; write it first")
        data = self.files.root / "data"
        there = (
            [p.relative_to(data).as_posix() for p in sorted(data.rglob("*")) if p.is_file()] if data.is_dir() else []
        )
        return check_script(
            self.source(), config=self.config(), columns=self.columns, files=there, installed=self.installed,
            network=self.network,
        )  # fmt: skip

    def failed(self, failure: Failure) -> None:
        """Remember how the draft stood when it failed, here or in a rehearsal: what is edited after it is held against it."""
        draft = self.draft()
        line = {
            "kind": failure.kind, "says": failure.says, "where": failure.where, "source": draft.source,
            "config": dict(draft.config),
        }  # fmt: skip
        self._failures.append(line)
        self._book("failures.jsonl", line)

    def changed_task(self) -> tuple[str, ...]:
        """What edits since a failure have changed that needs a person; empty where the task is what it was."""
        now, found = self.draft(), dict[str, str]()
        lines = (*read_lines(self.files.kept / "failures.jsonl"), *self._failures)
        for line in {json.dumps(line, sort_keys=True): line for line in lines}.values():  # each is remembered twice
            before = Draft(line["source"], line["config"])
            for said in objections(before, now, Failure(line["kind"], line["says"], (), line.get("where"), "")):
                found.setdefault(said.partition(" to escape")[0], said)
        return tuple(found.values())

    # --- how often ----------------------------------------------------------------------------------------------------
    def begin(self, what: str) -> None:
        """Count a tiny run; one that was begun, and cut off before it ended, is the same one again."""
        book = list(read_lines(self.files.kept / "runs.jsonl"))
        cut_off = bool(book) and book[-1] == {"begun": what}
        self.used = max(self.used, sum("begun" in line for line in book) - cut_off)
        if self.used >= self.most_runs:
            raise UserError(
                f"all {self.most_runs} tiny runs are used up; hand in the draft as it is, or say what stands in the way"
            )
        self.used += 1
        if not cut_off:
            self._book("runs.jsonl", {"begun": what})

    def job(self, command: str) -> str:
        """What the job of the tiny run at hand is called: so it is found again, and not started twice, after a crash."""
        return f"tiny{self.used}-{command}"

    def end(self, what: str) -> None:
        self._book("runs.jsonl", {"ended": what})

    def _book(self, name: str, line: dict[str, Any]) -> None:
        self.files.kept.mkdir(parents=True, exist_ok=True)
        append_line(self.files.kept / name, line)
