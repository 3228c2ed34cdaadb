"""exact_duplicate for tables: test rows equal to a training row in every feature."""

from __future__ import annotations

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import Floats, Ints
from lab.checks.tables.frame import feature_names, read_frame
from lab.checks.tables.refit import forest, score
from lab.checks.tables.rowkeys import Keys, by_chance, row_keys
from lab.checks.tables.say import finding, pair, percent, read
from lab.checks.tables.target import Target, read_target
from state.products import Finding

KIND = "exact_duplicate"
BLOCK_ROWS, BLOCK_SHARE = 3, 0.01
"""One pair comes by rounding (iris has one); three different rows and a hundredth of the test do not."""
OVER_CHANCE = 3.0
"""Columns are taken as independent for what chance would make; three times that leaves room for what they share."""
FEWEST_COLUMNS = 2
"""With a single feature equal rows are equal values: no twin."""
SURE = 1e-4
"""Chance of as many twins, below which they are called more than chance."""


def exact_duplicate(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Rows of the test that stand in train."""
    if roles.text or roles.image:
        return Looked(KIND, not_run="rows are texts or images: those are compared as such")
    names = feature_names(train, test, roles)
    if len(names) < FEWEST_COLUMNS:
        return Looked(KIND, not_run=f"fewer than {FEWEST_COLUMNS} features are shared by train and test")
    if len(train) < 1 or len(test) < 1:
        return Looked(KIND, not_run="a side of the split has no rows")
    here, there, agree = row_keys(train, test, names)
    looked_at = f"{read(train, test)}, {len(agree)} of {len(names)} columns"
    if not here.any() or not there.any():
        return Looked(KIND, not_run="the features of one side are empty in every row")
    first = {key: place for place, key in reversed(list(enumerate(here.tolist())))}
    twins = [(first[key], place) for place, key in enumerate(there.tolist()) if key and key in first]
    if not twins:
        return Looked(KIND, looked_at=looked_at)
    return Looked(KIND, (_judged(train, test, roles, twins, here, there, agree, seed),), looked_at=looked_at)


def _judged(
    train: Table, test: Table, roles: Roles, twins: list[tuple[int, int]], here: Keys, there: Keys,
    agree: dict[str, float], seed: int,
) -> Finding:  # fmt: skip
    from scipy.stats import binom

    chance = by_chance(here, agree)
    different = len({int(there[place]) for _, place in twins})
    rows = len({int(key) for key in there.tolist() if key})
    share = different / rows
    beyond = share > OVER_CHANCE * chance and float(binom.sf(different - 1, rows, min(1.0, chance))) < SURE
    many = different >= BLOCK_ROWS and share > BLOCK_SHARE
    severity = "info" if not beyond else "block" if many else "warn"
    if severity == "warn" and different < BLOCK_ROWS:
        severity = "info"
    why = (
        f"{len(twins)} of {len(test):,} test rows ({different} different ones) equal a training row in all "
        f"{len(agree)} features read; {percent(chance)} would by chance"
    )
    gain = inflation_of(train, test, roles, {place for _, place in twins}, seed) if severity == "block" else None
    if gain is not None:
        why += f"; the score on all test rows is {gain:+.3f} against the clean ones"
    examples = [pair(train, test, one, two, 1.0) for one, two in twins[:20]]
    return finding(
        KIND, severity, len(twins), len(test), why, "drop the training rows that equal a test row", examples, gain
    )


def inflation_of(train: Table, test: Table, roles: Roles, flagged: set[int], seed: int) -> float | None:
    """Score on all test rows less the score on those without a twin, of one simple model."""
    target = read_target(train, test, roles)
    if isinstance(target, str) or target.test is None or target.kind == "open":
        return None
    got = answers_on_test(train, test, roles, target, seed)
    if got is None:
        return None
    truth, answers, places = got
    clean = ~np.isin(places, list(flagged))
    if clean.sum() < 10:
        return None
    return score(target.kind, truth, answers) - score(target.kind, truth[clean], answers[clean])


def answers_on_test(
    train: Table, test: Table, roles: Roles, target: Target, seed: int
) -> tuple[Floats, Floats, Ints] | None:
    """Truth, answers and places of the test rows that a simple model was scored on."""
    names = feature_names(train, test, roles)[:100]
    assert target.test is not None
    frame = read_frame(train, test, names, seed, rows=len(train) if len(train) <= 20000 else 20000)
    y, w = target.train[frame.train_rows], target.test[frame.test_rows]
    fine, good = np.isfinite(y), np.isfinite(w)
    if fine.sum() < 10 or good.sum() < 10 or len(np.unique(y[fine])) < 2:
        return None
    answers = forest(target.kind, seed)(frame.train[fine], y[fine], frame.test[good])
    return w[good], answers, frame.test_rows[good]
