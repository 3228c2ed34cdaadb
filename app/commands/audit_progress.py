"""How far an audit is, on stderr: an estimate once the pace is known, and a bar where there is a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from app import out

if TYPE_CHECKING:
    from lab.data.stream import StreamPart

PACE = 2.0
"""Seconds of comparing texts after which its pace says how long the rest will take."""
TABLES = 10.0
"""Seconds the checks of tables take, roughly: they look at samples, so hardly more for more rows (5 s for 100,000 of 11 columns)."""
BENCHMARK_PASSES = 2
"""Passes over train for each benchmark: its questions, and these with their choices."""
WORTH_TELLING = TABLES + 5.0
"""An audit shorter than this needs no estimate."""


class Watched:
    """Told what is done and how many rows of it; shows it to whoever watches."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}
        self._totals: dict[str, int | None] = {}
        self._begun: dict[str, float] = {}
        self._told = False
        self._passes = 1

    def begin(self, train: StreamPart, test: StreamPart, benchmarks: int = 0) -> None:
        self._passes = 1 + BENCHMARK_PASSES * benchmarks
        mine, held = train.rows or train.estimate, test.rows or test.estimate
        self._totals = {"read train": mine, "read test": held}
        about = " and ".join(f"{rows:,} {part} rows" for rows, part in ((mine, "train"), (held, "test")) if rows)
        out.say(f"auditing about {about}" if about else "auditing")

    def __enter__(self) -> Watched:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, what: str, rows: int) -> None:
        total = self._totals.get(what) or (self._totals.get("read train") if what.startswith("compare") else None)
        self._estimate(what, rows, total)
        if self._bar is None:
            return
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what, total=total)
        self._bar.update(self._tasks[what], completed=rows)

    def _estimate(self, what: str, rows: int, total: int | None) -> None:
        """Once, from the first batches of the slowest pass."""
        begun = self._begun.setdefault(what, time.monotonic())
        spent = time.monotonic() - begun
        if self._told or not what.startswith("compare") or not total or not rows or spent < PACE:
            return
        self._told = True
        left = spent * max(0.0, self._passes * total / rows - 1) + TABLES
        if left > WORTH_TELLING:
            passes = f", {self._passes} passes over train" if self._passes > 1 else ""
            out.say(
                f"the audit will take about {out.span(left)} more (texts: {rows / spent:,.0f} rows a second{passes})"
            )
