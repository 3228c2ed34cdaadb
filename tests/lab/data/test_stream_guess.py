from __future__ import annotations

from typing import Any

import pytest

from lab.data.guess import Guess, guess_roles
from state.errors import UserError

SENTENCES = [f"a sentence number {at} that says a few things about {at * 7}" for at in range(60)]


def guess(**columns: list[Any]) -> Guess:
    return guess_roles(columns, {name: values[:20] for name, values in columns.items()})


def repeat(values: list[Any], rows: int = 60) -> list[Any]:
    return [values[at % len(values)] for at in range(rows)]


def test_a_set_of_labelled_texts() -> None:
    found = guess(idx=list(range(60)), text=SENTENCES, label=repeat([0, 1]))
    assert (found.text, found.label, found.id) == (("text",), "label", "idx")
    assert found.features == ("idx",)  # only guessed to be an id: a model might have been given it
    assert found.why.keys() == {"text", "label", "id"}


def test_questions_and_open_answers() -> None:
    found = guess(question=SENTENCES, answer=[f"it is so because of reason {at} and others" for at in range(60)])
    assert (found.text, found.label) == (("question",), "answer")


def test_a_text_alone_is_a_text_whatever_its_name() -> None:
    assert guess(answer=SENTENCES).text == ("answer",)


def test_languages_without_spaces() -> None:
    assert guess(句子=[f"今天天气很好我们去公园{at}" for at in range(60)], label=repeat(["a", "b"])).text == ("句子",)


def test_short_questions_are_texts_and_short_names_are_not() -> None:
    sums = [f"{at} + {at * 3} =" for at in range(60)]
    assert guess(prompt=sums, target=[str(at * 4) for at in range(60)]).text == ("prompt",)
    assert guess(code=[f"x{at}" for at in range(60)], y=repeat([0, 1])).text == ()


def test_conversations_are_texts() -> None:
    talks = [[{"role": "user", "content": each}, {"role": "assistant", "content": "well"}] for each in SENTENCES]
    assert guess(messages=talks).text == ("messages",)


@pytest.mark.parametrize("name", ["patient_id", "PatientID", "user", "subject_no", "author-name", "speaker"])
def test_owners_of_rows(name: str) -> None:
    assert guess(**{name: repeat([f"p{at}" for at in range(15)]), "x": [at / 7 for at in range(60)]}).group == name


def test_a_place_of_few_values_or_a_value_for_each_row_is_no_owner() -> None:
    assert guess(site=repeat(["north", "south", "east"]), x=[at / 7 for at in range(60)]).group is None
    assert guess_roles({"user": list(range(60))}, {"user": list(range(60, 90))}).group is None


@pytest.mark.parametrize(
    ("name", "values"),
    [("when", [f"2024-01-{1 + at % 28:02d}" for at in range(60)]), ("x", [f"{1 + at % 28:02d}.01.2024" for at in range(60)]),
     ("timestamp", [1_700_000_000 + 60 * at for at in range(60)]), ("created_at", [str(1_700_000_000_000 + at) for at in range(60)]),
     ("year", repeat([1999, 2004, 2010]))],
)  # fmt: skip
def test_moments(name: str, values: list[Any]) -> None:
    assert guess(**{name: values, "f": [at / 7 for at in range(60)]}).time == name


def test_a_measured_time_is_no_moment() -> None:
    assert guess(time=[at / 3 for at in range(60)], f=[at / 7 for at in range(60)]).time is None


def test_the_last_column_of_few_values_is_the_label() -> None:
    found = guess(sex=repeat(["m", "f"]), age=[20 + at % 37 for at in range(60)], survived=repeat([0, 1, 0]))
    assert found.label == "survived"
    assert found.features == ("sex", "age")


def test_a_quantity_named_target_is_the_label() -> None:
    assert guess(a=[at / 3 for at in range(60)], target=[at / 7 for at in range(60)]).label == "target"


def test_a_test_without_answers() -> None:
    train = {"a": [at / 3 for at in range(60)], "y": repeat([0, 1])}
    assert guess_roles(train, {"a": train["a"]}).label == "y"
    assert guess_roles(train, {"a": train["a"]}, {"label": ["y"]}).label == "y"


def test_pictures() -> None:
    found = guess(image=[{"bytes": b"\x89PNG....", "path": None}] * 60, file=[f"a/{at}.jpg" for at in range(60)])
    assert found.image == ("image", "file")


def test_what_was_named_is_taken_as_said_and_is_no_guess() -> None:
    data = {"a": SENTENCES, "b": SENTENCES, "y": repeat([0, 1]), "site": repeat([1, 2])}
    found = guess_roles(data, data, {"text": ["b"], "group": ["site"]})
    assert (found.text, found.group) == (("b",), "site")
    assert "text" not in found.why
    assert "site" not in found.features


def test_a_name_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(UserError, match="--group zz: train has no such column; it has a, b"):
        guess_roles({"a": [1], "b": [2]}, {"a": [1], "b": [2]}, {"group": ["zz"]})


def test_all_null_and_one_row() -> None:
    assert guess_roles({"a": [None], "label": [None]}, {"a": [None], "label": [None]}).text == ()
    assert guess_roles({"text": [SENTENCES[0]], "label": [1]}, {"text": [SENTENCES[1]], "label": [0]}).text == ("text",)
