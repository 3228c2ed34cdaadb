"""Who answers at the gates: `--approve`, and the answers of `postgrad resume`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

from state.errors import UserError
from state.words import Gate, Policy

GATES = get_args(Gate)
POLICIES = get_args(Policy)
FOR_ALL = ("ask", "auto", "deny")
NEVER_BY_AUTO = "publication"


def policies(text: str) -> dict[str, str]:
    """`ask`, `auto`, `deny` for all gates, or `GATE=POLICY,...`. `auto` for all never lets anything be published."""
    for_all: dict[str, str] = {}
    named: dict[str, str] = {}
    for part in (piece.strip() for piece in text.split(",") if piece.strip()):
        gate, sign, policy = (piece.strip() for piece in part.partition("="))
        if not sign and gate in FOR_ALL:
            for_all = dict.fromkeys(GATES, gate)
            if gate == "auto":
                for_all[NEVER_BY_AUTO] = "deny"
        elif not sign:
            raise UserError(
                f"--approve {part}: write {', '.join(FOR_ALL)}, or GATE=POLICY with a gate of {', '.join(GATES)}"
            )
        elif gate not in GATES:
            raise UserError(f"--approve {part}: there is no gate {gate}; there are {', '.join(GATES)}")
        elif policy not in POLICIES:
            raise UserError(
                f"--approve {part}: there is no policy {policy or 'without a name'}; there are {', '.join(POLICIES)}"
            )
        else:
            named[gate] = policy
    return for_all | named


def reply(
    waiting: list[dict[str, Any]],
    run: str,
    approve: str | None,
    reject: str | None,
    why: str | None,
    edit: tuple[str, Path] | None,
) -> dict[str, Any] | None:
    """The answer, by the id of what waits; None when nothing was answered."""
    given = [
        name for name, value in (("--approve", approve), ("--reject", reject), ("--edit", edit)) if value is not None
    ]
    if len(given) > 1:
        raise UserError(f"{' and '.join(given)} together; give one answer at a time")
    if why is not None and reject is None:
        raise UserError("--why gives the reason of a --reject ID; to say something to the run use: postgrad tell")
    if approve is not None:
        return {_pending(waiting, run, approve): {"type": "approve"}}
    if reject is not None:
        return {_pending(waiting, run, reject): {"type": "reject", "message": why or "rejected without a reason"}}
    if edit is not None:
        return {_pending(waiting, run, edit[0]): {"type": "edit", "args": _edited(edit[1])}}
    return None


def _pending(waiting: list[dict[str, Any]], run: str, wanted: str) -> str:
    ids = [str(item["id"]) for item in waiting]
    if wanted in ids:
        return wanted
    alike = [one for one in ids if len(wanted) >= 6 and one.startswith(wanted)]
    if len(alike) == 1:
        return alike[0]
    what = ", ".join(f"{item['id']} ({item.get('gate')})" for item in waiting)
    raise UserError(
        f"nothing waits under {wanted} in run {run}; "
        + (f"what waits is {what}" if what else "nothing waits there at all")
    )


def _edited(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"no file {path}; write what was asked, as changed, to it as JSON") from None
    except (OSError, ValueError) as wrong:
        raise UserError(f"{path} is not readable as JSON: {wrong}") from wrong
    if not isinstance(value, dict):
        raise UserError(
            f"{path} holds no JSON object; edit the args that `postgrad show RUN --json` lists under waiting"
        )
    return value
