"""What the nose smells, and what it leaves alone."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_streams import policy, supervised

from lab.checks.detectors import detect, from_end, sick, stall


def kinds(metrics: list[dict[str, Any]], steps: int = 100) -> dict[str, str]:
    return {s.kind: s.severity for s in detect(metrics, "e1", steps)}


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([60, 100, 300]))
def test_healthy_noise_is_left_alone(seed: int, steps: int) -> None:
    assert kinds(policy(seed, steps), steps) == {}
    assert kinds(supervised(seed, steps), steps) == {}


@pytest.mark.parametrize(
    ("kind", "signal", "severity"),
    [
        ("collapse", "reward_collapse", "stop"),
        ("hacked", "reward_hacking", "stop"),
        ("dead", "zero_signal", "stop"),
        ("solved", "zero_signal", "warn"),
        ("pair", "weak_signal", "warn"),
        ("entropy", "entropy_collapse", "stop"),
        ("dissolving", "entropy_explosion", "stop"),
        ("drift", "kl_blowup", "stop"),
        ("long", "length_blowup", "stop"),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_a_sick_policy_is_found(kind: str, signal: str, severity: str, seed: int) -> None:
    found = kinds(policy(seed, sick_at=5, kind=kind))
    assert found.get(signal) == severity, found


@pytest.mark.parametrize("seed", range(10))
def test_a_collapse_is_found_within_the_first_fifth(seed: int) -> None:
    first = next(s for s in detect(policy(seed, sick_at=3, kind="collapse"), "e1", 100) if s.severity == "stop")
    assert first.step <= 20


@pytest.mark.parametrize(
    ("kind", "signal", "severity"),
    [
        ("diverges", "divergence", "stop"),
        ("nan", "nan", "stop"),
        ("masked", "nan", "stop"),
        ("stuck", "plateau", "warn"),
        ("zero_rate", "dead_lr", "stop"),
        ("overfits", "overfit", "warn"),
    ],
)
def test_a_sick_supervised_training_is_found(kind: str, signal: str, severity: str) -> None:
    assert kinds(supervised(1, sick_at=80, kind=kind), 200).get(signal) == severity


def test_every_alarm_carries_its_numbers_in_one_sentence() -> None:
    for kind in ("collapse", "hacked", "dead", "pair", "entropy"):
        for signal in detect(policy(0, sick_at=5, kind=kind), "e1", 100):
            assert {"window", "values", "threshold"} <= signal.evidence.keys()
            assert any(c.isdigit() for c in signal.why)
            assert "\n" not in signal.why
            assert signal.step == signal.evidence["window"][-1]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["collapse", "hacked", "dead", "pair", "healthy"]), st.integers(1, 100))
def test_an_alarm_once_given_stands(seed: int, kind: str, cut: int) -> None:
    """Seen live or afterwards, the same logs give the same alarms: the future changes nothing."""
    whole = policy(seed, sick_at=10, kind=kind)
    live = detect(whole[: cut + 1], "e1", 100)
    assert live == [s for s in detect(whole, "e1", 100) if s.step <= cut]


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(10, 90), st.integers(1, 9))
def test_steps_logged_again_after_a_resume_count_once(seed: int, died: int, back: int) -> None:
    whole = policy(seed, sick_at=20, kind="collapse")
    resumed = whole[: died + 1] + whole[died + 1 - back :]
    assert detect(resumed, "e1", 100) == detect(whole, "e1", 100)


def test_each_kind_is_reported_once() -> None:
    found = [s.kind for s in detect(policy(0, sick_at=5, kind="collapse"), "e1", 100)]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("bad", ["NaN", "Infinity", math.nan, -math.inf])
@pytest.mark.parametrize("key", ["loss", "grad_norm", "reward"])
def test_what_is_no_number_stops(key: str, bad: object) -> None:
    lines = policy(0, 10)
    lines[7] = lines[7] | {key: bad}
    lines[8] = lines[8] | {key: bad}
    assert kinds(lines) == {"nan": "stop"}


def test_what_was_not_measured_is_no_alarm() -> None:
    gaps = [line | {"kl": None, "rewards/exact/mean": None} if line["step"] % 3 else line for line in policy(0)]
    assert kinds(gaps) == {}
    assert kinds([]) == {}
    assert kinds([{"step": 1}, {"step": 2, "note": "text"}]) == {}


def test_the_supervised_start_of_a_policy_is_not_judged_by_reward_rules() -> None:
    warm = [{"phase": "supervised", "step": i, "loss": 3.0 if i < 90 else 9.0, "learning_rate": 0.0} for i in range(99)]
    assert kinds(warm + policy(0)) == {}
    assert "nan" in kinds([*warm, {"phase": "supervised", "step": 99, "loss": "NaN"}, *policy(0)])


def test_a_true_metric_lost_behind_a_level_reward_is_a_collapse() -> None:
    lines = [line | ({} if line["step"] < 8 else {"reward": 0.45, "rewards/exact/mean": 0.01}) for line in policy(3)]
    found = next(s for s in detect(lines, "e1", 100) if s.kind == "reward_collapse")
    assert found.severity == "stop"
    assert found.step <= 20


def test_a_small_group_is_judged_by_its_size() -> None:
    """It is stopped where the start is known to be right at least once in eight tries of nearly any question."""
    silent = [line | ({"frac_reward_zero_std": 0.33} if line["step"] else {}) for line in policy(0)]
    assert kinds(silent) == {}
    lines = [line | ({} if line["step"] else {"probe/pass_at_8": 0.95}) for line in silent]
    found = detect(lines, "e1", 100, {"num_generations": 2})
    assert [(s.kind, s.severity) for s in found] == [("weak_signal", "stop")]
    assert "groups of 2" in found[0].why
    assert detect(lines, "e1", 100, {"num_generations": 8}) == []
    assert {s.severity for s in detect(silent, "e1", 100, {"num_generations": 2})} == {"warn"}


def pair(seed: int, gain: float, steps: int = 120) -> list[dict[str, Any]]:
    """Groups of two, right at a rate that rises by this much from one in seven."""
    chance, lines = random.Random(seed), []
    for step in range(1, steps + 1):
        rate = 0.14 + gain * step / steps
        groups = [(chance.random() < rate, chance.random() < rate) for _ in range(32)]
        lines.append({"step": step, "reward": sum(map(sum, groups)) / 64,
                      "frac_reward_zero_std": sum(a == b for a, b in groups) / 32})  # fmt: skip
    return lines


@pytest.mark.parametrize("seed", range(5))
def test_a_pair_that_learns_is_warned_of_and_one_that_stands_still_is_stopped(seed: int) -> None:
    learns, stands = (detect(pair(seed, gain), "e1", 120, {"num_generations": 2}) for gain in (0.4, 0.0))
    assert [(s.kind, s.severity) for s in learns] == [("weak_signal", "warn")]
    assert ("weak_signal", "stop") in {(s.kind, s.severity) for s in stands}
    assert next(s.step for s in stands if s.severity == "stop") <= 60


@pytest.mark.parametrize("onset", [5, 24, 60])
def test_silence_from_one_log_to_the_next_is_no_success(onset: int) -> None:
    """A reward that becomes constant above what it was has not been solved."""
    constant = {"reward": 0.8, "frac_reward_zero_std": 1.0, "grad_norm": 0.0}
    found = detect([line | (constant if line["step"] > onset else {}) for line in policy(1)], "e1", 100)
    first = next(s for s in found if s.severity == "stop")
    assert (first.kind, first.step <= onset + 15) == ("zero_signal", True)


def test_other_rows_than_before_are_no_divergence() -> None:
    """The loss jumps where the rows change and comes down again: that is learning."""
    lines = supervised(0)
    for line in lines:
        if line["step"] > 170 and "loss" in line:
            line["loss"] += 2.0 * math.exp(-(line["step"] - 170) / 25)
            line["grad_norm"] *= 8
    assert kinds([line for line in lines if "loss" in line], 200) == {}


def test_a_hail_of_spikes_warns_and_a_single_one_does_not() -> None:
    def with_spikes(*steps: int) -> dict[str, str]:
        return kinds([line | ({"grad_norm": 300.0} if line["step"] in steps else {}) for line in policy(0)])

    assert with_spikes(40) == {}
    assert with_spikes(40, 45, 52) == {"spike": "warn"}


def test_negative_rewards_are_read_as_they_are() -> None:
    lines = [{"step": i, "reward": -0.5 + 0.02 * (i % 3)} for i in range(1, 40)]
    assert kinds(lines) == {}
    lines += [{"step": i, "reward": -1.5 + 0.02 * (i % 3)} for i in range(40, 60)]
    assert kinds(lines)["reward_collapse"] == "stop"


def test_silence_is_a_stall_only_beyond_what_steps_take() -> None:
    assert stall(60, 0.1, "e1") is None
    assert stall(400, 100, "e1") is None
    found = stall(130, 0.1, "e1", step=7)
    assert found is not None
    assert (found.kind, found.severity, found.step) == ("stall", "stop", 7)
    assert stall(130, None, "e1") is not None


@pytest.mark.parametrize(
    ("status", "log", "kind"),
    [
        ({"state": "failed", "rc": 1}, "Traceback (most recent call last):\nKeyError: 'x'", "crash"),
        ({"state": "failed", "rc": 1}, "torch.OutOfMemoryError: CUDA out of memory. Tried", "out_of_memory"),
        ({"state": "failed", "rc": -9}, "", "out_of_memory"),
        ({"status": "failed", "exit_code": 137}, "step 3", "out_of_memory"),
        ({"state": "failed", "why": "killed: cannot allocate memory"}, "", "out_of_memory"),
    ],
)
def test_the_end_of_a_failed_job_is_read(status: dict[str, Any], log: str, kind: str) -> None:
    found = from_end(status, log, "e1", policy(0, 5))
    assert found is not None
    assert (found.kind, found.step) == (kind, 5)


@pytest.mark.parametrize("state", ["finished", "stopped", "running", "lost"])
def test_only_a_failed_job_crashed(state: str) -> None:
    assert from_end({"state": state}, "MemoryError", "e1") is None


def test_sick_means_a_stop_signal() -> None:
    assert sick(detect(policy(0, sick_at=5, kind="collapse"), "e1", 100))
    assert not sick(detect(policy(0, sick_at=50, kind="solved"), "e1", 100))
