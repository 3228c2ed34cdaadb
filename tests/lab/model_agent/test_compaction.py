"""A conversation that grows too long: made shorter in time, or when a model says so; the question and the end stay whole."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.messages.utils import count_tokens_approximately

from lab.model.agent import Caps
from lab.model.compaction import FULL, shorter, tokens
from lab.model.question import fence
from tests.lab.model_agent.agent_bench import GOOD, Bench, paired
from tests.scripted.server import Reply, calls, says, status, too_long

WINDOW = 4_000
SUM = "Sum up."


def look(n: int) -> Reply:
    return calls("search", {"query": f"q{n}"})


def sums_up(body: dict[str, Any]) -> bool:
    return bool(body["messages"][0]["content"] == SUM)


def long_search(bench: Bench, length: int = 3_000) -> Any:
    return bench.tool("search", lambda args: f"found {args.query} " + "y" * length)


@pytest.mark.parametrize("honest", [True, False], ids=["counts", "counts nothing"])
def test_before_the_window_is_full_the_early_steps_are_summed_up(bench: Bench, honest: bool) -> None:
    steps = iter(range(12))

    def counted(body: dict[str, Any]) -> Reply:
        made = model(body)
        return made.using(len(json.dumps(body)) // 4, 10) if honest else made.uncounted()

    def model(body: dict[str, Any]) -> Reply:
        if sums_up(body):
            return says("q0 was found; 0.874 stands in table 2")
        at = next(steps, None)
        return GOOD if at is None else look(at)

    bench.model.ask = counted
    caps = Caps(window=WINDOW, tokens_out=200)
    thought = bench.think(long_search(bench), summing_up=SUM, caps=caps)
    assert thought.choice is not None
    asked = [body for body in bench.model.requests if sums_up(body)]
    assert asked and len(asked) < 8, "not at every step"
    assert thought.calls == len(bench.model.requests), "a summary is a call like any other"
    assert "found q0" in str(asked[0]["messages"][1]["content"])
    last = bench.sent()
    assert last[0]["content"] == "You work with tools." and last[1]["content"] == "Which one?"
    assert "0.874 stands in table 2" in str(last[2]["content"])
    assert "found q11" in str(last[-1]["content"])
    assert any("made shorter" in one for one in thought.tries)
    for body in bench.model.requests:
        assert len(json.dumps(body["messages"])) / 4 < WINDOW
        assert paired(body["messages"])


@pytest.mark.slow
def test_a_long_conversation_in_a_small_window_is_summed_up_again_and_again(bench: Bench) -> None:
    """Notes of notes: none is lost, and they do not pile up until nothing else fits."""
    window, steps = 8_000, 30

    def model(body: dict[str, Any]) -> Reply:
        size = len(json.dumps(body)) // 4
        if size + min(body["max_tokens"], 1_500) > window:
            return too_long()
        if sums_up(body):
            found = re.findall(r"found (q\d+)", body["messages"][1]["content"])
            return says(" ".join(f"found {one}" for one in dict.fromkeys(found)) + " and so on" * 500).using(
                size, 1_500
            )
        done = len(bench.ran)
        return GOOD if done == steps else look(done).using(size, 20)

    bench.model.ask = model
    thought = bench.think(long_search(bench, 6_000), summing_up=SUM, caps=Caps(window=window, calls=2 * steps + 2))
    assert (thought.choice is not None, thought.ended) == (True, "answered")
    for body in bench.model.requests:
        notes = [one for one in body["messages"] if "To make room" in str(one["content"]) and one["role"] == "user"]
        assert len(notes) <= 1 or sums_up(body)
    last = json.dumps(bench.sent())
    assert all(f"found q{n}" in last for n in range(steps))


def test_when_no_summary_can_be_had_the_notes_of_before_stay() -> None:
    def step(n: int) -> list[AnyMessage]:
        call = ToolCall(name="t", args={"n": n}, id=str(n))
        return [AIMessage("", tool_calls=[call]), ToolMessage("r" * 4_000, tool_call_id=str(n), artifact="r" * 4_000)]

    question: list[AnyMessage] = [HumanMessage("Which one?")]
    once = shorter([*question, *step(1), *step(2)], 4_000, lambda told: "0.874 stands in table 2")
    twice = shorter([*once, *step(3), *step(4)], 4_000, None)
    assert "0.874 stands in table 2" in str(twice[1].text)
    assert '"n": 2' in str(twice[2].text)


def test_without_words_for_it_old_results_are_taken_out_for_nothing(bench: Bench) -> None:
    bench.model.then(*[look(n) for n in range(10)], GOOD)
    thought = bench.think(long_search(bench), caps=Caps(window=WINDOW, tokens_out=200))
    assert thought.choice is not None and thought.calls == 11
    assert 'search {"query": "q0"}' in str(bench.sent()[2]["content"])
    assert all(len(json.dumps(body["messages"])) / 4 < WINDOW for body in bench.model.requests)


def test_a_model_that_says_it_is_too_much_is_asked_again_with_less(bench: Bench) -> None:
    def model(body: dict[str, Any]) -> Reply:
        if len(json.dumps(body)) > 9_000:
            return too_long()
        if sums_up(body):
            return says("notes: q0 and q1")
        return look(steps.pop(0)) if steps else GOOD

    steps = list(range(12))
    bench.model.ask = model
    thought = bench.think(long_search(bench, 1_500), summing_up=SUM)
    assert thought.choice is not None
    overflows = [one for one in thought.tries if "too long" in one]
    assert 1 <= len(overflows) <= 4, "what was made shorter stays so"
    assert bench.ran == [f"search q{n} 5" for n in range(12)]
    assert "notes: q0 and q1" in json.dumps(bench.sent())
    assert all(paired(body["messages"]) for body in bench.model.requests)


def test_a_conversation_that_can_not_be_made_short_enough_ends(bench: Bench) -> None:
    """No endless paying for summaries of what will never fit."""
    bench.model.then(look(0), look(1), *[too_long()] * 20)
    thought = bench.think(long_search(bench), summing_up=SUM)
    assert (thought.choice, thought.ended) == (None, "provider")
    assert len(bench.model.requests) <= 5


def test_one_huge_result_is_cut_and_its_markers_stay(bench: Bench) -> None:
    bench.model.then(look(0), GOOD)
    thought = bench.think(long_search(bench, 15_000), summing_up=SUM, caps=Caps(window=WINDOW, tokens_out=200))
    assert thought.choice is not None
    said = bench.last_words()
    assert said.startswith("<<< result ") and said.endswith(" >>>") and "characters more" in said


def test_a_summary_that_fails_falls_back_to_naming_the_calls(bench: Bench) -> None:
    def model(body: dict[str, Any]) -> Reply:
        return (too_long() if sums_up(body) else look(steps.pop(0))) if steps else GOOD

    steps = list(range(8))
    bench.model.ask = model
    thought = bench.think(long_search(bench), summing_up=SUM, caps=Caps(window=WINDOW, tokens_out=200))
    assert thought.choice is not None
    assert 'search {"query": "q0"}' in json.dumps(bench.sent()).replace("\\", "")


@pytest.mark.parametrize("nothing", ["", "<think>what was it?</think>\n"], ids=["empty", "thoughts alone"])
def test_a_summary_of_nothing_is_none_and_is_told(bench: Bench, nothing: str) -> None:
    bench.model.ask = lambda body: (
        says(nothing) if sums_up(body) else look(len(bench.ran)) if len(bench.ran) < 6 else GOOD
    )
    thought = bench.think(long_search(bench), summing_up=SUM, caps=Caps(window=WINDOW, tokens_out=200))
    assert thought.choice is not None
    assert any("no summary: the reply was empty" in one for one in thought.tries)
    assert "what was it?" not in json.dumps(bench.sent())
    assert 'search {"query": "q0"}' in json.dumps(bench.sent()).replace("\\", "")


def test_a_provider_that_fails_at_a_summary_ends_it_like_at_any_call(bench: Bench) -> None:
    def model(body: dict[str, Any]) -> Reply:
        return status(500) if sums_up(body) else look(len(bench.ran))

    bench.model.ask = model
    thought = bench.think(long_search(bench), summing_up=SUM, caps=Caps(window=WINDOW, tokens_out=200))
    assert thought.ended == "provider"


steps = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4_000)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(steps, st.integers(2_000, 20_000), st.booleans())
def test_any_conversation_stays_well_formed_and_fits(talk: list[tuple[int, int]], window: int, paid: bool) -> None:
    messages: list[AnyMessage] = [HumanMessage("Which one?")]
    for at, (many, length) in enumerate(talk):
        ids = [f"{at}-{n}" for n in range(many)]
        messages.append(AIMessage("", tool_calls=[ToolCall(name="t", args={"n": one}, id=one) for one in ids]))
        messages += [
            ToolMessage(fence("result", "r" * length), tool_call_id=one, name="t", artifact="r" * length) for one in ids
        ]
    made = shorter(messages, window, (lambda told: f"notes of {len(told)}") if paid else None)
    assert made[0] == messages[0]
    called = [call["id"] for one in made if isinstance(one, AIMessage) for call in one.tool_calls]
    answered = [one.tool_call_id for one in made if isinstance(one, ToolMessage)]
    assert called == answered
    if talk:
        assert called[-1] == f"{len(talk) - 1}-{talk[-1][0] - 1}", "the last step is there"
    assert count_tokens_approximately(made) <= FULL * window + 600, "the least of a step always stays"


def test_what_the_provider_counted_is_believed() -> None:
    counted = AIMessage("x", usage_metadata={"input_tokens": 900, "output_tokens": 100, "total_tokens": 1_000})
    assert tokens([HumanMessage("x"), counted]) == 1_000
    assert 1_000 < tokens([HumanMessage("x"), counted, HumanMessage("y" * 400)]) < 1_150
    assert tokens([HumanMessage("y" * 400)]) < 150
    assert tokens([HumanMessage("y" * 40_000), counted]) > 9_000, "a count that can't be true is not"


def test_what_was_counted_of_the_longer_conversation_is_forgotten() -> None:
    counted = AIMessage("x", usage_metadata={"input_tokens": 9_000, "output_tokens": 100, "total_tokens": 9_100})
    assert tokens(shorter([HumanMessage("x"), counted, HumanMessage("y")], 4_000, None)) < 100


def test_a_server_that_adds_the_reply_to_the_question_is_asked_for_a_shorter_one(bench: Bench) -> None:
    def model(body: dict[str, Any]) -> Reply:
        return too_long() if body["max_tokens"] > 2_000 else GOOD

    bench.model.ask = model
    thought = bench.think(long_search(bench))
    assert thought.choice is not None
    assert [body["max_tokens"] for body in bench.model.requests] == [8_000, 1_500]
