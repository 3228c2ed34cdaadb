"""An audit as a person reads it: the verdict first, then what was found, what was guessed, and what was not looked at."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.checks.audit.report import AuditReport
    from lab.data.stream import StreamPart
    from state.products import Finding

WORDS = {
    "clean": "CLEAN: nothing was found that flatters a score on this test",
    "suspect": "SUSPECT: nothing certain, but look at what is below before you trust a score on this test",
    "leaking": "LEAKING: a score on this test would not be true",
}
PAIRS = 2
"""Example pairs shown for each finding; --json has up to 20 by row number."""
EXCERPT = 70


def human(
    report: AuditReport, parts: tuple[StreamPart, StreamPart], fixed: dict[str, Any] | None, notes: Sequence[str]
) -> str:
    """Everything in a page."""
    from rich.console import Console
    from rich.text import Text

    page = io.StringIO()
    console = Console(file=page, width=_width(), highlight=False)
    rows = ", ".join(f"{count:,} {side} rows" for side, count in report.rows.items())
    console.print(Text(f"{WORDS[report.verdict]} ({rows})"))
    if report.findings:
        console.print()
        console.print(_table(report.findings))
        _examples(console, report, parts)
    _list(
        console,
        "columns guessed (name them to change it):",
        _guessed(report),
    )
    _list(console, "said of the data:", notes)
    skipped = [f"{each['name']}: {each['why']}" for each in report.checks() if each["result"] == "NOT_RUN"]
    _list(console, f"not looked for ({len(skipped)}; none of these is a pass):", skipped)
    passed = [each["name"] for each in report.checks() if each["result"] == "PASS"]
    _list(console, "looked for and passed:", [", ".join(passed)] if passed else [])
    if fixed is not None:
        _list(
            console,
            f"repaired split, now {fixed['verdict']}:",
            [*fixed["said"], f"written to {', '.join(fixed['files'])}"],
        )
        left = [f"{each['severity']} {each['kind']}: {each['why']}" for each in fixed["left"]]
        _list(console, "left:", left)
    return "\n".join(line.rstrip() for line in page.getvalue().rstrip("\n").split("\n"))


def _guessed(report: AuditReport) -> list[str]:
    from app.commands.audit import guessed
    from lab.data.stream import listed

    return [f"{role}: {listed(each['columns'], 8)} ({each['why']})" for role, each in guessed(report.roles).items()]


def _width() -> int:
    import shutil

    return max(60, min(160, shutil.get_terminal_size((100, 24)).columns))


def _table(findings: Sequence[Finding]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=True, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("found", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    table.add_column("flatters", justify="right", no_wrap=True)
    table.add_column("why, and what to do", ratio=1, overflow="fold")
    for found in findings:
        gain = "–" if found.inflation is None else f"{found.inflation:+.3f}"
        what = found.why + (f"\n→ {found.remedy}" if found.remedy else "")
        table.add_row(found.severity, found.kind, f"{found.share:.1%}", gain, Text(what))
    return table


def _list(console: Any, title: str, lines: Any) -> None:
    from rich.padding import Padding
    from rich.text import Text

    if lines:
        console.print()
        console.print(Text(title))
        for line in lines:
            console.print(Padding(Text(line), (0, 0, 0, 2)))


def _examples(console: Any, report: AuditReport, parts: tuple[StreamPart, StreamPart]) -> None:
    """A few pairs with a little of their text: the person's own data, on their own terminal."""
    from lab.checks.audit.load import joined, rows_at

    chosen = [(found, found.examples[:PAIRS]) for found in report.findings if found.severity != "info"]
    wanted = {side: sorted({each[side] for _, rows in chosen for each in rows if isinstance(each.get(side), int)})
              for side in ("train", "test")}  # fmt: skip
    roles = report.roles
    texts: dict[tuple[str, Any], str] = {}
    names = list(roles.text) or [name for name in (*roles.features[:5], roles.label) if name]
    for side, part in zip(("train", "test"), parts, strict=True):
        here = [name for name in names if name in part.columns]
        if here and wanted[side]:
            cells = rows_at(part, here, wanted[side])
            shown = joined([cells[name] for name in here])
            texts.update({(side, at): text for at, text in zip(wanted[side], shown, strict=True)})
    lines = []
    for finding, rows in chosen:
        pairs = [each for each in rows if any((side, each.get(side)) in texts for side in ("train", "test"))]
        for each in pairs:
            lines.append(finding.kind)
            lines += [f"  {side} {each[side]}: {_short(texts[side, each[side]])}" for side in ("test", "train")
                      if (side, each.get(side)) in texts]  # fmt: skip
    _list(console, "examples (row numbers from 0):", lines)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"
