"""A quote stands in its source word for word and number for number, or it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lab.papers.html import read_html
from lab.papers.paper import Paper
from lab.papers.quotes import Match, NotThere, place_of, source_of, verify
from lab.papers.read_numbers import numbers_in, stands
from lab.papers.read_said import ClaimSaid, RecipeSaid, accepted
from state.reading import Claim, Recipe

SOURCE = (
    "We train with state-of-the-\nart eﬃcient opti-\nmisers – “Adam” – and reach 88.2% accuracy on GSM8K, a drop of −5 points from 12.5. "
    "With 1,319 questions the loss is 10² at a rate of 1e-5."
)


@pytest.mark.parametrize(
    "quote",
    [
        "state-of-the-art efficient optimisers",
        "efficient   opti-\nmisers - \"Adam\" - and reach",
        "reach 88.2% accuracy on GSM8K",
        "a drop of -5 points from 12.5",
        "With 1,319 questions the loss is 10²",
        "“the loss is 10² at a rate of 1e-5”",
    ],
)  # fmt: skip
def test_spelling_of_the_same_words_may_differ(quote: str) -> None:
    assert isinstance(verify(quote, SOURCE), Match)


@pytest.mark.parametrize(
    ("quote", "why"),
    [
        ("reach 88.3% accuracy on GSM8K", "does not stand"),
        ("reach 88.2% precision on GSM8K", "does not stand"),
        ("Reach 88.2% accuracy on GSM8K", "does not stand"),
        ("the loss is 102 at a rate", "does not stand"),
        ("stateoftheart efficient optimisers", "does not stand"),
        ("and we reach 88.2", "does not stand"),
        ("and reach 88.2", "inside a word or a number"),
        ("and reach 88", "inside a word or a number"),
        ("5 points from 12.5", "inside a word or a number"),
        ("points from 12", "inside a word or a number"),
        ("rain with state-of-the-art", "inside a word or a number"),
        ("the loss is 10", "inside a word or a number"),
        ("questions the loss is 10² at a rate of 1e", "inside a word or a number"),
        ("319 questions the loss", "inside a word or a number"),
        ("accuracy", "too short"),
        ("", "too short"),
        ("We train " * 60, "are enough"),
    ],
)
def test_a_changed_cut_or_idle_quote_is_refused(quote: str, why: str) -> None:
    found = verify(quote, SOURCE)
    assert isinstance(found, NotThere)
    assert why in found.why
    assert "\n" not in found.why


WORDS = st.sampled_from(
    [
        "model",
        "reward",
        "group",
        "loss",
        "token",
        "policy",
        "seed",
        "batch",
        "gradient",
        "baseline",
        "answer",
        "question",
    ]
)
NUMBERS = st.integers(0, 99_999).map(lambda n: f"{n / 100:.2f}")


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[str], int]:
    """A text of words and numbers, and where a quote of it begins and ends."""
    tokens = draw(st.lists(st.one_of(WORDS, NUMBERS), min_size=12, max_size=40))
    return " ".join(tokens), tokens, draw(st.integers(0, len(tokens) - 8))


@pytest.mark.slow
@given(texts(), st.integers(0, 7), st.data())
def test_one_digit_changed_is_always_refused(made: tuple[str, list[str], int], at: int, data: st.DataObject) -> None:
    text, tokens, start = made
    quote = tokens[start : start + 8]
    assume(quote[at][0].isdigit())
    place = data.draw(st.integers(0, len(quote[at]) - 1))
    assume(quote[at][place].isdigit())
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != quote[at][place]]))
    changed = quote[at][:place] + other + quote[at][place + 1 :]
    told = " ".join([*quote[:at], changed, *quote[at + 1 :]])
    assume(told not in text)
    assert isinstance(verify(" ".join(quote), text), Match)
    assert isinstance(verify(told, text), NotThere)


@given(texts(), st.integers(0, 7), WORDS)
def test_one_word_swapped_or_dropped_is_always_refused(made: tuple[str, list[str], int], at: int, word: str) -> None:
    text, tokens, start = made
    quote = tokens[start : start + 8]
    swapped = " ".join([*quote[:at], word, *quote[at + 1 :]])
    dropped = " ".join([*quote[:at], *quote[at + 1 :]])
    for told in (swapped, dropped):
        if told not in text:
            assert isinstance(verify(told, text), NotThere)


@given(texts(), st.integers(1, 4))
def test_a_quote_cut_inside_a_number_is_refused(made: tuple[str, list[str], int], cut: int) -> None:
    text, tokens, start = made
    quote = tokens[start : start + 8]
    assume(quote[-1][0].isdigit() and cut < len(quote[-1]))
    told = " ".join([*quote[:-1], quote[-1][:-cut]])
    assume(f"{told} " not in text)
    assert isinstance(verify(told, text), NotThere)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("GSM8K 82.9% → 88.2% with Qwen2.5-7B on MATH-500, pass@1", [82.9, 88.2]),
        ("lr of 1e-6 and 5×10^{-5}, 10^-5, 5 \\times 10^{-5}", [1e-6, 5e-5, 1e-5, 5e-5]),
        ("7,473 rows, 8k rows, 1.5M, 51.7 percent, -3.2 points, 3–5 seeds", [7473, 8000, 1.5e6, 51.7, -3.2, 3, 5]),
        ("three seeds; β=0.04,G=16; .63", [3, 0.04, 16, 0.63]),
    ],
)
def test_numbers_are_read_as_papers_print_them(text: str, values: list[float]) -> None:
    assert [float(n.value) for n in numbers_in(text)] == pytest.approx(values)


@pytest.mark.parametrize(
    ("value", "unit", "quote", "there"),
    [
        (88.2, "%", "reaches 88.2% here", True), (0.882, "", "reaches 88.2% here", True), (88.2, "%", "reaches 88.2 here", True),
        (88.2, "%", "reaches 0.882 here", True), (88, "%", "reaches 88.2% here", False), (88.2, "fraction", "reaches 88.2%", False),
        (0.882, "", "reaches 88.2 points of 100", False), (0.5, "", "on 50 questions", False), (1e-6, "", "a rate of 1e-6", True),
        (1e-6, "", "a rate of 10^{-6}", True), (7473, "", "7,473 rows", True), (500, "", "on MATH-500", False),
    ],
)  # fmt: skip
def test_a_share_may_be_written_either_way_and_no_other_number_passes(
    value: float, unit: str, quote: str, there: bool
) -> None:
    assert stands(value, unit, numbers_in(quote)) is there


@pytest.fixture(scope="module")
def paper() -> Paper:
    return read_html("arxiv:2401.00001", (Path(__file__).parent / "paper.html").read_bytes())


ROWS = "Supervised | 41.5 | 44.0 | 9.1 Group baseline | 48.2 | 50.3 | 10.4"
SETTINGS = "learning rate of 1×10^{-6}, a KL coefficient of \\beta=0.04 and 16 samples per question"
RECIPE = {
    "dataset": "GSM8K", "method": "group baseline of 16 samples", "result": "41.5 to 48.2 greedy",
    "settings": {"learning_rate": 1e-6, "beta": 0.04}, "made_it_work": "no critic", "quotes": [ROWS, SETTINGS],
}  # fmt: skip
CLAIM = {
    "metric": "accuracy", "dataset": "GSM8K", "method": "Group baseline", "value": 48.2, "unit": "%", "comparator": "Supervised",
    "comparator_value": 41.5, "quote": ROWS,
}  # fmt: skip


def test_a_true_recipe_is_accepted_with_its_places(paper: Paper) -> None:
    made, why = accepted(RecipeSaid.model_validate(RECIPE), paper)
    assert isinstance(made, Recipe), why
    assert (made.place.source, made.place.section) == ("arxiv:2401.00001", "Table 1")
    assert [place.section for place in made.also] == ["2.1 Objective"]
    assert made.title == "Group Baselines for Small Models"


def test_a_true_claim_is_accepted(paper: Paper) -> None:
    made, why = accepted(ClaimSaid.model_validate(CLAIM), paper)
    assert isinstance(made, Claim), why
    assert (made.value, made.comparator_value, made.place.section) == (48.2, 41.5, "Table 1")


LIES = [
    ({"result": "41.5 to 58.2 greedy"}, "result: 58.2"), ({"result": "it works better"}, "result: has no number"),
    ({"settings": {"learning_rate": 3e-6}}, "learning_rate"), ({"settings": {"optimiser": "Lion"}}, "optimiser"),
    ({"dataset": "HumanEval"}, "dataset"), ({"dataset": ""}, "dataset: is empty"), ({"method": "GRPO of 64 samples"}, "method: 64"),
    ({"made_it_work": "Qwen2.5-72B as a teacher"}, "made_it_work: Qwen2.5-72B"), ({"made_it_work": "95% less memory"}, "made_it_work: 95%"),
    ({"quotes": [ROWS.replace("48.2", "58.2"), SETTINGS]}, "does not stand"),
    ({"quotes": [ROWS, "we used a learning rate of 1e-6"]}, "does not stand"),
    ({"quotes": ["Critics that reach 77.7%."]}, "does not stand"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "why"), LIES)
def test_planted_lies_in_a_recipe_are_refused(paper: Paper, change: dict[str, object], why: str) -> None:
    made, said = accepted(RecipeSaid.model_validate({**RECIPE, **change}), paper)
    assert made is None
    assert why in said


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"value": 49.2}, "value: 49.2%"), ({"value": 48.0}, "value: 48%"), ({"comparator_value": 31.5}, "comparator_value: 31.5%"),
        ({"n": 1319}, "n: 1319"), ({"metric": "perplexity"}, "metric"), ({"dataset": "SVAMP"}, "dataset"),
        ({"value": 99.0, "quote": "report an accuracy of 98 for every method"}, "does not stand"),
        ({"method": "Tree search"}, "method: 'tree'"),
        ({"comparator": "GPT-4"}, "comparator: GPT-4"),
    ],
)  # fmt: skip
def test_planted_lies_in_a_claim_are_refused(paper: Paper, change: dict[str, object], why: str) -> None:
    made, said = accepted(ClaimSaid.model_validate({**CLAIM, **change}), paper)
    assert made is None
    assert why in said


def test_the_place_names_section_and_no_reference_is_a_place(paper: Paper) -> None:
    source = source_of(paper)
    place = place_of("The test part of GSM8K has 1,319 questions", source)
    assert not isinstance(place, NotThere)
    assert (place.section, place.page) == ("3 Experiments", None)
    assert isinstance(place_of("B. Other. Critics that reach 77.7%.", source), NotThere)
