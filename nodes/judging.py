"""One judgement of a stage: the model's if there is one, else the playbook's; recorded with what it cost and what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

from lab.model.decide import Decided, Patience, decide
from nodes.desk import Desk
from prompts import system

T = TypeVar("T", bound=BaseModel)


def judge(
    desk: Desk, schema: type[T], evidence: dict[str, Any], playbook: Callable[[], tuple[T, str]], check: Callable[[T], str | None],
    **also: Any,
) -> Decided[T]:  # fmt: skip
    """Decide and write it down. A run out of calls or budget leaves its model unasked, and says so once."""
    patience = Patience() if desk.left is None else Patience(seconds=max(0.0, min(Patience.seconds, desk.left)))
    made = decide(
        desk.stage, schema, evidence, playbook, desk.mind, system(desk.stage), check, patience=patience, told=desk.say
    )
    record = made.record()
    desk.journal.write("decision", stage=desk.stage, **{**record, "choice": {**record["choice"], **also}})
    if made.ran_out:
        desk.ran_out(made.ran_out, made.tries[-1])
    elif made.fell_back:
        desk.fallback(
            f"{desk.stage}: {made.model}",
            f"its answer could not be used, so the playbook decided: {'; '.join(made.tries)[:400]}",
        )
        desk.say(f"{desk.stage}: {made.model} gave no usable answer; the playbook decides")
    return made
