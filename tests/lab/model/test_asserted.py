"""A model's reasons held against what it was shown: what nothing had shown is struck, whatever dress it wears; the rest stays as it is."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, Field

from lab.model.asserted import NOTHING_LEFT, Shown, shown_only, unshown

SHOWN = "best 0.8642 against 0.386, learning rate 1e-06, 12,500 rows; arxiv:2402.03301 has 48.2"


class Step(BaseModel):
    change: dict[str, float]
    why: str


class Answer(BaseModel):
    source: str = ""
    change: dict[str, float] | None = None
    summary: str = ""
    based_on: list[str] = Field(default_factory=list)
    meanings: dict[str, str] = Field(default_factory=dict)
    steps: list[Step] = Field(default_factory=list)
    why: str


@pytest.mark.parametrize(
    ("said", "made_up"),
    [
        ("It reached 0.98765.", ["0.98765"]),
        ("It reached 98.765 %", ["98.765 %"]),
        ("some 99 percent", ["99 percent"]),
        ("a gain of .5", [".5"]),
        ("it cost 4321.09 USD, or $12", ["4321.09 USD", "12"]),
        ("as arxiv:2999.99999 has shown", ["2999.99999"]),
        ("see https://example.org/paper and 10.5555/journal.6", ["https://example.org/paper", "10.5555/journal.6"]),
        ("loss 2e-3", ["2e-3"]),
        ("It reached 0,95.", ["0,95"]),
        ("ninety-five percent of the sealed answers", ["ninety", "percent"]),
        ("half of them, a perfect score", ["half of", "perfect score"]),
        ("an accuracy of 95", ["95"]),
        ("9/10 were right, 19 out of 20", ["9/10", "19 out of 20"]),
        ("it cost 12 euros or €13", ["12 euros", "13"]),
        ("XCV percent", ["percent"]),
        ("it scored 0．９５", ["0.95"]),
        ("it scored 0.۹۵", ["۹", "۵", "0.۹۵"]),
        ("as 2402.0330 has shown", ["2402.0330"]),
    ],
)
def test_a_number_or_a_paper_of_its_own_making_is_found(said: str, made_up: list[str]) -> None:
    assert unshown(said, Shown.of([SHOWN])) == made_up


@pytest.mark.parametrize(
    "said",
    [
        "86.4 % against 38.6%", "0.86 beats 0.39", "rate 1e-6", "see arxiv:2402.03301, with 48.2%", "178 rows and 3 classes in 2024",
        "numpy 2.4.6 and v1.2.3", "seeds 1, 2 and 3", "three arms of four",
        "48.2 percent", "half the learning rate, twice as often, half precision",
        "GSM8K and Qwen2.5-7B", "e003 is better than e002", "12,500 rows",
    ],
)  # fmt: skip
def test_what_was_shown_may_be_said_rounded_or_in_percent_and_so_may_counts_and_names(said: str) -> None:
    assert unshown(said, Shown.of([SHOWN])) == []


def test_sentences_are_struck_choices_are_not_touched() -> None:
    said = Answer(
        source="owner/0.98765",
        change={"depth": 0.25},
        why="It had 0.8642. Now it has 0.98765! With 0.25 it will be better.",
    )
    held, struck = shown_only(said, [SHOWN])
    assert held == said.model_copy(update={"why": "It had 0.8642. With 0.25 it will be better."})
    assert struck == ["0.98765"]


def test_no_half_of_an_invented_citation_is_left() -> None:
    said = Answer(why="Smith et al. (2023) report 0.98765. The depth was 2.")
    assert shown_only(said, [SHOWN])[0].why == "The depth was 2."


def test_words_at_any_depth_and_citations_are_held_too() -> None:
    lie = "It reached 0.98765."
    step = Step(change={"depth": 3}, why=lie)
    said = Answer(
        summary=lie, based_on=["arxiv:2402.03301", "arxiv:2999.99999"], meanings={"depth": lie}, steps=[step], why=lie
    )
    held, struck = shown_only(said, [SHOWN])
    assert [held.summary, held.meanings["depth"], held.steps[0].why, held.why] == [NOTHING_LEFT] * 4
    assert held.based_on == ["arxiv:2402.03301"]
    assert held.steps[0].change == {"depth": 3}
    assert struck == ["0.98765", "arxiv:2999.99999"]


def test_a_reason_shows_nothing_to_another_reason() -> None:
    said = Answer(steps=[Step(change={"depth": 3}, why="0.98765 was seen")], why="0.98765 was seen")
    assert shown_only(said, [SHOWN])[0].why == NOTHING_LEFT


def test_what_is_true_stays_the_very_same_answer() -> None:
    said = Answer(why="The gain over 0.386 is clear.")
    assert shown_only(said, [SHOWN]) == (said, [])
