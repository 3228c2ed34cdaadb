"""Everything the report speaks of, gathered once: the record, the state, the journal, and what the trainings logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.checks.series import Series, series, step_of
from lab.ledger.journal import history
from nodes.record_read import metric_lines, once, products, read_record

Json = dict[str, Any]
TRUE_METRIC = ("exact", "accuracy", "true")
"""Words in the name of a second reward that say it stands for the metric itself."""
TITLES = {
    "reward": "reward (what is trained on)",
    "loss": "training loss",
    "eval_loss": "validation loss",
    "entropy": "entropy, nats per token",
    "kl": "KL from the reference",
    "grad_norm": "gradient norm",
}


@dataclass(frozen=True)
class Facts:
    workspace: Path
    record: Json
    values: Mapping[str, Any]
    goal: Json
    past: list[Json]

    def product(self, name: str) -> Json:
        """A product in the state; empty where that stage never ran."""
        found = self.values.get(name)
        return found if isinstance(found, dict) else {}

    def said(self, kind: str, *names: str) -> list[Json]:
        return once(products(self.past, kind, *names))

    @property
    def experiments(self) -> list[Json]:
        found: list[Json] = self.record.get("experiments") or []
        return found

    def experiment(self, name: object) -> Json:
        return next((e for e in self.experiments if e["id"] == name), {})

    @property
    def finalists(self) -> list[str]:
        """The experiments whose result stands, examined or not."""
        return list(self.product("examination").get("finalist") or self.product("best").get("experiments") or [])

    @property
    def baselines(self) -> list[str]:
        found = self.product("examination").get("baseline") or self.product("baseline").get("experiments")
        return list(found or [])

    @property
    def sick(self) -> list[str]:
        """Experiments that a detector stopped, arms apart."""
        stopped = [s["experiment"] for s in self.record.get("signals") or [] if s.get("severity") == "stop"]
        return list(dict.fromkeys(e for e in stopped if self.experiment(e).get("purpose") != "arms"))

    def checks(self) -> list[Json]:
        """The last result of each check, on the data's way and at the examination."""
        found: list[Json] = self.record.get("checks") or []
        return found

    def warnings(self) -> list[Json]:
        """What the last audit still warned of; what was mended before is told under the data."""
        visits = [r["step"] for r in self.past if r["kind"] == "enter" and r.get("stage") == "audit"]
        last = [r for r in self.past if visits and r.get("step") == visits[-1]]
        return [f for f in once(products(last, "finding", "findings")) if f.get("severity") == "warn"]

    def sources(self) -> list[Json]:
        read = self.product("reading").get("sources") or []
        return list({str(s.get("name")): s for s in [*self.said("source", "sources"), *read]}.values())


def gather(workspace: Path, record: Json, values: Mapping[str, Any], goal: Json) -> Facts:
    return Facts(workspace, record, values, goal, history(workspace / "journal.jsonl"))


def created(facts: Facts) -> str:
    """Day the run was created, as its run.json has it."""
    when = read_record(facts.workspace / "run.json").get("created")
    if isinstance(when, int | float) and not isinstance(when, bool):
        return datetime.fromtimestamp(when, UTC).date().isoformat()
    return str(when)[:10] if when else ""


def logged(facts: Facts, names: Sequence[str]) -> dict[str, list[Json]]:
    """Metric lines of the experiments that logged any, the warm-up left out."""
    found = {name: metric_lines(facts.workspace / "experiments" / name) for name in dict.fromkeys(names)}
    kept = {name: [line for line in lines if step_of(line) >= 0] for name, lines in found.items()}
    return {name: lines for name, lines in kept.items() if lines}


def panels(lines: Mapping[str, Sequence[Json]], most: int = 3) -> list[tuple[str, dict[str, Series]]]:
    """The metrics worth a curve, first the one the training goes by: (key, series by experiment)."""
    keys = list(dict.fromkeys(key for rows in lines.values() for row in rows for key in row))
    true = [k for k in keys if k.startswith("rewards/") and k.endswith("/mean") and any(w in k for w in TRUE_METRIC)]
    first = ["reward", *true] if "reward" in keys else ["eval_loss", "loss", "mean_token_accuracy"]
    wanted = dict.fromkeys(k for k in [*first, "entropy", "kl", "grad_norm"] if k in keys)
    found: list[tuple[str, dict[str, Series]]] = []
    for key in wanted:
        curves = {name: series(rows, key) for name, rows in lines.items()}
        curves = {name: curve for name, curve in curves.items() if len(curve) > 1}
        if curves:
            found.append((key, curves))
    return found[:most]


def metric_title(key: str) -> str:
    """What a logged key is called under a curve."""
    if key.startswith("rewards/"):
        return f"{key.split('/')[1].replace('_', ' ')} (true metric, logged at weight zero)"
    return TITLES.get(key, key.replace("_", " "))
