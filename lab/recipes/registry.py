"""The bundled recipes by name, the baseline of each, and the check of a config."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lab.recipes.classic import CLASSIFIER
from lab.recipes.spec import Config, Parameter, RecipeSpec
from lab.recipes.tiny import GRPO_TINY, SFT_TINY
from lab.recipes.written import written
from state.errors import UserError


@cache
def _bundled() -> dict[str, RecipeSpec]:
    return {spec.name: spec for spec in (GRPO_TINY, SFT_TINY, CLASSIFIER)}


def recipes(workspace: Path | None = None) -> dict[str, RecipeSpec]:
    """Every bundled recipe by name, and those that the run in this workspace has written for itself."""
    return _bundled() if workspace is None else _bundled() | written(workspace)


def baseline_config(spec: RecipeSpec, config: Mapping[str, Any]) -> tuple[RecipeSpec, Config]:
    """The recipe and config of the run that `config` has to beat."""
    other = recipes()[spec.baseline.recipe]
    carried = {key: config[origin] for key, origin in spec.baseline.carried.items()}
    return other, other.default | carried | spec.baseline.fixed


def validate_config(spec: RecipeSpec, config: Mapping[str, Any]) -> None:
    """Refuse, in one line, a config the script would refuse or that can't work."""
    unknown, missing = sorted(config.keys() - spec.parameters.keys()), sorted(spec.parameters.keys() - config.keys())
    if unknown:
        raise UserError(f"{spec.name} has no parameter {', '.join(unknown)}; it has {', '.join(spec.parameters)}")
    if missing:
        raise UserError(f"{spec.name} needs the parameters {', '.join(missing)}; the recipe's default has them all")
    for key, parameter in spec.parameters.items():
        wrong = _complaint(parameter, config[key])
        if wrong:
            raise UserError(f"{spec.name}: {key} is {config[key]!r}; {wrong}")
    if "heads" in config and config["width"] % config["heads"]:
        raise UserError(f"{spec.name}: heads is {config['heads']}; it must divide the width {config['width']}")


def _complaint(parameter: Parameter, value: Any) -> str:
    if value is None:
        return "" if parameter.optional else "it can't be empty"
    if parameter.kind in ("bool", "text"):
        if not isinstance(value, bool if parameter.kind == "bool" else str):
            return f"write a {parameter.kind}"
        fits = not parameter.choices or value in parameter.choices
        return "" if fits else f"choose one of {', '.join(parameter.choices)}"
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (parameter.kind == "float" and isinstance(value, float)):
        return "write a whole number" if parameter.kind == "int" else "write a number"
    if not abs(value) < float("inf"):
        return "write a finite number"
    if parameter.low is not None and value < parameter.low:
        return f"it must be at least {parameter.low:g}"
    if parameter.high is not None and value > parameter.high:
        return f"it must be at most {parameter.high:g}"
    return ""
