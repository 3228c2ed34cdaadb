"""Where an agent ends without an answer: circles, caps, money, providers, a stop; each said, none silent."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from lab.ledger.ledger import Ledger
from lab.model.agent import Caps
from lab.model.agent_guard import LAST
from lab.model.agent_tools import NOT_NOW, REFUSED
from lab.model.chat import open_chat
from lab.model.helm import Helm
from lab.model.prices import Price
from state.errors import EnvironmentTrouble
from tests.lab.model_agent.agent_bench import GOOD, Bench, paired
from tests.scripted.server import Reply, calls, drops, hangs, says, status

SAME = calls("search", {"query": "x"})


def told(bench: Bench) -> list[str]:
    """What the model was told in answer to each of its calls."""
    return [str(one["content"]) for one in bench.sent() if one["role"] == "tool"]


def test_a_circle_is_hinted_at_then_refused_then_ends_it(bench: Bench) -> None:
    bench.model.then(*[SAME] * 9)
    thought = bench.think()
    assert (thought.choice, thought.ended, thought.calls) == (None, "repeating", 5)
    assert bench.ran == ["search x 5"] * 3
    said = told(bench)
    assert ["Note:" in one for one in said] == [False, False, True, False]
    assert said[3] == REFUSED
    assert any("repetition" in one for one in thought.tries)
    assert paired(bench.sent())


def test_after_a_hint_another_course_ends_the_alarm(bench: Bench) -> None:
    """And the first call may be made again later: only the tail counts."""
    other = [calls("search", {"query": str(n)}) for n in range(9)]
    bench.model.then(SAME, SAME, SAME, *other, SAME, GOOD)
    thought = bench.think()
    assert thought.choice is not None
    assert sum("Note:" in one for one in told(bench)) == 1
    assert REFUSED not in told(bench)
    assert len(bench.ran) == 13


def test_after_a_refusal_another_course_ends_the_alarm(bench: Bench) -> None:
    bench.model.then(*[SAME] * 4, calls("search", {"query": "y"}), SAME, SAME, GOOD)
    thought = bench.think()
    assert thought.choice is not None
    assert told(bench).count(REFUSED) == 1
    assert bench.ran == ["search x 5"] * 3 + ["search y 5"] + ["search x 5"] * 2


def test_a_cycle_of_two_with_the_same_results_is_a_circle(bench: Bench) -> None:
    two = [SAME, calls("search", {"query": "y"})]
    bench.model.then(*two * 5)
    thought = bench.think()
    assert (thought.ended, thought.calls) == ("repeating", 6)
    assert bench.ran == ["search x 5", "search y 5"] * 2


def test_a_poll_whose_answer_changes_goes_on_as_long_as_it_likes(bench: Bench) -> None:
    counting = itertools.count()
    bench.model.then(*[SAME] * 20, GOOD)
    thought = bench.think(bench.tool("search", lambda _: f"step {next(counting)}"))
    assert thought.choice is not None
    assert len(bench.ran) == 20
    assert not any("Note:" in one for one in told(bench))


def test_one_reply_full_of_the_same_call_is_hinted_at_before_it_is_refused(bench: Bench) -> None:
    bench.model.then(calls(*["search", {"query": "x"}] * 6), SAME, GOOD)
    thought = bench.think()
    assert thought.choice is not None
    assert len(bench.ran) == 6
    assert "Note:" in told(bench)[5] and told(bench)[6] == REFUSED


def test_an_answer_is_never_refused_as_a_repetition(bench: Bench) -> None:
    bad = calls("submit", {"pick": "a"})
    bench.model.then(bad, bad, bad, GOOD)
    assert bench.think().choice is not None


def test_the_last_reply_is_announced_and_only_an_answer_counts_in_it(bench: Bench) -> None:
    looks = [calls("search", {"query": str(n)}) for n in range(9)]
    bench.model.then(*looks)
    thought = bench.think(caps=Caps(calls=4))
    assert (thought.choice, thought.ended, thought.calls) == (None, "stage_cap", 4)
    assert "4 replies" in thought.why
    assert [one["content"] for one in bench.sent() if one["content"] == LAST] == [LAST]
    assert bench.ran == ["search 0 5", "search 1 5", "search 2 5"]
    assert NOT_NOW in thought.tries[-1]
    assert len(bench.model.requests) == 4


def test_an_answer_in_the_last_reply_is_taken(bench: Bench) -> None:
    bench.model.then(SAME, GOOD)
    assert bench.think(caps=Caps(calls=2)).choice is not None
    assert bench.last_words() == LAST


def test_a_cap_of_one_is_announced_at_once(bench: Bench) -> None:
    bench.model.then(GOOD)
    assert bench.think(caps=Caps(calls=1)).choice is not None
    assert bench.last_words() == LAST


def test_the_runs_cap_ends_it(bench: Bench) -> None:
    bench.model.then(*[calls("search", {"query": str(n)}) for n in range(9)])
    thought = bench.think(chat=bench.chat(most_calls=3))
    assert (thought.choice, thought.ended, thought.calls) == (None, "run_cap", 3)
    assert thought.why


def test_the_budget_ends_it(bench: Bench) -> None:
    bench.model.then(*[calls("search", {"query": str(n)}).using(1000, 100) for n in range(99)])
    helm = Helm("openai/scripted", base_url=bench.model.url, prices={"openai/scripted": Price(100.0, 100.0)})
    ledger = Ledger(bench.folder / "ledger.jsonl", 1.5)
    chat = open_chat(
        helm, "judging", home=bench.folder, workspace=bench.folder, ledger=ledger, most_calls=300, visit="1"
    )
    thought = bench.think(chat=chat)
    assert (thought.choice, thought.ended) == (None, "budget")
    assert 1 <= thought.calls < 14
    assert thought.usage.usd == pytest.approx(0.11 * thought.calls)


@pytest.mark.parametrize("reply", [status(500), drops(1), status(418, "teapot")], ids=["500", "drop", "418"])
def test_a_provider_that_fails_ends_it_with_its_line(bench: Bench, reply: Reply) -> None:
    bench.model.then(SAME, reply)
    thought = bench.think()
    assert (thought.choice, thought.ended, thought.calls) == (None, "provider", 1)
    assert thought.why and "\n" not in thought.why


def test_a_provider_that_fails_now_and_then_is_asked_again(bench: Bench) -> None:
    bench.waits = (0.0, 0.0)
    bench.model.then(status(500), SAME, status(429, retry_after=0), drops(1), calls("search", {"query": "y"}), GOOD)
    thought = bench.think()
    assert thought.choice is not None
    assert bench.ran == ["search x 5", "search y 5"]


@pytest.mark.parametrize("code", [401, 402, 403, 404])
def test_what_a_person_must_mend_pauses_the_run(bench: Bench, code: int) -> None:
    bench.model.then(SAME, status(code))
    with pytest.raises(EnvironmentTrouble, match="then resume"):
        bench.think()


def test_a_stop_is_heard_before_the_next_call(bench: Bench) -> None:
    def stops(_: object) -> str:
        bench.stopped.set()
        return "stopped meanwhile"

    bench.model.then(SAME, GOOD)
    thought = bench.think(bench.tool("search", stops))
    assert (thought.choice, thought.ended, len(bench.model.requests)) == (None, "stopped", 1)


def test_a_stop_is_heard_between_two_tools(bench: Bench) -> None:
    def stops(_: object) -> str:
        bench.stopped.set()
        return "stopped meanwhile"

    bench.model.then(calls("search", {"query": "1"}, "search", {"query": "2"}), GOOD)
    thought = bench.think(bench.tool("search", stops, writes=True))
    assert thought.ended == "stopped"
    assert bench.ran == ["search 1 5"]


def test_a_stop_while_the_model_is_asked_ends_it_after_that_answer(bench: Bench) -> None:
    bench.model.then(hangs(0.5), GOOD)
    threading.Timer(0.2, bench.stopped.set).start()
    began = time.monotonic()
    thought = bench.think()
    assert thought.ended == "stopped" and len(bench.model.requests) == 1
    assert time.monotonic() - began < 5


def test_a_stop_is_heard_while_a_failing_provider_is_waited_for(bench: Bench) -> None:
    bench.waits = (20.0,)
    bench.model.then(status(503), GOOD)
    threading.Timer(0.5, bench.stopped.set).start()
    began = time.monotonic()
    thought = bench.think()
    assert (thought.ended, len(bench.model.requests)) == ("stopped", 1)
    assert time.monotonic() - began < 5


def test_a_stop_asks_no_fallback_either(bench: Bench) -> None:
    helm = Helm("openai/scripted", base_url=bench.model.url, fallback=("openai/other",))
    ledger = Ledger(bench.folder / "ledger.jsonl")
    chat = open_chat(
        helm, "judging", home=bench.folder, workspace=bench.folder, ledger=ledger, most_calls=300, visit="1"
    )
    chat.waits = (20.0,)
    bench.model.then(status(503), GOOD)
    threading.Timer(0.5, bench.stopped.set).start()
    thought = bench.think(chat=chat)
    assert (thought.ended, len(bench.model.requests)) == ("stopped", 1)


def test_a_stop_is_heard_while_the_budget_is_held_by_another_call(bench: Bench) -> None:
    helm = Helm("openai/scripted", base_url=bench.model.url, prices={"*": Price(1.0, 1.0)})
    ledger = Ledger(bench.folder / "ledger.jsonl", 1.0)
    assert ledger.reserve_call("call-other", 1.0, 0.1, 300).fits
    chat = open_chat(
        helm, "judging", home=bench.folder, workspace=bench.folder, ledger=ledger, most_calls=300, visit="1"
    )
    threading.Timer(0.5, bench.stopped.set).start()
    assert bench.think(chat=chat).ended == "stopped"
    assert bench.model.requests == []


def test_a_stopped_agent_never_asks(bench: Bench) -> None:
    bench.stopped.set()
    assert bench.think().ended == "stopped"
    assert bench.model.requests == []


def test_an_answer_that_came_before_the_stop_counts(bench: Bench) -> None:
    bench.model.then(Reply(None, GOOD.calls, hang=0.3))
    threading.Timer(0.1, bench.stopped.set).start()
    thought = bench.think()
    assert thought.ended in ("answered", "stopped")
    assert (thought.choice is None) == (thought.ended == "stopped")


def test_says_is_bounded_by_the_cap_too(bench: Bench) -> None:
    bench.model.then(*[says("hm")] * 9)
    assert bench.think(caps=Caps(calls=2, repairs=9)).ended == "stage_cap"
