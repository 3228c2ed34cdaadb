"""What the registry promises about the scripts, and how it refuses a config."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from lab.recipes.registry import baseline_config, recipes, validate_config
from lab.recipes.spec import RecipeSpec
from state.errors import UserError

ALL = list(recipes().values())
LIBRARY = Path(__file__).parents[3] / "lab/library"


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
def test_the_registry_and_the_script_know_the_same_keys(spec: RecipeSpec) -> None:
    found = importlib.util.spec_from_file_location(spec.name, spec.script)
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    assert spec.parameters.keys() == spec.default.keys() == module.KEYS.keys()


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
def test_all_that_a_recipe_proposes_is_valid(spec: RecipeSpec) -> None:
    validate_config(spec, spec.default)
    validate_config(spec, {**spec.default, **spec.rehearsal})
    validate_config(*baseline_config(spec, spec.default))
    for rung in spec.ladder:
        assert len(rung.change) == 1
        validate_config(spec, {**spec.default, **rung.change})
    for knob in spec.arms:
        assert (knob.times is None) != (knob.to is None)
        if knob.to is not None:
            validate_config(spec, {**spec.default, knob.key: knob.to})
    assert spec.risks(spec.default) == ()


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
def test_sources_are_in_the_library(spec: RecipeSpec) -> None:
    held = "".join(path.read_text() for path in LIBRARY.glob("*.md"))
    assert [source for source in spec.sources if f"id: {source}\n" not in held] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lr": 1}, "grpo_tiny has no parameter lr; it has seed,"),
        ({"learning_rate": "fast"}, "grpo_tiny: learning_rate is 'fast'; write a number"),
        ({"learning_rate": float("nan")}, "grpo_tiny: learning_rate is nan; write a finite number"),
        ({"num_generations": 1}, "grpo_tiny: num_generations is 1; it must be at least 2"),
        ({"num_generations": 2.5}, "grpo_tiny: num_generations is 2.5; write a whole number"),
        ({"reward": "praise"}, "grpo_tiny: reward is 'praise'; choose one of digits, exact, zero, nines"),
        ({"reverse_answer": 1}, "grpo_tiny: reverse_answer is 1; write a bool"),
        ({"steps": None}, "grpo_tiny: steps is None; it can't be empty"),
        ({"heads": 5}, "grpo_tiny: heads is 5; it must divide the width 64"),
    ],
)
def test_a_config_that_can_not_work_is_refused(change: dict[str, Any], said: str) -> None:
    spec = recipes()["grpo_tiny"]
    with pytest.raises(UserError) as refused:
        validate_config(spec, {**spec.default, **change})
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_a_missing_key_is_named() -> None:
    spec = recipes()["sft_tiny"]
    with pytest.raises(UserError, match="needs the parameters steps"):
        validate_config(spec, {k: v for k, v in spec.default.items() if k != "steps"})


def test_the_baseline_of_grpo_is_its_own_start() -> None:
    grpo = recipes()["grpo_tiny"]
    spec, config = baseline_config(grpo, {**grpo.default, "seed": 7, "supervised_steps": 123, "width": 32})
    assert (spec.name, config["seed"], config["steps"], config["width"]) == ("sft_tiny", 7, 123, 32)


def test_risks_name_the_key_and_what_happens() -> None:
    grpo = recipes()["grpo_tiny"]
    (risk,) = grpo.risks({**grpo.default, "learning_rate": 0.015})
    assert risk.startswith("learning_rate=0.015 lies outside 3e-05 to 0.0006: above, the policy unlearns")


def test_a_recipe_tells_diagnosis_what_works() -> None:
    facts = recipes()["grpo_tiny"].facts
    assert facts["learning_rate"]["good"] == 3e-4
    assert facts["beta"] == {"good": 0.0, "high": 0.2, "remedy": 0.1}
    assert facts["reward"]["good"] == "exact"


def test_the_forecast_pays_imports_once() -> None:
    spec = recipes()["grpo_tiny"]
    a_step = spec.seconds_a_step(seconds=spec.import_seconds + 2, steps=2, planned=100)
    assert a_step * 100 == pytest.approx(spec.import_seconds + 100)


def test_both_tiny_scripts_share_their_lower_half() -> None:
    halves = [
        recipes()[name].script.read_text().partition("# --- the same lines stand in")[2]
        for name in ("sft_tiny", "grpo_tiny")
    ]
    assert halves[0] == halves[1] != ""
