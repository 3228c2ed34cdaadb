"""Numbers with separators, fractions, percents, money and units, read two ways."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.stats.scorers import score
from lab.stats.second import verify_score


def right(prediction: str, answer: str) -> bool:
    """Whether the prediction counts; both implementations must say the same."""
    value = score("numeric_match", {"a": prediction}, {"a": answer}).value
    assert verify_score("numeric_match", {"a": prediction}, {"a": answer}, value).result == "PASS"
    return value == 1


SAME = [
    ("1,200", "1200"), ("1200.0", "1,200"), ("50%", "0.5"), ("50 %", "50"), ("150%", "1.5"), (r"5\%", "5%"),
    ("3 km", "3000 m"), ("3 kilometres", "3000 m"), ("36 km/h", "10 m/s"), ("36 km per hour", "10 m/s"),
    ("2 m^2", "20000 cm²"), ("2 square meters", "2 m^2"), ("90 minutes", "1.5 hours"), ("2 kg", "2000g"),
    ("$5", "5"), ("$5", "5 dollars"), ("500 cents", "$5"), ("-$5", "$-5"), ("$1,200.50", "1200.5"), ("€3", "3 euros"),
    ("1/2", "0.5"), (r"\frac{1}{2}", ".5"), ("1 1/2", "1.5"), ("3½", "3.5"), ("-1/2", "-0.5"), ("(1/2)", "1/2"),
    ("0.33333333", "1/3"), ("1.2e3", "1200"), ("1.2 × 10^3", "1200"), (r"1.2 \times 10^{3}", "1200"),
    ("2 million", "2,000,000"), ("$2 million", "2000000 dollars"), ("18 eggs", "18"), ("18 eggs", "18 egg"),
    (r"so it is \boxed{42}.", "42"), (r"\boxed{1} or rather \boxed{\frac{84}{2}}", "42"), ("x = 42", "42"),
    ("thinking... 7\n#### 42", "42"), ("The answer is 42.", "42"), ("Answer: 42", "42"), ("$42$", "42"),
    ("**42**", "42"), ("− 42", "-42"), ("0", "1e-12"), ("90°", r"90^\circ"), ("3", "3 km"), ("007", "7"),
    ("60 mph", "60 miles per hour"), ("2 years", "24 months"), ("25°C", "25 degrees Celsius"), ("25 °C", "25"),
]  # fmt: skip
DIFFERENT = [
    ("1000001", "1000000"), ("3000", "3 km"), ("3 kg", "3 m"), ("€5", "$5"), ("0.5%", "0.5"), ("5", "50%"),
    ("18 eggs", "18 apples"), ("1e-10", "5e-10"), ("0.333", "1/3"), ("3 m", "3 m^2"), ("41", "42"), ("-42", "42"), ("25°C", "25°F"),
]  # fmt: skip
UNREAD = [
    "", " ", "nan", "inf", "-inf", "NaN", "1_000", "1,2", "1,2,3", "12 or 13", "about 12", "twelve", "12 not sure", "--5",
    "1/0", "3:45", "10²", "5 km/", "1e999999999", "5 x 10", "9" * 500, "the answer", "\\boxed{", "\\boxed{}", "$", "%", "٣", "½½",
]  # fmt: skip


@pytest.mark.parametrize(("prediction", "answer"), SAME)
def test_the_same_number_written_another_way_is_right(prediction: str, answer: str) -> None:
    assert right(prediction, answer)


@pytest.mark.parametrize(("prediction", "answer"), DIFFERENT)
def test_another_number_is_wrong(prediction: str, answer: str) -> None:
    assert not right(prediction, answer)


@pytest.mark.parametrize("prediction", UNREAD)
def test_what_is_no_number_is_wrong_and_counted(prediction: str) -> None:
    scored = score("numeric_match", {"a": prediction}, {"a": "5"})
    assert (scored.value, scored.unparsed) == (0, 1)
    assert not right(prediction, "5")


PIECES = st.sampled_from([
    "1", "2", "0", "12", "1,200", "1200", ".5", "5.", "0.5", "1.5e3", "e", "E-2", "x 10^", " ", "  ", "/", "-", "+", "−", "$", "€", "%",
    r"\%", r"\$", " km", " m", "cm", "m^2", "m²", "²", " per ", "h", " hours", " s", " eggs", "square ", "cubic ", "million", " thousand",
    r"\frac{1}{2}", r"\frac{1}{0}", r"\dfrac", "{", "}", "(", ")", r"\boxed{", r"\text{", r"\,", r"\left",
    "^\\circ", r"^{\circ}", r"\circ", "°", "°C", " degrees celsius", " mph",
    "####", "answer is ", "The answer: ", "Answer is: ", "\n", ".", ",", "=", "½", "*", "word", "degrees", "ß", "٣",
    "\u00a0", "~", "\\", "^", "3", r"\times", r"\cdot ",
])  # fmt: skip


@pytest.mark.slow
@settings(deadline=None, max_examples=1500)
@given(st.lists(PIECES, max_size=7).map("".join), st.sampled_from(["1", "0.5", "50%", "1200", "3 km", "12 m^2", "$2"]))
def test_both_readings_agree_on_anything(prediction: str, answer: str) -> None:
    right(prediction, answer)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=30))
def test_both_readings_agree_on_any_text(prediction: str) -> None:
    right(prediction, "5")


@settings(deadline=None)
@given(st.integers(-(10**12), 10**12))
def test_a_number_is_itself_however_it_is_grouped(number: int) -> None:
    assert right(f"{number:,}", str(number))
    assert right(f"{number:,} km", f"{number}000 m")
    assert not right(str(number + 1), str(number))


def test_a_very_long_reply_is_read_by_its_end() -> None:
    assert right("so " * 200_000 + "#### 5", "5")
    assert not right("5" * 200_000, "5")
