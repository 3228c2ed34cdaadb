"""How many rows of one source a model may look at before anything is split: enough to know their shape, never a good part of them.

What it has looked at trains (`lab/data/shown.py`), so that whoever pages on and on would choose what is held out.
"""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lab.hub.layout import DATA
from lab.ledger.files import read_lines
from lab.model.tool import Tool
from nodes.curation_script import SCRIPTS
from nodes.folders import TOOLS_FILE
from nodes.tools.sealed_source import stands_at
from state.errors import UserError

MOST = 60
"""Different rows of one source: three pages, more than it takes to see columns, formats and kinds of answers."""
SHARE = 10
"""And never more than one row in ten of a source whose rows were counted: nine in ten stay rows that nobody saw."""
COMPARED = 100
"""Characters of each cell by which a row is known again: every tool shows so many before it cuts."""

SHOWS_ROWS = ("dataset_rows", "inspect_dataset", "read_hub_file", "raw_rows")
ROW = re.compile(r"\d+: (\{.*)")
PROSE = (".md", ".py", ".yaml", ".yml", ".cff", ".bib", ".gitattributes", ".gitignore")
"""Files of a data set that hold words about it, not its rows; so do a README or a licence of any ending."""
COUNTED = re.compile(r"(?:^|: )(?:  split \S+: )?([\d,]+) rows(?: \(|, columns )", re.MULTILINE)
ADDRESSES = re.compile(r"datasets-server\.|/datasets/[^?#]*/(?:viewer|resolve|raw|blob)\b", re.IGNORECASE)
"""Pages that hold the rows of a data set of the Hub."""


@dataclass
class _Seen:
    """Rows that were shown, by source, and how many each source has."""

    rows: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    counted: dict[str, int] = field(default_factory=dict)

    def count(self, source: str, said: str) -> None:
        counts = [int(found.replace(",", "")) for found in COUNTED.findall(said)]
        self.counted[source] = max([self.counted.get(source, 0), *counts])

    def most(self, source: str) -> int:
        counted = self.counted.get(source, 0)
        return min(MOST, counted // SHARE) if counted else MOST


@dataclass
class Exposure:
    """The rows a run's model was shown: on file, and in calls that are not on file yet."""

    workspace: Path
    names: Callable[[str], str]
    """The one name of a source, however it is asked for."""
    seen: _Seen = field(default_factory=_Seen)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def shown(self, tool: str, args: dict[str, Any], said: str) -> str:
        """What may be shown of a result: rows seen before, and new ones while there is room; the rest with a word."""
        with self.lock:
            self._from_file()
            source = self._source(args)
            self.seen.count(source, said)
            most, rows = self.seen.most(source), self.seen.rows[source]
            kept, refused = [], 0
            for line, row in _lines(tool, args, said):
                if row is not None and row not in rows and len(rows) >= most:
                    refused += 1
                    continue
                if row is not None:
                    rows.add(row)
                kept.append((line, row))
            if not refused:
                return said
            why = self._why(source, most)
            if tool != "inspect_dataset" and not any(row is not None for _, row in kept):
                raise UserError(why)
            lines = [line for line, _ in kept if not line.startswith("[ask from ")]
            return "\n".join([*lines, f"[{refused} more not shown: {why}]"])

    def _why(self, source: str, most: int) -> str:
        counted = self.seen.counted.get(source, 0)
        of = f" of its {counted:,}" if counted else ""
        return (
            f"{len(self.seen.rows[source])} rows{of} of {source} have been shown and no more than {most} are: rows that were seen "
            "can't be held out; counts, columns and statistics are still to be had"
        )

    def _from_file(self) -> None:
        for line in read_lines(self.workspace / TOOLS_FILE):
            if line["tool"] in SHOWS_ROWS and not line["failed"]:
                source = self._source(line["args"])
                self.seen.count(source, line["result"])
                found = (row for _, row in _lines(line["tool"], line["args"], line["result"]) if row is not None)
                self.seen.rows[source].update(found)

    def _source(self, args: dict[str, Any]) -> str:
        """Whose rows they are; those of a data script are its source's."""
        if name := str(args.get("name") or ""):
            told = self.workspace / SCRIPTS / name / "source.json"
            args = json.loads(told.read_bytes()) if told.is_file() else args
        return self.names(str(args.get("id") or args.get("source") or ""))


def _lines(tool: str, args: dict[str, Any], said: str) -> Iterator[tuple[str, str | None]]:
    """Each line, and by what it is known again if it is a row."""
    prose = tool != "read_hub_file" or not _holds_rows(args)
    for at, line in enumerate(said.split("\n")):
        match = ROW.fullmatch(line)
        if match:
            yield line, _known_by(match[1])
        elif prose or at == 0 or not line.strip() or line.startswith("["):
            yield line, None
        else:
            yield line, line[:COMPARED]


def _holds_rows(args: dict[str, Any]) -> bool:
    """Is a text file of a repository one of rows? Then each of its lines counts; a table's rows are numbered and known by that."""
    path = str(args.get("path", "")).rpartition("/")[2].lower()
    known = path.endswith((*PROSE, *DATA)) or path.startswith(("readme", "licen", "notice", "dataset_info", "config"))
    return args.get("kind", "dataset") == "dataset" and not known


def _known_by(row: str) -> str:
    """The beginnings of its cells: the same row is cut at other lengths on other pages."""
    try:
        cells = json.loads(row)
    except ValueError:
        return row[:COMPARED]
    texts = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in cells.values())
    return json.dumps([text[:COMPARED] for text in texts], ensure_ascii=False)


def bounded(tools: list[Tool], workspace: Path, names: Callable[[str], str]) -> list[Tool]:
    """The same tools; those that show rows of a source show so many and no more."""
    exposure = Exposure(workspace, names)

    def counting(tool: Tool) -> Tool:
        def run(asked: Any) -> str:
            return exposure.shown(tool.name, asked.model_dump(), tool.run(asked))

        return replace(tool, run=run)

    def opening(tool: Tool) -> Tool:
        def refuse(address: str) -> None:
            if ADDRESSES.search(unquote(unquote(address))):
                raise UserError(
                    "this page holds rows of a data set: look at them with dataset_rows, which counts how many are seen"
                )

        def run(asked: Any) -> str:
            refuse(str(asked.url))
            said = tool.run(asked)
            refuse(stands_at(said))
            return said

        return replace(tool, run=run)

    return [
        counting(tool) if tool.name in SHOWS_ROWS else opening(tool) if tool.name == "read_page" else tool for tool in tools
    ]  # fmt: skip
