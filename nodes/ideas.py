"""What could be tried next, in the order of the evidence for it. Pure functions of the notebook."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.recipes.registry import recipes, validate_config
from lab.recipes.spec import RecipeSpec, TaskKind
from state.brief import Brief
from state.errors import UserError
from state.notebook import Notebook


@dataclass(frozen=True)
class Idea:
    """One measurable change against what is best so far."""

    change: dict[str, Any]
    why: str
    source: str
    predicts: str = ""


UNWRITTEN = "unwritten"
"""The recipe of a plan whose script is still to be written."""


def task_of(kind: str) -> TaskKind:
    return "generation" if kind == "generation" else "classification"


def unwritten(brief: Brief, workspace: Path) -> bool:
    """Does the brief name a method that no recipe does yet?"""
    return brief.method is not None and all(spec.method != brief.method for spec in recipes(workspace).values())


def main_recipe(brief: Brief, kind: str, workspace: Path | None = None) -> RecipeSpec:
    """The recipe that does what the brief names, on data of this kind; of the run's own the newest."""
    task = task_of(kind)
    if brief.method is None:
        brief = brief.model_copy(update={"method": USUAL_METHOD[task]})
    fitting = [spec for spec in reversed(recipes(workspace).values()) if spec.method == brief.method]
    if not fitting:
        raise UserError(
            f"no recipe does {brief.method!r}; there are {', '.join(sorted({s.method for s in recipes().values()}))}"
        )
    for spec in fitting:
        if task in spec.fits:
            return spec
    raise UserError(
        f"{brief.method} is for {' and '.join(fitting[0].fits)}, and {brief.data} is {kind}: name another method or other data"
    )


def first_config(brief: Brief, spec: RecipeSpec) -> dict[str, Any]:
    """The recipe's own settings under the person's."""
    return {**spec.default, **brief.start}


USUAL_METHOD: dict[TaskKind, str] = {"generation": "sft", "classification": "classifier"}
"""Where neither the brief nor its words name one."""


def ideas_left(state: Notebook, workspace: Path | None = None) -> list[Idea]:
    """The recipe's ladder, less what was tried, was refused, or is so already."""
    brief = Brief.model_validate(state["goal"])
    spec = main_recipe(brief, state["card"]["kind"], workspace)
    if best := (state.get("best") or {}).get("recipe"):
        spec = recipes(workspace)[best]  # what is varied is what is best so far
    config = (state.get("best") or {}).get("config") or first_config(brief, spec)
    tried = [line["change"] for line in state.get("tried") or []]
    named = {name for recipe in (state.get("reading") or {}).get("recipes", []) for name in recipe.get("settings", {})}
    fresh = [
        Idea(rung.change, rung.why, "recipe")
        for rung in spec.ladder
        if rung.change not in tried and any(config.get(k) != v for k, v in rung.change.items())
    ]
    # a change that what was read names comes first; the ladder's order decides among equals
    return [*_said(state, spec, config, tried), *sorted(fresh, key=lambda idea: not (set(idea.change) & named))]


SETTING = re.compile(r"\b([a-z_]+)\s*=\s*([^\s,;]+)")


def _said(state: Notebook, spec: RecipeSpec, config: dict[str, Any], tried: list[dict[str, Any]]) -> list[Idea]:
    """What a person told the run to try (`tell RUN "learning_rate=1e-4"`) comes before what the recipe proposes."""
    ideas = []
    refused = (state.get("decisions") or {}).get("spend") or {}
    no = [refused["why"]] if refused.get("answer") == "reject" else []
    for note in [*no, *reversed(state.get("notes") or [])]:
        change = {key: _value(text) for key, text in SETTING.findall(note) if key in spec.parameters}
        if change and change not in tried and any(config.get(k) != v for k, v in change.items()):
            try:
                validate_config(spec, {**config, **change})
            except UserError:
                continue  # told in words that are no setting of this recipe; the note still reaches every decision
            ideas.append(Idea(change, f"the person said: {note}", "person"))
    return ideas


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
