"""A run's tables as plain records: made by code, from the journal and the state, and nothing of what is sealed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.ledger.files import read_lines
from lab.ledger.journal import history, of_kind
from lab.ledger.ledger import Ledger
from nodes.monitoring import until_sick
from nodes.record_read import once, products
from nodes.tools.records_files import Records
from state.products import Signal

if TYPE_CHECKING:
    from state.notebook import Notebook

Json = dict[str, Any]

IDS_SHOWN = 10
LESSONS_SHOWN = 40
LAST_DECISIONS = 30
AFTER_THE_SEAL = ("examination", "reproduction", "report")


@dataclass(frozen=True)
class Tables:
    """What one visit may look at."""

    records: Records
    state: Notebook
    lessons_file: Path
    ends: bool
    """May it see what came of opening the seal?"""

    @cached_property
    def past(self) -> list[Json]:
        return history(self.records.workspace / "journal.jsonl")

    def rows(self, name: str) -> list[Json]:
        """A table by its name."""
        made = getattr(self, f"_{name}")()
        return [made] if isinstance(made, dict) else list(made)

    def experiments(self) -> list[Json]:
        """Every experiment that was planned, with what became of it."""
        folders, scores = set(self.records.experiments()), {s["experiment"]: s for s in self._scores()}
        found: dict[str, Json] = {}
        for batch in products(self.past, "batch"):
            for plan in batch.get("experiments") or []:
                name = str(plan["id"])
                stands = self.records.status(name) if name in folders else {}
                found[name] = {
                    "id": name, "batch": batch.get("id"), "parent": plan.get("parent"), "purpose": plan.get("purpose"),
                    "change": plan.get("change") or {}, "recipe": plan.get("recipe"), "seed": plan.get("seed"),
                    "steps": plan.get("steps"), "state": stands.get("state") or "planned", "why": stands.get("why") or "",
                    "validation": scores.get(name, {}).get("value"), "interval": scores.get(name, {}).get("interval"),
                }  # fmt: skip
        return list(found.values())

    def logged(self, experiment: str, attempt: str = "") -> tuple[list[Json], float | None]:
        """What a training logged up to its first alarm, and where that was: what a sick one logs later is no evidence."""
        said = [Signal.model_validate(s) for s in self._signals() if s.get("experiment") == experiment]
        stops = [s.step for s in said if s.severity == "stop"]
        return until_sick(self.records.metrics(experiment, attempt), said), min(stops, default=None)

    def reading(self, part: str) -> list[Json]:
        found = list((self.state.get("reading") or {}).get(part) or [])
        if part != "lessons":
            return found
        run = self.records.workspace.name
        others = [line for line in read_lines(self.lessons_file) if isinstance(line, dict) and line.get("run") != run]
        return once([*found, *others[-LESSONS_SHOWN:]])

    def _goal(self) -> Json:
        return dict(self.state.get("goal") or {})

    def _tried(self) -> list[Json]:
        return list(self.state.get("tried") or [])

    def _batches(self) -> list[Json]:
        made = {str(b.get("id")): b for b in products(self.past, "batch")}
        return [
            {"id": name, "purpose": b.get("purpose"), "why": b.get("why"), "experiments": [p["id"] for p in b.get("experiments") or []]}
            for name, b in made.items()
        ]  # fmt: skip

    def _scores(self) -> list[Json]:
        """Scores that code computed on validation rows, the last of each experiment."""
        found: dict[str, Json] = {}
        for line in of_kind(self.past, "score"):
            inner = line.get("score")
            score = inner if isinstance(inner, dict) else line
            if line.get("experiment") and score.get("split", "validation") == "validation":
                keys = ("metric", "direction", "value", "interval", "n", "unparsed")
                found[str(line["experiment"])] = {"experiment": line["experiment"], **{k: score.get(k) for k in keys}}
        return list(found.values())

    def _arms(self) -> list[Json]:
        return products(self.past, "arms", "table", "ablation")

    def _signals(self) -> list[Json]:
        return once(products(self.past, "signal", "signals"), "experiment", "kind", "step")

    def _diagnoses(self) -> list[Json]:
        return products(self.past, "diagnosis", "diagnoses")

    def _ruled_out(self) -> list[Json]:
        return [{"cause": cause} for cause in self.state.get("ruled_out") or []]

    def _findings(self) -> list[Json]:
        """By ids alone, as the audit gives them."""
        keys = ("kind", "severity", "count", "share", "why", "remedy", "inflation")
        told = once(products(self.past, "finding", "findings"))
        return [{**{k: f.get(k) for k in keys}, "ids": (f.get("ids") or [])[:IDS_SHOWN]} for f in told]

    def _notes(self) -> list[Json]:
        """What the person said with `tell`, and how they answered at gates."""
        told = [line for line in read_lines(self.records.workspace / "tell.jsonl") if isinstance(line, dict)]
        answers = [g for g in of_kind(self.past, "gate") if g.get("by") == "person"]
        said = [{"said": line.get("text")} for line in told]
        return [*said, *({"gate": g.get("gate"), "answered": g.get("answer"), "why": g.get("why")} for g in answers)]

    def _decisions(self) -> list[Json]:
        made = [d for d in of_kind(self.past, "decision") if self.ends or d.get("stage") not in AFTER_THE_SEAL]
        made = made[-LAST_DECISIONS:]
        return [{k: d.get(k) for k in ("stage", "by", "why")} for d in made]

    def _cost(self) -> Json:
        spent = Ledger(self.records.workspace / "ledger.jsonl").spent().to_json()
        return {**spent, "seconds": round(float(self.state.get("clock") or 0), 1)}

    def _examination(self) -> Json:
        return {k: v for k, v in (self.state.get("examination") or {}).items() if k != "checks"}

    def _checks(self) -> list[Json]:
        told = [*products(self.past, "check", "checks"), *((self.state.get("examination") or {}).get("checks") or [])]
        return list({str(c.get("name")): {k: c.get(k) for k in ("name", "result", "why")} for c in told}.values())

    def _reproduction(self) -> Json:
        return dict(self.state.get("reproduction") or {})

    def _ending(self) -> Json:
        return dict(self.state.get("ending") or {})
