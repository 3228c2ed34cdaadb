"""Names of batches and experiments: counted in the state, so that a stage that runs again names them the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nodes.folders import seed_of
from state.brief import Brief
from state.notebook import Notebook
from state.products import Batch, Plan
from state.words import Purpose


@dataclass
class Namer:
    """Hands out the next names, starting from what the state has counted."""

    batch: int
    experiment: int
    fresh: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, state: Notebook) -> Namer:
        counted = state.get("counters") or {}
        return cls(counted.get("batch", 0), counted.get("experiment", 0))

    def next_batch(self) -> str:
        self.batch += 1
        return f"b{self.batch:02d}"

    def next_experiment(self) -> str:
        self.experiment += 1
        return f"e{self.experiment:03d}"

    def counters(self) -> dict[str, int]:
        return {"batch": self.batch, "experiment": self.experiment}


def new_plan(
    namer: Namer, brief: Brief, index: int, purpose: Purpose, recipe: str, config: dict[str, Any], steps: int, *,
    parent: str | None, change: dict[str, Any], hypothesis: str, predicts: str = "", start_from: str | None = None,
) -> Plan:  # fmt: skip
    """One experiment; its seed comes from the root seed (or the person's list) and its index, so equal indices are paired."""
    seed = brief.seed_list[index] if index < len(brief.seed_list) else seed_of(brief.seed, 100 + index)
    return Plan(
        id=namer.next_experiment(), parent=parent, purpose=purpose, hypothesis=hypothesis, change=change, recipe=recipe, seed=seed,
        config={**config, "seed": seed},
        steps=steps, start_from=start_from, predicts=predicts, paired_seed=index,
    )  # fmt: skip


def renewed(state: Notebook, batch: Batch, mend: dict[str, Any]) -> tuple[Batch, dict[str, int]]:
    """The same batch with one change, under new names: what has begun is evidence and stays as it was."""
    namer = Namer.of(state)
    change = dict(mend.get("change") or {})
    name = namer.next_batch()
    plans = [
        plan.model_copy(
            update={
                "id": namer.next_experiment(), "parent": plan.id, "change": change, "config": {**plan.config, **change},
                "steps": int(change.get("steps", plan.steps)), "hypothesis": str(mend.get("why", "")),
            }
        )
        for plan in batch.experiments
    ]  # fmt: skip
    return Batch(id=name, purpose=batch.purpose, why=str(mend.get("why", "")), experiments=plans), namer.counters()
