"""Groups and times of rows: kept beside the splits, so that code can split anew by them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab.data.acquire import acquire
from lab.data.seal import groups_and_times, looks, read_split, resplit, seal, whole
from lab.data.split import split
from lab.data.table import Table, make_rows, sortable_time
from state.errors import UserError


def dated(tmp_path: Path, days: int = 200) -> Table:
    lines = [f"2025-{1 + d % 12:02d}-{1 + d % 28:02d},{d * 7 % 13},{d % 3 == 0}" for d in range(days)]
    (tmp_path / "sales.csv").write_text("date,amount,late\n" + "\n".join(lines) + "\n")
    return acquire("sales.csv", tmp_path)


def test_a_column_of_moments_orders_the_rows_and_is_no_feature(tmp_path: Path) -> None:
    table = dated(tmp_path)
    assert (table.columns, table.time_key) == (["amount"], "date")
    assert any("says when each row was taken" in note for note in table.notes)
    assert table.rows[13]["time"] == "2025-02-14T00:00:00"


@pytest.mark.parametrize("header", ["date", "created_at"])
def test_a_column_that_is_only_named_like_one_stays_a_feature(tmp_path: Path, header: str) -> None:
    rows = "\n".join(f"{'soon' if i % 5 else '2025-01-01'},{i % 2}" for i in range(100))
    (tmp_path / "a.csv").write_text(f"{header},y\n{rows}\n")
    table = acquire("a.csv", tmp_path)
    assert (table.kind, table.time_key) == ("text", "")


def test_split_by_time_keeps_the_latest_rows_sealed(tmp_path: Path) -> None:
    table = replace(dated(tmp_path), ordered=True)
    ids = split(table, 3)
    when = {row["id"]: row["time"] for row in table.rows}
    spans = [
        (min(times), max(times))
        for times in ([when[i] for i in ids[part]] for part in ("train", "validation", "sealed"))
    ]
    assert spans[0][1] < spans[1][0]
    assert spans[1][1] < spans[2][0]
    assert sum(map(len, ids.values())) == len(table.rows)
    assert split(table, 4) == ids, "no chance in it"


def test_one_moment_for_all_rows_cannot_be_split_by(tmp_path: Path) -> None:
    rows = make_rows((f"text {i} about nothing", "ab"[i % 2], None) for i in range(100))
    for row in rows:
        row["time"] = "2025-01-01T00:00:00"
    with pytest.raises(UserError, match="stay together by day"):
        split(Table("same", "text", rows, "made", time_key="day", ordered=True), 0)


def test_the_whole_is_what_was_sealed_and_can_be_split_anew_by_time(tmp_path: Path) -> None:
    table = dated(tmp_path)
    card = seal(table, split(table, 1), tmp_path / "run", 1)
    again = whole(tmp_path / "run", card)
    assert again.rows == sorted(table.rows, key=lambda row: row["id"])
    assert looks(tmp_path / "run") == 0
    assert len(groups_and_times(tmp_path / "run", card)) == len(table.rows)
    later = resplit(tmp_path / "run", card, replace(again, ordered=True), 1)
    assert later.seal != card.seal
    assert (later.time_key, later.ordered) == ("date", True)
    assert {name: info.rows for name, info in later.splits.items()}.keys() == {"train", "validation", "sealed"}
    assert whole(tmp_path / "run", later).rows == again.rows
    times = {row["id"]: row["time"] for row in again.rows}
    trained = max(times[row["id"]] for row in read_split(tmp_path / "run", later, "train"))
    assert trained < min(times[row["id"]] for row in read_split(tmp_path / "run", later, "sealed"))


@pytest.mark.parametrize(
    ("given", "told"),
    [("2025-01-02", "2025-01-02T00:00:00"), ("soon", None), ("", None), (None, None), (3, f"{3:024.6f}"), (-1, None)],
)
def test_what_a_moment_is(given: object, told: str | None) -> None:
    assert sortable_time(given) == told


def test_numbers_of_seconds_sort_as_text() -> None:
    seconds = [5.0, 1.7e9, 3.25, 99]
    assert sorted(seconds) == sorted(seconds, key=lambda value: sortable_time(value) or "")
