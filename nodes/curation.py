"""curation: acquires the data, splits and seals it, then mends the training part alone."""

from __future__ import annotations

from pathlib import Path

from lab.checks.data_checks import repairable
from lab.data.acquire import acquire
from lab.data.curate import Repair, apply_repairs
from lab.data.seal import read_split, seal
from lab.data.split import split
from nodes.asking import question
from nodes.desk import Desk, goal
from nodes.folders import seed_of
from state.errors import UserError
from state.notebook import Notebook, Update
from state.products import DatasetCard

MANY_ROWS = 0.05
"""Dropping more than this share of the training rows needs a person's yes."""


def curation(state: Notebook, desk: Desk) -> Update:
    if not state.get("card"):
        return _first(state, desk)
    answered = (state.get("next") or {}).get("stage") == "approve_data"
    if answered and state["decisions"]["data"]["answer"] == "edit":
        wanted = state["decisions"]["data"]["args"]["dropped"]
        before = {**state, "card": state["asked"]["before"]}
        return _mend(before, desk, {kind for kind, count in wanted.items() if count})  # type: ignore[arg-type]
    if answered:
        why = state["decisions"]["data"]["why"]
        return {
            "card": {},
            "asked": {},
            "stop": {"kind": "refused", "reason": f"the data was not approved: {why}", "stage": "curation"},
        }
    return _mend(state, desk)


def _first(state: Notebook, desk: Desk) -> Update:
    brief = goal(state)
    assert brief.data is not None
    base = Path(brief.where).parent if brief.where else Path.cwd()
    try:
        table = acquire(brief.data, base, seed=seed_of(brief.seed, 0))
    except UserError as wrong:
        desk.journal.write("source", name=brief.data, answered=False, why=str(wrong))
        return {"card": {}, "asked": {}, "stop": {"kind": "failed", "reason": str(wrong), "stage": "curation"}}
    split_seed = seed_of(brief.seed, 1)
    card = seal(table, split(table, split_seed), desk.workspace, split_seed)
    for note in table.notes:
        desk.journal.write("note", text=note)
    desk.judged(
        f"{card.rows} rows from {card.source or card.name}, split by {card.group_by or 'row'}, sealed as {card.seal[:12]}",
        kind=card.kind,
    )
    return {"card": card.to_json(), "asked": {}}


def _mend(state: Notebook, desk: Desk, only: set[str] | None = None) -> Update:
    """Drop from the training part what the audit named; held-out rows never move."""
    card = DatasetCard.model_validate(state["card"])
    rows = [read_split(desk.workspace, card, part) for part in ("train", "validation", "sealed")]
    doomed = repairable(rows[0], rows[1], rows[2])
    blocking = {f["kind"]: f for f in state["findings"] if f["severity"] == "block"}
    fixable = {kind: ids for kind, ids in doomed.items() if ids and (only is None or kind in only)}
    if not fixable:
        why = "; ".join(f"{f['kind']}: {f['why']}" for f in blocking.values()) or "the audit's finding has no repair"
        return {
            "asked": {},
            "stop": {
                "kind": "integrity_failure",
                "reason": f"the data could not be repaired: {why}",
                "stage": "curation",
            },
        }
    repairs = [Repair(kind=kind, ids=tuple(ids), why="named by the audit") for kind, ids in fixable.items()]
    mended = apply_repairs(desk.workspace, card, repairs)
    gone = card.splits["train"].rows - mended.splits["train"].rows
    desk.judged(f"dropped {gone} training rows: {', '.join(fixable)}", dropped={k: len(v) for k, v in fixable.items()})
    update: Update = {"card": mended.to_json(), "asked": {}}
    if state.get("baseline") or state.get("batch"):
        desk.fallback(
            "what was trained so far",
            "it saw the rows that were dropped, so the search begins again on the mended data",
        )
        update |= {"baseline": {}, "best": {}, "learnt": {}, "batch": {}, "verdict": {}, "tried": []}
    share = gone / max(1, card.splits["train"].rows)
    if share > MANY_ROWS:
        args = {
            "dropped": {k: len(v) for k, v in fixable.items()},
            "left": mended.splits["train"].rows,
            "share": round(share, 4),
        }
        text = f"drop {gone} of {card.splits['train'].rows} training rows ({', '.join(fixable)})?"
        update["asked"] = {**question(desk, "data", text, args), "before": card.to_json()}
    return update
