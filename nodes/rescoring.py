"""What was claimed on a leaking split, beside what is true once the leak is out: scored again by trusted code.

Copies over the split: the same predictions on the rows without a copy. A column that gives the answer away: the simple
model without it. Rows that belong together, or that are of one time: the simple model on the split that was made anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from lab.checks.parts import Roles
from lab.checks.scripts.simple import simple_model
from lab.stats.compare import score_interval
from lab.stats.scorers import Texts
from nodes.auditing import Material, roles_of, tables
from nodes.claims import read_claim
from nodes.desk import Desk, goal
from nodes.scoring import predictions
from state.notebook import Notebook
from state.products import Finding

Line = dict[str, Any]
LEAST = 10
"""Clean rows below which a score says nothing."""
COPIED = ("exact_duplicate", "near_duplicate", "contained_text", "contamination")
APART = ("group_leak", "time_leak")
GIVES_AWAY = ("label_proxy", "id_leak")


def rescored(
    state: Notebook, desk: Desk, rows: Material, found: Sequence[Finding], touched: Collection[str]
) -> list[Line]:
    """As split, and without the leak; a line whose clean side can be known only after the repair is left open."""
    brief = goal(state)
    blocking = [finding for finding in found if finding.severity == "block"]
    if brief.metric is None or not blocking:
        return []
    claim = read_claim(brief.claim or "", brief.metric)
    common = {"metric": brief.metric, "claimed": None if claim is None else claim.value}
    simple = _simple(rows, roles_of(rows), brief.seed)
    lines: list[Line] = []
    apart = any(finding.kind in APART for finding in blocking)
    if any(finding.kind in COPIED for finding in blocking) and not apart:  # else the copies are the subject's own rows
        clean = {row: answer for row, answer in rows.answers.items() if row not in set(touched)}
        for who, said in [*_trained(state, desk), *([("a simple model", simple)] if simple else [])]:
            sides = {**_side("as_split", brief.metric, said, rows.answers), **_side("clean", brief.metric, said, clean)}
            lines.append({"who": who, "how": "rows with a copy in train left out", **sides})
    columns = {each["column"] for f in blocking if f.kind in GIVES_AWAY for each in f.examples if "column" in each}
    if simple and columns:
        whole = roles_of(rows)
        rest = replace(whole, features=tuple(name for name in whole.features if name not in columns))
        without = _simple(rows, rest, brief.seed)
        sides = _side("as_split", brief.metric, simple, rows.answers)
        sides |= _side("clean", brief.metric, without, rows.answers)
        lines.append({"who": "a simple model", "how": f"without {', '.join(sorted(columns))}", **sides})
    if simple and apart:
        sides = {**_side("as_split", brief.metric, simple, rows.answers), **_side("clean", brief.metric, None, {})}
        lines.append({"who": "a simple model", "how": "split anew", **sides})
    return [{**common, **line} for line in lines]


def closed(open_lines: Sequence[Line], rows: Material, seed: int) -> list[Line]:
    """Lines left open, with what the simple model scores on the split that was made since."""
    waiting = [line for line in open_lines if line["how"] == "split anew" and line["clean"] is None]
    if not waiting:
        return []
    said = _simple(rows, roles_of(rows), seed)
    return [{**line, **_side("clean", line["metric"], said, rows.answers)} for line in waiting]


def _simple(rows: Material, roles: Roles, seed: int) -> Texts | None:
    train, test = tables(rows)
    words = simple_model(train, test, roles, seed)
    return None if words is None else {row["id"]: word for row, word in zip(rows.validation, words, strict=True)}


def _trained(state: Notebook, desk: Desk) -> list[tuple[str, Texts]]:
    """The best and the baseline, if they were scored already."""
    kept = (("best", state.get("best") or {}), ("baseline", state.get("baseline") or {}))
    named = [(role, name) for role, each in kept for name in each.get("experiments", [])[:1]]
    return [(f"{role} {name}", predictions(desk.experiment(name), "validation")) for role, name in named]


def _side(name: str, metric: str, said: Texts | None, answers: dict[str, str]) -> Line:
    """Value, interval and rows of one side; no value where there are too few rows, or nothing was said."""
    if said is None or len(answers) < LEAST:
        return {name: None, f"{name}_interval": None, f"{name}_rows": len(answers)}
    found = score_interval(metric, [{row: said[row] for row in answers if row in said}], answers)
    return {name: found.value, f"{name}_interval": list(found.bounds), f"{name}_rows": len(answers)}
