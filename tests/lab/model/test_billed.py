"""What a call is billed at when something goes wrong after it was made, or when its server does not count; and no more is
asked for than the model can say."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest
from paid_room import MODEL, Room
from raw_server import STREAM, Raw, event, serving, tells

from lab.model.chat import ProviderTrouble
from lab.model.helm import Helm
from lab.model.prices import Price
from lab.model.wire import litellm
from state.errors import EnvironmentTrouble
from tests.scripted.server import Scripted, says


def settled(room: Room) -> list[tuple[Any, ...]]:
    return [(line["usd"], line["paid"], line["why"]) for line in room.lines("ledger.jsonl") if line["act"] == "settle"]


def test_an_answer_that_can_not_be_written_down_is_paid_all_the_same(provider: Scripted, room: Room) -> None:
    """Else its reservation stays open, and every later call of this process waits for it."""
    provider.ask = lambda body: says("paid").using(1000, 100)
    chat = room.chat()
    (room.workspace / "replies.jsonl").mkdir()
    with pytest.raises(EnvironmentTrouble, match="replies"):
        chat.invoke("hi")
    (room.workspace / "replies.jsonl").rmdir()
    spent = room.ledger.spent()
    assert (spent.reserved_usd, spent.calls) == (0, 1)
    assert spent.usd >= 1000 * 1.5e-7 + 100 * 6e-7
    room.budget = spent.usd + 0.006  # one call at its worst
    assert room.chat().invoke("hi").text == "paid"


def test_an_uncounted_answer_whose_process_died_before_it_settled_costs_its_worst(
    provider: Scripted, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.then(says("how much was it?").uncounted())
    monkeypatch.setattr("lab.ledger.ledger.HOLDER", "dead")
    room.chat().invoke("hi")
    books = room.workspace / "ledger.jsonl"
    books.write_text(books.read_text().splitlines()[0] + "\n")  # the settling never happened
    monkeypatch.setattr("lab.ledger.ledger.HOLDER", "born later")
    assert room.chat().invoke("hi").text == "how much was it?"
    assert settled(room) == [(room.lines("ledger.jsonl")[0]["usd"], True, "answered")]


def test_no_fallback_is_paid_for_an_answer_that_only_could_not_be_written_down(provider: Scripted, room: Room) -> None:
    provider.ask = lambda body: says("paid")
    chat = room.chat(Helm(MODEL, fallback=("openai/gpt-4o",)))
    (room.workspace / "replies.jsonl").mkdir()
    with pytest.raises(EnvironmentTrouble, match="replies"):
        chat.invoke("hi")
    assert len(provider.requests) == 1


def test_a_stream_that_was_not_counted_costs_its_worst(provider: Scripted, room: Room) -> None:
    """LiteLLM makes up a count of its own, without the tools."""
    provider.then(says("how much was it?").uncounted())
    answer = room.chat().model_copy(update={"on_token": lambda token: None}).invoke("hi")
    assert answer.usage_metadata is None
    reserved = room.lines("ledger.jsonl")[0]["usd"]
    assert settled(room) == [(reserved, True, "not counted, its worst")]


def slowly(line: socket.socket, raw: Raw) -> None:
    """Talks on, a word at a time."""
    line.sendall(STREAM)
    try:
        while not raw.closing.wait(0.05):
            line.sendall(event("word "))
    except OSError:
        raw.hung_up.set()


def test_who_is_still_talking_when_the_time_is_over_is_not_asked_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take as long again. What it has said by then is paid."""
    litellm()
    monkeypatch.setattr("lab.model.chat.WITHIN", {"reading": 1.0})
    monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback-0000")
    with serving(slowly) as raw:
        began = time.monotonic()
        with pytest.raises(ProviderTrouble, match="no whole answer in 1 s, and it was still talking"):
            room.chat(Helm(MODEL, base_url=raw.url)).model_copy(update={"on_token": lambda token: None}).invoke("hi")
        assert (raw.asked, time.monotonic() - began < 4) == (1, True)
    ((usd, paid, why),) = settled(room)
    assert (paid, why) == (True, "lost")
    assert usd > room.lines("ledger.jsonl")[0]["sent"] + 5 * 6e-7


def test_a_fallback_is_asked_in_the_stead_of_one_who_talks_on(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    litellm()
    monkeypatch.setattr("lab.model.chat.WITHIN", {"reading": 1.0})
    monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback-0000")
    helm = Helm("openai/slow", fallback=("openai/quick",), prices={"*": Price(1, 1)})
    with serving(slowly, tells(STREAM, event("whole", "stop"))) as raw:
        chat = room.chat(Helm(helm.model, fallback=helm.fallback, base_url=raw.url, prices=helm.prices))
        assert chat.model_copy(update={"on_token": lambda token: None}).invoke("hi").text == "whole"
        assert raw.asked == 2


@pytest.mark.parametrize("price", [None, Price(10.0, 30.0)], ids=["listed", "given"])
def test_no_more_is_asked_for_than_the_model_can_say(provider: Scripted, room: Room, price: Price | None) -> None:
    """gpt-4-turbo turns down whoever asks for 8,000 tokens."""
    model = "openai/gpt-4-turbo"
    assert litellm().model_cost["gpt-4-turbo"]["max_output_tokens"] == 4096
    provider.ask = lambda body: says(json.dumps(body.get("max_tokens")))
    chat = room.chat(Helm(model, prices={} if price is None else {model: price}))
    assert chat.bind(max_tokens=8_000).invoke("hi").text == "4096"
    assert chat.bind(max_tokens=50).invoke("hi").text == "50"
    assert chat.invoke("hi").text == "4096"
