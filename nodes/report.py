"""report: what is true and how sure, as Markdown and HTML with tables and plots."""

from __future__ import annotations

from lab.checks.smells.battery import publishable
from nodes.asking import question
from nodes.desk import Desk, Steps
from nodes.ending import ending
from nodes.gates import policy
from nodes.publication import token
from nodes.record import record
from nodes.report_mind import discuss
from nodes.report_page import write_report
from state.bounds import BOUNDS
from state.notebook import Notebook, Update
from state.products import Check
from state.words import EXIT_CODE

PUBLISHABLE = ("target_met", "claim_supported")


def report(state: Notebook, desk: Desk) -> Steps:
    end = ending(state)
    desk.journal.write("outcome", **end.to_json())
    values = {**state, "ending": end.to_json()}
    whole = record(desk.workspace, values, [], "done", BOUNDS)
    files = write_report(desk.workspace, whole, values, state.get("goal") or {})
    yield from discuss(state, desk, whole, values)
    if desk.helm is not None:  # written again, with the words if there are any, and with what they cost
        whole = record(desk.workspace, values, [], "done", BOUNDS)
        write_report(desk.workspace, whole, values, state.get("goal") or {})
    update: Update = {"ending": end.to_json(), "report": files, "asked": {}}
    wanted = policy(state, "publication") != "deny"
    if not wanted:
        return update
    why_not = _not_publishable(state, end.outcome)
    if why_not:
        desk.journal.write("note", text=f"nothing is published: {why_not}")
        return update
    args = {"repo": f"{desk.run}", "experiment": state["examination"]["finalist"][0], "private": True}
    return {
        **update,
        "asked": question(
            desk, "publication", f"publish the model of {args['experiment']} as {args['repo']} (private)?", args
        ),
    }


def _not_publishable(state: Notebook, outcome: str) -> str:
    """A result that failed a check, or whose required check was not run, stays at home."""
    if outcome not in PUBLISHABLE:
        return f"the outcome is {outcome}"
    checks = [Check.model_validate(c) for c in state["examination"]["checks"]]
    fit = publishable(checks)
    if fit.result != "PASS":
        return fit.why
    if (state.get("reproduction") or {}).get("result") not in ("identical", "consistent"):
        return "it was not reproduced"
    if not token():
        return "there is no HF_TOKEN to publish with"
    assert EXIT_CODE[outcome] == 0  # type: ignore[index]
    return ""
