"""Every training row of a table that equals a test row, however many rows train has."""

from __future__ import annotations

from lab.checks.audit.load import load, typed
from lab.checks.parts import Columns, Part, Roles, Table
from lab.checks.tables.frame import feature_names
from lab.checks.tables.rowkeys import row_keys

CHUNK = 200_000
"""Rows compared at a time."""


def twins_in_train(train: Part, test: Part, roles: Roles) -> list[int]:
    """Their numbers, ascending; the test is held, train is read in chunks."""
    held = load(test, [name for name in roles.features if name in test.columns], most_rows=CHUNK)
    names = feature_names(load(train, list(held.columns), stop_at=CHUNK), held, roles)
    held = Table({name: held.columns[name] for name in names}, held.index, held.total)
    found: list[int] = []
    start = 0
    kept: Columns = {name: [] for name in names}
    for batch in train.batches(names):
        for name in names:
            kept[name].extend(batch[name])
        if len(kept[names[0]]) >= CHUNK:
            found += _twins(kept, held, start)
            start += len(kept[names[0]])
            kept = {name: [] for name in names}
    return found + (_twins(kept, held, start) if kept[names[0]] else [])


def _twins(chunk: Columns, held: Table, start: int) -> list[int]:
    rows = len(next(iter(chunk.values())))
    table = Table({name: typed(values) for name, values in chunk.items()}, range(start, start + rows), rows)
    here, there, _ = row_keys(table, held, list(chunk))
    wanted = set(there.tolist()) - {0}
    return [start + at for at, key in enumerate(here.tolist()) if key in wanted]
