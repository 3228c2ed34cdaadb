"""curation: acquires the data, splits and seals it, then mends the training part alone."""

from __future__ import annotations

from lab.data.curate import Repair, apply_repairs
from lab.data.regroup import regrouped
from lab.data.seal import resplit, whole
from nodes.asking import question
from nodes.auditing import alike, blocking, doomed, material
from nodes.curation_first import PROPOSED, first
from nodes.curation_first import answered as settle
from nodes.curation_seen import noted, seen
from nodes.desk import Desk, Steps
from state.errors import UserError
from state.notebook import Notebook, Update
from state.products import DatasetCard, Json

RESPLITS = ("group_leak", "time_leak")
"""Findings that dropping rows can't mend."""
DROPS = ("exact_duplicate", "near_duplicate", "contained_text", "contamination", "duplicate", "broken")
"""Findings that are mended by dropping training rows; every other one is the owner's to mend."""
MANY_ROWS = 0.05
"""Dropping more than this share of the training rows needs a person's yes."""


def curation(state: Notebook, desk: Desk) -> Update | Steps:
    if not state.get("card"):
        return first(state, desk)
    answered = (state.get("next") or {}).get("stage") == "approve_data"
    if answered and PROPOSED in state["asked"]["args"]:
        return settle(state, desk)
    if answered and state["decisions"]["data"]["answer"] == "edit":
        wanted = state["decisions"]["data"]["args"].get("dropped", {})
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


def _mend(state: Notebook, desk: Desk, only: set[str] | None = None) -> Update:
    """Repair what the audit found: split anew where rows that belong together lie apart, else drop training rows."""
    card = DatasetCard.model_validate(state["card"])
    found = blocking(state["findings"])
    again = [f for f in found if f["kind"] in RESPLITS]
    if again and only is None:
        return _split_anew(state, desk, card, again[0])
    fixable = {kind: ids for kind, ids in doomed(material(desk, card)).items() if only is None or kind in only}
    beyond = [f for f in found if f["kind"] not in DROPS]
    if beyond or not fixable:
        why = "; ".join(f"{f['kind']}: {f['why']}; {f['remedy']}" for f in beyond or found)
        return _unfit(f"the data could not be repaired: {why or 'the finding has no repair'}")
    repairs = [Repair(kind=kind, ids=tuple(ids), why="named by the audit") for kind, ids in fixable.items()]
    mended = apply_repairs(desk.workspace, card, repairs)
    gone = card.splits["train"].rows - mended.splits["train"].rows
    counts = {kind: len(ids) for kind, ids in fixable.items()}
    desk.judged(f"dropped {gone} training rows: {', '.join(fixable)}", dropped=counts)
    update: Update = {"card": mended.to_json(), "asked": {}, **_begun_again(state, desk)}
    share = gone / max(1, card.splits["train"].rows)
    if share > MANY_ROWS:
        args = {"dropped": counts, "left": mended.splits["train"].rows, "share": round(share, 4)}
        text = f"drop {gone} of {card.splits['train'].rows} training rows ({', '.join(fixable)})?"
        update["asked"] = {**question(desk, "data", text, args), "before": card.to_json()}
    return update


def _split_anew(state: Notebook, desk: Desk, card: DatasetCard, finding: Json) -> Update:
    """By group or by time, as the leak asks, under a new seal: possible until someone has looked at sealed rows."""
    try:
        table, how = regrouped(whole(desk.workspace, card), finding, alike)
        shown = seen(desk, table)
        mended = resplit(desk.workspace, card, table, card.split_seed, shown)
    except UserError as wrong:
        return _unfit(f"the data could not be repaired: {finding['kind']}: {finding['why']}; {wrong}")
    if mended.seal == card.seal:
        return _unfit(f"the data could not be repaired: {finding['kind']} stays, though it is split {how} already")
    said = [*card.repairs, f"split anew {how}: {finding['kind']}"]
    mended = noted(desk, mended.model_copy(update={"repairs": said}), shown)
    desk.judged(f"split anew {how}, sealed as {mended.seal[:12]}", kind=finding["kind"])
    args = {"split": how, "rows": {name: info.rows for name, info in mended.splits.items()}, "finding": finding["kind"]}
    asked = question(desk, "data", f"split the data anew {how} ({finding['kind']})?", args)
    return {"card": mended.to_json(), "asked": {**asked, "before": card.to_json()}, **_begun_again(state, desk)}


def _unfit(reason: str) -> Update:
    return {"asked": {}, "stop": {"kind": "integrity_failure", "reason": reason, "stage": "curation"}}


def _begun_again(state: Notebook, desk: Desk) -> Update:
    if not (state.get("baseline") or state.get("batch")):
        return {}
    why = "it saw the rows as they were, so the search begins again on the mended data"
    desk.fallback("what was trained so far", why)
    return {"baseline": {}, "best": {}, "learnt": {}, "batch": {}, "verdict": {}, "tried": []}
