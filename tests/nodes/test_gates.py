"""Who answers at a gate: the policy where it has an answer, a person where one can be asked, and else nobody says yes."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.gates import DEFAULT, FREE_SECONDS, _by_policy, policy
from nodes.reserve import LEAST_SECONDS, LONGEST, next_attempt, worst_seconds
from state.words import Gate, Policy


class Seat:
    """The one thing of a desk that a policy looks at."""

    def __init__(self, can_ask: bool) -> None:
        self.can_ask = can_ask


FREE = {"cost": 0.0, "forecast_seconds": 60.0}
LONG = {"cost": 0.0, "forecast_seconds": FREE_SECONDS + 1.0}
JUST = {"cost": 0.0, "forecast_seconds": float(FREE_SECONDS)}
PRICED = {"cost": 2.5, "forecast_seconds": 60.0}
UNKNOWN = {"cost": None, "forecast_seconds": 60.0}
OTHER: dict[str, Any] = {"metric": "accuracy"}
ASK = "a person is asked"

ROWS: list[tuple[Policy, dict[str, Any], str]] = [
    ("deny", FREE, "reject by deny"),
    ("deny", UNKNOWN, "reject by deny"),
    ("deny", OTHER, "reject by deny"),
    ("auto", FREE, "approve by auto"),
    ("auto", LONG, "approve by auto"),
    ("auto", PRICED, "approve by auto"),
    ("auto", UNKNOWN, ASK),
    ("auto", OTHER, "approve by auto"),
    ("ask", FREE, ASK),
    ("ask", UNKNOWN, ASK),
    ("ask", OTHER, ASK),
    ("limits", FREE, "approve by limits"),
    ("limits", JUST, "approve by limits"),
    ("limits", LONG, ASK),
    ("limits", PRICED, ASK),
    ("limits", UNKNOWN, ASK),
    ("limits", OTHER, ASK),
]


@pytest.mark.parametrize("can_ask", [True, False], ids=["attended", "unattended"])
@pytest.mark.parametrize(("rule", "args", "answer"), ROWS)
def test_the_policy_answers_where_it_can(rule: Policy, args: dict[str, Any], answer: str, can_ask: bool) -> None:
    settled = _by_policy(rule, "spend", args, Seat(can_ask))  # type: ignore[arg-type]
    if answer == ASK:
        assert (settled is None) == can_ask
        if settled:
            assert settled[:2] == ("reject", "unattended")
            assert "nobody can be asked" in settled[2]
    else:
        assert settled is not None
        assert f"{settled[0]} by {settled[1]}" == answer
        assert settled[2]


@given(
    st.sampled_from(get_args(Policy)),
    st.dictionaries(
        st.sampled_from(["cost", "forecast_seconds", "metric"]),
        st.none() | st.floats(0, 1e6, allow_nan=False),
        max_size=3,
    ),
)
def test_unattended_a_price_that_nobody_knows_is_never_a_yes(rule: Policy, args: dict[str, Any]) -> None:
    args = {**args, "cost": None}
    assert _by_policy(rule, "spend", args, Seat(False))[0] == "reject"  # type: ignore[arg-type,index]


def test_what_is_not_said_asks_and_never_publishes() -> None:
    assert {gate: policy({}, gate) for gate in get_args(Gate)} == DEFAULT
    assert policy({"approve": {"data": "auto"}}, "benchmark") == "ask"
    assert policy({"approve": {"spend": "auto"}}, "spend") == "auto"
    assert policy({}, "publication") == "deny"


@given(st.floats(0, 1e5, allow_nan=False), st.floats(1, 1e5, allow_nan=False))
def test_the_worst_case_covers_a_rough_forecast_within_the_limit(forecast: float, limit: float) -> None:
    worst = worst_seconds(forecast, limit)
    assert worst <= limit
    assert worst == limit or (worst >= LEAST_SECONDS and worst >= LONGEST * forecast)


def test_the_next_attempt_goes_on_from_the_last_checkpoint() -> None:
    first = {"attempt": "1", "resume": False, "seconds": 60.0}
    assert next_attempt(first) == {"attempt": "2", "resume": True, "seconds": 60.0}
    assert first["attempt"] == "1"
