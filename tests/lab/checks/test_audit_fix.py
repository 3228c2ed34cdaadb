"""The pure half of a repair: rows chosen, rows placed anew, tables loaded, answers gathered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from lab.checks.audit.chosen import Chosen
from lab.checks.audit.load import flat, load, rows_at, typed
from lab.checks.audit.regroup import by_group, by_time
from lab.checks.audit.report import KINDS, report
from lab.checks.audit.twins import twins_in_train
from lab.checks.parts import Columns, Looked, Roles
from state.products import Finding


@dataclass(frozen=True)
class Held:
    """A part in memory, given out seven rows at a time."""

    name: str
    data: Columns

    @property
    def columns(self) -> Sequence[str]:
        return list(self.data)

    @property
    def rows(self) -> int | None:
        return len(next(iter(self.data.values())))

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Columns]:
        for start in range(0, self.rows or 0, 7):
            yield {name: self.data[name][start : start + 7] for name in (self.columns if columns is None else columns)}


def column(part: Any, name: str) -> list[Any]:
    return [value for batch in part.batches([name]) for value in batch[name]]


def both(train: Columns, test: Columns) -> tuple[Held, Held, Chosen, Chosen]:
    mine, held = Held("train", train), Held("test", test)
    none = np.zeros(0, np.int64)
    here = Chosen("train", (mine, held), (np.arange(mine.rows or 0), none))
    return mine, held, here, Chosen("test", (mine, held), (none, np.arange(held.rows or 0)))


def test_rows_are_chosen_dropped_and_moved_without_losing_any() -> None:
    _, _, train, test = both({"a": list(range(30))}, {"a": list(range(100, 110))})
    assert column(train.without([0, 8, 29]), "a") == [at for at in range(30) if at not in (0, 8, 29)]
    moved = test.and_(train.only([3, 20]))
    assert column(moved, "a") == [3, 20, *range(100, 110)]
    assert column(moved.only([0, 2]), "a") == [3, 100]
    assert moved.rows == 12


def test_groups_end_on_one_side_each_and_the_test_keeps_its_size() -> None:
    rng = np.random.default_rng(0)
    people = rng.integers(0, 60, 1000).tolist()
    labels = [f"c{person % 3}" for person in people]
    mine, held, train, test = both(
        {"who": people[:800], "y": labels[:800]}, {"who": people[800:], "y": labels[800:]}
    )  # fmt: skip
    placed = by_group(mine, held, "who", "y", 0)
    assert not isinstance(placed, str)
    new_train = train.without(placed.to_test).and_(test.only(placed.to_train))
    new_test = test.without(placed.to_train).and_(train.only(placed.to_test))
    assert not set(column(new_train, "who")) & set(column(new_test, "who"))
    assert sorted(column(new_train, "who") + column(new_test, "who")) == sorted(people)
    assert abs((new_test.rows or 0) - 200) <= 20
    assert set(column(new_test, "y")) == set(column(new_train, "y")) == {"c0", "c1", "c2"}


def test_one_group_cannot_be_split() -> None:
    mine, held, _, _ = both({"who": ["a"] * 20}, {"who": ["a"] * 5})
    assert isinstance(by_group(mine, held, "who", None, 0), str)


@pytest.mark.parametrize("form", ["{}", "2024-01-{:02d}", "2024-01-{:02d}T10:00:00", "{:02d}.01.2024", "170000{:04d}"])
def test_the_latest_rows_are_the_test(form: str) -> None:
    days = [form.format(day) for day in range(1, 29)]
    mine, held, train, test = both({"t": days[0::2] + days[1::4]}, {"t": days[3::4]})
    placed = by_time(mine, held, "t", None, 0)
    assert not isinstance(placed, str)
    new_test = test.without(placed.to_train).and_(train.only(placed.to_test))
    assert sorted(column(new_test, "t")) == sorted(days[-7:])


def test_moments_that_cannot_be_ordered_are_said() -> None:
    mine, held, _, _ = both({"t": ["soon", "later"]}, {"t": ["never"]})
    assert "no moments" in str(by_time(mine, held, "t", None, 0))
    mine, held, _, _ = both({"t": ["2024-01-01", None]}, {"t": ["2024-01-02"]})
    assert "1 rows have no moment" in str(by_time(mine, held, "t", None, 0))


def test_a_sample_is_even_and_keeps_row_numbers() -> None:
    part = Held("train", {"a": list(range(1000))})
    table = load(part, ["a"], most_rows=100)
    assert table.total == 1000
    assert 50 <= len(table) <= 100
    assert table.columns["a"] == list(table.index)
    assert table.index[1] - table.index[0] == table.index[-1] - table.index[-2]
    assert len(load(part, ["a"])) == 1000


def test_single_rows_by_number() -> None:
    assert rows_at(Held("train", {"a": list(range(50))}), ["a"], [0, 6, 7, 49]) == {"a": [0, 6, 7, 49]}


def test_cells_of_a_csv_become_numbers_only_when_all_of_them_are() -> None:
    assert typed(["1", "2"]) == [1, 2]
    assert typed(["1", None, "2.5", "NA"]) == [1, None, 2.5, None]
    assert typed(["1", "two"]) == ["1", "two"]
    assert typed(["1_0", "2"]) == ["1_0", "2"]
    assert typed([None, None]) == [None, None]
    assert typed([1, "a"]) == [1, "a"]


def test_what_is_said_in_a_conversation() -> None:
    talk = [{"role": "user", "content": "why?"}, {"role": "assistant", "content": "because"}]
    assert flat(talk) == "why?\nbecause"
    assert flat(None) == ""


def test_twins_of_a_long_table_are_all_listed() -> None:
    rng = np.random.default_rng(1)
    test = {name: rng.normal(size=20).round(6).tolist() for name in "abc"}
    train = {name: rng.normal(size=500).tolist() for name in "abc"}
    for at in (3, 250, 499):
        for name in "abc":
            train[name][at] = test[name][at % 20]
    found = twins_in_train(Held("train", train), Held("test", test), Roles(features=("a", "b", "c")))
    assert found == [3, 250, 499]


def found(kind: str, severity: str) -> Looked:
    return Looked(kind, (Finding(kind=kind, severity=severity, count=1, share=0.1, why="w"),), looked_at="rows")


def test_every_kind_is_answered_and_a_check_that_ran_wins() -> None:
    said = report([Looked("exact_duplicate", not_run="no text"), found("exact_duplicate", "block"),
                   found("imbalance", "info"), Looked("time_leak", not_run="no time")], {"train": 1, "test": 1}, Roles())  # fmt: skip
    assert said.verdict == "leaking"
    results = {each["name"]: each["result"] for each in said.checks()}
    assert set(KINDS) <= set(results)
    assert results["exact_duplicate"] == "FAIL"
    assert results["imbalance"] == "PASS"
    assert results["time_leak"] == results["label_noise"] == "NOT_RUN"
    assert all(each["why"] for each in said.checks())


@pytest.mark.parametrize(("severity", "verdict"), [("block", "leaking"), ("warn", "suspect"), ("info", "clean")])
def test_the_verdict_is_the_worst_finding(severity: str, verdict: str) -> None:
    assert report([found("imbalance", severity), found("label_noise", "info")], {}, Roles()).verdict == verdict
    assert (
        Counter(each.severity for each in report([found("imbalance", severity)], {}, Roles()).findings)[severity] == 1
    )
