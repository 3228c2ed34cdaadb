"""audit: leakage, contamination and quality, by pure checks. A blocking finding sends the data back."""

from __future__ import annotations

from typing import Any

from lab.data.seal import validate
from nodes.auditing import audited, material
from nodes.desk import Desk, goal
from nodes.rescoring import closed, rescored
from state.notebook import Notebook, Update
from state.products import DatasetCard

FINDINGS_KEPT, IDS_KEPT = 12, 8


def audit(state: Notebook, desk: Desk) -> Update:
    card = DatasetCard.model_validate(state["card"])
    validate(desk.workspace, card)
    rows = material(desk, card)
    found = audited(rows, goal(state).seed)
    for finding in found.findings:
        desk.journal.write("finding", finding=finding.to_json())
    for kind, why in found.not_run.items():
        desk.journal.write("not_looked", check=kind, why=why)
    before = state.get("audited") or {}
    sent_by = "evaluation" if (state.get("next") or {}).get("stage") == "evaluation" else "curation"
    total = len(rows.train) + len(rows.held_out)
    desk.judged(f"{len(found.findings)} findings over {total} rows", findings=[f.kind for f in found.findings])
    kept = [_short(f.to_json()) for f in found.findings[:FINDINGS_KEPT]]
    earlier = before.get("rescored") or []
    told = [*closed(earlier, rows, goal(state).seed), *rescored(state, desk, rows, found.findings, found.touched)]
    for line in told:
        desk.journal.write("rescored", **line)
    still = [line for line in earlier if line["clean"] is not None]
    return {
        "findings": kept,
        "audited": {"passes": int(before.get("passes", 0)) + 1, "sent_by": sent_by, "rescored": [*still, *told][-6:]},
    }


def _short(finding: dict[str, Any]) -> dict[str, Any]:
    return {**finding, "ids": finding["ids"][:IDS_KEPT], "examples": finding["examples"][:IDS_KEPT]}
