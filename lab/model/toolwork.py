"""Carrying out one call of a tool: arguments checked, the result on file before a model sees it, taken from there again."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from lab.ledger.files import append_line, read_lines
from lab.model.agent import SUBMIT
from lab.model.answer import in_words
from lab.model.mind import plain
from lab.model.repetition import hashed
from lab.model.tool import LONGEST, Tool
from state.errors import Busy, EnvironmentTrouble, IntegrityBroken, PostgradError

Kind = Literal["done", "failed", "unfit"]
"""Carried out; carried out and answered with an error; not carried out, because the call could not be read."""

PASS_ON = (EnvironmentTrouble, IntegrityBroken, Busy)
"""Trouble that is no answer to a model: the run pauses or ends over it."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE)


@dataclass(frozen=True)
class Outcome:
    """What a call came to, in the words the model gets."""

    text: str
    kind: Kind = "done"
    bare: str | None = None
    """What a tool said, without the markers that make it data; None where the words are ours."""
    replayed: bool = False
    """It was on file: a stage that was cut off and begun again has paid for it before."""


@dataclass
class ToolJournal:
    """The results of one conversation's calls, in a file that all conversations of a run share."""

    path: Path
    key: str
    """Which conversation: the visit, the part, and what was asked."""
    known: dict[tuple[str, str, str], dict[str, Any]] = field(init=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        mine = (line for line in read_lines(self.path) if line["key"] == self.key)
        self.known = {(line["id"], line["tool"], line["hash"]): line for line in mine}

    def find(self, id_: str, tool: str, args: Mapping[str, Any]) -> Outcome | None:
        line = self.known.get((id_, tool, hashed(args)))
        return Outcome(line["result"], "failed" if line["failed"] else "done", replayed=True) if line else None

    def keep(self, id_: str, tool: str, args: Mapping[str, Any], outcome: Outcome, seconds: float) -> None:
        which = (id_, tool, hashed(args))
        line = {
            "t": round(time.time(), 3), "key": self.key, "id": id_, "tool": tool, "hash": which[2], "args": args,
            "result": outcome.text, "failed": outcome.kind == "failed", "seconds": round(seconds, 4),
        }  # fmt: skip
        append_line(self.path, line)
        with self.lock:
            self.known[which] = line


def carry_out(tools: Mapping[str, Tool], journal: ToolJournal, id_: str, name: str, args: dict[str, Any]) -> Outcome:
    """One call: from the file if its result stands there, else done now and written down."""
    if name not in tools:
        return Outcome(f"There is no tool {name[:80]!r}. There are: {', '.join([*tools, SUBMIT])}.", "unfit")
    tool = tools[name]
    try:
        taken = tool.takes.model_validate(args)
    except ValidationError as wrong:
        return Outcome(f"{name} was not carried out: {in_words(wrong)}.", "unfit")
    known = journal.find(id_, name, args)
    if known:
        return known
    began = time.monotonic()
    outcome = _done(tool, taken)
    journal.keep(id_, name, args, outcome, time.monotonic() - began)
    return outcome


def _done(tool: Tool, taken: Any) -> Outcome:
    try:
        return Outcome(cut(plain(tool.run(taken))))
    except PASS_ON:
        raise
    except PostgradError as wrong:
        return Outcome(cut(plain(f"{tool.name}: {one_line(wrong)}")), "failed")
    except Exception as wrong:  # a tool's defect is an answer like any other: told, recorded, got round
        if isinstance(wrong, OSError) and wrong.errno in NO_ROOM:
            raise
        return Outcome(cut(plain(f"{tool.name} broke: {type(wrong).__name__}: {one_line(wrong)}")), "failed")


def cut(text: str, longest: int = LONGEST) -> str:
    """What is longer than a result may be ends with a word that says so."""
    if len(text) <= longest:
        return text or "(nothing)"
    return f"{text[:longest]}\n(cut here: {longest} of {len(text)} characters are shown; ask for a smaller part to see the rest)"


def one_line(wrong: Exception) -> str:
    return " ".join(str(wrong).split()) or type(wrong).__name__


def side_by_side(tools: Mapping[str, Tool], calls: Sequence[tuple[str, str]]) -> bool:
    """May the calls of one reply be carried out at once? Only reading ones, and no two that are the same."""
    reads = all(name in tools and not tools[name].writes for name, _ in calls)
    return reads and len(set(calls)) == len(calls)
