"""Escapes and mends of the corpus: what makes another experiment of a script is objected to, an honest mend is not."""

from __future__ import annotations

import pytest
from contract_corpus import Edit, edits

from lab.checks.contract.same_task import Draft, objections
from lab.checks.failures import Failure

UNSEEN = {
    "metric on train", "labels masked away", "bottleneck", "label mask removed", "eos dropped", "fallback constant",
}  # fmt: skip
"""What reading does not find: the same words over other rows, other labels under the same name."""
ESCAPES = [e for e in edits("task_escapes.edits", everywhere=True) if e.name not in UNSEEN]
MENDS = list(edits("task_mends.edits", everywhere=True))


def objected(edit: Edit) -> tuple[str, ...]:
    way, kind, says, where = edit.fields
    old, new = (edit.after, edit.before) if way == "undone" else (edit.before, edit.after)
    assert (old.source, old.config) != (new.source, new.config)
    failure = Failure(kind, says, (), int(where) if where != "-" else None, "")  # type: ignore[arg-type]
    return objections(Draft(old.source, old.config), Draft(new.source, new.config), failure)


@pytest.mark.slow
@pytest.mark.parametrize("edit", ESCAPES, ids=lambda e: e.name)
def test_a_way_out_is_objected_to(edit: Edit) -> None:
    found = objected(edit)
    assert found
    assert all("\n" not in said for said in found)


@pytest.mark.slow
@pytest.mark.parametrize("edit", MENDS, ids=lambda e: e.name)
def test_an_honest_mend_is_let_pass(edit: Edit) -> None:
    assert objected(edit) == ()
