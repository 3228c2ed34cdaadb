"""`--approve`, and the answers that go to a gate by its id."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.approvals import policies, reply
from state.errors import UserError

ALL = ("benchmark", "data", "spend", "publication")
WAITING = [{"id": "abcdef0123456789", "gate": "spend"}, {"id": "abcdef9999999999", "gate": "data"}]


def test_one_word_is_for_all_gates_but_auto_never_publishes() -> None:
    assert policies("") == {}
    assert policies("ask") == dict.fromkeys(ALL, "ask")
    assert policies("deny") == dict.fromkeys(ALL, "deny")
    assert policies("auto") == {**dict.fromkeys(ALL, "auto"), "publication": "deny"}
    assert policies("auto,publication=auto")["publication"] == "auto"


def test_named_gates_leave_the_others_as_they_are() -> None:
    assert policies("spend=limits, data=auto") == {"spend": "limits", "data": "auto"}
    assert policies("spend=deny,auto") == {**policies("auto"), "spend": "deny"}


def test_an_answer_goes_to_the_id_it_names() -> None:
    one = WAITING[0]["id"]
    assert reply(WAITING, "r", one, None, None, None) == {one: {"type": "approve"}}
    assert reply(WAITING, "r", None, one, "too dear", None) == {one: {"type": "reject", "message": "too dear"}}
    assert reply(WAITING, "r", "abcdef01", None, None, None) == {one: {"type": "approve"}}
    assert reply(WAITING, "r", None, None, None, None) is None


@pytest.mark.parametrize("wanted", ["abcdef", "abc", "old", ""])
def test_an_unknown_or_unclear_id_is_answered_with_what_waits(wanted: str) -> None:
    with pytest.raises(UserError, match=r"what waits is abcdef0123456789 \(spend\), abcdef9999999999 \(data\)"):
        reply(WAITING, "r", wanted, None, None, None)


def test_one_answer_at_a_time() -> None:
    with pytest.raises(UserError, match="--approve and --reject together"):
        reply(WAITING, "r", "x", "x", None, None)
    with pytest.raises(UserError, match="--why gives the reason of a --reject"):
        reply(WAITING, "r", "x", None, "because", None)


def test_an_edit_is_a_json_object(tmp_path: Path) -> None:
    path, one = tmp_path / "args.json", str(WAITING[0]["id"])
    with pytest.raises(UserError, match="no file"):
        reply(WAITING, "r", None, None, None, (one, path))
    path.write_text("[1]")
    with pytest.raises(UserError, match="holds no JSON object"):
        reply(WAITING, "r", None, None, None, (one, path))
    path.write_text("{")
    with pytest.raises(UserError, match="not readable as JSON"):
        reply(WAITING, "r", None, None, None, (one, path))
    path.write_text(json.dumps({"steps": 3}))
    assert reply(WAITING, "r", None, None, None, (one, path)) == {one: {"type": "edit", "args": {"steps": 3}}}
