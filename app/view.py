"""What a person sees while a run works: drawn from disk, so that whoever looks on sees the same."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import out
from app.follow import Follower, line
from app.series import last, spark
from lab.ledger.files import read_json
from lab.ledger.journal import history, of_kind

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

Json = dict[str, Any]

NARROW = 110
"""Columns of a terminal below which the table leaves out what it can."""
COLUMNS = ("id", "purpose", "change", "status", "step", "curve", "now", "score")
END = "__end__"
"""Where the last stage goes."""
REDRAWN = 2
"""Times a second on a terminal."""
SPOKEN, SPEAKERS = 400, 3
"""Characters kept of what a model is saying, and how many readers side by side are shown."""
NOTHING_SAID: Mapping[str, str] = {}
READ_EVERY = 0.3
"""Seconds between two looks at the journal where lines are printed."""


class View:
    """A live table on a terminal; plain lines anywhere else."""

    def __init__(self, workspace: Path, from_start: bool = False, quiet: bool = False) -> None:
        self.workspace = workspace
        self.quiet = quiet
        """A program reads the answer: nobody wants to see a model speak."""
        self.spoken: dict[str, str] = {}
        """The end of what each reader of the stage at hand is saying."""
        self.follower = Follower(workspace / "journal.jsonl", from_start)
        self.live: Live | None = None
        self.closing = threading.Event()

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the run while the block runs."""
        if sys.stderr.isatty():
            self.live = _live(self.workspace, self.spoken)
            self.live.start()
            try:
                yield
            finally:
                self.close()
            return
        printer = threading.Thread(target=self._print, daemon=True)
        printer.start()
        try:
            yield
        finally:
            self.closing.set()
            printer.join(timeout=2)

    def hear(self, told: Json) -> None:
        """What the graph says while it works: a model's words as they come, and what else no file holds."""
        line = str(told.get("say") or "")
        if "token" in told and self.live is not None and not self.quiet:
            part = str(told.get("part") or "")
            self.spoken[part] = (self.spoken.pop(part, "") + str(told["token"]))[-SPOKEN:]
            for older in list(self.spoken)[:-SPEAKERS]:
                del self.spoken[older]
        elif line.startswith("tool "):  # what an agent does, while it goes on speaking
            out.say(f"  {line}")
        elif line:
            self.spoken.clear()
            if line.startswith("model "):  # trouble with a provider; the rest stands in the journal
                out.say(f"  {line}")

    def close(self) -> None:
        """Leave the terminal as it was found."""
        if self.live is not None:
            self.live.stop()
            self.live = None

    def _print(self) -> None:
        while not self.closing.wait(READ_EVERY):
            self._news()
        self._news()

    def _news(self) -> None:
        for record in self.follower.news():
            if record.get("to") == END:
                continue  # the outcome has been said, and the command's answer says it again
            if text := line(record):
                out.say(text)


def _live(workspace: Path, spoken: dict[str, str]) -> Live:
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    return Live(
        get_renderable=lambda: screen(workspace, console.width, spoken), console=console, refresh_per_second=REDRAWN
    )


def screen(workspace: Path, width: int = NARROW, spoken: Mapping[str, str] = NOTHING_SAID) -> RenderableType:
    """Stage and time, experiments with their curves, the last signals, the end of what a model is saying."""
    from rich.console import Group
    from rich.text import Text

    past = history(workspace / "journal.jsonl")
    parts: list[RenderableType] = [Text(heading(workspace, past), style="bold")]
    if table := _table(workspace, past, width < NARROW):
        parts.append(table)
    for record in of_kind(past, "signal", "diagnosis", "fallback")[-4:]:
        parts.append(Text(out.visible(line(record) or ""), style="yellow"))
    if gone := [r for r in of_kind(past, "leave") if r.get("to") != END]:
        parts.append(Text(out.visible(line(gone[-1]) or ""), style="dim"))
    for part, words in list(spoken.items()):  # a copy: it grows while this is drawn
        parts.append(Text(_tail(part, words, width), style="dim", no_wrap=True, overflow="crop"))
    return Group(*parts)


def _tail(part: str, words: str, width: int) -> str:
    """One line: whose words, and their end."""
    said = " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
    head = f"  {part}: " if part else "  "
    room = max(0, width - len(head) - 2)
    return head + (said if len(said) <= room else f"…{said[-room + 1 :]}")


def _table(workspace: Path, past: list[Json], narrow: bool) -> RenderableType | None:
    from rich.table import Table
    from rich.text import Text

    from nodes.record import experiments

    found = experiments(workspace, past)
    if not found:
        return None
    table = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        right = column in ("step", "now", "score")
        table.add_column(
            column,
            no_wrap=column != "change",
            overflow="fold",
            min_width=len(column),
            justify="right" if right else "left",
        )
    for one in found[-16:]:
        folder = workspace / "experiments" / one["id"]
        change = out.changes(one["change"]) if one["change"] else ""
        change = change.replace("=", " ") if narrow else change  # lines are broken at spaces, never within a number
        curve = spark(folder, 8) if narrow else spark(folder)
        cells = (
            one["id"], str(one["purpose"] or ""), change, one["status"], f"{one['steps_run']}/{one['steps_planned'] or '?'}",
            curve, last(folder, named=not narrow), out.number(one["metric"]),
        )  # fmt: skip
        table.add_row(
            *(Text(out.visible(str(cell))) for cell in cells)
        )  # else a name in brackets is an order to the table
    return table


def heading(workspace: Path, past: list[Json], now: float | None = None) -> str:
    """Run, stage, time used and time left."""
    used, since = working(past, time.time() if now is None else now)
    stages = of_kind(past, "enter")
    parts = [workspace.name, str(stages[-1]["stage"]) if stages else "begins", f"{out.span(used)} so far"]
    limit = _time_limit(workspace)
    if limit is not None:
        parts.append(f"{out.span(limit - used)} left of {out.span(limit)}")
    forecasts = of_kind(past, "rehearsal")
    if forecasts and stages and stages[-1]["stage"] == "monitoring":
        forecast = _forecast(forecasts[-1])
        if forecast:
            left = forecast - since
            parts.append(f"this batch about {out.span(left)} more" if left > 0 else "this batch longer than forecast")
    return " · ".join(parts)


def working(past: list[Json], now: float) -> tuple[float, float]:
    """Seconds worked so far, waits for a person left out; and seconds since the last launch."""
    used = sum(float(r.get("seconds") or 0) for r in of_kind(past, "leave"))
    visits = of_kind(past, "enter", "leave")
    if visits and visits[-1]["kind"] == "enter":
        used += max(0.0, now - float(visits[-1]["t"]))
    launched = [r["t"] for r in of_kind(past, "leave") if r.get("stage") == "launch"]
    return used, now - float(launched[-1]) if launched else 0.0


def _forecast(record: Json) -> float | None:
    inner = record.get("rehearsal")
    found = (inner if isinstance(inner, dict) else record).get("forecast_seconds")
    return float(found) if found else None


def _time_limit(workspace: Path) -> float | None:
    about = workspace / "run.json"
    if not about.exists():
        return None
    brief = (read_json(about).get("input") or {}).get("brief") or {}
    limit = (brief.get("limits") or {}).get("time")
    return float(limit) if isinstance(limit, int | float) else None
