"""`postgrad audit`: is this split of data fit to be trained and tested on?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import out
from state.errors import UserError

if TYPE_CHECKING:
    from lab.checks.audit.report import AuditReport
    from lab.checks.parts import Roles
    from lab.data.stream import StreamPart

LEAKING = 1
GLANCE_ROWS, GLANCE_CELLS = 5_000, 1_000_000
"""Rows (and cells) kept of each side to guess the columns from ..."""
READ_ROWS, READ_CELLS = 100_000, 5_000_000
"""... of so many read from its start."""


@dataclass(frozen=True)
class Asked:
    """What the person asked for."""

    train: str
    test: str
    named: dict[str, list[str]]
    scripts: tuple[Path, ...] = ()
    benchmarks: tuple[str, ...] = ()
    fix: Path | None = None
    as_json: bool = False


def audit(asked: Asked) -> int:
    """The exit code, of the split as given, repaired or not: 0 clean or suspect, 1 leaking."""
    from app.commands.audit_text import human

    if asked.fix is not None and asked.fix.exists():
        raise UserError(f"{asked.fix} exists already: name a folder that does not, nothing is overwritten")
    scripts = _scripts(asked.scripts)
    with _progress(asked.as_json) as tell:
        train, test = _open(asked.train, "train"), _open(asked.test, "test")
        benchmarks = {Path(name).name: _open(name, "test") for name in asked.benchmarks}
        roles = _roles(train, test, asked.named)
        train.beside = test.beside = roles.image
        tell.begin(train, test, len(benchmarks))
        report = _run(train, test, roles, scripts, benchmarks, tell, asked)
        fixed = _fix(asked, train, test, report, scripts, benchmarks, tell) if asked.fix else None
    notes = [*(f"{part.name}: {note}" for part in (train, test) for note in part.notes), *report.notes]
    value = _value(report, notes, fixed)
    text = "" if asked.as_json else human(report, (train, test), fixed, notes)
    out.answer(value, text, asked.as_json)
    return LEAKING if report.verdict == "leaking" else 0


def _run(train: Any, test: Any, roles: Roles, scripts: Any, benchmarks: Any, tell: Any, asked: Asked) -> AuditReport:
    from lab.checks.audit.run import audit as examine

    return examine(train, test, roles, scripts, benchmarks, tell, test_files=[Path(asked.test).name])


def _open(source: str, name: str) -> StreamPart:
    from lab.data.stream import open_part

    return open_part(source, name)


def _scripts(paths: Sequence[Path]) -> dict[str, str]:
    """Texts by the name of their file; by the whole path where two are called the same."""
    twice = len({path.name for path in paths}) < len(set(paths))
    return {str(path) if twice else path.name: _script(path) for path in paths}


def _script(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} can't be read as a script: {out.one_line(error)}") from error


def _roles(train: StreamPart, test: StreamPart, named: dict[str, list[str]]) -> Roles:
    from lab.checks.audit.load import load
    from lab.checks.audit.run import strangers
    from lab.checks.parts import Roles
    from lab.data.guess import guess_roles

    if not any(named.values()) and strangers(train, test):
        return Roles()  # only texts can be compared then

    def glance(part: StreamPart) -> dict[str, list[Any]]:
        wide = len(part.columns)
        most, stop = max(50, GLANCE_CELLS // wide), max(200, READ_CELLS // wide)
        table = load(part, part.columns, most_rows=min(GLANCE_ROWS, most), stop_at=min(READ_ROWS, stop))
        if not table.total:
            raise UserError(f"{part.source} has no rows: give a file with rows")
        return table.columns

    found = guess_roles(glance(train), glance(test), named)
    return Roles(found.text, found.label, found.id, found.group, found.time, found.image, found.features, found.why)


def _value(report: AuditReport, notes: list[str], fixed: dict[str, Any] | None) -> dict[str, Any]:
    value = {
        **report.to_json(),
        "guessed": guessed(report.roles),
        "checks": report.checks(),
        "notes": list(report.notes),
    }
    return value if fixed is None else {**value, "fixed": fixed}


def guessed(roles: Roles) -> dict[str, dict[str, Any]]:
    """Every role that was not named: its columns, and why."""
    found = {role: getattr(roles, role) for role in roles.guessed}
    return {role: {"columns": [each] if isinstance(each, str) else list(each), "why": roles.guessed[role]}
            for role, each in found.items()}  # fmt: skip


def _fix(
    asked: Asked, train: StreamPart, test: StreamPart, report: AuditReport, scripts: Any, benchmarks: Any, tell: Any
) -> dict[str, Any]:
    """The repaired split, written and audited again; what was done and what is left."""
    from lab.checks.audit.fix import repaired
    from lab.data.stream_write import write_part, write_record

    assert asked.fix is not None
    fixed = repaired(
        train, test, report, lambda one, two: _run(one, two, report.roles, scripts, benchmarks, tell, asked)
    )
    train.beside = test.beside = ()  # names of files are written as they were
    files = [write_part(part, asked.fix / name, like) for part, name, like in
             ((fixed.train, "train", train), (fixed.test, "test", test))]  # fmt: skip
    record = {**fixed.to_json(), "files": [str(path) for path in files], "verdict": fixed.after.verdict}
    write_record(asked.fix / "fixed.json", record)
    return record


class _Silent:
    """Nobody watches."""

    def begin(self, train: StreamPart, test: StreamPart, benchmarks: int = 0) -> None:
        return

    def __call__(self, what: str, rows: int) -> None:
        return


@contextmanager
def _progress(as_json: bool) -> Iterator[Any]:
    import sys

    if as_json and not sys.stderr.isatty():
        yield _Silent()
        return
    from app.commands.audit_progress import Watched

    with Watched() as watched:
        yield watched


def names(said: Sequence[str] | str | None) -> list[str]:
    """Options as lists: none, one, or several."""
    return [] if said is None else [said] if isinstance(said, str) else list(said)
