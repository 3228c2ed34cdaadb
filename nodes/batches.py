"""Batches made whole: which recipe, which config, which seeds, and from which trained model they start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lab.recipes.registry import baseline_config, validate_config
from lab.recipes.spec import RecipeSpec
from nodes.ideas import first_config, main_recipe
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

    @property
    def spec(self) -> RecipeSpec:
        return main_recipe(self.brief, self.state["card"]["kind"])

    def baseline(self, mended: Json) -> Batch:
        """What is to be beaten, from the recipe; with the cure, where the baseline itself fell ill."""
        config = first_config(self.brief, self.spec)
        validate_config(self.spec, config)
        other, plain = baseline_config(self.spec, config)
        change, parent, what = mended.get("change") or {}, mended.get("from"), self.spec.baseline.what
        name = self.namer.next_batch()
        plans = [
            new_plan(
                self.namer, self.brief, index, "baseline", other.name, {**plain, **change},
                parent=parent, change=change, hypothesis=what,
            )
            for index in range(self.brief.seeds)
        ]  # fmt: skip
        why = f"the baseline first, {self.brief.seeds} seeds: {what}"
        return Batch(id=name, purpose="baseline", why=f"{why}; {mended['why']}" if mended else why, experiments=plans)

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
            self.namer, self.brief, index, purpose, self.spec.name, config,
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
