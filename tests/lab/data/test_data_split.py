"""Splits partition, keep groups whole and classes in proportion, and depend on the seed alone."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.data.builtin import BUILTIN, load_builtin
from lab.data.split import split
from lab.data.table import Row, Table, few_labels, make_rows
from state.errors import UserError


def table(answers: list[str], groups: list[int | None] | None = None, kind: str = "tabular") -> Table:
    owners = groups or [None] * len(answers)
    rows = make_rows(
        ({"x": float(place)}, answer, None if owner is None else str(owner))
        for place, (answer, owner) in enumerate(zip(answers, owners, strict=True))
    )
    return Table("made", kind, rows, "test", "owner" if groups else "")  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(st.integers(40, 400), st.integers(1, 6), st.integers(0, 10**9))
def test_splits_partition_the_rows_and_a_seed_settles_them(n: int, classes: int, seed: int) -> None:
    made = table([f"c{place % classes}" for place in range(n)])
    parts = split(made, seed)
    ids = [each for part in parts.values() for each in part]
    assert sorted(ids) == sorted(row["id"] for row in made.rows)
    assert len(parts["sealed"]) >= 20
    assert len(parts["validation"]) >= 10
    backwards = Table(made.name, made.kind, made.rows[::-1], made.source)
    assert split(backwards, seed) == parts


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=60, max_size=90), st.integers(0, 10**9))
def test_no_group_straddles_two_splits(sizes: list[int], seed: int) -> None:
    owners = [owner for owner, size in enumerate(sizes) for _ in range(size)]
    made = table([str(place % 2) for place in range(len(owners))], [*owners])
    parts = split(made, seed)
    home = {each: name for name, part in parts.items() for each in part}
    assert len(home) == len(owners)
    for owner in set(owners):
        assert len({home[row["id"]] for row in made.rows if row["group"] == str(owner)}) == 1


def test_another_seed_is_another_split() -> None:
    made = table([str(place % 2) for place in range(100)])
    assert split(made, 1) != split(made, 2)


def test_classes_keep_their_proportions_and_a_rare_one_trains() -> None:
    made = table(["common"] * 300 + ["seldom"] * 99 + ["once"])
    answer = {row["id"]: row["answer"] for row in made.rows}
    parts = {name: Counter(answer[each] for each in part) for name, part in split(made, 3).items()}
    assert parts["train"]["once"] == 1
    assert parts["sealed"]["common"] == 75
    assert abs(parts["sealed"]["seldom"] - 25) <= 1


def test_sizes_by_number_and_by_share() -> None:
    made = table([str(place % 2) for place in range(200)])
    assert {name: len(ids) for name, ids in split(made, 0, (30, 50)).items()} == {
        "train": 120, "validation": 30, "sealed": 50,
    }  # fmt: skip
    assert len(split(made, 0, (0.1, 0.2))["sealed"]) == 40


@pytest.mark.parametrize(
    ("made", "sizes", "says"),
    [
        (table(["a", "b"] * 10), None, "has 20 rows; at least 40"),
        (table(["a", "b"] * 50, [0] * 100), None, "stay together by owner"),
        (table(["a", "b"] * 50), (60, 60), "can't be taken"),
        (table(["a", "b"] * 50), (30, 10), "leaves 10 sealed rows"),
    ],
)
def test_too_little_data_is_said_in_one_line(made: Table, sizes: tuple[float, float] | None, says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        split(made, 0, sizes)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_the_largest_table_does_not_seal_more_than_is_useful() -> None:
    parts = split(table([str(place % 2) for place in range(60_000)]), 0)
    assert {name: len(ids) for name, ids in parts.items()} == {"train": 53_000, "validation": 2_000, "sealed": 5_000}


@pytest.mark.parametrize("name", sorted(BUILTIN))
def test_built_ins_are_stable_and_split(name: str) -> None:
    made = load_builtin(name, 5)
    assert made == load_builtin(name, 5)
    assert len({row["id"] for row in made.rows}) == len(made.rows)
    assert min(map(len, split(made, 5).values())) >= 20


def test_addition_is_right_and_mirrored_sums_stay_together() -> None:
    made = load_builtin("addition", 1)
    parts = split(made, 1)
    assert {name: len(ids) for name, ids in parts.items()} == {"train": 4_000, "validation": 400, "sealed": 600}
    home = {each: name for name, part in parts.items() for each in part}
    by_text = {row["input"]: row for row in made.rows if isinstance(row["input"], str)}
    for text, row in by_text.items():
        a, b = text.rstrip("=").split("+")
        assert int(a) + int(b) == int(row["answer"])
        assert home[by_text[f"{b}+{a}="]["id"]] == home[row["id"]]
    assert {row["id"] for row in made.rows} != {row["id"] for row in load_builtin("addition", 2).rows}


def test_tickets_can_be_learnt_but_not_perfectly() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    made = load_builtin("tickets", 0)
    rows: dict[str, Row] = {row["id"]: row for row in made.rows}
    assert len({row["input"] for row in made.rows}) == len(made.rows) == 1_200  # type: ignore[misc]
    parts = split(made, 0)
    text = {name: [rows[each]["input"] for each in ids] for name, ids in parts.items()}
    answer = {name: [rows[each]["answer"] for each in ids] for name, ids in parts.items()}
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1_000)).fit(text["train"], answer["train"])
    assert 0.75 < model.score(text["sealed"], answer["sealed"]) < 0.95


def test_an_id_tells_neither_order_nor_answer() -> None:
    pairs = [({"x": float(place)}, "first" if place < 50 else "second") for place in range(100)]
    ids = [row["id"] for row in make_rows((given, answer, None) for given, answer in pairs)]
    others = [row["id"] for row in make_rows((given, "same", None) for given, _ in pairs)]
    assert ids == others
    assert ids != sorted(ids)


@pytest.mark.parametrize(
    ("answers", "labels"),
    [
        (["yes", "no"] * 30, ["no", "yes"]),
        (["0", "1", "2"] * 30, ["0", "1", "2"]),
        ([str(place / 7) for place in range(10)] * 9, []),
        ([str(place) for place in range(40)] * 30, []),
        ([f"answer {place}" for place in range(60)], []),
        (["", " "] * 30, []),
    ],
)
def test_classes_are_told_from_quantities_and_texts(answers: list[str], labels: list[str]) -> None:
    assert few_labels(answers) == labels
