"""The code of an experiment, read for what it gives away. One door: scripts in, findings out."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from lab.checks.parts import Looked
from lab.checks.scripts.account import Fault
from lab.checks.scripts.read import Reader
from lab.checks.scripts.seeds import loose_seeds
from state.products import Finding

SEVERITY = {
    "fit_before_split": "info",
    "selection_leak": "block",
    "oversampled_before_split": "block",
    "test_in_training": "block",
}
"""A scaler that has seen all rows flatters by less than can be measured (0.005 of AUC at most over two thousand tables);
what has seen the labels, or copied rows over the split, makes the number void."""
CHOSEN_ON_TEST = ("chosen on the test",)
"""Choosing the best of a few settings on the test flatters a little: a warning, unlike columns chosen by its labels."""

REMEDY = {
    "fit_before_split": "put it in a Pipeline, or fit it on the training part alone",
    "selection_leak": "choose on the training part alone (in a Pipeline, inside the cross-validation) and test once",
    "oversampled_before_split": "split first, then copy rows of the training part alone",
    "test_in_training": "train without the test rows",
    "loose_seed": "take one seed from the config and hand it to everything that draws",
}
KINDS = tuple(SEVERITY)
SHOWN = 20


def scan(scripts: Mapping[str, str], test_names: Sequence[str] = ()) -> list[Looked]:
    """What the scripts (text by name) do wrong; `test_names` are files that no training may read."""
    if not scripts:
        return [Looked(kind, not_run="no script was given") for kind in (*KINDS, "loose_seed")]
    faults: list[tuple[str, Fault]] = []
    unread: list[str] = []
    told = 0
    for name, text in scripts.items():
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError) as error:
            unread.append(f"{name} is not Python: {error}")
            continue
        account = Reader(tree, test_names).account
        told += account.splits + account.fits
        faults += [(name.rsplit("/", 1)[-1], fault) for fault in account.faults.values()]
    if unread and len(unread) == len(scripts):
        return [Looked(kind, not_run="; ".join(unread)) for kind in (*KINDS, "loose_seed")]
    read = f"{len(scripts) - len(unread)} scripts, {told} fits and splits" + "".join(f"; {said}" for said in unread)
    found = [_looked(kind, [f for f in faults if f[1].kind == kind], read, told) for kind in KINDS]
    return [*found, loose_seeds(scripts)]


def _looked(kind: str, faults: list[tuple[str, Fault]], read: str, told: int) -> Looked:
    if not faults:
        nothing = "" if told else "no fit and no split was recognised in the scripts"
        return Looked(kind, not_run=nothing, looked_at=read)
    mild = kind == "selection_leak" and all(
        fault.by in CHOSEN_ON_TEST or "handed over" in fault.why for _, fault in faults
    )
    said = "; ".join(f"{name}:{fault.line} {fault.why}" for name, fault in faults[:3])
    more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
    finding = Finding(
        kind=kind, severity="warn" if mild else SEVERITY[kind], count=len(faults), share=1.0, why=said + more,
        remedy=REMEDY[kind], examples=[{"script": name, "line": fault.line, "by": fault.by} for name, fault in faults[:SHOWN]],
    )  # fmt: skip
    return Looked(kind, (finding,), looked_at=read)
