"""Answers at a gate: a clear yes is a yes, a clear edit an edit, and all else is a no."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.asking import YES, fingerprint, payload, read_answer

ARGS = {
    "batch": "b01",
    "seconds": 60.0,
    "cost": 0.0,
    "experiments": {"e001": {"config": {"steps": 5}}},
    "private": True,
}
ASKED = {"gate": "spend", "summary": "train e001?", "args": ARGS, "hash": fingerprint(ARGS), "run": "r"}
LONGER = {**ARGS, "seconds": 90.0}
STRINGS = {key: value if isinstance(value, str) else json.dumps(value) for key, value in LONGER.items()}

YESES: list[Any] = [
    True,
    "yes",
    "Yes.",
    " y ",
    "APPROVE",
    "approved",
    "accept",
    "ok",
    "okay!",
    "go",
    {"approved": True},
    {"approved": True, "why": "cheap enough"},
    {"type": "approve"},
    {"type": "accept"},
    {"type": "accept", "args": None},
    {"type": "ACCEPT", "args": ARGS},
    {"decisions": [{"type": "approve"}]},
    {"decisions": [{"type": "approve", "message": "go on"}]},
    [{"type": "accept", "args": None}],
    [{"type": "approve"}],
    ["yes"],
    [True],
]
NOES: list[Any] = [
    False,
    None,
    0,
    1,
    1.0,
    "",
    "no",
    "true",
    "True",
    "1",
    "yes but with fewer steps",
    "not yes",
    "yes\nno",
    {},
    [],
    {"approved": "true"},
    {"approved": 1},
    {"approved": False},
    {"approved": True, "type": "reject"},
    {"type": "reject", "message": "too dear"},
    {"type": "response", "args": "too dear"},
    {"type": "ignore", "args": None},
    {"type": "approve?"},
    {"type": None},
    {"type": True},
    {"decisions": []},
    {"decisions": "approve"},
    {"decisions": [{"type": "approve"}, {"type": "reject"}]},
    {"decisions": [{"type": "approve"}, {"type": "approve"}]},
    {"decisions": [{"type": "reject", "message": "too dear"}]},
    [{"type": "ignore", "args": None}],
    [{"type": "response", "args": "no"}],
    [{"type": "accept"}, {"type": "accept"}],
    ["yes", "yes"],
    {"type": "edit"},
    {"type": "edit", "args": None},
    {"type": "edit", "args": "seconds=90"},
    {"type": "edit", "args": {"steps": 9}},
    {"type": "edit", "args": {"seconds": "soon"}},
    {"type": "edit", "edited_action": {"name": "approve_launch"}},
    {"type": "edit", "edited_action": "approve_launch"},
    {"yes": True},
    {"answer": "yes"},
    b"yes",
]
EDITS: list[Any] = [
    {"type": "edit", "args": LONGER},
    {"type": "edit", "args": {"seconds": 90.0}},
    {"type": "edit", "args": {"seconds": "90.0"}},
    {"type": "edit", "args": {"action": "approve_launch", "args": LONGER}},
    {"type": "edit", "edited_action": {"name": "approve_launch", "args": LONGER}},
    {"decisions": [{"type": "edit", "edited_action": {"name": "approve_launch", "args": LONGER}}]},
    [{"type": "edit", "args": {"action": "approve_launch", "args": STRINGS}}],
    [{"type": "edit", "args": {"action": "approve_launch", "args": {"seconds": "90.0"}}}],
]


@pytest.mark.parametrize("said", YESES, ids=repr)
def test_a_clear_yes_approves_what_was_asked(said: Any) -> None:
    decision = read_answer(said, ASKED)
    assert (decision.answer, decision.by, decision.args, decision.hash) == ("approve", "person", ARGS, ASKED["hash"])
    assert decision.why


@pytest.mark.parametrize("said", NOES, ids=repr)
def test_all_else_is_a_no_with_a_reason(said: Any) -> None:
    decision = read_answer(said, ASKED)
    assert (decision.answer, decision.by) == ("reject", "person")
    assert decision.why
    assert decision.args == ARGS


@pytest.mark.parametrize("said", EDITS, ids=repr)
def test_an_edit_keeps_the_types_that_were_asked(said: Any) -> None:
    decision = read_answer(said, ASKED)
    assert decision.answer == "edit"
    assert decision.args == LONGER
    assert decision.hash == fingerprint(LONGER) != ASKED["hash"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"type": "reject", "message": "too dear"}, "too dear"),
        ({"type": "response", "args": "too dear"}, "too dear"),
        ({"decisions": [{"type": "reject", "message": "too dear"}]}, "too dear"),
        ([{"type": "response", "args": "too dear"}], "too dear"),
        ("too dear", "too dear"),
    ],
)
def test_the_reason_of_a_no_is_kept(said: Any, why: str) -> None:
    assert read_answer(said, ASKED).why == why


@pytest.mark.parametrize(
    "edited",
    [
        {"seconds": True},
        {"seconds": "true"},
        {"seconds": [90]},
        {"seconds": None},
        {"experiments": "5"},
        {"experiments": []},
        {"experiments": {"e001": 5}},
        {"experiments": {"e001": {"config": "steps=5"}}},
        {"experiments": '{"e001": {"config": []}}'},
        {"private": "maybe"},
        {"private": "1"},
        {"batch": 7},
    ],
    ids=repr,
)
def test_an_edit_that_changes_a_type_is_a_no(edited: dict[str, Any]) -> None:
    assert read_answer({"type": "edit", "args": edited}, ASKED).answer == "reject"


def test_a_value_deep_inside_may_change_as_it_likes() -> None:
    edited = {"experiments": {"e001": {"config": {"steps": None, "more": [1]}}}}
    assert read_answer({"type": "edit", "args": edited}, ASKED).answer == "edit"


def test_what_was_asked_empty_may_be_filled() -> None:
    asked = {**ASKED, "args": {"target": None}}
    assert read_answer({"type": "edit", "args": {"target": "0.9"}}, asked).args == {"target": 0.9}


def test_a_whole_number_may_stand_where_a_fraction_stood() -> None:
    decision = read_answer({"type": "edit", "args": {"seconds": "90"}}, ASKED)
    assert (decision.answer, decision.args["seconds"]) == ("edit", 90)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(["reject", "response", "ignore", "approve ", "acceptable", "yes", "", "no", "edited"])


@given(JSON | st.fixed_dictionaries({"type": TYPES, "args": JSON}))
def test_junk_is_never_a_yes(said: Any) -> None:
    plainly = said
    while isinstance(plainly, list) and len(plainly) == 1:
        plainly = plainly[0]
    if plainly is True or (isinstance(plainly, str) and plainly.strip().lower().rstrip(".!") in YES):
        return
    assert read_answer(said, ASKED).answer == "reject"


@given(JSON)
def test_an_edit_is_of_the_form_that_was_asked_or_it_is_a_no(args: Any) -> None:
    decision = read_answer({"type": "edit", "args": args}, ASKED)
    assert decision.answer in ("edit", "reject")
    assert set(decision.args) == set(ARGS)
    assert decision.hash == fingerprint(decision.args)


def test_both_inboxes_can_read_what_is_asked() -> None:
    shown = payload(ASKED)
    (request,), (config,) = shown["action_requests"], shown["review_configs"]
    assert request == {"name": "approve_launch", "args": ARGS, "arguments": ARGS, "description": "train e001?"}
    assert config == {"action_name": "approve_launch", "allowed_decisions": ["approve", "edit", "reject"]}
    assert shown["action_request"] == {"action": "approve_launch", "args": ARGS}
    assert set(shown["config"]) == {"allow_accept", "allow_edit", "allow_respond", "allow_ignore"}
    assert [shown[key] for key in ("gate", "summary", "args", "hash", "run")] == [
        ASKED[key] for key in ("gate", "summary", "args", "hash", "run")
    ]
    json.dumps(shown)


def test_a_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    assert fingerprint({"a": 1, "b": {"c": 2, "d": 3}}) == fingerprint({"b": {"d": 3, "c": 2}, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
