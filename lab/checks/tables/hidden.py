"""label_proxy where no single column holds the label: one column a class, pieces of names, gaps, averages of the label."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from lab.checks.parts import Roles, Table
from lab.checks.tables.cells import Floats, Ints, blank, numbers, plain
from lab.checks.tables.frame import sample, take
from lab.checks.tables.refit import skill
from lab.checks.tables.say import finding, percent
from lab.checks.tables.target import Target
from state.products import Finding

KIND = "label_proxy"
FEWEST = 40
MOST = 4000
SURE = 0.95
"""Skill on the test rows from which a hidden copy of the label is called one."""
PIECE = re.compile(r"[^\W\d_]+|\d+")
MOST_CLASSES = 20
MOST_COLUMNS = 100
"""Columns looked at; wider tables are numbers measured, not labels hidden."""
LEADING = 6
"""Pieces of a name looked at from its start, and from its end."""
SAME = 0.9999
"""Correlation of a column with an average of the label from which it is that average."""
FEWEST_LEVELS = 8
"""Different averages below which a column may agree with them by having few values."""
GAPS = 0.03
"""Share of empty cells a column needs before where they are means anything."""

Rows = tuple[Ints, Floats, Ints, Floats]
"""Places and labels of the train rows, then of the test rows."""


def hidden_proxies(
    train: Table, test: Table, roles: Roles, target: Target, names: Sequence[str], seed: int
) -> list[Finding]:
    """What gives the label away without being a column of it."""
    names = names[:MOST_COLUMNS]
    averages = label_averages(train, test, roles, target, names)
    if target.kind != "classes" or target.test is None or not 2 <= len(target.names) <= MOST_CLASSES:
        return averages
    here, there = sample(len(train), MOST, seed), sample(len(test), MOST // 2, seed + 1)
    here, there = here[np.isfinite(target.train[here])], there[np.isfinite(target.test[there])]
    rows = here, target.train[here], there, target.test[there]
    if len(here) < FEWEST or len(there) < FEWEST // 2 or len(np.unique(rows[1])) < 2 or len(np.unique(rows[3])) < 2:
        return averages
    found = [
        one_a_class(train, test, names, rows),
        named_after(train, test, roles, rows),
        gaps(train, test, roles, rows),
    ]
    return [*averages, *(each for each in found if each)]


def one_a_class(train: Table, test: Table, names: Sequence[str], rows: Rows) -> Finding | None:
    """Columns of two values, each true of one class alone, that together spell the label."""
    here, y, there, w = rows
    classes = np.unique(y)
    if len(classes) < 3:
        return None  # with two classes one such column is a copy
    spelt: dict[float, tuple[str, Hashable]] = {}
    for name in names:
        values = [plain(each) for each in take(train.columns[name], here)]
        counts = Counter(values)
        if len(counts) != 2:
            continue
        for value in counts:
            inside = np.array([each == value for each in values])
            kinds, met = np.unique(y[inside], return_counts=True)
            kind = float(kinds[met.argmax()])
            if met.max() >= 0.97 * inside.sum() and met.max() >= 0.97 * (y == kind).sum():
                spelt.setdefault(kind, (name, value))
    if len(spelt) < len(classes) - 1:
        return None
    left = [float(each) for each in classes if float(each) not in spelt]
    answers = np.full(len(there), left[0] if left else float(classes[0]))
    for kind, (name, value) in spelt.items():
        answers[[plain(each) == value for each in take(test.columns[name], there)]] = kind
    own = skill("classes", w, answers)
    if own < SURE:
        return None
    columns = [name for name, _ in spelt.values()]
    listed = ", ".join(each[:30] for each in columns[:4])
    why = f"{len(columns)} columns, one a class ({listed}), spell {percent(own)} of the {len(w):,} test labels"
    return finding(
        KIND, "block", round(own * len(w)), len(w), why, "leave these columns out", [{"columns": columns[:20]}]
    )


def named_after(train: Table, test: Table, roles: Roles, rows: Rows) -> Finding | None:
    """Names of rows, of files or of links in which a piece says the class."""
    here, y, there, w = rows
    best: tuple[float, str] = (0.0, "")
    for name in train.columns:
        if (
            name in (roles.label, *roles.text)
            or name not in test.columns
            or not _name_of(train.columns[name][int(here[0])])
        ):
            continue
        x, z = take(train.columns[name], here), take(test.columns[name], there)
        named = [_name_of(each) for each in x]
        if sum(map(bool, named)) < 0.9 * len(named) or len(set(named)) < 0.5 * len(named):
            continue
        skills = [_by_piece(named, y, [_name_of(each) for each in z], w, at) for at in range(-LEADING, LEADING)]
        best = max(best, (max(skills), name))
    own, name = best
    if own < SURE:
        return None
    severity = "info" if name in roles.image else "warn"
    why = f"a piece of {name[:60]!r} names the label of {percent(own)} (balanced skill) of {len(w):,} test rows"
    remedy = f"give the model nothing of {name[:60]!r}, and check that labels were not read from it"
    return finding(KIND, severity, round(own * len(w)), len(w), why, remedy, [{"column": name}])


def _name_of(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("path")
    return value if isinstance(value, str) and len(value) < 300 else ""


def _by_piece(x: Sequence[str], y: Floats, z: Sequence[str], w: Floats, at: int) -> float:
    """Skill of the piece at this place, as fitted on train; a piece of its own in every row says nothing."""
    known: defaultdict[str, Counter[float]] = defaultdict(Counter)
    for text, kind in zip(x, y.tolist(), strict=True):
        known[_piece(text, at)][kind] += 1
    if len(known) < 2 or len(known) > max(MOST_CLASSES, len(x) // 10):
        return 0.0
    answer = {piece: counts.most_common(1)[0][0] for piece, counts in known.items()}
    return skill("classes", w, np.array([answer.get(_piece(text, at), -1.0) for text in z]))


def _piece(text: str, at: int) -> str:
    pieces = PIECE.findall(text)
    return str(pieces[at]).casefold() if -len(pieces) <= at < len(pieces) else ""


def gaps(train: Table, test: Table, roles: Roles, rows: Rows) -> Finding | None:
    """A column, of whatever use, that is empty for some classes and filled for the others."""
    here, y, there, w = rows
    if len(np.unique(y)) != 2:
        return None
    best: tuple[float, str] = (0.0, "")
    for name in train.columns:
        if (
            name == roles.label
            or (name in roles.features and name not in (roles.time, roles.id, roles.group))
            or name not in test.columns
        ):
            continue
        empty = np.array([blank(each) for each in take(train.columns[name], here)])
        if not GAPS <= empty.mean() <= 1 - GAPS:
            continue
        kind = float(np.median(y[empty]))
        other = next(float(each) for each in np.unique(y) if each != kind)
        answers = np.where([blank(each) for each in take(test.columns[name], there)], kind, other)
        best = max(best, (skill("classes", w, answers), name))
    own, name = best
    if own < SURE:
        return None
    why = f"{name[:60]!r} is empty for one class and filled for the other in {percent(own)} (balanced skill) of {len(w):,} test rows"
    return finding(
        KIND,
        "warn",
        round(own * len(w)),
        len(w),
        why,
        f"leave out {name[:60]!r}, and whether it is empty",
        [{"column": name}],
    )


def label_averages(train: Table, test: Table, roles: Roles, target: Target, names: Sequence[str]) -> list[Finding]:
    """Columns that are the mean or the sum of the label over a group of rows, of both sides: fitted on the test's labels."""
    if target.test is None or (target.kind == "classes" and len(target.names) != 2) or target.kind == "open":
        return []
    label, split = np.concatenate([target.train, target.test]), len(target.train)
    told = np.isfinite(label)
    found = []
    for name in names:
        values = numbers([*train.columns[name], *test.columns[name]])
        if values is None or len(np.unique(values)) > len(values) // 2:
            continue
        for group, codes in _groupings(train, test, roles, names, name, values):
            use = told & np.isfinite(values) & (codes >= 0)
            if use.sum() < FEWEST:
                continue
            both = _alike(values, label, codes, use, use)
            mine = _alike(values, label, codes, use & (np.arange(len(label)) < split), use)
            if both >= SAME and mine < SAME:
                why = (f"{name[:60]!r} is the average of the label over {group}, the test's own labels among them "
                       f"(correlation {both:.5f}; {mine:.3f} with train's alone)")  # fmt: skip
                remedy = f"work {name[:60]!r} out anew from the training labels alone"
                found.append(
                    finding(KIND, "block", len(target.test), len(target.test), why, remedy, [{"column": name}])
                )
                break
    return found


Grouping = tuple[str, Ints]


def _groupings(
    train: Table, test: Table, roles: Roles, names: Sequence[str], name: str, values: Floats
) -> list[Grouping]:
    """Rows that may have been averaged together: those with one value here, and those of one name elsewhere."""
    out = [("the rows that share its value", np.unique(values, return_inverse=True)[1].astype(np.int64))]
    for other in dict.fromkeys([*(each for each in (roles.group,) if each), *names]):
        if other == name or other not in train.columns or other not in test.columns:
            continue
        cells = [*train.columns[other], *test.columns[other]]
        if isinstance(cells[0], float):
            continue
        known: dict[Hashable, int] = {}
        codes = np.array([known.setdefault(plain(each), len(known)) for each in cells], dtype=np.int64)
        if FEWEST_LEVELS <= len(known) <= len(cells) // 2:
            out.append((f"rows of one {other[:40]!r}", codes))
    return out[:12]


def _alike(values: Floats, label: Floats, codes: Ints, fitted: Any, judged: Any) -> float:
    """Correlation of the column with the label's mean (or its sum) in the group of the row."""
    size = int(codes.max()) + 1
    counts: Floats = np.bincount(codes[fitted], minlength=size).astype(np.float64)
    sums: Floats = np.asarray(np.bincount(codes[fitted], weights=label[fitted], minlength=size), dtype=np.float64)
    use = judged & (counts[codes] > 0)
    if len(np.unique(values[use])) < FEWEST_LEVELS or np.median(counts[codes[use]]) < 2:
        return 0.0
    of: Callable[[Floats], float] = lambda each: _correlation(values[use], each[codes[use]])  # noqa: E731
    return max(of(sums / np.maximum(counts, 1.0)), of(sums))


def _correlation(x: Floats, y: Floats) -> float:
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(abs(np.corrcoef(x, y)[0, 1]))
