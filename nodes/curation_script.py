"""Data scripts: written by a model into a folder of their own, run in the sandbox without network, their result checked by code.

    RUN/data_scripts/NAME/   train.py (the script; our harness runs it)   in/ (raw files, read-only)   out/rows.jsonl (its result)
                             ran.jsonl (each run: attempt, script, what came of it)   source.json

Only before the split: afterwards nobody may see the rows that were sealed.
"""

from __future__ import annotations

import difflib
import json
import re
import shutil
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lab.compute.engine import FINAL, Job, JobStatus
from lab.compute.folder import sha256_folder
from lab.compute.harness import install_harness
from lab.data.files import read_file
from lab.data.jsonl import append_line, decode, sha256, write_whole
from lab.data.table import Table
from lab.ledger.files import write_atomic
from nodes.curation_result import RESULT, Made, ScriptFailed, end_of, plain_bytes, trouble_of
from nodes.curation_source import Bringing, DataChoice, count
from nodes.desk import Desk, refuse_void
from nodes.folders import job_in
from state.errors import UserError

SCRIPTS = "data_scripts"
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
SCRIPT, RAN = "train.py", "ran.jsonl"
SECONDS = 300.0
"""One run of a data script; what takes longer works on more than one run should learn from."""
LONGEST = 60_000
"""Characters of a script: longer is no reshaping."""
SPLIT_ALREADY = (
    "the data is split and sealed: from now on only the audit's findings change it, in the training part alone"
)


@dataclass(frozen=True)
class Workshop:
    """The one place of the curation stage where something may be written, and the one kind of job it may start."""

    desk: Desk
    bringing: Bringing

    def folder(self, name: str, *, exists: bool = True) -> Path:
        if not NAME.fullmatch(name):
            raise UserError(
                f"{name[:60]!r} is no name for a data script: small letters, digits and dashes, such as clean-rows"
            )
        folder = self.desk.workspace / SCRIPTS / name
        if exists and not (folder / SCRIPT).is_file():
            known = ", ".join(self.names()) or "none yet"
            raise UserError(f"there is no data script {name!r}; there are: {known}")
        return folder

    def names(self) -> list[str]:
        return sorted(path.parent.name for path in (self.desk.workspace / SCRIPTS).glob(f"*/{SCRIPT}"))

    def write(self, name: str, source: str, config: str, split: str, script: str) -> list[str]:
        """A script and the raw files it reads; gives the names of these files."""
        self._open()
        folder = self.folder(name, exists=False)
        parsed(script)
        raw = self.bringing.raw(source, config, split)
        told = {"source": source, "config": config, "split": split, "origin": raw.origin, "rows": raw.rows}
        _lay_in(folder, raw.files)
        told["in"] = sha256_folder(folder, ["in"])
        write_atomic(folder / "source.json", json.dumps(told))
        write_atomic(folder / "config.json", json.dumps({"seed": self.bringing.seed}))
        install_harness(folder)
        write_atomic(folder / SCRIPT, script)
        return [f"in/{file.name} ({file.stat().st_size:,} bytes)" for file in sorted((folder / "in").iterdir())]

    def edit(self, name: str, old: str, new: str) -> str:
        """Replace a passage that stands there once; gives the difference."""
        self._open()
        path = self.folder(name) / SCRIPT
        before = path.read_text(encoding="utf-8")
        if (found := before.count(old)) != 1 or not old:
            raise UserError(
                f"the passage stands {found} times in {name}: give one that stands there once, with lines around it"
            )
        after = before.replace(old, new)
        parsed(after)
        write_atomic(path, after)
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="", n=2)
        return "\n".join(lines) or "nothing changed"

    def read(self, name: str) -> str:
        return (self.folder(name) / SCRIPT).read_text(encoding="utf-8")

    def run(self, name: str) -> Made:
        """Run it in the sandbox and check what came of it; the same script again gives the same answer, unrun."""
        self._open()
        folder = self.folder(name)
        sha = sha256((folder / SCRIPT).read_bytes())
        known = [line for line in ran(folder) if line["sha"] == sha]
        if known and known[-1].get("state") in ("stopped", "lost"):
            known = []  # cut off from outside, which says nothing of the script
        if known and "state" in known[-1]:
            return self._told(folder, known[-1])
        attempt = known[-1]["attempt"] if known else f"data-{1 + len({line['attempt'] for line in ran(folder)})}"
        if not known:
            append_line(folder / RAN, {"attempt": attempt, "sha": sha})
            _clear(folder / "out")
            write_atomic(folder / f"{attempt}.py", self.read(name))
        status = self._await(self.job(name, attempt))
        line = {
            "attempt": attempt,
            "sha": sha,
            "state": status.state,
            "why": status.why,
            **self._seen(folder, attempt, status),
        }
        append_line(folder / RAN, line)
        return self._told(folder, line)

    def result(self, name: str) -> Path:
        """The kept rows of the newest run, if the script has not changed since."""
        folder = self.folder(name)
        sha = sha256((folder / SCRIPT).read_bytes())
        lines = [line for line in ran(folder) if line["sha"] == sha and line.get("result")]
        kept = self._kept(folder, lines[-1]["result"]) if lines else None
        if kept is None or not kept.is_file():
            raise UserError(f"data script {name} has not given a table as it stands: run it first")
        return kept

    def made(self, name: str) -> Made:
        """What the newest run gave; nothing is run for it."""
        kept = self.result(name)
        lines = [
            line
            for line in ran(self.folder(name))
            if line.get("result") and self._kept(self.folder(name), line["result"]) == kept
        ]
        return self._told(self.folder(name), lines[-1])

    def table(self, choice: DataChoice) -> Table:
        """The table of a choice: its script's rows, with what was lost on the way said, or the source's own."""
        if not choice.script:
            return self.bringing.table(choice)
        reads = self.source(choice.script)
        if (reads["source"], reads["config"], reads["split"]) != (choice.source, choice.config, choice.split):
            place = "/".join(filter(None, [reads["source"], reads["config"], reads["split"]]))
            raise UserError(f"data script {choice.script} reads {place}: name the same source, config and split")
        table = self.bringing.table(choice, self.result(choice.script))
        return replace(table, source=f"{table.source}; {self.how(choice.script)}")

    def how(self, name: str) -> str:
        made = self.made(name)
        return f"reshaped by data script {name} (sha256 {made.sha[:12]}): {made.said}"

    def source(self, name: str) -> dict[str, Any]:
        """What it reads: source, config, split."""
        return dict(json.loads((self.folder(name) / "source.json").read_bytes()))

    def job(self, name: str, attempt: str) -> Job:
        folder = self.folder(name)
        job = job_in(self.desk, folder, "data", attempt, ("data",), min(SECONDS, self.bringing.seconds))
        return Job(**{**job.to_dict(), "argv": job.argv, "reads": (str(folder / "in"),), "network": False})

    def _open(self) -> None:
        if (self.desk.workspace / "data" / "card.json").exists():
            raise UserError(SPLIT_ALREADY)

    def _await(self, job: Job) -> JobStatus:
        """Wait here, in the agent's own thread; a run that is stopped cancels its jobs, and so ends this too."""
        status = self.desk.engine.submit(job)
        while status.state not in FINAL:
            time.sleep(0.05)
            status = self.desk.engine.status(job)
        refuse_void(job, status)
        return status

    def _seen(self, folder: Path, attempt: str, status: JobStatus) -> dict[str, Any]:
        """What a run came to: counts and columns of its rows, or the trouble and the lines that show it."""
        told = json.loads((folder / "source.json").read_bytes())
        log = folder / "attempts" / attempt / "log.txt"
        said = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        tail = end_of(said.replace(f"{folder}/", ""))
        if status.state != "finished":
            return {
                "trouble": trouble_of(status, said),
                "detail": f"the script {status.state}: {status.why}",
                "log": tail,
            }
        if sha256_folder(folder, ["in"]) != told["in"]:
            return {
                "trouble": "code",
                "detail": "it changed the files in in/: read them, and write only out/rows.jsonl",
                "log": tail,
            }
        try:
            raw = plain_bytes(folder)
        except UserError as wrong:
            return {"trouble": "data", "detail": str(wrong), "log": tail}
        kept = self._keep(folder, raw)
        try:
            columns, _, _ = read_file(kept)
        except UserError as wrong:
            kept.unlink()  # no table: else every failure would leave its bytes behind
            return {"trouble": "data", "detail": str(wrong).replace(str(kept), RESULT), "log": tail}
        return {"rows_in": told["rows"], "rows_out": count(columns), "columns": list(columns), "result": sha256(raw)}

    def _told(self, folder: Path, line: dict[str, Any]) -> Made:
        if "trouble" in line:
            raise ScriptFailed(line["trouble"], line["detail"], line["log"])
        return Made(
            line["sha"], line["attempt"], line["rows_in"], line["rows_out"], tuple(line["columns"]), line["result"]
        )

    def _keep(self, folder: Path, raw: bytes) -> Path:
        """A copy of the result, with what is sealed: the folder itself is emptied once the rows are split."""
        kept = self._kept(folder, sha256(raw))
        write_whole(kept, raw)
        return kept

    def _kept(self, folder: Path, result: str) -> Path:
        return self.desk.workspace / "sealed" / "raw" / f"{folder.name}-{result[:12]}_answers.jsonl"

    def history(self) -> list[tuple[str, dict[str, Any]]]:
        """Every run that ended, of every script."""
        return [(name, line) for name in self.names() for line in ran(self.folder(name)) if "state" in line]

    def close(self) -> None:
        """Once the rows are split: what the scripts read, wrote and printed may hold any answer, and goes."""
        for name in self.names():
            for part in ("in", "out"):
                _clear(self.folder(name) / part, make=False)
            for log in self.folder(name).glob("attempts/*/log.txt"):
                log.unlink()


def parsed(script: str) -> None:
    if len(script) > LONGEST:
        raise UserError(
            f"the script has {len(script):,} characters; {LONGEST:,} are enough to reshape data: write a shorter one"
        )
    try:
        with warnings.catch_warnings(action="ignore"):
            compile(script, SCRIPT, "exec")
    except (RecursionError, MemoryError) as wrong:
        raise UserError("the script is nested too deep to be read, so it was not written: write it flat") from wrong
    except (SyntaxError, ValueError) as wrong:
        raise UserError(
            f"the script does not parse, so it was not written: line {getattr(wrong, 'lineno', '?')}: {wrong}"
        ) from wrong


def ran(folder: Path) -> list[dict[str, Any]]:
    """Each run of the script in this folder, as it began and as it ended."""
    path = folder / RAN
    return decode(path.read_bytes()) if path.is_file() else []


def _lay_in(folder: Path, files: tuple[Path, ...]) -> None:
    _clear(folder / "in")
    (folder / "out").mkdir(exist_ok=True)
    for file in files:
        shutil.copyfile(file, folder / "in" / file.name)
        (folder / "in" / file.name).chmod(0o444)


def _clear(folder: Path, *, make: bool = True) -> None:
    """Empty, and a folder of its own: what a script left there may be a link to somewhere else."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.is_dir():
        shutil.rmtree(folder)
    if make:
        folder.mkdir(parents=True, exist_ok=True)
