"""The four gates. A gate asks and writes down the answer; nothing else happens in its node, because it runs again on resume."""

from __future__ import annotations

from langgraph.types import interrupt

from nodes.asking import payload, read_answer
from nodes.desk import Desk
from nodes.reserve import reserved
from state.notebook import Notebook, Update
from state.products import Decision
from state.words import Gate, Policy

DEFAULT: dict[Gate, Policy] = {"benchmark": "ask", "data": "ask", "spend": "limits", "publication": "deny"}
"""Unsaid, spending asks only for a price, a long forecast or another machine, and nothing is published."""

FREE_SECONDS = 30 * 60
"""A forecast up to this asks nobody under the policy `limits`."""


def policy(state: Notebook, gate: Gate) -> Policy:
    said: dict[str, Policy] = state.get("approve") or {}
    return said.get(gate, DEFAULT[gate])


def answer(state: Notebook, desk: Desk, gate: Gate) -> Decision:
    """The policy's answer where it has one, else a person's."""
    asked = state["asked"]
    rule = policy(state, gate)
    settled = _by_policy(rule, gate, asked["args"], desk)
    if settled is None:
        decision = read_answer(interrupt(payload(asked)), asked)
    else:
        word, by, why = settled
        decision = Decision(gate=gate, answer=word, by=by, why=why, args=asked["args"], hash=asked["hash"])
    desk.journal.write("gate", **decision.to_json())
    return decision


def _by_policy(rule: Policy, gate: Gate, args: dict[str, object], desk: Desk) -> tuple[str, str, str] | None:
    if rule == "deny":
        return "reject", "deny", f"the policy for {gate} is deny"
    if rule in ("auto", "limits") and args.get("doubt"):
        rule = "ask"  # another task than the one that was set: only the person who set it can say yes
    if rule == "auto" and _priced(args):
        rule = "ask"  # auto works within limits; a price nobody knows is outside them
    if rule == "auto":
        return "approve", "auto", f"the policy for {gate} is auto"
    if (
        rule == "limits"
        and not _priced(args)
        and args.get("cost") == 0
        and float(str(args.get("forecast_seconds", 0))) <= FREE_SECONDS
    ):
        return "approve", "limits", "free, short and on this machine"
    if not desk.can_ask:
        return (
            "reject",
            "unattended",
            f"{gate} needs a person, and without a thread and a checkpointer nobody can be asked",
        )
    return None


def _priced(args: dict[str, object]) -> bool:
    return "cost" in args and args["cost"] is None


def _gate(state: Notebook, desk: Desk, gate: Gate, what: str) -> tuple[Decision, Update]:
    """The answer, written down. A no that no person gave ends the run: asking again would get the same one."""
    decision = answer(state, desk, gate)
    # what was approved as it stood is known by its hash; the journal has it whole, the state need not carry it twice
    needed = decision.answer == "edit" or gate == "publication"
    kept = decision if needed else decision.model_copy(update={"args": {}})
    update: Update = {"decisions": {**(state.get("decisions") or {}), gate: kept.to_json()}}
    if decision.answer == "reject" and decision.by != "person" and gate != "publication":
        update["stop"] = {"kind": "unanswered", "reason": f"{what}: {decision.why}", "stage": desk.stage}
    return decision, update


def approve_benchmark(state: Notebook, desk: Desk) -> Update:
    return _gate(state, desk, "benchmark", "how to measure success was not settled")[1]


def approve_data(state: Notebook, desk: Desk) -> Update:
    return _gate(state, desk, "data", "the data was not approved")[1]


def approve_launch(state: Notebook, desk: Desk) -> Update:
    decision, update = _gate(state, desk, "spend", "the launch was not approved")
    if decision.answer == "approve":
        update |= {"jobs": reserved(state, desk), "refused": ""}
    return update


def approve_publication(state: Notebook, desk: Desk) -> Update:
    return _gate(state, desk, "publication", "nothing was published")[1]
