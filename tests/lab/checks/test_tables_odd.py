"""Whatever stands in the cells, every check answers."""

import datetime
import random
from typing import Any

import numpy as np
import pytest
from test_tables_made import said, table

from lab.checks.parts import Roles, Table
from lab.checks.tables.all import TABLE_CHECKS, look

ODD: list[Any] = [
    None, float("nan"), 1, True, "x", "", "  ", 10**400, -(10**30), [1, 2], {"a": 1}, (1,), b"zz",
    datetime.datetime(2020, 1, 1), datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    float("inf"), 1e308, -1e308, "nan", "1_0", {1: 2}, complex(1, 2), np.float64(3), np.datetime64("NaT"), [], {},
]  # fmt: skip
NAMES = ("a", "b", "c", "d", "y", "id", "g", "t", "words", "picture")
NAMED = Roles(
    text=("words",), label="y", id="id", group="g", time="t", image=("picture",), features=("a", "b", "c", "d")
)
GUESSED = Roles(label="y", features=NAMES[:4] + NAMES[5:8], group="g", time="t", guessed={"group": "", "time": ""})


@pytest.mark.parametrize(
    "value", [None, 1, "x", float("nan"), [1], {}, 10**400, datetime.datetime(2020, 1, 1), b"", True]
)
@pytest.mark.parametrize("roles", [NAMED, GUESSED])
def test_columns_of_one_value(value: Any, roles: Roles) -> None:
    for rows, others in ((1, 1), (10, 5), (120, 50)):
        train, test = (table({name: [value] * count for name in NAMES}) for count in (rows, others))
        assert said(look(train, test, roles), "block") == set()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("roles", [NAMED, GUESSED])
def test_columns_of_anything(seed: int, roles: Roles) -> None:
    pick = random.Random(seed)
    train, test = (table({name: [pick.choice(ODD) for _ in range(count)] for name in NAMES}) for count in (120, 60))
    for side in (train, test):
        rows = len(side)
        side.columns["a"] = [pick.choice(ODD) if pick.random() < 0.03 else pick.gauss(0, 1) for _ in range(rows)]
        side.columns["d"] = [pick.gauss(0, 1) * 10.0 ** pick.randint(-300, 300) for _ in range(rows)]
        side.columns["y"] = [
            pick.choice("ab") if seed == 0 else pick.gauss(0, 1) * (1e300 if seed == 1 else 1.0) for _ in range(rows)
        ]
    looked = look(train, test, roles)
    assert len(looked) == len(TABLE_CHECKS)
    assert ("label_proxy", "block") not in said(looked)


def test_nothing_to_look_at_is_said() -> None:
    empty = Table({"a": [], "y": []}, [], 0)
    full = table({"a": [1, 2, 3], "y": [0, 1, 0]})
    lost = Roles(text=("zz",), label="q", features=("no",), id="n", group="n", time="n", image=("n",))
    for train, test in ((empty, empty), (full, empty), (empty, full)):
        for roles in (Roles(label="y", features=("a",)), Roles(), Roles(text=("a",), label="y"), lost):
            looked = look(train, test, roles)
            assert all(each.not_run or each.looked_at for each in looked)
            assert said(looked) == set()


def test_rows_are_named_by_their_number_in_the_file() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    columns = {f"f{n}": x[:, n].tolist() for n in range(3)} | {"y": rng.integers(0, 2, 200).tolist()}
    train = Table(columns, range(1000, 2000, 5), 5000)
    test = Table({name: values[:50] for name, values in columns.items()}, range(500, 600, 2), 400)
    looked = look(train, test, Roles(label="y", features=("f0", "f1", "f2")))
    told = next(each for one in looked for each in one.findings if each.kind == "exact_duplicate")
    assert {(each["train"] - 1000) // 5 - (each["test"] - 500) // 2 for each in told.examples} == {0}


@pytest.mark.slow
def test_ten_thousand_columns() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 10_000)).astype(object)
    y = rng.integers(0, 2, 300)
    x[:, 7000] = y + 0.01 * rng.normal(size=300)
    columns = {f"f{n}": x[:, n].tolist() for n in range(10_000)}
    train = table({**{name: values[:220] for name, values in columns.items()}, "y": y[:220].tolist()})
    test = table({**{name: values[220:] for name, values in columns.items()}, "y": y[220:].tolist()})
    told = said(look(train, test, Roles(label="y", features=tuple(columns))))
    assert told == {("label_proxy", "block")}


@pytest.mark.slow
def test_the_same_seed_says_the_same() -> None:
    rng = np.random.default_rng(3)
    who = np.repeat(np.arange(60), 5)
    x = rng.normal(size=(60, 6))[who] + 0.2 * rng.normal(size=(300, 6))
    columns = {f"f{n}": x[:, n].tolist() for n in range(6)} | {"y": rng.integers(0, 2, 60)[who].tolist()}
    train = table({name: values[:200] for name, values in columns.items()})
    test = table({name: values[200:] for name, values in columns.items()})
    roles = Roles(label="y", features=tuple(columns)[:6])
    assert look(train, test, roles, 5) == look(train, test, roles, 5)
