"""Labels hidden in several columns, in names, in gaps and in averages; healthy columns of the same shape say nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lab.checks.parts import Roles, Table
from lab.checks.tables.exact import exact_duplicate
from lab.checks.tables.proxy import label_proxy


def split(rows: dict[str, list[Any]], cut: int = 400) -> tuple[Table, Table]:
    total = len(next(iter(rows.values())))
    return (Table({k: v[:cut] for k, v in rows.items()}, range(cut), cut),
            Table({k: v[cut:] for k, v in rows.items()}, range(total - cut), total - cut))  # fmt: skip


def made(how: str, honest: bool) -> tuple[dict[str, list[Any]], Roles]:
    rng = np.random.default_rng(7)
    classes = 3 if how in ("one_hot", "path") else 2
    y = rng.integers(0, classes, 600)
    said = rng.permutation(y) if honest else y
    rows: dict[str, list[Any]] = {f"f{c}": (rng.normal(0, 1, 600) + 0.3 * y).tolist() for c in range(4)}
    if how == "one_hot":
        rows |= {f"is_{c}": (said == c).astype(int).tolist() for c in range(3)}
    elif how == "path":
        rows["file"] = [f"scans/{'abc'[k]}x/{i:05d}.dcm" for i, k in enumerate(said)]
    elif how == "key":
        rows["ref"] = [f"{'QZ'[k]}-{i}" for i, k in enumerate(rng.permutation(600) * 0 + said)]
    elif how == "gap":
        rows["closed"] = [None if k else f"2024-01-{1 + i % 28:02d}" for i, k in enumerate(said)]
    elif how == "noisy":
        rows["flag"] = [int(k) if rng.random() < 0.94 else 1 - int(k) for k in said]
    else:
        town = rng.integers(0, 60, 600)
        of = slice(0, 400) if honest else slice(0, 600)
        rows["town_rate"] = [float(y[of][town[of] == each].mean()) + each * 1e-7 for each in town]
    rows["label"] = y.tolist()
    features = tuple(name for name in rows if name != "label")
    return rows, Roles(label="label", features=features, time="closed" if how == "gap" else None)


@pytest.mark.parametrize("how", ["one_hot", "path", "key", "gap", "noisy", "average"])
@pytest.mark.parametrize("honest", [False, True])
def test_a_hidden_label_is_told(how: str, honest: bool) -> None:
    rows, roles = made(how, honest)
    found = label_proxy(*split(rows), roles).findings
    assert bool(found) != honest, found


def test_empty_features_are_no_pass() -> None:
    rows: dict[str, list[Any]] = {"a": [None] * 500, "b": [None] * 500, "label": [0, 1] * 250}
    assert exact_duplicate(*split(rows), Roles(label="label", features=("a", "b"))).not_run


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_wrong_labels_in_one_class_are_told(share: float) -> None:
    from lab.checks.tables.noise import label_noise

    rng = np.random.default_rng(8)
    y = rng.integers(0, 3, 700)
    rows: dict[str, list[Any]] = {f"f{c}": (rng.normal(0, 1, 700) + 3 * (y == c)).tolist() for c in range(3)}
    rows["label"] = [1 if k == 0 and rng.random() < share else int(k) for k in y]
    found = label_noise(*split(rows, 600), Roles(label="label", features=("f0", "f1", "f2"))).findings
    assert bool(found) == bool(share), found


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 5, 6])
def test_copies_of_rows_make_no_label_look_wrong(seed: int) -> None:
    from lab.checks.tables.noise import label_noise

    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 300)
    x = rng.normal(0, 1, (300, 5)) + 1.2 * y[:, None]
    at = np.r_[np.tile(np.arange(240), 3), np.arange(240, 300)]
    rows: dict[str, list[Any]] = {f"f{c}": x[at, c].tolist() for c in range(5)} | {"label": y[at].tolist()}
    assert not label_noise(*split(rows, 720), Roles(label="label", features=tuple(f"f{c}" for c in range(5)))).findings
