"""Every kind of sickness under everybody's names, and health of many shapes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_streams import policy, supervised

from lab.checks.detectors import cloned, detect, watch
from lab.checks.names import canonical
from state.products import Signal

Line = dict[str, Any]


def found(lines: list[Line], steps: int = 100) -> dict[str, str]:
    return {s.kind: s.severity for s in detect(lines, "e", steps)}


def rows(steps: int, **metrics: Callable[[int], Any]) -> list[Line]:
    return [{"step": i} | {k.replace("__", "/"): f(i) for k, f in metrics.items()} for i in range(1, steps + 1)]


def noise(seed: int, width: float) -> Callable[[], float]:
    chance = random.Random(seed)
    return lambda: chance.gauss(0, width)


def pairs(seed: int, chosen: float, margin: float, steps: int = 100, right: float = 0.8) -> list[Line]:
    """A training on pairs that ends at this reward of the better answer, in nats a tenth each, and this margin."""
    n = noise(seed, 1.0)
    lines = []
    for i in range(1, steps + 1):
        grown = 1 - math.exp(-3 * i / steps)
        reward, gap = chosen * grown + 0.05 * n(), margin * grown + 0.1 * n()
        share = min(1.0, 0.5 + (right - 0.5) * 3 * grown + 0.05 * n())
        lines.append({"step": i, "loss": math.log(1 + math.exp(-gap)), "rewards/chosen": reward,
                      "rewards/rejected": reward - gap, "rewards/margins": gap, "rewards/accuracies": share,
                      "logps/chosen": -60 + 10 * reward + 5 * n(), "grad_norm": 4 + 0.2 * n()})  # fmt: skip
    return lines


# --- sick -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [{"loss": 0.0, "grad_norm": "NaN"}, {"loss": 0.0, "grad_norm": None},
                                  {"loss": "Infinity"}, {"loss": math.nan}])  # fmt: skip
def test_lost_numbers_are_found_behind_their_masks(mask: Line) -> None:
    lines = [line | (mask if line["step"] > 60 and "loss" in line else {}) for line in supervised(0, 100)]
    first = detect(lines, "e", 100)[0]
    assert (first.kind, first.severity) == ("nan", "stop")
    assert first.step <= 62


def test_a_loss_that_came_down_to_zero_is_not_lost() -> None:
    n = noise(0, 0.2)
    lines = rows(200, loss=lambda i: round(3 * math.exp(-i / 12 + n()), 4), grad_norm=lambda i: math.exp(-i / 12))
    assert lines[-1]["loss"] == 0.0
    assert found(lines, 200) == {}


def test_the_loss_scaler_of_half_precision_is_left_alone() -> None:
    lines = [line for line in supervised(0, 100) if "loss" in line]
    for i in (0, 1, 2, 3, 50):
        lines[i]["grad_norm"] = "Infinity"
    assert found(lines) == {}


def test_a_held_out_loss_that_is_lost_warns() -> None:
    lines = [line | ({"eval_loss": "NaN"} if "eval_loss" in line else {}) for line in supervised(0, 100)]
    assert found(lines) == {"nan": "warn"}


@pytest.mark.parametrize("seed", range(3))
def test_a_learning_rate_raised_midway_diverges_within_a_quarter(seed: int) -> None:
    n = noise(seed, 0.1)
    lines = rows(100, loss=lambda i: (0.4 + 2 * math.exp(-i / 10) if i < 40 else 2.6) * math.exp(n()))
    first = next(s for s in detect(lines, "e", 100) if s.severity == "stop")
    assert first.kind == "divergence"
    assert 40 <= first.step <= 65


def test_few_logs_are_enough_when_few_are_planned() -> None:
    lines = [{"step": s, "loss": 0.4 + 2 * math.exp(-s / 30) if s <= 100 else 3.5} for s in range(10, 201, 10)]
    first = next(s for s in detect(lines, "e", 200) if s.severity == "stop")
    assert (first.kind, first.step <= 150) == ("divergence", True)


def test_one_loss_far_outside_warns() -> None:
    lines = [line | ({"loss": 30.0} if line["step"] == 70 and "loss" in line else {}) for line in supervised(0, 100)]
    assert found(lines) == {"spike": "warn"}


@pytest.mark.parametrize("key", ["step_time", "timestamp", "elapsed"])
def test_a_gap_far_beyond_the_median_warns(key: str) -> None:
    now = 0.0
    lines = supervised(0, 100)
    for line in lines:
        took = 0.5 if line["step"] != 60 else 90.0
        now += took if "loss" in line else 0.0
        line[key] = took if key == "step_time" else 1e9 + now if key == "timestamp" else now
    signals = detect(lines, "e", 100)
    assert [(s.kind, s.severity, s.step) for s in signals] == [("stall", "warn", 60)]


@pytest.mark.parametrize("seed", range(3))
def test_displacement_is_told_by_what_the_margin_costs(seed: int) -> None:
    assert found(pairs(seed, chosen=-4.0, margin=2.0)).get("likelihood_displacement") == "stop"
    assert found(pairs(seed, chosen=-2.0, margin=2.0)).get("likelihood_displacement") == "warn"
    assert found(pairs(seed, chosen=-0.4, margin=2.0)) == {}
    assert found(pairs(seed, chosen=0.5, margin=2.0)) == {}


def test_pairs_told_apart_from_the_start_warn() -> None:
    assert found(pairs(0, chosen=0.2, margin=4.0, steps=200, right=9.0), 200) == {"zero_signal": "warn"}


@pytest.mark.parametrize(
    ("key", "start", "end", "severity"),
    [
        ("sampling/sampling_logp_difference/mean", 0.02, 0.6, "stop"),
        ("sampling/importance_sampling_ratio/mean", 1.0, 0.3, "stop"),
        ("sampling/importance_sampling_ratio/min", 0.6, 0.001, "warn"),
        ("sampling/sampling_logp_difference/mean", 0.02, 0.05, None),
        ("sampling/importance_sampling_ratio/min", 0.05, 0.001, None),
    ],
)
def test_a_sampler_that_is_not_the_policy_is_found(key: str, start: float, end: float, severity: str | None) -> None:
    n = noise(0, 0.1)
    lines = [line | {key: (start if line["step"] < 40 else end) * math.exp(n())} for line in policy(0)]
    assert found(lines).get("infer_mismatch") == severity


def test_memory_that_fills_up_warns_and_a_high_level_does_not() -> None:
    total = 80.0
    grows = [line | {"gpu/0/allocated_memory": min(79.5, 50 + 0.4 * line["step"]), "gpu/0/total_memory": total}
             for line in policy(0)]  # fmt: skip
    assert found(grows) == {"out_of_memory": "warn"}
    rest = [line | {"gpu/0/memory_usage": 0.97, "gpu/0/memory_utilization": 99} for line in policy(0)]
    assert found(rest) == {}
    percent = [line | {"gpu_memory_percent": min(99.0, 60 + 0.5 * line["step"])} for line in policy(0)]
    assert found(percent) == {"out_of_memory": "warn"}


def test_groups_without_spread_are_seen_in_the_spread_itself() -> None:
    lines = [{"step": i, "reward": 0.3, "reward_std": 0.0} for i in range(1, 40)]
    assert found(lines)["zero_signal"] == "stop"


def test_mostly_unfinished_answers_stop_even_if_paid() -> None:
    lines = rows(60, reward=lambda i: 0.1 + 0.015 * i, completions__clipped_ratio=lambda i: min(1.0, 0.02 * i))
    assert found(lines, 60)["length_blowup"] == "stop"


def test_longer_answers_that_earn_more_only_warn() -> None:
    n = noise(0, 0.02)
    lines = rows(100, reward=lambda i: 0.1 + 0.008 * i + n(), completions__mean_length=lambda i: 100 + 9 * i)
    assert found(lines) == {"length_blowup": "warn"}


def test_a_true_metric_is_known_by_its_name() -> None:
    n = noise(0, 0.02)
    for key in ("rewards/true_accuracy/mean", "eval/accuracy", "rewards/exact_match/mean", "heldout/reward"):
        lines = rows(60, reward=lambda i: 0.2 + 0.01 * i + n())
        lines = [line | {key: max(0.0, 0.6 - 0.012 * line["step"] + n())} for line in lines]
        assert found(lines, 60)["reward_hacking"] == "stop", key


# --- clones -----------------------------------------------------------------------------------------------------


def test_a_cloned_curve_is_told_and_a_common_beginning_is_not() -> None:
    one = supervised(3, 100)
    signal = cloned(one, {"other": [dict(line) for line in one]}, "e")
    assert signal is not None
    assert (signal.kind, signal.severity) == ("cloned_curve", "warn")
    assert "other" in signal.why
    parted = [line | ({"loss": line["loss"] + 1e-6} if line["step"] > 50 and "loss" in line else {}) for line in one]
    assert cloned(one, {"other": parted}) is None
    assert cloned(one, {"other": supervised(4, 100)}) is None
    flat = rows(60, loss=lambda i: 1.0)
    assert cloned(flat, {"other": flat}) is None


# --- healthy ----------------------------------------------------------------------------------------------------


def _curriculum(i: int) -> float:
    return [0.4, 0.6, 0.8][min(2, i // 100)] + 1.2 * math.exp(-(i % 100) / 15)


SHAPES: dict[str, tuple[int, float, Callable[[int], float]]] = {
    "one row at a time": (300, 0.5, lambda i: 0.8 + 0.6 * math.exp(-i / 60)),
    "flat": (300, 0.2, lambda i: 1.6),
    "bump of the warm-up": (200, 0.08, lambda i: 1 + 0.5 * math.exp(-i / 60) + 0.4 * math.exp(-(((i - 12) / 6) ** 2))),
    "restarts": (
        400,
        0.08,
        lambda i: 0.5 + 2 * math.exp(-i / 50) + (0.15 * math.exp(-(i % 100) / 20) if i > 99 else 0),
    ),
    "harder rows, sorted": (300, 0.1, lambda i: 0.5 + 2 * math.exp(-i / 15) + 0.25 * i / 300),
    "harder rows, at once": (300, 0.1, lambda i: 0.5 + 2 * math.exp(-i / 20) if i < 150 else 1.0),
    "epochs": (300, 0.15, lambda i: 0.3 + 1.2 * 0.6 ** (i // 100)),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(3))
def test_healthy_losses_never_stop(shape: str, seed: int) -> None:
    steps, width, curve = SHAPES[shape]
    n, g = noise(seed, width), noise(seed + 99, 0.6)
    lines = rows(steps, loss=lambda i: curve(i) * math.exp(n()), grad_norm=lambda i: math.exp(g()),
                 learning_rate=lambda i: 1e-4 * min(1, (i - 1) / 20) * (1 - i / steps))  # fmt: skip
    assert "stop" not in found(lines, steps).values()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("prompts", [1, 4])
@pytest.mark.parametrize("start", [0.03, 0.3])
def test_healthy_rewards_never_stop(seed: int, prompts: int, start: float) -> None:
    """Sampled answers, right or wrong; entropy falls to nothing while the reward rises."""
    chance = random.Random(seed)
    lines = []
    for i in range(1, 151):
        rate = start + 0.6 * i / 150
        groups = [[float(chance.random() < rate) for _ in range(8)] for _ in range(prompts)]
        silent = sum(len(set(g)) == 1 for g in groups) / prompts
        lines.append({"step": i, "reward": sum(map(sum, groups)) / (8 * prompts), "frac_reward_zero_std": silent,
                      "entropy": math.exp(-i / 30 + chance.gauss(0, 0.1)), "kl": 0.02 * i, "loss": chance.gauss(0, 1),
                      "completions/mean_length": 50 * math.exp(chance.gauss(0, 0.2)), "learning_rate": 1e-6})  # fmt: skip
    assert "stop" not in found(lines, 150).values()


# --- one fold ---------------------------------------------------------------------------------------------------

ANY = st.one_of(st.none(), st.floats(), st.sampled_from(["NaN", "Infinity", "text", "", True, 10**400, [1], {}]))
SOME = st.one_of(ANY, st.floats(0, 3), st.floats(0, 3))
NAMES = st.sampled_from(["loss", "train/loss", "reward", "entropy", "eval_loss", "grad_norm", "lr", "kl", "reward_std",
                         "frac_reward_zero_std", "completions/mean_length", "logps/chosen", "rewards/chosen",
                         "rewards/margins", "rewards/accuracies", "step_time", "timestamp", "gpu/0/memory_usage",
                         "rewards/true/mean", "probe/reward_gold", "train_runtime", "phase"])  # fmt: skip
STREAMS = st.lists(
    st.tuples(st.integers(-2, 40) | st.none(), st.dictionaries(NAMES, SOME, max_size=6)), max_size=60
).map(lambda told: [line | ({} if step is None else {"step": step}) for step, line in told])


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(STREAMS)
def test_a_watch_told_line_by_line_says_what_detect_says(lines: list[Line]) -> None:
    looking = watch("e", 40)
    told: list[Signal] = []
    for i, line in enumerate(lines):
        told += looking.feed(line)
        if i % 7 == 0:
            assert looking.signals == detect(lines[: i + 1], "e", 40)
    assert looking.signals == detect(lines, "e", 40)
    assert all(s in told for s in looking.signals)
    assert {c.name for c in looking.checks() if c.result in ("FAIL", "SUSPECT")} == {s.kind for s in looking.signals}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 99), st.sampled_from(["collapse", "hacked", "long", "healthy"]), st.integers(1, 90))
def test_what_each_line_says_is_what_the_whole_says(seed: int, kind: str, cut: int) -> None:
    looking, told = watch("e", 100), []
    for line in policy(seed, sick_at=10, kind=kind):
        told += looking.feed(line)
    assert sorted(told, key=lambda s: (s.step, s.severity != "stop")) == looking.signals


def test_a_stretch_logged_again_takes_its_alarm_with_it() -> None:
    sick, well = supervised(0, 100, sick_at=50, kind="nan"), supervised(0, 100)
    assert "nan" in found(sick)
    again = [line for line in sick if line["step"] <= 60] + [line for line in well if line["step"] > 40]
    assert found(again) == {}


def test_writers_that_come_a_little_late_change_nothing() -> None:
    lines = supervised(0, 200)
    late = [*lines[:50], lines[51], lines[50], *lines[52:]]
    assert found(late, 200) == {}
    twice = [line for line in lines for _ in range(2)]
    assert found(twice, 200) == {}


def test_a_check_that_has_nothing_to_look_at_says_so() -> None:
    empty = {c.name: c for c in watch("e", 100).checks()}
    assert {c.result for c in empty.values()} == {"NOT_RUN"}
    assert all(c.why for c in empty.values())
    looking = watch("e", 100)
    for line in supervised(0, 100)[:50]:
        looking.feed(line)
    said = {c.name: c.result for c in looking.checks()}
    assert (said["nan"], said["divergence"], said["dead_lr"]) == ("PASS", "PASS", "PASS")
    assert (said["reward_collapse"], said["likelihood_displacement"], said["stall"]) == ("NOT_RUN",) * 3


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("train/loss", "loss"), ("train_loss", "loss"), ("eval/loss", "eval_loss"), ("lr", "learning_rate"),
     ("objective/kl", "kl_sequence"), ("rewards/mean", "reward"), ("train/rewards/chosen", "rewards/chosen"),
     ("val_loss", "eval_loss"), ("train/grad_norm", "grad_norm"), ("supervised/loss", "supervised/loss")],
)  # fmt: skip
def test_names_of_other_loggers_are_known(theirs: str, ours: str) -> None:
    assert canonical({"step": 1, theirs: 2.0}) == {"step": 1, ours: 2.0}
    assert canonical(canonical({"step": 1, theirs: 2.0})) == {"step": 1, ours: 2.0}
