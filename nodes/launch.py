"""launch: starts each attempt exactly once, if it is what was approved and the ledger lets it."""

from __future__ import annotations

from nodes.desk import Desk
from nodes.folders import batch_of, train_job
from nodes.reserve import what_is_asked
from state.notebook import Notebook, Update


def launch(state: Notebook, desk: Desk) -> Update:
    batch = batch_of(state)
    approved = state["decisions"]["spend"]
    now = what_is_asked(state, desk)
    if now["hash"] != approved["hash"]:
        return {"refused": "what stands in the folders is not what was approved; plan it again"}
    jobs = [train_job(state, desk, plan) for plan in batch.experiments if plan.id in state["jobs"]]
    for job in jobs:
        price = desk.engine.price(job)
        said = desk.ledger.reserve(job.id, job.kind, job.seconds, None if price is None else price * job.seconds / 3600)
        if not said.fits:
            return {"refused": f"the ledger refuses: {said.why}"}
    for job in jobs:
        desk.engine.submit(job)
    desk.judged(f"{len(jobs)} attempts started or found again", jobs=[job.id for job in jobs])
    return {"refused": "", "signals": [], "watched": {}, "patient": ""}
