"""One judgement of a stage: the model's if there is one, else the playbook's; recorded with what it cost and what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

from lab.model.decide import Decided, decide
from lab.model.mind import spent
from nodes.desk import Desk
from prompts import system

T = TypeVar("T", bound=BaseModel)


def judge(
    desk: Desk, schema: type[T], evidence: dict[str, Any], playbook: Callable[[], tuple[T, str]], check: Callable[[T], str | None],
    **also: Any,
) -> Decided[T]:  # fmt: skip
    """Decide and write it down. A budget that is used up leaves the model unasked, and says so."""
    mind = desk.mind
    if mind is not None and desk.ledger.used_up:
        desk.fallback(
            f"{desk.stage}: {mind.name}", f"the budget of ${desk.ledger.budget:.2f} is used up; the playbook decides"
        )
        mind = None
    made = decide(desk.stage, schema, evidence, playbook, mind, system(desk.stage), check)
    record = made.record()
    desk.journal.write("decision", stage=desk.stage, **{**record, "choice": {**record["choice"], **also}})
    if made.model:
        desk.ledger.total("model", spent(desk.workspace).usd or 0.0)
        if made.usage.usd is None:
            desk.fallback(f"{desk.stage}: the price of {made.model}", "it is not known, so its cost is not counted")
    if made.fell_back:
        desk.fallback(
            f"{desk.stage}: {made.model}",
            f"its answer could not be used, so the playbook decided: {'; '.join(made.tries)[:400]}",
        )
        desk.say(f"{desk.stage}: {made.model} gave no usable answer; the playbook decides")
    return made
