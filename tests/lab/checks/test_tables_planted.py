"""Faults planted in healthy tables are found, with rows to look at and, where it was scored, by how much they flatter."""

from typing import Any

import numpy as np
import pytest
from sklearn import datasets
from test_tables_made import cloud, days, features, halves, roles_of, said

from lab.checks.parts import Looked, Table
from lab.checks.tables.all import look
from state.products import Finding

ROWS = 800


def found(looked: list[Looked], kind: str) -> Finding:
    return next(each for one in looked for each in one.findings if each.kind == kind)


def noisy(seed: int) -> tuple[Any, Any, Any]:
    """A task that its features explain in part."""
    x, line = cloud(ROWS, seed=seed)
    rng = np.random.default_rng(seed + 100)
    return x, line, (line + 3 * rng.normal(size=ROWS) > 0).astype(int)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("way", ["copy", "noise", "named", "nulls", "afterwards", "almost"])
def test_a_proxy_of_the_class_blocks(way: str, seed: int) -> None:
    x, _, y = noisy(seed)
    rng = np.random.default_rng(seed)
    proxy: Any = {
        "copy": y,
        "noise": y + 0.1 * rng.normal(size=ROWS),
        "named": np.array(["k7", "k2"])[y],
        "nulls": [None if each else 1.5 for each in y],
        "afterwards": np.where(y == 1, rng.exponential(10, ROWS), 0.0),
        "almost": np.where(rng.random(ROWS) < 0.02, 1 - y, y),
    }[way]
    columns = features(x, y=y, f99=proxy)
    looked = look(*halves(columns, seed), roles_of(columns))
    assert ("label_proxy", "block") in said(looked)
    told = found(looked, "label_proxy")
    assert told.examples == [{"column": "f99"}]
    assert told.inflation is not None and told.inflation > 0.1


def test_a_proxy_of_the_quantity_blocks() -> None:
    x, line, _ = noisy(3)
    y = line + 3 * np.random.default_rng(3).normal(size=ROWS)
    for proxy in (y * 2 + 1, np.exp(y / 10), -y + 0.02 * np.random.default_rng(4).normal(size=ROWS)):
        columns = features(x, y=y, f99=proxy)
        assert ("label_proxy", "block") in said(look(*halves(columns), roles_of(columns)))


def test_several_proxies_do_not_hide_each_other() -> None:
    x, _, y = noisy(5)
    columns = features(x, y=y, f98=y * 2, f99=np.where(y == 1, "a", "b"))
    looked = look(*halves(columns), roles_of(columns))
    told = {each.examples[0]["column"] for one in looked for each in one.findings if each.kind == "label_proxy"}
    assert told == {"f98", "f99"}


def test_copies_across_the_split_block_with_the_pairs() -> None:
    x, line = cloud(ROWS)
    twice = np.r_[np.arange(ROWS), np.arange(80)]
    columns = features(x[twice], y=(line[twice] > 0).astype(int))
    train, test = halves(columns)
    looked = look(train, test, roles_of(columns))
    assert ("exact_duplicate", "block") in said(looked)
    told = found(looked, "exact_duplicate")
    for each in told.examples:
        assert all(train.columns[f"f{n}"][each["train"]] == test.columns[f"f{n}"][each["test"]] for n in range(8))
    assert told.inflation is not None


def test_jittered_copies_block_as_near_duplicates() -> None:
    x, line = cloud(ROWS)
    copies = x[:240] + 0.01 * np.random.default_rng(0).normal(size=(240, 8))
    columns = features(np.r_[x, copies], y=(np.r_[line, line[:240]] > 0).astype(int))
    assert ("near_duplicate", "block") in said(look(*halves(columns), roles_of(columns)))


def subjects(seed: int, noise: float = 0.25) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(120), 6)
    x = rng.normal(size=(120, 8))[who] + noise * rng.normal(size=(720, 8))
    return features(x, y=rng.integers(0, 2, 120)[who], who=[f"p{each}" for each in who])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_subjects_on_both_sides_block_named_guessed_or_unknown(seed: int) -> None:
    columns = subjects(seed)
    halved = halves(columns, seed)
    named = look(*halved, roles_of(columns, group="who"))
    guessed = look(*halved, roles_of(columns, group="who", also=("who",), guessed={"group": "its name"}))
    del columns["who"]
    unknown = look(*halves(columns, seed), roles_of(columns))
    for looked in (named, guessed, unknown):
        assert ("group_leak", "block") in said(looked)
        assert (found(looked, "group_leak").inflation or 0) > 0.05


def test_subjects_kept_whole_are_clean() -> None:
    columns = subjects(3)
    assert "group_leak" not in {
        kind for kind, _ in said(look(*halves(columns, shuffled=False), roles_of(columns, group="who")))
    }


def test_a_random_split_of_a_walk_blocks() -> None:
    rng = np.random.default_rng(2)
    walk = np.cumsum(rng.normal(size=ROWS))
    columns = features(rng.normal(size=(ROWS, 4)), y=walk, t=[str(day) for day in days(ROWS)])
    looked = look(*halves(columns), roles_of(columns, time="t"))
    assert ("time_leak", "block") in said(looked)
    assert (found(looked, "time_leak").inflation or 0) > 0.05
    backward = {name: values[::-1] for name, values in columns.items()}
    looked = look(*halves(backward, shuffled=False), roles_of(columns, time="t"))
    assert "time_leak" in {kind for kind, _ in said(looked)}


def sorted_by_class() -> tuple[Table, Table, dict[str, Any]]:
    x, _, y = noisy(6)
    order = np.argsort(y, kind="stable")
    columns = features(x[order], y=y[order], id=np.arange(ROWS))
    train, test = halves(columns)
    for side in (train, test):
        places = np.argsort(side.columns["id"])
        for name, values in side.columns.items():
            side.columns[name] = [values[place] for place in places]
    return train, test, columns


def test_sorted_ids_tell_the_label() -> None:
    train, test, columns = sorted_by_class()
    used = look(train, test, roles_of(columns, id="id", also=("id",), guessed={"id": "its name"}))
    assert {("id_leak", "block"), ("row_order", "warn")} <= said(used)
    named = look(train, test, roles_of(columns, id="id"))
    assert {("id_leak", "warn"), ("row_order", "warn")} <= said(named)


def test_ids_on_both_sides_block() -> None:
    x, line = cloud(400)
    rng = np.random.default_rng(0)
    keys = [f"{value:012x}" for value in rng.integers(0, 2**40, 400)]
    columns = features(x, y=(line > 0).astype(int), id=keys)
    train, test = halves(columns)
    test.columns["id"][:20] = train.columns["id"][:20]
    assert ("id_leak", "block") in said(look(train, test, roles_of(columns, id="id")))


def test_wrong_labels_are_estimated_and_never_block() -> None:
    data = datasets.load_digits()
    rng = np.random.default_rng(0)
    wrong = rng.random(len(data.target)) < 0.1
    columns = features(data.data, y=np.where(wrong, rng.integers(0, 10, len(wrong)), data.target))
    looked = look(*halves(columns), roles_of(columns))
    assert ("label_noise", "warn") in said(looked)
    assert found(looked, "label_noise").share == pytest.approx(0.09, abs=0.03)
    assert said(looked, "block") == set()


def test_conflicts_missing_classes_and_empty_columns() -> None:
    x, line = cloud(400)
    y = np.where(line > 1, "high", np.where(line > -1, "middle", "low"))
    columns = features(np.r_[x, x[:30]], y=np.r_[y, np.roll(y[:30], 7)], empty=[None] * 430, same=["x"] * 430)
    train, test = halves(columns)
    keep = [row for row, label in enumerate(train.columns["y"]) if label != "low"]
    train = Table(
        {name: [values[row] for row in keep] for name, values in train.columns.items()}, range(len(keep)), len(keep)
    )
    looked = look(train, test, roles_of(columns, also=("empty", "same")))
    assert {("label_conflict", "warn"), ("missing_class", "warn")} <= said(looked)
    assert sum(each.kind == "constant_column" for one in looked for each in one.findings) == 2


def test_imbalance_is_told() -> None:
    x, line = cloud(ROWS)
    columns = features(x, y=(line > np.quantile(line, 0.98)).astype(int))
    assert ("imbalance", "warn") in said(look(*halves(columns), roles_of(columns)))


def test_subjects_that_vary_a_lot_are_still_seen() -> None:
    rng = np.random.default_rng(7)
    who = np.repeat(np.arange(120), rng.integers(3, 9, 120))
    x = rng.normal(size=(120, 10))[who] + 0.35 * rng.normal(size=(len(who), 10))
    columns = features(x, y=rng.integers(0, 2, 120)[who])
    assert ("group_leak", "block") in said(look(*halves(columns), roles_of(columns)))
