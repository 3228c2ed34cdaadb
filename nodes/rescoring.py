"""What was claimed on a leaking split, beside what is true on its clean rows: scored again, row by row, by trusted code."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from lab.checks.scripts.simple import simple_model
from lab.stats.scorers import Texts, score
from nodes.auditing import Material, roles_of, tables
from nodes.claims import read_claim
from nodes.desk import Desk, goal
from nodes.scoring import predictions
from state.notebook import Notebook

LEAST = 10
"""Clean rows below which a score says nothing."""


def rescored(state: Notebook, desk: Desk, rows: Material, touched: Collection[str]) -> list[dict[str, Any]]:
    """For the best and the baseline, if they were scored already, and for a simple model: as split, and on clean rows."""
    brief = goal(state)
    if brief.metric is None:
        return []
    clean = {row: answer for row, answer in rows.answers.items() if row not in set(touched)}
    claim = read_claim(brief.claim or "", brief.metric)
    found: list[dict[str, Any]] = []
    for role, kept in (("best", state.get("best") or {}), ("baseline", state.get("baseline") or {})):
        for name in kept.get("experiments", [])[:1]:
            said = predictions(desk.experiment(name), "validation")
            found.append({"who": f"{role} {name}", **_two(brief.metric, said, rows.answers, clean)})
    train, test = tables(rows)
    simple = simple_model(train, test, roles_of(rows), brief.seed)
    if simple is not None:
        said = {row["id"]: word for row, word in zip(rows.validation, simple, strict=True)}
        found.append({"who": "a simple model", **_two(brief.metric, said, rows.answers, clean)})
    return [{**each, "claimed": None if claim is None else claim.value} for each in found]


def _two(metric: str, said: Texts, answers: dict[str, str], clean: dict[str, str]) -> dict[str, Any]:
    whole = score(metric, said, answers)
    few = score(metric, {row: said[row] for row in clean if row in said}, clean) if len(clean) >= LEAST else None
    return {
        "metric": metric, "as_split": whole.value, "rows": len(answers),
        "clean": None if few is None else few.value, "clean_rows": len(clean),
    }  # fmt: skip
