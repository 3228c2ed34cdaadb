"""What the tools of the implementation stage do, and what a model hands over to them."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lab.checks.failures import Failure, check_predictions, read_failure
from lab.checks.traces import clean, last_words
from lab.compute.engine import JobStatus
from lab.ledger.files import read_lines, write_atomic, write_json
from nodes.tools.workshop_draft import Workshop
from nodes.tools.workshop_files import CONFIG, LARGEST, PAGE_LINES, SCRIPT, replaced, sha
from state.errors import UserError

RunTiny = Callable[[list[str], float], tuple[JobStatus, str]]
"""Runs the draft's run.py in its folder, in the sandbox, with these arguments and seconds at most: how it ended, its log."""

TINY_ROWS = 8
FAULTS_SHOWN = 30
LOG_LINES = 5
TINY, INPUTS, OUT = "tiny.json", "tiny_inputs.jsonl", "tiny_predictions.jsonl"


class _Takes(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Nothing(_Takes):
    pass


class ReadFile(_Takes):
    name: str = Field(description="below the draft folder: train.py, config.json, data/train.jsonl")
    first: int = Field(1, ge=1, description="the line to begin at")
    lines: int = Field(PAGE_LINES, ge=1, le=PAGE_LINES)


class WriteFile(_Takes):
    name: str = Field(description="train.py, config.json, or a .json or .md beside them")
    text: str
    why: str = Field(min_length=3, description="the reason, in a line; it is kept with the version")


class EditFile(_Takes):
    name: str
    old: str = Field(description="a passage exactly as it stands there, once")
    new: str
    why: str = Field(min_length=3, description="the reason, in a line; it is kept with the version")


class Tiny(_Takes):
    command: Literal["train", "predict", "both"] = "both"
    set: dict[str, Any] = Field(
        default_factory=dict, description="settings of this tiny run alone, such as fewer steps; keys of config.json"
    )
    seconds: float = Field(60.0, gt=0, description="bounded by the stage")


class Signature(_Takes):
    name: str = Field(description="dotted: trl.GRPOConfig, sklearn.svm.SVC")


class Bench:
    """What the tools do."""

    def __init__(self, workshop: Workshop, run_tiny: RunTiny) -> None:
        self.shop, self.run = workshop, run_tiny

    def listed(self, _: Nothing) -> str:
        lines = [f"{name}  {size} bytes" for name, size in self.shop.files.listed()]
        kept = self.shop.files.versions()
        lines += [f"version {v.n} of {v.file} (+{v.added} -{v.removed}): {v.why}" for v in kept[-20:]]
        return "\n".join(lines[:200]) or "the folder is empty"

    def read(self, asked: ReadFile) -> str:
        return self.shop.files.page(asked.name, asked.first, asked.lines)

    def write(self, asked: WriteFile) -> str:
        path = self.shop.files.writable(asked.name)
        if path.exists():
            before = self.shop.files.text(asked.name)
            if before != asked.text and not self.shop.files.has_seen(asked.name, before):
                raise UserError(f"{asked.name} has changed since you read it; read it first")
        return self._after(asked.name, self.shop.files.put(asked.name, asked.text, asked.why))

    def edit(self, asked: EditFile) -> str:
        self.shop.files.writable(asked.name)
        text = self.shop.files.text(asked.name)
        if self.shop.files.was_done(asked.name, text, asked.old, asked.new):
            self.shop.files.saw(asked.name, text)
            return f"{asked.name}: already done, by this very edit"
        edited = replaced(asked.name, text, asked.old, asked.new)
        if not self.shop.files.has_seen(asked.name, text):
            raise UserError(f"{asked.name} has changed since you read it; read it first")
        return self._after(asked.name, self.shop.files.put(asked.name, edited, asked.why))

    def _after(self, name: str, said: str) -> str:
        """The difference, and at once what can be known of it: whether it parses, whether it is another task now."""
        if name == SCRIPT:
            try:
                with warnings.catch_warnings(action="ignore"):
                    ast.parse(self.shop.source())
            except (SyntaxError, ValueError, RecursionError, MemoryError) as wrong:
                said += f"\nit does not parse: line {getattr(wrong, 'lineno', 0)}: {getattr(wrong, 'msg', wrong)}"
        if name in (SCRIPT, CONFIG):
            said += "".join(f"\nnote: this {line}" for line in self.shop.changed_task())
        return said

    def check(self, _: Nothing) -> str:
        found = self.shop.check()
        lines = list(found.lines())
        more = [f"[{len(lines) - FAULTS_SHOWN} more]"] if len(lines) > FAULTS_SHOWN else []
        head = "fit to be run" if found.fit else f"{len(found.must_mend)} faults to mend before it may run"
        return "\n".join([head, *lines[:FAULTS_SHOWN], *more])

    # --- running ------------------------------------------------------------------------------------------------------
    def tiny(self, asked: Tiny) -> str:
        found = self.shop.check()
        if not found.fit:
            raise UserError(
                f"{len(found.must_mend)} faults come first, such as {found.must_mend[0]}; check_script shows all"
            )
        config = self.shop.config()
        if strange := sorted(asked.set.keys() - config.keys()):
            raise UserError(f"config.json has no {', '.join(strange)}; a tiny run sets only what is there")
        what = sha(json.dumps([self.shop.source(), config, asked.model_dump()], sort_keys=True))
        self.shop.begin(what)
        write_json(self.shop.files.root / TINY, {**config, **asked.set})
        said: list[str] = []
        for name in ("train", "predict") if asked.command == "both" else (asked.command,):
            ended_well, words = self._once(name, asked.seconds)
            said.append(words)
            if not ended_well:
                break
        self.shop.end(what)
        left = self.shop.most_runs - self.shop.used
        return "\n".join([*said, f"[{left} tiny runs are left]"])

    def _once(self, name: str, seconds: float) -> tuple[bool, str]:
        argv, ids = [name, "--config", TINY], list[str]()
        out = self.shop.files.inside(OUT)
        if name == "predict":
            ids = self._inputs()
            argv += ["--inputs", INPUTS, "--out", OUT]
            if not self._attempts(name):  # one that is found again has written it already
                out.unlink(missing_ok=True)
        before = len(self._metrics(name))
        status, log = self.run(argv, min(seconds, self.shop.seconds))
        new = self._metrics(name) if self._attempts(name) else self._metrics(name)[before:]
        failure = read_failure(log, status, self.shop.source()) if status.state != "finished" else None
        if failure is None and name == "predict":
            written = self.shop.files.text(OUT) if out.exists() else ""
            failure = check_predictions(written, ids)
        if failure is None and name == "train":
            failure = _unmeasured(new)
        took = f" in {status.ended_at - status.started_at:.1f} s" if status.ended_at and status.started_at else ""
        if failure is not None:
            self.shop.failed(failure)
            return False, f"{name} failed{took}\n{failure}"
        measured = [f"metrics, {len(new)} lines: {_row(new[0])} ... {_row(new[-1])}"] if new else []
        log_ends = [f"log: {line}" for line in last_words(clean(log), LOG_LINES)]
        return True, "\n".join([f"{name} finished{took}", *measured, *log_ends])

    def _inputs(self) -> list[str]:
        """The first rows of the training data without their answers: no other rows are anybody's here."""
        rows = islice(read_lines(self.shop.files.inside("data/train.jsonl")), TINY_ROWS)
        asked = [{key: value for key, value in row.items() if key != "answer"} for row in rows]
        write_atomic(self.shop.files.root / INPUTS, "".join(json.dumps(row) + "\n" for row in asked))
        return [str(row["id"]) for row in asked]

    def _attempts(self, name: str) -> list[Path]:
        """Of this tiny run, now or before it was cut off: each has metrics of its own."""
        return sorted(self.shop.files.root.glob(f"attempts/{self.shop.job(name)}-*"))

    def _metrics(self, name: str) -> list[Any]:
        """Of this tiny run, or of the folder where nothing keeps them apart; what leads out of the folder is not read."""
        root = self.shop.files.root
        path = next((place / "metrics.jsonl" for place in self._attempts(name)[-1:]), root / "metrics.jsonl")
        if not path.is_file() or not path.resolve().is_relative_to(root):
            return []
        if path.stat().st_size > LARGEST:
            raise UserError(
                f"{name} wrote {path.stat().st_size:,} bytes of metrics; a line a step is enough: write less"
            )
        return list(read_lines(path))


def _unmeasured(rows: list[Any]) -> Failure | None:
    if any(isinstance(row, dict) and isinstance(row.get("step"), int) for row in rows):
        return None
    says = (
        "train ended well and wrote no metric line with its step"
        if rows
        else "train ended well and wrote no metric line"
    )
    return Failure(
        "code", says, (), None, 'append {"step": 1, "loss": 0.5, "time": 1700000000.0} to metrics.jsonl by step'
    )


def _row(row: Any) -> str:
    return json.dumps(row)[:300]
