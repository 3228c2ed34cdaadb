"""Which option a reply chose, read two ways."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.stats.scorers import score
from lab.stats.second import verify_score
from state.errors import UserError

CITIES = ("London", "Paris", "Rome", "Oslo")


def right(prediction: str, answer: str, options: tuple[str, ...] | None = CITIES) -> bool:
    asked = None if options is None else {"a": options}
    value = score("multiple_choice", {"a": prediction}, {"a": answer}, options=asked).value
    assert verify_score("multiple_choice", {"a": prediction}, {"a": answer}, value, options=asked).result == "PASS"
    return value == 1


@pytest.mark.parametrize("prediction", [
    "B", "b", "(B)", "B.", "B)", " **B** ", "`B`", r"\boxed{B}", r"\boxed{\text{no}} \boxed{B}", "The answer is B", "The answer is (B).",
    "answer: B", "Answer:\n\nB", "**Answer: B**", "The correct answer is **B**.", "The correct option is B because it is", "option B",
    "I first thought the answer is A. But the answer is B", "The answer is B) Paris", "the answer is (B) Paris", "B) Paris", "(B) Paris",
    "[B] Paris", "B. Paris", "**B**. Paris", "B: Paris", "Paris", "paris.", "The answer is Paris", "My choice is B, surely",
])  # fmt: skip
def test_the_option_meant_is_read(prediction: str) -> None:
    assert right(prediction, "B")
    assert right(prediction, "(b)")
    assert right(prediction, "Paris")
    assert not right(prediction, "A")


@pytest.mark.parametrize("prediction", [
    "", "the answer is a mystery", "I think so", "A dog", "Z", "E", "1", "answers B", "Paris or Rome", "maybe", "the answer is",
    "B C", "Å", "ſ",
])  # fmt: skip
def test_what_chooses_nothing_is_wrong_and_counted(prediction: str) -> None:
    assert not any(right(prediction, letter) for letter in "ABCD")
    assert score("multiple_choice", {"a": prediction}, {"a": "A"}, options={"a": CITIES}).unparsed == 1


def test_letters_need_no_options_and_texts_do() -> None:
    assert right("The answer is C.", "C", None)
    with pytest.raises(UserError, match="give the option texts"):
        right("Paris", "Paris", None)
    assert not right("same", "A", ("same", "same"))  # a text of two options is neither's


WORDS = st.sampled_from([
    "A", "B", "b", "a", "D", "E", "(", ")", "[", "]", ".", ":", "*", "**", " ", " ", "\n", "answer", " answer", "Answer is", " is ", "is",
    "option", " choice ", "because", " since", "Paris", "rome", "####", r"\boxed{", "}",
    "the ", "_", "-", ",", "é", "ſ", "K", "\u00a0", "İ", "for",
])  # fmt: skip


@pytest.mark.slow
@settings(deadline=None, max_examples=1500)
@given(st.lists(WORDS, max_size=9).map("".join), st.sampled_from([CITIES, None, ("A", "B"), ("", "x")]))
def test_both_readings_agree_on_anything(prediction: str, options: tuple[str, ...] | None) -> None:
    right(prediction, "A", options)
