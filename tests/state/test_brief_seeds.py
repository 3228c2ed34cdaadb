"""`seeds` is a count or a list."""

from __future__ import annotations

import pytest

from state.brief_file import make_brief
from state.errors import UserError


def test_a_count_and_a_list_are_both_understood() -> None:
    assert make_brief({"task": "x", "seeds": 5}).seeds == 5
    listed = make_brief({"task": "x", "seeds": [7, 11]})
    assert (listed.seeds, listed.seed_list) == (2, [7, 11])


@pytest.mark.parametrize("seeds", [0, -1, [], [1, 1], [True], "three", [1.5], 2.5])
def test_anything_else_is_refused_in_one_line(seeds: object) -> None:
    with pytest.raises(UserError, match="seeds"):
        make_brief({"task": "x", "seeds": seeds})
