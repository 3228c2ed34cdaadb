"""Recipes that a run writes for itself: numbered, never changed once they stand, and like any other to whoever plans."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.recipes.registry import baseline_config, recipes, validate_config
from lab.recipes.written import FOLDER, Script, Step, Turn, keep, parent_of, readable, written
from state.errors import UserError

CONFIG = {"seed": 0, "trees": 12, "depth": 2, "rate": 0.1, "fast": True, "kind": "gini"}
SCRIPT = Script(
    summary="stumps that vote",
    steps_key="trees",
    turns=[Turn(key="rate", to=0.01, why="slower"), Turn(key="nothing", times=2, why="no such key")],
    steps=[Step(change={"depth": 3}, why="deeper"), Step(change={"width": 3}, why="no such key")],
    why="small table",
)


def kept(tmp_path: Path, source: str = "print(1)\n", **config: object) -> str:
    return keep(tmp_path, source, {**CONFIG, **config}, SCRIPT, method="stumps", kind="classification").name


def test_the_same_again_is_the_one_that_stands_and_another_is_the_next(tmp_path: Path) -> None:
    assert kept(tmp_path) == "own-1"
    assert kept(tmp_path) == "own-1"
    assert kept(tmp_path, "print(2)\n") == "own-2"
    assert kept(tmp_path, "print(2)\n", depth=4) == "own-3"
    assert list(written(tmp_path)) == ["own-1", "own-2", "own-3"]
    assert (tmp_path / FOLDER / "own-1" / "train.py").read_text() == "print(1)\n"


def test_half_a_recipe_left_by_a_kill_is_none(tmp_path: Path) -> None:
    kept(tmp_path)
    (tmp_path / FOLDER / "own-2").mkdir()
    (tmp_path / FOLDER / "own-2" / "train.py").write_text("print(9)\n")
    assert list(written(tmp_path)) == ["own-1"]
    assert kept(tmp_path, "print(2)\n") == "own-2"
    assert written(tmp_path)["own-2"].script.read_text() == "print(2)\n"


def test_ten_come_after_nine(tmp_path: Path) -> None:
    names = [kept(tmp_path, f"print({number})\n") for number in range(11)]
    assert names[-1] == "own-11"
    assert list(written(tmp_path)) == names


def test_it_is_a_recipe_like_any_other(tmp_path: Path) -> None:
    name = kept(tmp_path)
    spec = recipes(tmp_path)[name]
    assert set(recipes(tmp_path)) - set(recipes()) == {"own-1"}
    assert spec.planned_steps(CONFIG) == 12
    assert spec.shortened(CONFIG, 3) == {**CONFIG, "trees": 3}
    assert spec.facts == {"rate": {"good": 0.1, "remedy": 0.01}}, "a turn of a key that is not there is no knob"
    assert [rung.change for rung in spec.ladder] == [{"depth": 3}]
    validate_config(spec, {**CONFIG, "rate": 0.5})
    for wrong in ({"trees": "many"}, {"fast": 1}, {"depth": None}, {"extra": 1}):
        with pytest.raises(UserError):
            validate_config(spec, {**CONFIG, **wrong})
    other, plain = baseline_config(spec, CONFIG)
    assert other.name == "classifier"
    validate_config(other, plain)
    assert plain["model"] == "majority", "the bar is not of the writer's making"


def test_a_mend_names_the_script_it_replaces(tmp_path: Path) -> None:
    name = kept(tmp_path)
    first = recipes(tmp_path)[name]
    assert parent_of(first) is None
    mended = keep(tmp_path, "print(2)\n", CONFIG, SCRIPT, method="stumps", kind="classification", parent="own-1")
    assert parent_of(mended) == first.script
    of_ours = keep(tmp_path, "print(3)\n", CONFIG, SCRIPT, method="stumps", kind="classification", parent="classifier")
    assert parent_of(of_ours) == recipes()["classifier"].script


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{", "not valid JSON"),
        ("[1]", "no object"),
        ("{}", "no object"),
        ('{"trees": 3}', "no whole number `seed`"),
        ('{"seed": "1"}', "no whole number `seed`"),
        ('{"seed": 1, "sizes": [1, 2]}', "sizes is a list"),
    ],
)
def test_settings_that_can_not_be_turned_are_told(text: str, wrong: str) -> None:
    assert wrong in str(readable(text))
