"""A chat model that is paid: replayed after a kill, capped, streamed, retried by us alone."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from paid_room import MODEL, Room
from pydantic import BaseModel

from lab.model import asking
from lab.model.chat import CallsSpent, ContextOverflow, ModelRefused, PaidChat, ProviderTrouble
from lab.model.helm import Helm
from lab.model.mind import spent
from state.errors import EnvironmentTrouble
from tests.scripted.server import (
    Reply,
    Scripted,
    calls,
    drops,
    empty,
    filtered,
    hangs,
    refuses,
    says,
    status,
    too_long,
    truncated,
)


class Search(BaseModel):
    """Looks for papers."""

    query: str


def talk(chat: PaidChat, turns: int) -> list[Any]:
    """An agent's loop, bare: a call a turn, its result goes back."""
    bound = chat.bind_tools([Search])
    said: list[Any] = [SystemMessage("you read"), HumanMessage("find it")]
    for turn in range(turns):
        answer = bound.invoke(said)
        said += [answer, *(ToolMessage(f"result {turn}", tool_call_id=call["id"]) for call in answer.tool_calls)]
    return said


def kept(message: BaseMessage) -> tuple[Any, ...]:
    """All of a message but what it cost, and when."""
    usage = message.usage_metadata if isinstance(message, AIMessage) else None
    return message.content, message.additional_kwargs, getattr(message, "tool_calls", None), usage


def script(body: dict[str, Any]) -> Reply:
    return calls("Search", {"query": f"step {len(body['messages'])}"}, text="looking")


def test_a_conversation_killed_anywhere_and_begun_again_pays_only_for_what_is_new(
    provider: Scripted, room: Room
) -> None:
    provider.ask = script
    first = talk(room.chat(), 3)
    again = talk(room.chat(), 5)
    assert len(provider.requests) == 5
    assert [kept(message) for message in again[:8]] == [kept(message) for message in first], (
        "the same ids of the same calls, so that what follows is the same question"
    )
    assert provider.requests[3]["messages"][:-2] == provider.requests[2]["messages"]
    assert room.ledger.spent().calls == 5


def test_the_file_grows_with_the_talk_and_not_with_its_square(provider: Scripted, room: Room) -> None:
    provider.ask = script
    talk(room.chat(), 12)
    sizes = [len(json.dumps(line)) for line in room.lines()]
    assert max(sizes[1:]) < 1.1 * min(sizes[1:])
    assert [new["content"] for new in room.lines()[4]["new"]] == ["result 3"]


def test_the_same_question_twice_was_meant_twice(provider: Scripted, room: Room) -> None:
    provider.then("first", "second", "third", "fourth")

    def ask(chat: PaidChat) -> str:
        return str(chat.invoke("is it so?").text)

    chat = room.chat()
    assert [ask(chat), ask(chat)] == ["first", "second"]
    again = room.chat()
    assert [ask(again), ask(again), ask(again)] == ["first", "second", "third"]
    assert ask(room.chat(visit="2")) == "fourth", "a stage that came back wants a new answer"
    assert ask(room.chat(visit="2")) == "fourth"


def test_an_answer_in_the_file_but_not_in_the_books_is_settled_once(
    provider: Scripted, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process died between writing the answer down and settling it."""
    provider.then(says("hello").using(1000, 100))
    monkeypatch.setattr("lab.ledger.ledger.HOLDER", "dead")
    room.chat().invoke("hi")
    books = room.workspace / "ledger.jsonl"
    books.write_text(books.read_text().splitlines()[0] + "\n")  # the settling never happened
    assert room.ledger.spent().reserved_usd > 0
    monkeypatch.setattr("lab.ledger.ledger.HOLDER", "born later")
    for _ in range(2):
        assert room.chat().invoke("hi").text == "hello"
        now = room.ledger.spent()
        assert (now.reserved_usd, now.calls) == (0.0, 1)
        assert now.usd == pytest.approx(1000 * 1.5e-7 + 100 * 6e-7)
    assert len(provider.requests) == 1


def test_a_reservation_of_a_killed_process_blocks_nothing(
    provider: Scripted, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.chat()
    room.budget = 0.006  # room for one call at its worst
    monkeypatch.setattr("lab.ledger.ledger.HOLDER", "dead")
    assert room.ledger.reserve_call("call-lost", 0.0055, 0.00001, 300).fits
    assert not room.ledger.reserve_call("call-next", 0.0055, 0.00001, 300).fits
    monkeypatch.setattr("lab.ledger.ledger.HOLDER", "born later")
    provider.then("on it goes")
    assert room.chat().invoke("hi").text == "on it goes"
    assert room.ledger.spent().usd > 0.00001, "what was sent may have been paid, and is counted"


def test_no_more_calls_than_the_run_may_make(provider: Scripted, room: Room) -> None:
    provider.then("one", "two", "three")
    chat = room.chat(most=2)
    chat.invoke("a")
    chat.invoke("b")
    with pytest.raises(CallsSpent, match="has made its 2 model calls"):
        chat.invoke("c")
    assert room.chat(most=2).invoke("a").text == "one", "what was answered is still answered"
    assert len(provider.requests) == 2


def test_readers_side_by_side_keep_to_the_cap_together(provider: Scripted, room: Room) -> None:
    provider.ask = lambda body: says("read")
    chats = [room.chat(most=10) for _ in range(4)]
    refused: list[CallsSpent] = []

    def read(chat: PaidChat, reader: int) -> None:
        for page in range(6):
            try:
                chat.invoke(f"reader {reader} page {page}")
            except CallsSpent as spent:
                refused.append(spent)

    threads = [threading.Thread(target=read, args=(chat, number)) for number, chat in enumerate(chats)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(provider.requests), len(refused), room.ledger.spent().calls) == (10, 14, 10)


def test_tokens_are_forwarded_and_a_replayed_answer_comes_in_one_piece(provider: Scripted, room: Room) -> None:
    provider.then("one two three four")
    pieces = [str(piece.text) for piece in room.chat().stream("count")]
    assert "".join(pieces) == "one two three four"
    assert len([piece for piece in pieces if piece]) > 2
    again = [piece for piece in room.chat().stream("count") if piece.text]
    assert [piece.text for piece in again] == ["one two three four"]
    assert again[0].usage_metadata is not None or len(provider.requests) == 1


def test_who_listens_to_a_question_hears_it_answered(provider: Scripted, room: Room) -> None:
    provider.then("one two three four", calls("Search", {"query": "x"}))
    heard: list[str] = []
    chat = room.chat().model_copy(update={"on_token": heard.append})
    assert chat.invoke("count").text == "".join(heard)
    assert len(heard) > 2
    assert provider.requests[0]["stream"] is True
    made = chat.bind_tools([Search]).invoke("look")
    assert [(call["name"], call["args"]) for call in made.tool_calls] == [("Search", {"query": "x"})]
    assert made.usage_metadata is not None
    assert made.usage_metadata["input_tokens"] == 100, "a stream is counted too"
    assert room.lines()[1]["usd"] == pytest.approx(100 * 1.5e-7 + 10 * 6e-7)


@pytest.mark.parametrize("listened", [True, False], ids=["streamed", "whole"])
def test_broken_arguments_and_a_cut_answer_reach_the_agent_as_what_they_are(
    provider: Scripted, room: Room, listened: bool
) -> None:
    provider.then(calls("Search", '{"query": "x'), truncated("half a sen"), empty())
    chat = room.chat().model_copy(update={"on_token": (lambda token: None) if listened else None})
    broken = chat.bind_tools([Search]).invoke("a")
    assert (broken.tool_calls, broken.invalid_tool_calls[0]["args"]) == ([], '{"query": "x')
    cut = chat.invoke("b")
    assert (cut.text, cut.response_metadata["finish_reason"]) == ("half a sen", "length")
    assert chat.invoke("c").text == ""


@pytest.mark.parametrize("listened", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("reply", [status(500), status(503), drops(0), drops(3), status(429, retry_after=0)])
def test_what_passes_is_asked_again_by_us_alone(provider: Scripted, room: Room, reply: Reply, listened: bool) -> None:
    provider.then(reply, "well again")
    said: list[str] = []
    update: dict[str, Any] = {"on_token": (lambda token: None) if listened else None, "say": said.append}
    assert room.chat().model_copy(update=update).invoke("hi").text == "well again"
    assert len(provider.requests) == 2
    assert len(said) == 1
    assert said[0].startswith(f"model {MODEL}: ")
    assert said[0].endswith("asking again in 0 s")


def test_patience_ends(provider: Scripted, room: Room) -> None:
    provider.then(*[status(503, "overloaded")] * 9)
    with pytest.raises(ProviderTrouble, match="overloaded"):
        room.chat().invoke("hi")
    assert len(provider.requests) == 3
    assert (room.ledger.spent().calls, room.ledger.spent().usd) == (0, 0.0), "what was refused is no paid call"


def test_the_provider_says_how_long_to_wait(provider: Scripted, room: Room) -> None:
    provider.then(status(429, "slow down", retry_after=0.3), "now", status(429, "slow down", retry_after=3600))
    said: list[str] = []
    chat = room.chat().model_copy(update={"say": said.append})
    assert chat.invoke("hi").text == "now"
    assert said[0].endswith("asking again in 0.3 s")
    with pytest.raises(ProviderTrouble, match="asks to wait 3600 s"):
        chat.invoke("again")
    assert len(provider.requests) == 3


def test_a_stream_that_broke_after_its_first_word_is_trouble_and_counted(provider: Scripted, room: Room) -> None:
    provider.then(drops(3), "another answer")
    with pytest.raises(ProviderTrouble) as broken:
        list(room.chat().stream("hi"))
    assert broken.value.passing
    assert room.ledger.spent().usd > 0, "what was sent may have been paid"
    assert "".join(str(piece.text) for piece in room.chat().stream("hi")) == "another answer"


def test_too_long_a_conversation_is_its_own_kind(provider: Scripted, room: Room) -> None:
    provider.then(too_long(), status(400, "prompt is too long: 210000 tokens > 200000 maximum"))
    for _ in range(2):
        with pytest.raises(ContextOverflow):
            room.chat().invoke("hi")
    assert len(provider.requests) == 2


@pytest.mark.parametrize("listened", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("reply", [filtered(), status(400, "flagged by content_policy")], ids=["filter", "policy"])
def test_a_refusal_is_its_own_kind_paid_once_and_told_again(
    provider: Scripted, room: Room, reply: Reply, listened: bool
) -> None:
    provider.then(reply)
    for _ in range(2 if reply.code == 200 else 1):
        with pytest.raises(ModelRefused):
            room.chat().model_copy(update={"on_token": (lambda token: None) if listened else None}).invoke("hi")
    assert len(provider.requests) == 1


@pytest.mark.parametrize("listened", [True, False], ids=["streamed", "whole"])
def test_a_refusal_in_words_of_its_own(provider: Scripted, room: Room, listened: bool) -> None:
    """LiteLLM drops those that are streamed."""
    provider.then(refuses('I "can\'t" help\nwith that.'))
    chat = room.chat().model_copy(update={"on_token": (lambda token: None) if listened else None})
    with pytest.raises(ModelRefused, match='will not answer: I "can\'t" help with that'):
        chat.invoke("hi")


def test_a_deadline_holds_against_a_model_that_hangs(
    provider: Scripted, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.then("what the library loads at its first call is not on the clock")
    room.chat().invoke("warm")
    monkeypatch.setattr("lab.model.chat.WITHIN", {"reading": 2.0})
    provider.then(hangs(9), "in time")
    assert room.chat().invoke("hi").text == "in time"


def test_a_fallback_answers_and_that_is_noted(provider: Scripted, room: Room) -> None:
    provider.ask = lambda body: status(404, "gone") if body["model"] == "gpt-4o-mini" else says("I am here")
    noted: list[tuple[str, str]] = []
    helm = Helm(MODEL, fallback=("openai/gpt-4o",))
    chat = room.chat(helm).model_copy(update={"note": lambda what, why: noted.append((what, why))})
    assert chat.invoke("hi").response_metadata["model_name"] == "openai/gpt-4o"
    assert noted[0][0] == f"model {MODEL}"
    assert noted[0][1].endswith("openai/gpt-4o is asked instead")
    assert room.chat(helm).invoke("hi").text == "I am here"
    assert len(provider.requests) == 2, "a replayed answer asks neither"


def test_when_all_fail_the_first_ones_trouble_is_told(provider: Scripted, room: Room) -> None:
    provider.ask = lambda body: status(401, f"no key for {body['model']}")
    with pytest.raises(EnvironmentTrouble, match="no key for gpt-4o-mini"):
        room.chat(Helm(MODEL, fallback=("openai/gpt-4o",))).invoke("hi")


def test_each_role_asks_its_own_model(provider: Scripted, room: Room) -> None:
    provider.ask = lambda body: says(body["model"])
    helm = Helm(MODEL, roles={"coding": "openai/gpt-4o"})
    assert room.chat(helm, role="coding").invoke("hi").text == "gpt-4o"
    assert room.chat(helm, role="reading").invoke("hi").text == "gpt-4o-mini"


def test_a_run_repeated_asks_nothing_it_was_answered_before(provider: Scripted, room: Room, tmp_path: Path) -> None:
    provider.then("first", "second", "third")
    helm = Helm(MODEL, cache_answers=True)

    def ask(where: Room, visit: str) -> str:
        return str(where.chat(helm, visit=visit).invoke("is it so?").text)

    assert [ask(room, "1"), ask(room, "2")] == ["first", "second"], "within a run nothing is taken from the cache twice"
    (room.workspace / "replies.jsonl").unlink()
    (room.workspace / "ledger.jsonl").unlink()
    assert [ask(room, "1"), ask(room, "2"), ask(room, "3")] == ["first", "second", "third"]
    assert len(provider.requests) == 3
    assert (room.ledger.spent().calls, spent(room.workspace).replayed) == (1, 2)
    assert [line["how"] for line in room.lines()] == ["cached", "cached", "asked"]


def test_the_provider_is_held_to_what_was_reserved_and_told_nothing_else(provider: Scripted, room: Room) -> None:
    provider.then("a", "b")
    room.chat().invoke("hi")
    assert set(provider.requests[0]) == {"model", "messages", "max_tokens"}
    assert provider.requests[0]["max_tokens"] == asking.MOST_OUT
    room.chat().bind(max_tokens=50).invoke("hi")
    assert provider.requests[1]["max_tokens"] == 50


def test_no_key_stands_in_any_file_or_message(provider: Scripted, room: Room) -> None:
    provider.then("fine", status(401, "Incorrect API key provided: sk-loopback-0000"))
    room.chat().invoke("hi")
    with pytest.raises(EnvironmentTrouble) as paused:
        room.chat().invoke("more")
    assert "sk-loopback" not in str(paused.value)
    assert all(b"sk-loopback" not in path.read_bytes() for path in room.home.rglob("*") if path.is_file())


def test_a_message_is_the_same_whichever_way_it_came(provider: Scripted, room: Room) -> None:
    provider.ask = script
    whole = room.chat(visit="1").bind_tools([Search]).invoke("a")
    streamed = room.chat(visit="2").model_copy(update={"on_token": lambda token: None}).bind_tools([Search]).invoke("a")
    assert isinstance(streamed, AIMessage)
    assert [(c["name"], c["args"]) for c in whole.tool_calls] == [(c["name"], c["args"]) for c in streamed.tool_calls]
    assert (whole.text, whole.usage_metadata) == (streamed.text, streamed.usage_metadata)
