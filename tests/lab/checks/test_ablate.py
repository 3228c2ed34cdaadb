"""Arms: planned to tell causes apart, judged by what they showed, compared by rule."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_streams import policy, supervised
from test_diagnose import FACTS, SANE, case

from lab.checks.ablate import compare_arms, judge_arm, plan_arms
from lab.checks.detectors import detect
from lab.checks.diagnose import diagnose
from state.products import ArmResult

SICK = SANE | {"learning_rate": 1.5e-2}


def arm(cause: str, gained: float | None, *, cured: bool = True, change: dict[str, Any] | None = None) -> ArmResult:
    return ArmResult(
        experiment=f"e_{cause}",
        cause=cause,
        change=change or {cause: 1},
        cured=cured,
        gained=gained,
        signals=[],
        why="w",
    )


def test_the_suspect_comes_first_and_its_rivals_are_tried_too() -> None:
    arms = plan_arms(diagnose(case("collapse", {"learning_rate": 1.5e-2})), SICK, FACTS, 4)
    assert arms[0].change == {"learning_rate": 3e-4}
    assert {next(iter(a.change)) for a in arms} == {"learning_rate", "beta", "entropy_coef", "num_generations"}
    assert all(a.hypothesis and a.predicts for a in arms)


@settings(deadline=None)
@given(
    st.integers(0, 8),
    st.sampled_from(
        [
            ("collapse", {"learning_rate": 1.5e-2}),
            ("pair", {"num_generations": 2}),
            ("entropy", {}),
            ("drift", {"beta": 0.1}),
        ]
    ),
)
def test_arms_are_distinct_single_changes_of_what_the_parent_has(limit: int, fault: tuple[str, dict[str, Any]]) -> None:
    kind, change = fault
    config = SANE | change
    arms = plan_arms(diagnose(case(kind, change)), config, FACTS, limit)
    assert len(arms) <= limit
    assert len({a.cause for a in arms}) == len(arms)
    for a in arms:
        ((key, value),) = a.change.items()
        assert config.get(key) != value
        assert sum(a.change == b.change for b in arms) == 1


def test_a_reward_at_fault_gets_an_arm_with_the_right_one() -> None:
    probes = {"probe/reward_gold": 0.04, "probe/reward_junk": 1.0}
    found = diagnose(case("hacked", {"reward": "nines"}, probes=probes))
    assert plan_arms(found, SANE | {"reward": "nines"}, FACTS, 3)[0].change == {"reward": "digits"}


def test_no_diagnosis_no_arms() -> None:
    assert plan_arms([], SICK, FACTS, 4) == []


@pytest.mark.parametrize("seed", range(5))
def test_a_healthy_arm_is_cured_and_a_sick_one_is_not(seed: int) -> None:
    parent = detect(policy(seed, sick_at=5, kind="collapse"), "parent", 100)
    healthy = judge_arm(policy(seed, 40), "learning_rate_too_high", {"learning_rate": 3e-4}, parent, 40, "a1")
    assert healthy.cured, healthy.why
    assert healthy.gained is not None
    assert healthy.gained > 0
    sick = judge_arm(policy(seed, 40, sick_at=6, kind="collapse"), "no_kl_anchor", {"beta": 0.05}, parent, 40, "a2")
    assert not sick.cured
    assert "reward_collapse" in sick.signals


def test_an_arm_that_did_not_finish_is_not_called_cured() -> None:
    short = judge_arm(policy(0, 20), "c", {"beta": 0.1}, [], 40, "a")
    assert not short.cured
    assert "20 of 40" in short.why
    assert not judge_arm([], "c", {"beta": 0.1}, [], 40, "a").cured
    assert judge_arm([], "c", {"beta": 0.1}, [], 40, "a").gained is None


def test_losing_what_it_could_do_without_an_alarm_is_no_cure() -> None:
    lines = [
        line | ({"reward": 0.66, "rewards/exact/mean": 0.28} if line["step"] > 3 else {}) for line in policy(0, 40)
    ]
    judged = judge_arm(lines, "c", {"beta": 0.1}, [], 40, "a")
    assert not judged.cured
    assert "lost" in judged.why


def test_only_a_larger_group_cures_a_small_one() -> None:
    def stream(silent: float) -> list[dict[str, Any]]:
        return [line | ({"frac_reward_zero_std": silent} if line["step"] else {}) for line in policy(0, 40)]

    parent = detect(stream(0.33), "parent", 40, {"num_generations": 2})
    assert [s.kind for s in parent] == ["weak_signal"]
    assert not judge_arm(stream(0.33), "no_kl_anchor", {"beta": 0.05}, parent, 40, "a1").cured
    assert judge_arm(stream(0.02), "group_too_small", {"num_generations": 8}, parent, 40, "a2").cured


def test_a_supervised_arm_is_judged_by_its_loss() -> None:
    judged = judge_arm(supervised(0, 60), "learning_rate_too_high", {"learning_rate": 1e-3}, [], 60, "a")
    assert judged.cured
    assert judged.gained is not None
    assert judged.gained > 0.5


def test_the_winner_gains_most_among_the_cured() -> None:
    table = compare_arms("reward_collapse", "e1", [arm("a", 0.1), arm("b", 0.3), arm("c", 0.9, cured=False)], "a")
    assert (table.winner, table.cause, table.overturned) == ("e_b", "b", True)
    assert "a had been suspected" in table.why


def test_a_tie_goes_to_the_smallest_departure_then_to_the_suspect() -> None:
    rate, anchor = {"learning_rate": 3e-4}, {"beta": 0.05}
    arms = [arm("no_kl_anchor", 0.30, change=anchor), arm("learning_rate_too_high", 0.29, change=rate)]
    table = compare_arms("reward_collapse", "e1", arms, "no_kl_anchor", config=SICK, facts=FACTS)
    assert (table.cause, table.overturned) == ("learning_rate_too_high", True)
    assert compare_arms("reward_collapse", "e1", arms, "learning_rate_too_high").cause == "learning_rate_too_high"


def test_no_cure_names_no_cause() -> None:
    table = compare_arms("reward_collapse", "e1", [arm("a", 0.1, cured=False)], "a")
    assert (table.winner, table.cause, table.overturned) == (None, None, False)
    assert compare_arms("reward_collapse", "e1", [], "a").winner is None


ARMS = st.lists(st.tuples(st.sampled_from("abcd"), st.one_of(st.none(), st.floats(-1, 1)), st.booleans()), max_size=6)


@settings(deadline=None)
@given(ARMS, st.sampled_from("abcd"))
def test_the_winner_is_always_cured_and_near_the_best(rows: list[tuple[str, float | None, bool]], suspect: str) -> None:
    arms = [arm(c, g, cured=k).model_copy(update={"experiment": str(i)}) for i, (c, g, k) in enumerate(rows)]
    table = compare_arms("s", "e1", arms, suspect)
    cured = [a for a in arms if a.cured and a.gained is not None]
    assert (table.winner is None) == (not cured)
    if cured:
        best, won = max(a.gained or 0.0 for a in cured), next(a for a in cured if a.experiment == table.winner)
        assert best - (won.gained or 0.0) <= max(0.02, 0.1 * abs(best))
        assert table.overturned == (won.cause != suspect)
