"""Going in circles: only the tail counts, only the same results count, and a change of course ends it at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lab.model.repetition import LONGEST_CYCLE, RUNNING, Act, act, going_on, hashed, in_words, loop

acts = st.builds(Act, st.sampled_from("ab"), st.sampled_from("12"), st.sampled_from("xy"))
histories = st.lists(acts, max_size=24)


def circles(history: list[Act]) -> bool:
    """The rule said another way: some cycle's length fits a tail that is made of it alone."""
    for length in range(1, LONGEST_CYCLE + 1):
        turns = RUNNING if length == 1 else 2
        tail = history[-length * turns :]
        if len(tail) == length * turns and tail == tail[:length] * turns:
            return True
    return False


@given(histories)
def test_a_loop_is_a_tail_made_of_one_cycle(history: list[Act]) -> None:
    assert bool(loop(history)) == circles(history)


@given(histories, histories)
def test_only_the_tail_counts(before: list[Act], history: list[Act]) -> None:
    """What was done earlier raises no alarm and silences none."""
    tail = history[-2 * LONGEST_CYCLE :]
    if loop(tail):
        assert loop(before + tail) == loop(tail)
    if len(tail) == 2 * LONGEST_CYCLE:
        assert loop(before + tail) == loop(tail)


@given(histories)
def test_a_new_call_ends_the_alarm_at_once(history: list[Act]) -> None:
    assert not loop([*history, Act("new", "call", "z")])
    assert going_on(history, [("new", "call")]) == [None]


@given(st.integers(1, 40))
def test_a_poll_whose_answer_changes_is_no_loop(times: int) -> None:
    assert not loop([act("poll", {"job": "j"}, f"step {n}") for n in range(times)])


@given(st.lists(acts, min_size=1, max_size=LONGEST_CYCLE), st.integers(3, 6), histories)
def test_a_repeated_cycle_is_found_after_any_past(cycle: list[Act], turns: int, past: list[Act]) -> None:
    found = loop(past + cycle * turns)
    assert found
    assert (cycle * turns)[-len(found) :] == list(found)


@given(histories, st.lists(acts, max_size=8))
def test_what_goes_on_is_what_the_loop_foretells(history: list[Act], coming: list[Act]) -> None:
    cycle = loop(history)
    found = going_on(history, [(one.tool, one.args) for one in coming])
    broke = False
    for at, one in enumerate(coming):
        broke = broke or not cycle or (cycle[at % len(cycle)].tool, cycle[at % len(cycle)].args) != (one.tool, one.args)
        assert (found[at] is None) == broke


def test_twice_is_no_loop_and_three_times_running_is() -> None:
    look = act("read", {"path": "a"}, "text")
    assert not loop([look, look])
    assert loop([look, look, look]) == (look,)
    assert not loop([look, look, act("write", {}, "done"), look])


def test_two_looks_round_a_write_that_changes_the_result_are_work() -> None:
    before, after = act("read", {"path": "a"}, "old"), act("read", {"path": "a"}, "new")
    write = act("write", {"path": "a"}, "written")
    assert not loop([before, write, after, write])


def test_arguments_are_the_same_in_any_order() -> None:
    assert hashed({"a": 1, "b": [1, 2]}) == hashed({"b": [1, 2], "a": 1})
    assert hashed({"a": 1}) != hashed({"a": "1"})
    assert hashed({"a": "\ud800"})  # half a character is an argument like any other


def test_a_refused_call_keeps_the_loop_going() -> None:
    look = act("read", {"path": "a"}, "text")
    refused = Act(look.tool, look.args, look.result, refused=True)
    assert loop([look, look, look, refused])
    assert "read" in in_words(loop([look] * 3))
    assert "a → b" in in_words([act("a", {}, ""), act("b", {}, "")])
