"""Tables made for the tests of the table checks: healthy ones of many shapes, and the ways to plant a fault in them."""

import datetime
from typing import Any

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.all import TABLE_CHECKS, look

KINDS = {
    "exact_duplicate", "near_duplicate", "image_duplicate", "label_proxy", "id_leak", "group_leak", "time_leak",
    "row_order", "prompt_contains_answer", "fewshot_overlap", "label_conflict", "label_noise", "missing_class",
    "imbalance", "label_shift", "constant_column", "broken_text", "truncated_text",
}  # fmt: skip


def table(columns: dict[str, Any]) -> Table:
    plain = {name: [_plain(each) for each in values] for name, values in columns.items()}
    rows = len(next(iter(plain.values()))) if plain else 0
    return Table(plain, range(rows), rows)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def halves(columns: dict[str, Any], seed: int = 0, share: float = 0.25, shuffled: bool = True) -> tuple[Table, Table]:
    """Train and test of these columns: at random, or the test from the end."""
    rows = len(next(iter(columns.values())))
    order = np.random.default_rng(seed).permutation(rows) if shuffled else np.arange(rows)
    cut = rows - int(share * rows)
    parts = order[:cut], order[cut:]
    train, test = (table({name: [values[row] for row in part] for name, values in columns.items()}) for part in parts)
    return train, test


def features(x: Any, **more: Any) -> dict[str, Any]:
    return {**{f"f{column}": x[:, column] for column in range(x.shape[1])}, **more}


def roles_of(columns: dict[str, Any], **more: Any) -> Roles:
    """All columns that start with f are features, and those named in `also`."""
    also = more.pop("also", ())
    names = tuple(name for name in columns if name[0] == "f" and name[1:].isdigit())
    return Roles(label="y", features=(*names, *also), **more)


def said(looked: list[Looked], *severities: str) -> set[tuple[str, str]]:
    return {
        (each.kind, each.severity)
        for one in looked
        for each in one.findings
        if each.severity in (severities or ("block", "warn"))
    }


def days(rows: int, seed: int = 0) -> list[datetime.date]:
    gaps = np.cumsum(np.random.default_rng(seed).integers(0, 3, rows))
    return [datetime.date(2021, 1, 1) + datetime.timedelta(days=int(gap)) for gap in gaps]


def cloud(rows: int = 800, columns: int = 8, seed: int = 0) -> tuple[Any, Any]:
    """Features, and a quantity that depends on them in a straight line."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, columns))
    return x, x @ rng.normal(size=columns)


def test_every_check_answers_under_its_kind() -> None:
    x, line = cloud(60, 3)
    columns = features(x, y=(line > 0).astype(int))
    looked = look(*halves(columns), roles_of(columns))
    assert {each.kind for each in looked} == KINDS
    assert len(looked) == len(TABLE_CHECKS)
    assert all(each.not_run or each.looked_at for each in looked)
