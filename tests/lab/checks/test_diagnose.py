"""Causes follow from evidence by rule, and other evidence leads to other causes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_streams import policy, supervised

from lab.checks.causes import BY_NAME, CATALOGUE, GOES_TO
from lab.checks.detectors import detect, from_end
from lab.checks.diagnose import Evidence, diagnose, refuted
from state.products import ArmResult, Diagnosis

FACTS: dict[str, Any] = {
    "learning_rate": {"good": 3e-4, "high": 1e-3}, "num_generations": {"good": 8}, "beta": {"good": 0.0},
    "entropy_coef": {"good": 0.0}, "reward": {"good": "digits"}, "supervised_steps": {"good": 300},
}  # fmt: skip
SANE = {"learning_rate": 3e-4, "num_generations": 8, "beta": 0.0, "entropy_coef": 0.0, "reward": "digits",
        "supervised_steps": 300, "steps": 100}  # fmt: skip
JUNK_PAID = {"probe/reward_gold": 0.04, "probe/reward_junk": 1.0}
NOTHING_PAID = {"probe/reward_gold": 0.0, "probe/reward_junk": 0.0}


def case(kind: str, change: dict[str, Any], seed: int = 0, **more: Any) -> Evidence:
    """The evidence at the moment a monitor would have stopped the job."""
    whole = policy(seed, sick_at=more.pop("sick_at", 5), kind=kind, **more)
    stop = min(s.step for s in detect(whole, "e1", 100, SANE | change) if s.severity == "stop")
    seen = [line for line in whole if line["step"] <= stop + 1]
    return Evidence("e1", SANE | change, seen, detect(seen, "e1", 100, SANE | change), facts=FACTS)


def top(ev: Evidence) -> Diagnosis:
    return diagnose(ev)[0]


@pytest.mark.parametrize("seed", range(5))
def test_each_fault_has_its_own_cause(seed: int) -> None:
    faults = {
        "learning_rate_too_high": case("collapse", {"learning_rate": 1.5e-2}, seed),
        "reward_dead": case("dead", {"reward": "zero"}, seed, probes=NOTHING_PAID),
        "reward_misspecified": case("hacked", {"reward": "nines"}, seed, probes=JUNK_PAID),
        "group_too_small": case("pair", {"num_generations": 2}, seed),
        "start_too_weak": case("dead", {"supervised_steps": 20}, seed, probes={"probe/pass_at_8": 0.0}),
        "entropy_exhausted": case("entropy", {}, seed, sick_at=30),
    }
    assert {name: top(ev).cause for name, ev in faults.items()} == {name: name for name in faults}
    for name, ev in faults.items():
        assert top(ev).goes_to == GOES_TO[BY_NAME[name].family]


def test_the_remedy_is_the_setting_known_to_work() -> None:
    assert top(case("collapse", {"learning_rate": 1.5e-2})).remedy == {"learning_rate": 3e-4}
    assert top(case("dead", {"reward": "zero"}, probes=NOTHING_PAID)).remedy == {"reward": "digits"}
    assert top(case("pair", {"num_generations": 2})).remedy == {"num_generations": 8}


def test_without_facts_the_learning_rate_is_still_suspected_and_divided() -> None:
    found = top(replace(case("collapse", {"learning_rate": 1.5e-2}), facts={}))
    assert (found.cause, found.remedy) == ("learning_rate_too_high", {"learning_rate": 1.5e-3})


def test_a_late_collapse_at_an_ordinary_rate_is_not_blamed_on_the_rate() -> None:
    found = diagnose(case("collapse", {}, sick_at=60))
    assert found[0].cause in ("no_kl_anchor", "entropy_exhausted")
    rate = [d for d in found if d.cause == "learning_rate_too_high"]
    assert all(d.score < found[0].score for d in rate)


def test_scores_are_fired_over_applicable_and_ranked() -> None:
    found = diagnose(case("collapse", {"learning_rate": 1.5e-2}))
    assert len(found) > 2
    for d in found:
        assert d.score == pytest.approx(d.fired / d.applicable, abs=1e-4)
        assert (len(d.evidence_for), len(d.evidence_for) + len(d.evidence_against)) == (d.fired, d.applicable)
        assert all(any(c.isdigit() for c in clue.says) for clue in d.evidence_for)
    assert [d.score for d in found] == sorted((d.score for d in found), reverse=True)


def test_an_arm_that_failed_to_cure_speaks_against_its_cause() -> None:
    ev = case("collapse", {"learning_rate": 1.5e-2})
    failed = ArmResult(experiment="a1", cause="learning_rate_too_high", change={"learning_rate": 3e-4}, cured=False,
                       gained=-0.3, signals=["reward_collapse"], why="still sick")  # fmt: skip
    after = replace(ev, arms=[failed])
    assert refuted(after, "learning_rate_too_high")
    found = diagnose(after)
    assert found[0].cause != "learning_rate_too_high"
    rate = next(d for d in found if d.cause == "learning_rate_too_high")
    assert "arm" in [clue.rule for clue in rate.evidence_against]
    cured = failed.model_copy(update={"cause": "no_kl_anchor", "cured": True})
    assert diagnose(replace(ev, arms=[failed, cured]))[0].cause == "no_kl_anchor"


def test_what_was_ruled_out_is_not_named_again_and_the_end_is_unknown() -> None:
    ev = case("collapse", {"learning_rate": 1.5e-2})
    left = [d.cause for d in diagnose(replace(ev, previous=["learning_rate_too_high"]))]
    assert "learning_rate_too_high" not in left
    gone = diagnose(replace(ev, previous=[cause.name for cause in CATALOGUE]))
    assert [(d.cause, d.goes_to) for d in gone] == [("unknown", "report")]


def test_no_signal_no_diagnosis() -> None:
    assert diagnose(Evidence("e1", SANE, policy(0), [], facts=FACTS)) == []


@pytest.mark.parametrize(
    ("log", "status", "cause", "goes_to"),
    [
        ("Traceback (most recent call last):\nNameError: x", {"state": "failed", "rc": 1}, "script_error",
         "implementation"),
        ("CUDA out of memory", {"state": "failed", "rc": 1}, "out_of_memory", "approve_launch"),
        ("Traceback (most recent call last):\njson.decoder.JSONDecodeError: line 3", {"state": "failed", "rc": 1},
         "data_broken", "curation"),
        ("data/train.jsonl is empty", {"state": "failed", "rc": 2}, "data_broken", "curation"),
    ],
)  # fmt: skip
def test_crashes_are_told_apart(log: str, status: dict[str, Any], cause: str, goes_to: str) -> None:
    signal = from_end(status, log, "e1")
    assert signal is not None
    found = top(Evidence("e1", SANE, [], [signal], log_tail=log, status=status, facts=FACTS))
    assert (found.cause, found.goes_to) == (cause, goes_to)


def test_memory_is_saved_without_changing_the_effective_batch() -> None:
    status = {"state": "failed", "rc": 137}
    signal = from_end(status, "", "e1")
    assert signal is not None
    config = {"per_device_train_batch_size": 16, "gradient_accumulation_steps": 2}
    remedy = top(Evidence("e1", config, [], [signal], status=status)).remedy
    assert remedy == {"per_device_train_batch_size": 8, "gradient_accumulation_steps": 4}


def test_a_supervised_divergence_is_blamed_on_the_rate_only_if_it_is_off() -> None:
    metrics = supervised(0, sick_at=80, kind="diverges")
    signals = detect(metrics, "e1", 200)
    fast = Evidence("e1", {"learning_rate": 0.5, "steps": 200}, metrics, signals, facts=FACTS)
    assert top(fast).cause == "learning_rate_too_high"
    loose = Evidence("e1", {"learning_rate": 3e-4, "steps": 200, "max_grad_norm": 0}, metrics, signals, facts=FACTS)
    assert top(loose).cause == "loss_divergence"


VALUES = st.one_of(st.none(), st.floats(), st.sampled_from(["NaN", "Infinity", "text", True]))
KEYS = st.sampled_from(["reward", "entropy", "grad_norm", "loss", "kl", "rewards/exact/mean", "frac_reward_zero_std"])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.dictionaries(KEYS, VALUES, min_size=1), max_size=40),
    st.dictionaries(st.sampled_from(["learning_rate", "beta", "num_generations", "steps", "reward"]), VALUES),
)
def test_whatever_is_logged_is_diagnosed_without_a_crash(lines: list[dict[str, Any]], config: dict[str, Any]) -> None:
    metrics = [{"step": i} | line for i, line in enumerate(lines)]
    signals = detect(metrics, "e1", 40)
    found = diagnose(Evidence("e1", config, metrics, signals, facts=FACTS))
    assert bool(found) == bool(signals)
    assert all(0 <= d.score <= 1 for d in found)
