"""Recipes that a run has written for itself: one numbered folder each, never changed once it stands.

RUN/recipes/own-1/  recipe.json   what the writer said of it, and the settings it reads
                    train.py      the script, to the contract of every other recipe
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lab.ledger.files import read_json, write_atomic, write_json
from lab.recipes.spec import SCRIPTS, Baseline, Knob, Parameter, RecipeSpec, Rung, TaskKind

FOLDER = "recipes"
ARM_SHARE = 0.35
"""As the bundled recipes: what an arm has to show, it shows by then."""
REHEARSED_STEPS = 3
MEMORY_MB = 4096
TORCH_SECONDS, PLAIN_SECONDS = 6.0, 1.5
"""Imports of torch with its trainers, and without (measured on an idle machine)."""

BASELINES: dict[TaskKind, Baseline] = {
    "classification": Baseline(
        recipe="classifier", what="always the most frequent label", carried={}, fixed={"model": "majority"}
    ),
    "generation": Baseline(recipe="sft_tiny", what="the bundled tiny model, trained as it stands", carried={}),
}
"""What a script of one's own has to beat; a bundled recipe, so that the bar is not of the writer's making."""


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Turn(Closed):
    """A setting whose change helps to tell what went wrong."""

    key: str
    to: bool | int | float | str | None = Field(None, description="a value that is known to be safe, or null")
    times: float | None = Field(None, description="or a factor on the value there is")
    why: str


class Step(Closed):
    """One single change worth trying after the first run."""

    change: dict[str, bool | int | float | str]
    why: str


class Script(Closed):
    """What the writer says of a script; what it reads and writes, code looks up itself."""

    summary: str = Field(description="what is trained and how, in two sentences")
    based_on: list[str] = Field(default_factory=list, description="ids of the papers or recipes it follows, as read")
    steps_key: str = Field("", description="the key of config.json with the number of steps; empty if it fits at once")
    health_metric: str = Field("loss", description="the metric of metrics.jsonl that training itself improves")
    true_metric: str = Field("", description="the metric of metrics.jsonl that measures the goal, if it logs one")
    meanings: dict[str, str] = Field(default_factory=dict, description="key of config.json: what it does")
    turns: list[Turn] = Field(default_factory=list, description="settings to vary when the training falls ill")
    steps: list[Step] = Field(default_factory=list, description="single changes worth trying next, best first")
    why: str = Field(description="why this script answers the task, from what was read")


class Kept(Closed):
    """recipe.json."""

    name: str
    method: str
    kind: TaskKind
    config: dict[str, Any]
    script: Script
    parent: str = ""
    """The version it replaces, if any."""


def written(workspace: Path) -> dict[str, RecipeSpec]:
    """The run's own recipes, oldest first."""
    found = sorted((workspace / FOLDER).glob("own-*/recipe.json"), key=lambda path: _number(path.parent.name))
    return {path.parent.name: _spec(Kept.model_validate(read_json(path)), path.with_name("train.py")) for path in found}


def keep(
    workspace: Path, source: str, config: Mapping[str, Any], script: Script, *, method: str, kind: TaskKind, parent: str = ""
) -> RecipeSpec:  # fmt: skip
    """The next numbered recipe; the same text and settings again are the one that stands already."""
    have = written(workspace)
    for name, spec in have.items():
        if spec.script.read_text(encoding="utf-8") == source and spec.default == dict(config):
            return have[name]
    name = f"own-{max(map(_number, have), default=0) + 1}"
    kept = Kept(name=name, method=method, kind=kind, config=dict(config), script=script, parent=parent)
    place = workspace / FOLDER / name
    write_atomic(place / "train.py", source)
    write_json(place / "recipe.json", kept.model_dump(mode="json"))  # last: with it the recipe stands
    return _spec(kept, place / "train.py")


def said_of(spec: RecipeSpec) -> Kept:
    """recipe.json of a recipe of the run's own."""
    return Kept.model_validate(read_json(spec.script.with_name("recipe.json")))


def parent_of(spec: RecipeSpec) -> Path | None:
    """The script that this one replaces, if it is one of the run's own or a bundled one."""
    parent = said_of(spec).parent if spec.script.with_name("recipe.json").exists() else ""
    beside = spec.script.parent.parent / parent / "train.py"
    bundled = SCRIPTS / f"{parent}.py"
    return next((path for path in (beside, bundled) if parent and path.exists()), None)


def _number(name: str) -> int:
    return int(name.rpartition("-")[2])


def _spec(kept: Kept, script: Path) -> RecipeSpec:
    said, config = kept.script, kept.config
    heavy = "torch" in script.read_text(encoding="utf-8")
    return RecipeSpec(
        name=kept.name,
        method=kept.method,
        script=script,
        fits=(kept.kind,),
        needs=(),
        default=config,
        parameters={key: _parameter(key, value, said.meanings.get(key, "")) for key, value in config.items()},
        baseline=BASELINES[kept.kind],
        ladder=tuple(
            Rung(change=step.change, why=step.why) for step in said.steps if step.change.keys() <= config.keys()
        ),
        arms=tuple(
            Knob(key=turn.key, to=turn.to, times=turn.times, why=turn.why) for turn in said.turns if turn.key in config
        ),
        arm_share=ARM_SHARE,
        rehearsal={said.steps_key: REHEARSED_STEPS} if said.steps_key in config else {},
        steps_key=said.steps_key if said.steps_key in config else "",
        warmup_key=None,
        start_key=None,
        health_metric=said.health_metric,
        true_metric=said.true_metric,
        memory_mb=MEMORY_MB,
        import_seconds=TORCH_SECONDS if heavy else PLAIN_SECONDS,
        sources=tuple(said.based_on),
    )


def _parameter(key: str, value: Any, meaning: str) -> Parameter:
    """Its kind is that of the value it has; a number may be any, since nobody has measured what is sane."""
    meaning = meaning or key.replace("_", " ")
    if isinstance(value, bool):
        return Parameter(kind="bool", meaning=meaning)
    if isinstance(value, int):
        return Parameter(kind="int", meaning=meaning)
    if isinstance(value, float):
        return Parameter(kind="float", meaning=meaning)
    return Parameter(kind="text", meaning=meaning, optional=value is None)


def readable(config: str) -> dict[str, Any] | str:
    """The settings of a draft's config.json, or what is wrong with them."""
    try:
        found = json.loads(config)
    except ValueError as wrong:
        return f"config.json is not valid JSON: {wrong}"
    if not isinstance(found, dict) or not found:
        return "config.json is no object with settings"
    odd = [key for key, value in found.items() if isinstance(value, list | dict)]
    if odd:
        return f"config.json: {', '.join(odd)} is a list or an object; settings are single values, so that one can be changed"
    if not isinstance(found.get("seed"), int):
        return "config.json has no whole number `seed`; every random source takes it from there"
    return found
