"""Once a run has said that its model is asked no more, it is asked no more: not when a bill turns out smaller, nor after a resume."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace

import pytest
from paid_room import Room

from lab.model.chat import BudgetSpent, CallsSpent, ProviderTrouble
from tests.scripted.server import Scripted, hangs, says, status


def test_a_run_that_was_out_of_budget_stays_so_when_a_job_gives_some_back(provider: Scripted, room: Room) -> None:
    provider.ask = lambda body: says("cheap")
    room.budget = 0.02
    room.workspace.mkdir(parents=True)
    assert room.ledger.reserve("train-1", "train", 60, 0.018).fits
    with pytest.raises(BudgetSpent) as first:
        room.chat().invoke("hi")
    room.ledger.settle("train-1", 10, 0.0)
    for visit in ("2", "3"):  # as a process that goes on with the run would open it
        with pytest.raises(BudgetSpent) as later:
            room.chat(visit=visit).invoke("a report")
        assert str(later.value) == str(first.value)
    assert provider.requests == []
    assert [line["act"] for line in room.lines("ledger.jsonl")].count("closed") == 1
    room.budget = 1.0
    assert room.chat().invoke("hi").text == "cheap", "a person has raised it"


def test_calls_that_are_spent_stay_spent_until_a_person_allows_more(provider: Scripted, room: Room) -> None:
    provider.ask = lambda body: says("yes")
    room.chat(most=1).invoke("a")
    for most in (1, 1, 0):
        with pytest.raises(CallsSpent, match="has made its 1 model calls"):
            room.chat(most=most).invoke("b")
    assert room.chat(most=2).invoke("b").text == "yes"


@pytest.mark.parametrize("first", [hangs(0.8, "slow"), replace(status(400, "no"), hang=0.8)], ids=["cheaper", "unpaid"])
def test_what_calls_being_made_hold_is_waited_for_and_not_taken_for_spent(
    provider: Scripted, room: Room, first: object
) -> None:
    """Readers side by side: whether one is refused must not hang on who was faster."""
    provider.then("warm", first, "second")  # type: ignore[arg-type]
    room.chat().invoke("warm")
    room.budget = room.ledger.spent().usd + 0.006  # one call at its worst, not two
    slow = threading.Thread(target=lambda: _asks(room, "slowly"))
    slow.start()
    while len(provider.requests) < 2:
        slow.join(0.02)
    assert room.chat(visit="2").invoke("hi").text == "second"
    slow.join()
    assert "closed" not in [line["act"] for line in room.lines("ledger.jsonl")]


def _asks(room: Room, what: str) -> None:
    with contextlib.suppress(ProviderTrouble):
        room.chat().invoke(what)
