"""The account of what has been learnt from which rows, and the faults that come to light in it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from lab.checks.scripts import names as n
from lab.checks.scripts.values import Deed, Estimator, Event, Value, joined


@dataclass(frozen=True)
class Fault:
    """Something a script does that it should not."""

    kind: str
    line: int
    by: str
    why: str


class Account:
    """Fits and splits in their order, and what is wrong with them."""

    def __init__(self) -> None:
        self.faults: dict[tuple[str, int, str], Fault] = {}
        self.splits = 0
        self.fits = 0
        self.picks = False
        """Whether the script chooses an epoch or a checkpoint by the rows it watches."""

    def split(self, source: Value, line: int) -> None:
        """What was learnt from the whole before it is split has been learnt from the test too."""
        self.splits += 1
        for event in source.shaped:
            if any((number, "whole") in event.rows for number, _ in source.rows) or event.deed == "oversample":
                self.leak(event, f"before the split in line {line}")

    def fit(self, node: ast.Call, name: str, owner: Value, given: list[Value], named: dict[str, Value]) -> Value:
        cell = owner.cell
        assert cell is not None
        self.fits += 1
        rows_of = joined(*given, *(v for k, v in named.items() if k in ("X", "y", "train_dataset", "x")))
        self.watched(node, named)
        if cell.kind in n.SEARCHES:
            self.split(rows_of, node.lineno)
        deed, by = _deed(cell)
        parts = rows_of.parts()
        if rows_of.rows:
            event = Event(deed, by, node.lineno, rows_of.rows)
            cell.events.add(event)
            both = "test" in parts and ("train" in parts or "whole" in parts or "validation" in parts)
            if both or ("test" in parts and not _prepares(cell)):
                self.leak(
                    event, "on train and test together" if both else "on the test rows", trains=not _prepares(cell)
                )
        out = replace(rows_of, cell=None, split_of=()) if name != "fit" else owner
        if name == "fit" or not rows_of.rows:
            return owner
        shaped = out.shaped | ({Event(deed, by, node.lineno, rows_of.rows)} if _prepares(cell) else set())
        out = replace(out, shaped=shaped)
        return replace(out, split_of=(out, out)) if name == "fit_resample" else out

    def apply(self, node: ast.Call, owner: Value, given: list[Value]) -> Value:
        cell = owner.cell
        assert cell is not None
        rows = joined(*given)
        for event in cell.events:
            whole = any((number, "whole") in event.rows for number, part in rows.rows if part != "whole")
            if whole and _prepares(cell):
                self.leak(event, f"and applied to its parts in line {node.lineno}")
            elif whole and "test" in rows.parts():
                self.leak(event, f"and tried on its part in line {node.lineno}", trains=True)
        out = replace(rows, cell=None, split_of=())
        return replace(out, shaped=out.shaped | cell.events) if _prepares(cell) else out

    def watched(self, node: ast.Call, named: dict[str, Value]) -> None:
        for word, given in named.items():
            if self.picks and word in n.WATCHES and "test" in given.parts():
                why = f"the test rows are handed over as {word}, by which an epoch or a checkpoint is chosen"
                self.fault("selection_leak", node.lineno, word, why)

    def leak(self, event: Event, when: str, trains: bool = False) -> None:
        if trains:
            why = f"{event.by} is fitted in line {event.line} {when}: it has trained on the rows it is judged by"
            return self.fault("test_in_training", event.line, event.by, why)
        kinds = {"fit": "fit_before_split", "select": "selection_leak", "oversample": "oversampled_before_split"}
        learnt = {"fit": "fitted", "select": "chosen with the labels", "oversample": "copying rows"}[event.deed]
        return self.fault(
            kinds[event.deed], event.line, event.by, f"{event.by} is {learnt} in line {event.line} {when}"
        )

    def fault(self, kind: str, line: int, by: str, why: str) -> None:
        self.faults.setdefault((kind, line, by), Fault(kind, line, by, why))


def _deed(cell: Estimator) -> tuple[Deed, str]:
    kinds = [cell.kind, *cell.holds]
    for kind in kinds:
        if kind in n.SUPERVISED:
            return "select", kind
    for kind in kinds:
        if kind in n.OVERSAMPLERS:
            return "oversample", kind
    return "fit", cell.kind


def _prepares(cell: Estimator) -> bool:
    """Whether it prepares rows for a model, rather than being one."""
    kinds = [cell.kind, *cell.holds]
    known = n.UNSUPERVISED | n.SUPERVISED | n.OVERSAMPLERS
    if cell.kind in n.STATELESS:
        return False
    parts = kinds[1:] if cell.kind in n.CHAINS else kinds
    return bool(parts) and all(kind in known or kind in n.CHAINS for kind in parts)
