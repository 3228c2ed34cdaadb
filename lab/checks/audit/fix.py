"""A leaking split repaired: copies leave train, rows are split anew by group or by time, and it is audited again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.checks.audit.chosen import Chosen
from lab.checks.audit.regroup import Placed, by_group, by_time
from lab.checks.audit.report import AuditReport
from lab.checks.audit.twins import twins_in_train
from lab.checks.parts import Part, Roles
from state.products import Finding

ROUNDS = 4
"""A new split may bring copies across; dropping them may not. After so many rounds what is left is told."""
DROPPED = ("exact_duplicate", "near_duplicate", "contained_text", "contamination", "image_duplicate")

Audit = Callable[[Part, Part], AuditReport]
Ints = NDArray[np.int64]


@dataclass
class Deed:
    """One thing that was done, with the rows it was done to, numbered as in the files that were given."""

    kind: str
    what: str
    dropped_from_train: dict[str, list[int]] = field(default_factory=dict)
    """Numbers by the file that a row came from: after a new split, train holds rows that test had."""
    train_to_test: dict[str, list[int]] = field(default_factory=dict)
    test_to_train: dict[str, list[int]] = field(default_factory=dict)

    @property
    def said(self) -> str:
        ways = ((self.dropped_from_train, "dropped from train"), (self.train_to_test, "moved from train to test"),
                (self.test_to_train, "moved from test to train"))  # fmt: skip
        counts = ((sum(map(len, rows.values())), how) for rows, how in ways)
        gone = len(self.dropped_from_train.get("test", ()))
        also = f" ({gone:,} of them stood in the test file)" if gone else ""
        return (
            f"{self.kind}: {self.what}: " + ", ".join(f"{count:,} rows {how}" for count, how in counts if count) + also
        )


@dataclass(frozen=True)
class Fixed:
    """The repaired split, what was done to get it, and what an audit of it says."""

    train: Chosen
    test: Chosen
    deeds: tuple[Deed, ...]
    could_not: tuple[str, ...]
    after: AuditReport

    def to_json(self) -> dict[str, Any]:
        left = [found for found in self.after.findings if found.severity != "info"]
        return {
            "rows": {"train": self.train.rows, "test": self.test.rows},
            "said": [deed.said for deed in self.deeds] + list(self.could_not) or ["nothing had to be changed"],
            "changes": [{key: value for key, value in vars(deed).items() if value} for deed in self.deeds],
            "could_not": list(self.could_not),
            "left": [
                {"kind": each.kind, "severity": each.severity, "count": each.count, "why": each.why} for each in left
            ],
        }


def repaired(train: Part, test: Part, report: AuditReport, again: Audit, seed: int = 0) -> Fixed:
    """The split with what blocks taken out, as far as dropping and moving rows can; test loses none to dropping."""
    sources = (train, test)
    now = (Chosen("train", sources, (np.arange(report.rows["train"]), _none())),
           Chosen("test", sources, (_none(), np.arange(report.rows["test"]))))  # fmt: skip
    deeds: list[Deed] = []
    could_not: dict[str, str] = {}
    for _ in range(ROUNDS):
        blocking = [found for found in report.findings if found.severity == "block"]
        done = _resplit(now, blocking, report.roles, could_not, {deed.kind for deed in deeds}, seed)
        if done is None:
            done = _drop(now, blocking, report, could_not)
        if done is None:
            break
        now = done[0], done[1]
        deeds.append(done[2])
        report = again(*now)
    for found in report.findings:
        if found.severity == "block":
            could_not.setdefault(found.kind, "dropping or moving rows does not mend it")
    left = {found.kind for found in report.findings if found.severity == "block"}
    said = tuple(f"{kind} is left: {why}" for kind, why in could_not.items() if kind in left)
    return Fixed(*now, tuple(deeds), said, report)


Done = tuple[Chosen, Chosen, Deed]


def _none() -> Ints:
    return np.zeros(0, np.int64)


def _resplit(
    now: tuple[Chosen, Chosen],
    blocking: Sequence[Finding],
    roles: Roles,
    could_not: dict[str, str],
    did: set[str],
    seed: int,
) -> Done | None:
    """A new split by group, else by time, where that is the leak; each once."""
    by_kind = {found.kind: found for found in blocking}
    for kind, place in (("group_leak", by_group), ("time_leak", by_time)):
        if kind not in by_kind or kind in did:
            continue
        if kind == "time_leak" and "group_leak" in did:
            could_not[kind] = "the rows were just split by group; a split by time would part the groups again"
            continue
        column = (roles.group if kind == "group_leak" else roles.time) or _named(by_kind[kind])
        if column is None or any(column not in part.columns for part in now):
            could_not[kind] = "no column says by what to split: name it with " + (
                "--group" if kind == "group_leak" else "--time"
            )
            continue
        placed = place(now[0], now[1], column, roles.label, seed)
        if isinstance(placed, str):
            could_not[kind] = placed
            continue
        return _moved(now, placed, Deed(kind, f"split anew by {column!r}"))
    return None


def _named(found: Finding) -> str | None:
    """The column that a finding names in its examples."""
    return next((str(each["column"]) for each in found.examples if "column" in each), None)


def _moved(now: tuple[Chosen, Chosen], placed: Placed, deed: Deed) -> Done:
    """Both sides with the rows where they belong now."""
    train, test = now
    out, back = train.only(placed.to_test), test.only(placed.to_train)
    deed.train_to_test, deed.test_to_train = _origin(out), _origin(back)
    return train.without(placed.to_test).and_(back), test.without(placed.to_train).and_(out), deed


def _origin(rows: Chosen) -> dict[str, list[int]]:
    """Row numbers by the file they came from."""
    return {side: found.tolist() for side, found in zip(("train", "test"), rows.rows_of, strict=True) if len(found)}


def _drop(
    now: tuple[Chosen, Chosen], blocking: Sequence[Finding], report: AuditReport, could_not: dict[str, str]
) -> Done | None:
    """Copies leave train: all that block at once."""
    doomed: dict[str, Sequence[int]] = {}
    for found in blocking:
        if found.kind not in DROPPED:
            continue
        rows = report.copies.get(found.kind) or _twins(now, found, report.roles)
        if rows:
            doomed[found.kind] = rows
        else:
            could_not[found.kind] = (
                "too many rows are alike to list them all: go back to the split, before rows were copied or changed"
            )
    every = np.unique(np.concatenate([np.asarray(rows, np.int64) for rows in doomed.values()])) if doomed else _none()
    if not len(every):
        return None
    if len(every) >= (now[0].rows or 0):
        could_not[next(iter(doomed))] = "every training row would have to go: bring other data"
        return None
    deed = Deed(" and ".join(doomed), "copies of test or benchmark rows", _origin(now[0].only(every)))
    return now[0].without(every), now[1], deed


def _twins(now: tuple[Chosen, Chosen], found: Finding, roles: Roles) -> Sequence[int]:
    """Rows of tables and pictures: equal ones can all be listed, alike ones only while they are few."""
    if found.kind == "exact_duplicate":
        return twins_in_train(now[0], now[1], roles)
    if found.count > len(found.examples):
        return []
    return sorted({each["train"] for each in found.examples if isinstance(each.get("train"), int)})
