"""Never cry wolf: healthy tables of many shapes go through all checks without a block, most without a warning."""

from typing import Any

import numpy as np
import pytest
from sklearn import datasets
from test_tables_made import cloud, days, features, halves, roles_of, said

from lab.checks.parts import Roles
from lab.checks.tables.all import look

ROWS = 600


@pytest.mark.slow
@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_classic_tables_are_clean(name: str, seed: int) -> None:
    data = getattr(datasets, f"load_{name}")()
    columns = features(data.data, y=data.target)
    assert said(look(*halves(columns, seed), roles_of(columns), seed)) == set()


def _onehot(rng: Any) -> dict[str, Any]:
    return features(np.eye(6)[rng.integers(0, 6, ROWS)], y=rng.integers(0, 2, ROWS))


def _counts(rng: Any) -> dict[str, Any]:
    counts = rng.poisson(0.1, (ROWS, 40))
    return features(counts, y=(counts[:, :5].sum(axis=1) > 0).astype(int))


def _weak(rng: Any) -> dict[str, Any]:
    x = rng.normal(size=(ROWS, 6))
    return features(x, y=(rng.random(ROWS) < 1 / (1 + np.exp(-x[:, 0]))).astype(int))


def _lines(rng: Any) -> dict[str, Any]:
    x = rng.normal(size=(ROWS, 6))
    return features(x, y=x @ rng.normal(size=6) + 0.1 * rng.normal(size=ROWS))


def _long_tails(rng: Any) -> dict[str, Any]:
    x = np.exp(2 * rng.normal(size=(ROWS, 5)))
    return features(x, y=np.log(x).sum(axis=1) + rng.normal(size=ROWS))


def _path(rng: Any) -> dict[str, Any]:
    at = np.arange(ROWS) / 20
    x = np.c_[np.sin(at), np.cos(1.1 * at), np.sin(at / 3)] + 0.05 * rng.normal(size=(ROWS, 3))
    return features(np.round(x, 2), y=x.sum(axis=1) + 0.3 * rng.normal(size=ROWS))


def _words(rng: Any) -> dict[str, Any]:
    pick = lambda *options: np.array(options)[rng.integers(0, len(options), ROWS)]  # noqa: E731
    return {"f0": pick("red", "blue", "green"), "f1": pick("s", "m", "l"), "f2": rng.integers(0, 4, ROWS),
            "y": pick("yes", "no")}  # fmt: skip


def _blobs(rng: Any) -> dict[str, Any]:
    x, y = datasets.make_blobs(ROWS, n_features=6, centers=4, random_state=int(rng.integers(1000)))
    return features(x, y=y)


def _many_classes(rng: Any) -> dict[str, Any]:
    x, y = datasets.make_blobs(ROWS, n_features=6, centers=40, random_state=int(rng.integers(1000)))
    return features(x, y=y)


def _ids(rng: Any) -> dict[str, Any]:
    return {**_weak(rng), "id": np.arange(ROWS)}


def _gaps(rng: Any) -> dict[str, Any]:
    columns = _lines(rng)
    for name in list(columns)[:3]:
        columns[name] = [None if rng.random() < 0.3 else float(value) for value in columns[name]]
    return columns


SHAPES = [
    _onehot, _counts, _weak, _lines, _long_tails, _path, _words, _blobs, _many_classes, _ids, _gaps
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", [1, 2])
def test_made_tables_are_clean(shape: Any, seed: int) -> None:
    columns = shape(np.random.default_rng(seed))
    roles = roles_of(columns, id="id" if "id" in columns else None)
    assert said(look(*halves(columns, seed), roles, seed)) == set()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_rule_someone_made_up_does_not_block(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.random((ROWS, 5))
    for y in ((x[:, 0] > 0.5), (x[:, 0] > 0.3) & (x[:, 1] > 0.4), x[:, 0] + x[:, 1] > 1):
        columns = features(x, y=y.astype(int))
        assert said(look(*halves(columns, seed), roles_of(columns)), "block") == set()
    near = features(np.c_[x, x[:, 0] + 0.1 * rng.normal(size=ROWS)], y=(x[:, 0] > 0.5).astype(int))
    assert said(look(*halves(near, seed), roles_of(near)), "block") == set()


def test_times_that_mean_nothing_and_splits_by_time_are_clean() -> None:
    x, line = cloud(ROWS)
    by_line = features(x, y=(line > 0).astype(int), t=days(ROWS))
    assert said(look(*halves(by_line), roles_of(by_line, time="t"))) == set()
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(size=ROWS))
    forward = features(x, y=walk, t=days(ROWS))
    assert said(look(*halves(forward, shuffled=False), roles_of(forward, time="t"))) == set()


@pytest.mark.slow
def test_a_guessed_group_that_is_worth_nothing_is_left_alone() -> None:
    x, line = cloud(ROWS)
    town = [f"town {place}" for place in np.random.default_rng(0).integers(0, 40, ROWS)]
    columns = features(x, y=(line > 0).astype(int), town=town)
    roles = roles_of(columns, group="town", also=("town",), guessed={"group": "its name"})
    assert said(look(*halves(columns), roles)) == set()


def test_counters_of_two_files_are_no_shared_ids() -> None:
    x, line = cloud(400)
    columns = features(x, y=(line > 0).astype(int))
    train, test = halves(columns)
    for side in (train, test):
        side.columns["id"] = list(range(len(side)))
    assert said(look(train, test, roles_of(columns, id="id"))) == set()


def test_ten_rows_are_not_judged() -> None:
    columns = features(np.random.default_rng(0).normal(size=(10, 3)), y=[0, 1] * 5)
    looked = look(*halves(columns, share=0.4), roles_of(columns))
    assert said(looked) == set()
    assert next(each for each in looked if each.kind == "label_proxy").not_run


def test_rows_without_a_label_column_have_little_to_say() -> None:
    x, _ = cloud(200)
    columns = features(x)
    looked = look(*halves(columns), Roles(features=tuple(columns)))
    assert said(looked) == set()
    assert {each.kind for each in looked if each.not_run} >= {"label_proxy", "label_conflict", "missing_class"}
