"""Rows that a model was shown are found again however they were cut or reshaped, and train; sizes, classes and groups stay."""

from __future__ import annotations

import json
import random
import time
from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lab.data.shown import held_out, kept_in_train, rows_shown
from lab.data.split import by_class, split
from lab.data.table import Input, Table, make_rows
from lab.hub.words import rows_as_lines
from state.errors import UserError

WORDS = [f"{a}{b}{c}" for a in ("wo", "ta", "ri", "mel") for b in ("nd", "st", "rk", "ll") for c in ("er", "ing", "ow")]


def table(
    inputs: list[Input], answers: list[str], groups: list[str | None] | None = None, ordered: bool = False
) -> Table:
    rows = make_rows(zip(inputs, answers, groups or [None] * len(inputs), strict=True))
    if ordered:
        for at, row in enumerate(rows):
            row["time"] = f"{at:06}"
    return Table("made", "text", rows, "test", ordered=ordered)


def texts(count: int, words: int) -> list[str]:
    chance = random.Random(f"{count} {words}")
    return [" ".join(chance.choices(WORDS, k=words)) + f" {at}" for at in range(count)]


def page(made: Table, count: int, cell: int = 400, **names: str) -> str:
    """The first rows as a tool shows them."""
    lines = []
    for row in made.rows[:count]:
        asked = row["input"] if isinstance(row["input"], dict) else {"question": row["input"]}
        lines.append({names.get(key, key): value for key, value in {**asked, "answer": row["answer"]}.items()})
    return rows_as_lines(lines, 0, cell)


def ids(made: Table, count: int) -> set[str]:
    return {row["id"] for row in made.rows[:count]}


# --- the exchange ------------------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(
    st.integers(40, 300), st.integers(1, 4), st.integers(0, 99), st.floats(0, 0.9), st.randoms(use_true_random=False)
)
def test_single_rows_are_exchanged_within_their_class_as_far_as_there_are_any(
    n: int, classes: int, seed: int, share: float, chance: random.Random
) -> None:
    made = table([f"row {at}" for at in range(n)], [f"c{at % classes}" for at in range(n)])
    shown = {row["id"] for row in made.rows if chance.random() < share}
    before = split(made, seed)
    after = kept_in_train(before, made, shown)
    answer = {row["id"]: row["answer"] for row in made.rows}
    for name in before:
        assert len(after[name]) == len(before[name])
        assert Counter(answer[each] for each in after[name]) == Counter(answer[each] for each in before[name])
    assert sorted(each for part in after.values() for each in part) == sorted(answer)
    assert kept_in_train(before, made, shown) == after
    assert kept_in_train(after, made, shown) == after
    for label in set(answer.values()):
        left = [each for each in held_out(after, shown) if answer[each] == label]
        unseen = [each for each in after["train"] if answer[each] == label and each not in shown]
        assert not (left and unseen), "a shown row is held out while one that nobody saw trains"
        spare = [each for each in before["train"] if answer[each] == label and each not in shown]
        sealed = [each for each in before["sealed"] if answer[each] == label and each in shown]
        assert sum(each in after["sealed"] for each in left) == max(0, len(sealed) - len(spare)), "sealed rows first"


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=50, max_size=90), st.integers(0, 99), st.integers(1, 12))
def test_groups_move_whole_and_parts_hardly_change_in_size(sizes: list[int], seed: int, count: int) -> None:
    owners = [str(owner) for owner, size in enumerate(sizes) for _ in range(size)]
    made = table([f"row {at}" for at in range(len(owners))], [str(int(owner) % 2) for owner in owners], [*owners])
    try:
        before = split(made, seed)
    except UserError:
        assume(False)
    seen_groups = {str(owner) for owner in range(count)}
    shown = {row["id"] for row in made.rows if row["group"] in seen_groups}
    after = kept_in_train(before, made, shown)
    home = {each: name for name, part in after.items() for each in part}
    assert set(home) == {row["id"] for row in made.rows}
    for units in by_class(made).values():
        for unit in units:
            assert len({home[each] for each in unit}) == 1
    for name in ("validation", "sealed"):
        assert abs(len(after[name]) - len(before[name])) <= 0.1 * len(before[name])
    assert kept_in_train(before, made, shown) == after


def test_groups_of_one_size_are_exchanged_exactly() -> None:
    owners = [str(at // 4) for at in range(240)]
    made = table([f"row {at}" for at in range(240)], ["a"] * 240, [*owners])
    before = split(made, 1)
    shown = {
        row["id"] for row in made.rows if row["group"] is not None and int(row["group"]) < 20 and row["id"][0] < "8"
    }
    after = kept_in_train(before, made, shown)
    assert held_out(before, shown)
    assert not held_out(after, shown)
    assert {name: len(part) for name, part in after.items()} == {name: len(part) for name, part in before.items()}


def test_nothing_shown_changes_nothing() -> None:
    made = table([f"row {at}" for at in range(100)], ["a", "b"] * 50)
    before = split(made, 1)
    assert kept_in_train(before, made, set()) is before
    assert rows_shown(made, []) == set()


def test_a_split_by_time_stays_and_too_many_are_told() -> None:
    by_time = table([f"row {at}" for at in range(100)], ["a"] * 100, ordered=True)
    before = split(by_time, 1)
    shown = set(before["sealed"][:5])
    assert kept_in_train(before, by_time, shown) is before
    assert held_out(before, shown) == sorted(shown)
    made = table([f"row {at}" for at in range(100)], ["a"] * 100)
    everything = {row["id"] for row in made.rows}
    parts = split(made, 1)
    assert len(held_out(kept_in_train(parts, made, everything), everything)) == 40


# --- what was shown ----------------------------------------------------------------------------------------------


def test_rows_of_a_page_are_found_and_no_others() -> None:
    made = table([*texts(400, 14)], ["a", "b"] * 200)
    assert rows_shown(made, [page(made, 20)]) == ids(made, 20)
    assert rows_shown(made, ["200 rows, columns question, answer"]) == set()


def test_long_texts_cut_on_the_page_are_found() -> None:
    made = table([*texts(300, 700)], ["a", "b"] * 150)
    told = page(made, 30, 120)
    assert "more characters]" in told
    assert rows_shown(made, [told]) == ids(made, 30)


def test_rows_that_a_script_has_reshaped_are_found() -> None:
    raw = texts(300, 14)
    told = rows_as_lines([{"messages": [{"role": "user", "content": f'{text}\n\t"so"'}]} for text in raw[:15]], 0, 400)
    prompt = "You are a careful solver of very hard problems. Think step by step.\n\nProblem: "
    made = table([f"{prompt}{text.upper().replace(' ', '  ')}\n\nAnswer:" for text in raw], ["a", "b"] * 150)
    assert rows_shown(made, [told]) == ids(made, 15)


def test_answers_are_found_where_inputs_were_not_shown() -> None:
    answers = texts(200, 12)
    made = table([f"question number {at}" for at in range(200)], answers)
    assert rows_shown(made, [rows_as_lines([{"completion": each} for each in answers[:9]], 0, 400)]) == ids(made, 9)


def test_a_template_that_rows_share_shows_nobody() -> None:
    middle = "and now consider very carefully which of the following statements about it is true"
    made = table([f"{text} {middle} {text[::-1]}" for text in texts(1000, 6)], ["a", "b"] * 500)
    told = [page(made, 60), page(made, 60, 300), page(made, 60, 200)]
    found = rows_shown(made, told)
    assert ids(made, 60) <= found
    assert len(found) < 100


def test_short_questions_are_found_by_their_words() -> None:
    made = table([f"What is {at}+{at + 1}?" for at in range(300)], [str(2 * at + 1) for at in range(300)])
    found = rows_shown(made, [page(made, 20)])
    assert ids(made, 20) <= found
    assert len(found) < 30


def test_rows_of_numbers_are_found_under_their_names_and_without() -> None:
    chance = random.Random(1)
    rows: list[Input] = [{f"x{k}": round(chance.gauss(0, 1), 3) for k in range(5)} for _ in range(500)]
    made = table(rows, [str(at % 2) for at in range(500)])
    assert rows_shown(made, [page(made, 20)]) == ids(made, 20)
    assert rows_shown(made, [page(made, 20, x0="height", x1="width")]) == ids(made, 20)
    as_csv = "\n".join(",".join(f"{value:.4f}" for value in row.values()) for row in rows[:20] if isinstance(row, dict))
    assert rows_shown(made, [as_csv]) == ids(made, 20)


def test_named_columns_tell_rows_of_few_values_apart() -> None:
    rows: list[Input] = [{f"x{k}": float(at >> k & 1) for k in range(9)} for at in range(400)]
    made = table(rows, [str(at % 2) for at in range(400)])
    assert rows_shown(made, [page(made, 20)]) == ids(made, 20)


def test_escapes_and_other_scripts_make_no_difference() -> None:
    raw = [f"Größe “{text}” \\alpha \\nabla 数据集的第一个问题是什么呢" for text in texts(120, 10)]
    made = table([*raw], ["a", "b"] * 60)
    told = "\n".join(json.dumps({"q": each}, ensure_ascii=True) for each in raw[:7])
    assert rows_shown(made, [told]) == ids(made, 7)


@pytest.mark.slow
def test_the_work_grows_with_the_texts_alone() -> None:
    made = table([*texts(20_000, 60)], ["a", "b"] * 10_000)
    told = [page(made, 60), *(each * 40 for each in texts(10, 120))]
    began = time.process_time()
    assert rows_shown(made, told) >= ids(made, 60)
    assert time.process_time() - began < 5, "a hundred times what it takes would be a search of every row"
