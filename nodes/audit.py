"""audit: leakage, contamination and quality, by pure checks. A blocking finding sends the data back."""

from __future__ import annotations

from lab.checks.data_checks import audit_rows
from lab.data.seal import read_split, validate
from nodes.desk import Desk
from state.notebook import Notebook, Update
from state.products import DatasetCard

FINDINGS_KEPT, IDS_KEPT = 12, 8


def audit(state: Notebook, desk: Desk) -> Update:
    card = DatasetCard.model_validate(state["card"])
    validate(desk.workspace, card)
    rows = {part: read_split(desk.workspace, card, part) for part in ("train", "validation", "sealed")}
    findings = audit_rows(rows["train"], rows["validation"], rows["sealed"], card.labels, card.kind)
    for found in findings:
        desk.journal.write("finding", finding=found.to_json())
    passes = int((state.get("audited") or {}).get("passes", 0)) + 1
    sent_by = "evaluation" if (state.get("next") or {}).get("stage") == "evaluation" else "curation"
    desk.judged(
        f"{len(findings)} findings over {sum(map(len, rows.values()))} rows", findings=[f.kind for f in findings]
    )
    return {
        "findings": [{**f.to_json(), "ids": f.ids[:IDS_KEPT]} for f in findings[:FINDINGS_KEPT]],
        "audited": {"passes": passes, "sent_by": sent_by},
    }
