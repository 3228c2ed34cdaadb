"""A run is a thread: one name, one thread, both ways; no two runs under one name."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.names import NAME, check_name, claim_name, run_of, slug, thread_id
from lab.ledger.files import read_json
from state.errors import UserError


@pytest.mark.slow
@given(st.from_regex(NAME, fullmatch=True), st.from_regex(NAME, fullmatch=True))
def test_the_thread_follows_from_the_name(one: str, other: str) -> None:
    assert str(uuid.UUID(thread_id(one))) == thread_id(one)
    assert (thread_id(one) == thread_id(other)) == (one == other)


@given(st.text(max_size=80))
def test_any_task_makes_a_name_that_may_be_used(task: str) -> None:
    assert check_name(f"{slug(task)}-abc123")


@pytest.mark.parametrize("name", ["", "A", "a/b", "../a", ".", "..", ".a", "-a", "a b", "a\n", "ä", "a" * 64, "a\0"])
def test_a_name_that_could_leave_its_folder_or_hide_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="is no name for a run") as told:
        check_name(name)
    assert "\n" not in str(told.value)


def test_a_claimed_name_is_found_by_its_thread(tmp_path: Path) -> None:
    assert claim_name(tmp_path, {"name": "wine", "task": "t"}, thread_id("wine")) == "wine"
    assert run_of(tmp_path, thread_id("wine")) == "wine"
    about = read_json(tmp_path / "runs" / "wine" / "run.json")
    assert about["thread_id"] == thread_id("wine")
    assert about["input"] == {"name": "wine", "task": "t"}


def test_the_same_thread_may_claim_its_name_again(tmp_path: Path) -> None:
    claim_name(tmp_path, {"name": "wine"}, None)
    before = (tmp_path / "runs" / "wine" / "run.json").read_bytes()
    assert claim_name(tmp_path, {"name": "wine"}, thread_id("wine")) == "wine"
    assert (tmp_path / "runs" / "wine" / "run.json").read_bytes() == before


def test_another_thread_can_not_take_a_name(tmp_path: Path) -> None:
    claim_name(tmp_path, {"name": "wine"}, str(uuid.uuid4()))
    with pytest.raises(UserError, match="exists already"):
        claim_name(tmp_path, {"name": "wine"}, thread_id("wine"))


def test_a_thread_begun_elsewhere_gets_a_name_and_keeps_it(tmp_path: Path) -> None:
    thread = str(uuid.uuid4())
    name = claim_name(tmp_path, {"task": "Tell wines apart, please, by their chemistry"}, thread)
    assert name.startswith("tell-wines-apart-please-by-")
    assert claim_name(tmp_path, {"task": "Tell wines apart"}, thread) == name
    assert run_of(tmp_path, thread) == name
    other = claim_name(tmp_path, {"task": "Tell wines apart, please, by their chemistry"}, str(uuid.uuid4()))
    assert other != name


def test_no_thread_of_ours_has_no_run(tmp_path: Path) -> None:
    assert run_of(tmp_path, thread_id("wine")) is None
