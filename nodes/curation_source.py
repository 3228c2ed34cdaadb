"""Where the rows come from: raw files brought into the run's folder once, and the table that a choice makes of them."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from lab.data.acquire import make_table
from lab.data.builtin import BUILTIN, load_builtin
from lab.data.columns import Columns
from lab.data.files import SUFFIXES, read_file
from lab.data.jsonl import encode, sha256, write_whole
from lab.data.table import Table
from state.errors import UserError

if TYPE_CHECKING:
    from lab.net.web import Web

HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*(:[\w.-]+)?")
RAW = "sealed/raw"
"""In the run's folder: files as they came. They hold every answer, so they lie with what is sealed."""
MOST_EMPTY = 0.1
"""A larger share of rows without an answer is no table to learn from; fewer are the audit's to drop."""


class DataChoice(BaseModel):
    """Which rows to work on, and what their columns are for."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str = Field(
        description="a Hub id owner/name, the name of built-in data, or the data that the task names; empty: nothing can be used"
    )
    config: str = Field("", description="configuration of a Hub set; empty: the first")
    split: str = Field("", description="split of a Hub set; empty: train")
    script: str = Field(
        "", description="name of the data script whose out/rows.jsonl is the table; empty: rows as they are"
    )
    input: str | None = Field(None, description="the column that is asked; null: every other column is a feature")
    answer: str | None = Field(None, description="the column that is to be answered")
    group: str | None = Field(None, description="a column whose equal values must stay in one split, such as a user")
    why: str

    @property
    def roles(self) -> dict[str, str]:
        named = {"input": self.input, "answer": self.answer, "group": self.group}
        return {role: column for role, column in named.items() if column}


@dataclass(frozen=True)
class Raw:
    """Files of a source as they came."""

    name: str
    files: tuple[Path, ...]
    origin: str
    licence: str
    rows: int


@dataclass(frozen=True)
class Bringing:
    """What may be brought in, and where it goes: the Hub, built-ins, and of this machine only what the brief names."""

    workspace: Path
    web: Web
    base: Path
    """The folder that a path in the brief starts from."""
    named: str | None
    """The data that the brief names."""
    seed: int
    seconds: float = inf
    """What the brief allows a job."""
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    """Tools that read may be called side by side; a source is brought once."""

    def raw(self, source: str, config: str = "", split: str = "") -> Raw:
        """The files of a source; brought once, so that a run works on one revision however often it looks."""
        told = sha256(f"{source}\n{config}\n{split}".encode("utf-8", "surrogatepass"))[:12]
        # a name that our harness knows: it ends any process that reaches for it, sandbox or none
        folder = self.workspace / RAW / f"{told}_answers.jsonl"
        about = folder / "about.json"
        with self.lock:
            if not about.exists():
                folder.mkdir(parents=True, exist_ok=True)
                (self.workspace / "sealed").chmod(0o700)
                write_whole(about, json.dumps(self._bring(source, config, split, folder), ensure_ascii=False).encode())
        said = json.loads(about.read_bytes())
        files = tuple(folder / name for name in said["files"])
        return Raw(said["name"], files, said["origin"], said["licence"], said["rows"])

    def _bring(self, source: str, config: str, split: str, folder: Path) -> dict[str, object]:
        if source in BUILTIN:
            table = load_builtin(source, self.seed)
            features = [
                row["input"] if isinstance(row["input"], dict) else {"input": row["input"]} for row in table.rows
            ]
            grouped = [{"group": row["group"]} if row["group"] is not None else {} for row in table.rows]
            answers = [{"answer": row["answer"]} for row in table.rows]
            lines = [{**f, **a, **g} for f, a, g in zip(features, answers, grouped, strict=True)]
            write_whole(folder / f"{source}.jsonl", encode(lines))
            return _about(source, [folder / f"{source}.jsonl"], table.source, "built in", len(lines))
        if (path := self._local(source)) is not None:
            copy = folder / path.name
            shutil.copyfile(path, copy)
            columns, origin, _ = read_file(copy)
            return _about(path.stem, [copy], origin, "", count(columns))
        if not HUB_ID.fullmatch(source):
            raise UserError(f"{source!r} is neither built in, nor a Hub id, nor the file that the task names")
        return self._from_hub(source, config, split, folder)

    def _from_hub(self, source: str, config: str, split: str, folder: Path) -> dict[str, object]:
        from lab.hub.client import Hub
        from lab.hub.fetch import fetch

        id, _, named = source.partition(":")
        got = fetch(Hub(self.web), id, config or named, split, folder)
        origin = f"hub: {got.id}@{got.sha} {got.config}/{got.split}"
        return _about(id.split("/")[1], got.files, origin, got.licence, count(read_all(got.files)))

    def _local(self, source: str) -> Path | None:
        """A file of this machine: only the one that the brief names, whatever anybody proposes."""
        if source != self.named or Path(source).suffix.lower() not in SUFFIXES:
            return None
        path = self.base / Path(source).expanduser()
        return path if path.is_file() else None

    def table(self, choice: DataChoice, reshaped: Path | None = None) -> Table:
        """The table that a choice makes; `reshaped` is the output of its script. Raises UserError when it can't."""
        if reshaped is None and choice.source in BUILTIN and not choice.roles:
            return load_builtin(choice.source, self.seed)
        raw = self.raw(choice.source, choice.config, choice.split)
        data = read_all([reshaped] if reshaped else raw.files)
        table = make_table(raw.name, raw.origin, data, [], choice.roles, self.seed)
        empty = sum(not row["answer"] for row in table.rows)
        if empty > MOST_EMPTY * len(table.rows):
            what = f"{empty} of {len(table.rows)} answers in column {choice.answer or 'guessed'} are empty"
            raise UserError(f"{what}: drop these rows with a data script, or name another column")
        return table


def _about(name: str, files: Sequence[Path], origin: str, licence: str, rows: int) -> dict[str, object]:
    return {"name": name, "files": [file.name for file in files], "origin": origin, "licence": licence, "rows": rows}


def read_all(files: Sequence[Path]) -> Columns:
    """Rows of several files of one shape, one after the other."""
    whole: Columns = {}
    for file in files:
        columns, _, _ = read_file(file)
        if whole and set(columns) != set(whole):
            raise UserError(
                f"{file.name} has other columns than the files before it: bring them together with a data script"
            )
        for name, values in columns.items():
            whole.setdefault(name, []).extend(values)
    return whole


def count(columns: Columns) -> int:
    return max(map(len, columns.values()), default=0)
