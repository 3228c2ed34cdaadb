"""missing_class, imbalance and label_shift: which labels there are, how many, and whether both sides agree."""

from __future__ import annotations

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import Floats
from lab.checks.tables.say import finding, percent, read, rows_of
from lab.checks.tables.target import read_target

SURE = 0.01
"""Chance that a random split leaves as many classes out of train, below which it is not put down to luck."""
RATIO = 10
"""The commonest class this many times the rarest: accuracy then says little."""
MANY_CLASSES = 50
"""With more classes than this a long tail is what the world is like."""
SHIFTED = 1e-4
"""Chance of two label counts as different as these from one source, below which they are called shifted."""


def missing_class(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Classes that one side has and the other lacks."""
    kind = "missing_class"
    target = read_target(train, test, roles)
    if isinstance(target, str) or target.kind != "classes":
        return Looked(kind, not_run=target if isinstance(target, str) else "the label is no class")
    if target.test is None:
        return Looked(kind, not_run="the test has no labels")
    names = target.names
    mine, other = _counts(target.train, len(names)), _counts(target.test, len(names))
    found = []
    lost = np.flatnonzero((mine == 0) & (other > 0))
    if len(lost):
        rows = np.flatnonzero(np.isin(target.test, lost))
        lucky = _by_luck(mine, other, len(lost))
        why = (
            f"{len(lost)} of {len(names)} classes stand in the test and never in train ({_named(names, lost)}): "
            f"{len(rows)} test rows can't be right"
            + ("; rare classes, as a random split leaves them" if lucky >= SURE else "")
        )
        found.append(finding(kind, "info" if lucky >= SURE else "warn", len(rows), len(test), why,
                             "split by class, or drop the class from the task", rows_of("test", test, rows)))  # fmt: skip
    unused = np.flatnonzero((mine > 0) & (other == 0))
    if len(unused):
        rows = np.flatnonzero(np.isin(target.train, unused))
        why = f"{len(unused)} of {len(names)} classes of train never stand in the test: {_named(names, unused)}"
        found.append(finding(kind, "info", len(rows), len(train), why, "", rows_of("train", train, rows)))
    return Looked(kind, tuple(found), looked_at=f"{read(train, test)}, {len(names)} classes")


def _named(names: tuple[str, ...], which: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> str:
    shown = ", ".join(repr(names[int(each)][:40]) for each in which[:5])
    return shown + (f" and {len(which) - 5} more" if len(which) > 5 else "")


def _by_luck(mine: Floats, other: Floats, lost: int) -> float:
    """Chance that a random split of these sizes leaves as many classes out of train."""
    from scipy.stats import poisson

    part = other.sum() / (mine.sum() + other.sum())
    expected = float((part ** (mine + other)[(mine + other) > 0]).sum())
    return float(poisson.sf(lost - 1, expected))


def _counts(labels: Floats, classes: int) -> Floats:
    found = labels[np.isfinite(labels)].astype(np.int64)
    return np.bincount(found, minlength=classes).astype(np.float64)


def imbalance(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """One class far more frequent than another."""
    kind = "imbalance"
    target = read_target(train, test, roles)
    if isinstance(target, str):
        return Looked(kind, not_run=target)
    if target.kind != "classes":
        return Looked(kind, not_run="the label is no class")
    counts = _counts(target.train, len(target.names))
    counts_here = counts[counts > 0]
    rows = int(counts.sum())
    looked_at = f"{rows:,} labels, {len(counts_here)} classes"
    if len(counts_here) == 1:
        why = f"every training row has the class {target.names[int(counts.argmax())][:40]!r}: there is nothing to learn"
        return Looked(kind, (finding(kind, "warn", rows, rows, why, "bring other data"),), looked_at=looked_at)
    most, least = float(counts_here.max()), float(counts_here.min())
    if most <= RATIO * least:
        return Looked(kind, looked_at=looked_at)
    why = (
        f"class {target.names[int(counts.argmax())][:40]!r} has {int(most)} training rows and the rarest "
        f"{int(least)}: always answering it is right in {percent(most / rows)}"
    )
    severity = "warn" if len(counts_here) <= MANY_CLASSES and most / rows > 0.5 else "info"
    said = finding(kind, severity, int(most), rows, why, "judge by a metric that weighs classes alike")
    return Looked(kind, (said,), looked_at=looked_at)


def label_shift(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Are the labels of both sides from one source?"""
    kind = "label_shift"
    target = read_target(train, test, roles)
    if isinstance(target, str) or target.kind == "open":
        return Looked(kind, not_run=target if isinstance(target, str) else "the label is an open answer")
    if target.test is None:
        return Looked(kind, not_run="the test has no labels")
    here, there = target.train[np.isfinite(target.train)], target.test[np.isfinite(target.test)]
    if len(here) < 20 or len(there) < 20:
        return Looked(kind, not_run="fewer than 20 labels on a side")
    chance, how = _same_source(here, there, target.kind == "classes", len(target.names))
    looked_at = read(train, test)
    if chance >= SHIFTED or how < 0.05:  # a large file makes trifles sure: a twentieth of the rows must differ
        return Looked(kind, looked_at=looked_at)
    why = f"labels of train and test differ by {percent(how)} of their distribution (chance {chance:.1g})"
    said = finding(kind, "info", round(how * len(there)), len(there), why, "say which of both the claim is about")
    return Looked(kind, (said,), looked_at=looked_at)


def _same_source(here: Floats, there: Floats, classes: bool, names: int) -> tuple[float, float]:
    """Chance that both come from one source, and how far they are apart (0 to 1)."""
    from scipy.stats import chi2_contingency, ks_2samp

    if not classes:
        test = ks_2samp(here, there, method="asymp")
        return float(test.pvalue), float(test.statistic)
    table = np.vstack([_counts(here, names), _counts(there, names)])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return 1.0, 0.0
    far = 0.5 * float(np.abs(table[0] / table[0].sum() - table[1] / table[1].sum()).sum())
    return float(chi2_contingency(table).pvalue), far
