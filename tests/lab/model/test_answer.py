from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from lab.model.answer import BadAnswer, read_answer


class Anything(BaseModel):
    model_config = ConfigDict(extra="forbid")
    what: str
    why: str


@given(st.text(alphabet=st.sampled_from('{}[]":,\\`\n ewhat'), max_size=60))
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    try:
        read_answer(text, Anything)
    except BadAnswer as wrong:
        assert str(wrong)


@given(st.text(alphabet=st.characters(codec="utf-8")), st.text(alphabet=st.characters(codec="utf-8")))
def test_an_object_is_read_as_it_was_written(what: str, why: str) -> None:
    value = {"what": what, "why": why}
    assert read_answer(f"So:\n{json.dumps(value)}\nDone.", Anything).model_dump() == value


@pytest.mark.parametrize("thought", ["so {what: is it", 'either {"what": 1} or {', "I see"])
def test_a_thought_whose_beginning_the_server_kept_is_no_part_of_the_answer(thought: str) -> None:
    """R1 and its like, where the chat template opens the thought."""
    value = {"what": "a", "why": "b"}
    assert read_answer(f"{thought}\n</think>\n\n{json.dumps(value)}", Anything).model_dump() == value
    with pytest.raises(BadAnswer, match="Extra inputs"):
        read_answer(f"{thought}\n</think>\n\n{json.dumps({**value, 'more': 1})}", Anything)


def test_the_end_of_a_thought_inside_an_answer_is_part_of_it() -> None:
    value = {"what": "</think>", "why": "it says </think> in the log"}
    assert read_answer(json.dumps(value), Anything).model_dump() == value


def test_many_mistakes_are_told_in_one_short_line() -> None:
    try:
        read_answer(json.dumps({f"key{n}": n for n in range(50)}), Anything)
    except BadAnswer as wrong:
        assert "and 44 more" in str(wrong)
        assert len(str(wrong)) < 500
