"""Batches made whole: which recipe, which config, which seeds, and from which trained model they start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.recipes.registry import baseline_config, recipes, validate_config
from lab.recipes.spec import RecipeSpec
from lab.recipes.written import BASELINES
from nodes.ideas import UNWRITTEN, first_config, main_recipe, task_of, unwritten
from nodes.naming import Namer, new_plan
from state.brief import Brief
from state.notebook import Notebook
from state.products import Batch, Plan
from state.words import Purpose

Json = dict[str, Any]


@dataclass
class Maker:
    """Makes the batches of one visit of planning."""

    state: Notebook
    brief: Brief
    namer: Namer
    workspace: Path
    recipe: str = ""
    """The recipe to go on with, where it is neither the best's nor the brief's."""

    @property
    def spec(self) -> RecipeSpec:
        """The recipe to go on with: that of the best so far, else the one the brief names."""
        name = self.recipe or (self.state.get("best") or {}).get("recipe")
        if name:
            return recipes(self.workspace)[name]
        return main_recipe(self.brief, self.state["card"]["kind"], self.workspace)

    @property
    def unwritten(self) -> bool:
        """Is a script still to be written for what the brief asks?"""
        return unwritten(self.brief, self.workspace)

    def baseline(self, mended: Json) -> Batch:
        """What is to be beaten, from the recipe; with the cure, where the baseline itself fell ill."""
        other, plain, what = self._bar()
        change, parent = mended.get("change") or {}, mended.get("from")
        name = self.namer.next_batch()
        plans = [
            new_plan(
                self.namer, self.brief, index, "baseline", other.name, {**plain, **change}, other.planned_steps({**plain, **change}),
                parent=parent, change=change, hypothesis=what,
            )
            for index in range(self.brief.seeds)
        ]  # fmt: skip
        why = f"the baseline first, {self.brief.seeds} seeds: {what}"
        return Batch(id=name, purpose="baseline", why=f"{why}; {mended['why']}" if mended else why, experiments=plans)

    def _bar(self) -> tuple[RecipeSpec, Json, str]:
        """What is to be beaten: recipe, config, and what it is in words."""
        if self.unwritten:
            plain = BASELINES[task_of(self.state["card"]["kind"])]
            other = recipes()[plain.recipe]
            return other, {**other.default, **plain.fixed}, plain.what
        config = first_config(self.brief, self.spec)
        validate_config(self.spec, config)
        return *baseline_config(self.spec, config), self.spec.baseline.what

    def draft(self, what: str, *, parent: str, why: str) -> Batch:
        """One experiment whose script implementation has to write first."""
        name = self.namer.next_batch()
        plan = new_plan(
            self.namer,
            self.brief,
            0,
            "trial",
            UNWRITTEN,
            dict(self.brief.start),
            1,
            parent=parent,
            change={},
            hypothesis=what,
        )
        return Batch(id=name, purpose="trial", why=why, experiments=[plan])

    def trial(self, config: Json, *, parent: str, change: Json, why: str, hypothesis: str) -> Batch:
        """One change, one seed."""
        name = self.namer.next_batch()
        plan = self._one("trial", 0, config, parent=parent, change=change, hypothesis=hypothesis)
        return Batch(id=name, purpose="trial", why=why, experiments=[plan])

    def seeds(self, config: Json, have: int, *, parent: str, change: Json, why: str) -> Batch:
        """The same setting with the seeds it does not have yet."""
        name = self.namer.next_batch()
        plans = [
            self._one("seeds", index, config, parent=parent, change=change, hypothesis="the gain holds over seeds")
            for index in range(have, self.brief.seeds)
        ]
        return Batch(id=name, purpose="seeds", why=why, experiments=plans)

    def _one(self, purpose: Purpose, index: int, config: Json, *, parent: str, change: Json, hypothesis: str) -> Plan:
        start = self._start(config, index)
        if self.spec.start_key:
            config = {**config, self.spec.start_key: "data/start" if start else None}
        validate_config(self.spec, {**config, "seed": 0})
        return new_plan(
            self.namer, self.brief, index, purpose, self.spec.name, config, self.spec.planned_steps(config),
            parent=parent, change=change, hypothesis=hypothesis, start_from=start,
        )  # fmt: skip

    def _start(self, config: Json, index: int) -> str | None:
        """The baseline of the same seed, if it made the very start that this config would make for itself."""
        ready = self.state["baseline"]
        if self.spec.start_key is None or index >= len(ready["experiments"]):
            return None
        _, plain = baseline_config(self.spec, config)
        same = _but_seed(plain) == _but_seed(ready["config"])
        return str(ready["experiments"][index]) if same else None


def _but_seed(config: Json) -> Json:
    return {key: value for key, value in config.items() if key != "seed"}
