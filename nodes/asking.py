"""What a gate asks and how an answer is read. Anything that is not clearly a yes is a no."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from nodes.desk import Desk
from state.products import Decision
from state.words import Answer, Gate

Json = dict[str, Any]

TITLES: dict[Gate, str] = {
    "benchmark": "approve_benchmark",
    "data": "approve_data",
    "spend": "approve_launch",
    "publication": "approve_publication",
}

YES = ("yes", "y", "approve", "approved", "accept", "ok", "okay", "go")
"""The words that mean yes. `"true"` as a string is not among them: front ends send it for anything ticked."""


def question(desk: Desk, gate: Gate, summary: str, args: Json) -> Json:
    """What stands in the state while a gate is open."""
    return {"gate": gate, "summary": summary, "args": args, "hash": fingerprint(args), "run": desk.run}


def fingerprint(args: Json) -> str:
    return hashlib.sha256(json.dumps(args, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def payload(asked: Json) -> Json:
    """The question in the two shapes that existing inboxes read, and in ours."""
    name, args, text = TITLES[asked["gate"]], asked["args"], asked["summary"]
    return {
        "action_requests": [{"name": name, "args": args, "arguments": args, "description": text}],
        "review_configs": [{"action_name": name, "allowed_decisions": ["approve", "edit", "reject"]}],
        "action_request": {"action": name, "args": args},
        "config": {"allow_accept": True, "allow_edit": True, "allow_respond": True, "allow_ignore": True},
        "description": text,
        "gate": asked["gate"],
        "summary": text,
        "args": args,
        "hash": asked["hash"],
        "run": asked["run"],
    }


def read_answer(said: Any, asked: Json) -> Decision:
    """Reduce every form an inbox, a person or a script may send to approve, edit or reject."""
    answer, why, args = _reduce(said)
    if answer == "edit":
        args, objection = _same_types(args, asked["args"])
        if objection:
            answer, why = "reject", f"the edit could not be used: {objection}"
    if answer != "edit":
        args = asked["args"]
    return Decision(gate=asked["gate"], answer=answer, by="person", why=why, args=args, hash=fingerprint(args))


def _reduce(said: Any) -> tuple[Answer, str, Json]:
    if said is True or (isinstance(said, str) and said.strip().lower().rstrip(".!") in YES):
        return "approve", "said yes", {}
    if isinstance(said, str):
        return "reject", said.strip() or "an empty answer", {}
    if isinstance(said, list) and len(said) == 1:
        return _reduce(said[0])
    if not isinstance(said, dict):
        return "reject", f"an unclear answer: {said!r}", {}
    if isinstance(said.get("decisions"), list):
        return _reduce(said["decisions"])
    if said.get("approved") is True and "type" not in said:
        return "approve", str(said.get("why") or "said yes"), {}
    return _typed(said)


def _typed(said: Json) -> tuple[Answer, str, Json]:
    kind = str(said.get("type", "")).lower()
    body = said.get("args")
    why = str(said.get("message") or said.get("why") or (body if isinstance(body, str) else "") or "")
    if kind in ("approve", "accept"):
        return "approve", why or "said yes", {}
    if kind == "edit":
        edited = said.get("edited_action", {}).get("args") if isinstance(said.get("edited_action"), dict) else body
        if isinstance(edited, dict) and isinstance(edited.get("args"), dict):
            edited = edited["args"]
        return (
            ("edit", why or "edited", edited)
            if isinstance(edited, dict)
            else ("reject", "an edit without its content", {})
        )
    return "reject", why or f"an unclear answer: {json.dumps(said, default=str)[:200]}", {}


def _same_types(edited: Json, asked: Json) -> tuple[Json, str]:
    """Some inboxes send every edited value as a string: bring it back to the type that was asked."""
    whole = dict(asked)
    for key, value in edited.items():
        if key not in asked:
            return asked, f"{key!r} was not asked"
        if isinstance(value, str) and not isinstance(asked[key], str):
            try:
                value = json.loads(value)
            except json.JSONDecodeError:
                return asked, f"{key!r} is not readable: {value[:60]!r}"
        if asked[key] is not None and _form(value) != _form(asked[key]):
            return asked, f"{key!r} is {_form(asked[key])}, and {value!r} is not"
        if broken := _broken(value, asked[key]):
            return asked, f"{broken!r} in {key!r} is a mapping, and the edit makes it something else"
        whole[key] = value
    return whole, ""


def _form(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    names: dict[type, str] = {str: "a text", dict: "a mapping", list: "a list"}
    return names.get(type(value), "nothing")


def _broken(edited: Any, asked: Any) -> str:
    """The first key, at any depth, that was a mapping and is none any more; what a value may be is checked where it is used."""
    if not isinstance(asked, dict) or not isinstance(edited, dict):
        return ""
    for key in asked.keys() & edited.keys():
        if isinstance(asked[key], dict) and not isinstance(edited[key], dict):
            return str(key)
        if deeper := _broken(edited[key], asked[key]):
            return deeper
    return ""
