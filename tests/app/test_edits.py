"""Edits at the gates that come late in a run, by the door through which `resume` checks them."""

from __future__ import annotations

from typing import Any

import pytest

from app.edits import checked
from lab.recipes.registry import recipes
from state.errors import UserError

CONFIG = recipes()["classifier"].default
SPEND = {
    "batch": "b1", "cost": 0.0, "experiments": {name: {"change": {}, "config": CONFIG} for name in ("e1", "e2")},
}  # fmt: skip
DATA = {"dropped": {"duplicate": 7, "overlap": 2}, "left": 90, "share": 0.09}
PUBLIC = {"repo": "wine", "experiment": "e1", "private": True}
ASKED: dict[str, dict[str, Any]] = {"spend": SPEND, "data": DATA, "publication": PUBLIC}
NOTEBOOK = {
    "batch": {"experiments": [{"id": name, "recipe": "classifier"} for name in ("e1", "e2")]},
    "examination": {"finalist": ["e1", "e2"]},
}


def test_a_part_of_a_config_is_enough() -> None:
    made = checked("spend", SPEND, {"experiments": {"e2": {"config": {"steps": 7}}}}, NOTEBOOK, "f")
    assert made == {"experiments": {**SPEND["experiments"], "e2": {"change": {}, "config": {**CONFIG, "steps": 7}}}}  # type: ignore[dict-item]


def test_what_was_asked_may_stand_beside_what_is_changed() -> None:
    assert checked("data", DATA, {**DATA, "dropped": {"duplicate": 7, "overlap": 0}}, NOTEBOOK, "f") == {
        "dropped": {"duplicate": 7, "overlap": 0}
    }
    assert checked("publication", PUBLIC, {**PUBLIC, "repo": "me/wine"}, NOTEBOOK, "f") == {"repo": "me/wine"}


@pytest.mark.parametrize(
    ("gate", "edit", "said"),
    [
        ("spend", {"cost": 3.0}, "cost can't be edited; an edit may change experiments"),
        ("spend", {"experiments": {"e3": {}}}, "experiments.e3 was not asked; there are e1, e2"),
        ("spend", {"experiments": {"e1": {"config": {"stps": 7}}}}, "experiments.e1.config can't be so: "),
        ("spend", {"experiments": {"e1": {"config": {"steps": "many"}}}}, "experiments.e1.config can't be so: "),
        ("spend", {"experiments": {"e1": 7}}, "experiments.e1 is 7; write"),
        ("spend", {"experiments": {"e1": {"seed": 7}}}, "experiments.e1.seed can't be edited"),
        ("spend", {"experiments": [1]}, "experiments is [1]; write a mapping"),
        ("data", {"left": 80}, "left can't be edited; an edit may change dropped"),
        ("data", {"dropped": {"odd": 3}}, "dropped.odd was not asked; there are duplicate, overlap"),
        ("data", {"dropped": {"overlap": 1}}, "dropped.overlap is 1; write 2 to drop them all or 0"),
        ("data", {"dropped": {"overlap": 0}}, "dropped leaves nothing to drop"),
        ("publication", {"repo": "a/b/c"}, "repo is 'a/b/c'; write NAME or OWNER/NAME"),
        ("publication", {"experiment": "e9"}, "experiment is 'e9'; only what was examined"),
        ("publication", {"private": "no"}, "private is 'no'; write true or false"),
        ("publication", PUBLIC, "the edit changes nothing"),
    ],
)
def test_what_can_not_be_used_is_one_line(gate: str, edit: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as wrong:
        checked(gate, ASKED[gate], edit, NOTEBOOK, "f")
    assert str(wrong.value).startswith(f"f: {said}")
