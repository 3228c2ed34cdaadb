"""How much one column alone says about the label."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from lab.checks.tables.cells import Floats, Ints
from lab.checks.tables.frame import filled
from lab.checks.tables.refit import score, tree

BINS = 20
"""Steps a measured column is cut into for the first look."""
DIP = 0.15
"""Classes lie apart when so few rows lie half-way between them: without a gap a third do, behind a rule on a normal
column more, of a copy with noise a fifth of its step a tenth."""


def promising(kind: str, x: Floats, y: Floats, numeric: Sequence[bool]) -> tuple[Ints, Floats]:
    """Columns by what a cut into steps says of the label, the best first, and how much that is (0 to 1, optimistic)."""
    whole = filled(x) if x.size else x
    power = np.zeros(x.shape[1])
    label: Any = np.unique(y, return_inverse=True)[1] if kind == "classes" else y
    for column in range(x.shape[1]):
        steps = _steps(whole[:, column], numeric[column])
        if steps is not None:
            power[column] = _classes(steps, label) if kind == "classes" else _quantity(steps, label)
    return np.argsort(-power, kind="stable"), power


def _steps(values: Floats, numeric: bool) -> Ints | None:
    known, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(known) < 2:
        return None
    if len(known) <= BINS or not numeric:
        return None if len(known) > len(values) / 3 else place.astype(np.int64)
    before = np.cumsum(counts) - counts / 2
    step = np.minimum(before * BINS // len(values), BINS - 1).astype(np.int64)
    return np.asarray(step[place], dtype=np.int64)


def _classes(steps: Ints, label: Any) -> float:
    classes = int(label.max()) + 1
    table = np.bincount(steps * classes + label, minlength=(int(steps.max()) + 1) * classes).reshape(-1, classes)
    parts = table / table.sum(axis=0)
    return float((parts.max(axis=1).sum() / classes - 1 / classes) / (1 - 1 / classes))


def _quantity(steps: Ints, y: Floats) -> float:
    counts = np.bincount(steps)
    means = np.bincount(steps, weights=y) / np.maximum(counts, 1)
    spread = float(((y - y.mean()) ** 2).sum())
    return float((counts * (means - y.mean()) ** 2).sum() / spread) if spread > 0 else 0.0


def alone(kind: str, x: Floats, y: Floats, z: Floats, seed: int) -> Floats:
    """Answers on other rows from this column alone."""
    answers = tree(kind, seed)(x[:, None], y, z[:, None])
    if kind == "classes":
        return answers
    smooth = _between(filled(np.vstack([x[:, None], z[:, None]]))[:, 0], y, len(x))
    half = np.arange(len(x)) % 2 == 0  # which of both suits is settled inside train
    inner = x[half], y[half], x[~half], y[~half]
    by_tree = tree(kind, seed)(inner[0][:, None], inner[1], inner[2][:, None])
    by_line = _between(filled(np.concatenate([inner[0], inner[2]])[:, None])[:, 0], inner[1], len(inner[0]))
    return smooth if score(kind, inner[3], by_line) > score(kind, inner[3], by_tree) else answers


def _between(both: Floats, y: Floats, split: int) -> Floats:
    """Straight lines between the training points: exact for any smooth function of the label."""
    known, place, counts = np.unique(both[:split], return_inverse=True, return_counts=True)
    means = np.bincount(place, weights=y) / counts
    return np.asarray(np.interp(both[split:], known, means), dtype=np.float64)


def apart(x: Floats, y: Floats) -> bool:
    """Do the classes lie in this column in places of their own? Copies with noise do; a rule's border lies in a crowd."""
    parts = [x[y == each] for each in np.unique(y)]
    if sum(_one_place(part, [other for other in parts if other is not part]) for part in parts) >= len(parts) - 1:
        return True
    parts = [part[np.isfinite(part)] for part in parts]
    if min(len(part) for part in parts) < 3:
        return False
    parts.sort(key=lambda part: float(np.median(part)))
    return all(_dip(low, high) <= DIP for low, high in pairwise(parts))


def _one_place(own: Floats, others: list[Floats]) -> bool:
    """Nearly all rows of the class have one value (or a gap), and hardly any other row has it."""
    values, counts = np.unique(own, return_counts=True)  # NaNs count as one value
    mode = values[counts.argmax()]
    rest = np.concatenate(others)
    met = np.isnan(rest) if np.isnan(mode) else rest == mode
    return bool(counts.max() >= 0.9 * len(own) and met.mean() <= 0.1)


def _dip(low: Floats, high: Floats) -> float:
    """Share of the rows between the two middles that lie in the middle third: a third where there is no gap."""
    start, end = float(np.median(low)), float(np.median(high))
    both = np.concatenate([low, high])
    between = both[(both >= start) & (both <= end)]
    third = (end - start) / 3
    if third <= 0:
        return 1.0
    return float(((between > start + third) & (between < end - third)).mean())


def values_in(x: Floats) -> int:
    """Different values, a gap being one of them."""
    return len(np.unique(x[np.isfinite(x)])) + int(np.isnan(x).any())
