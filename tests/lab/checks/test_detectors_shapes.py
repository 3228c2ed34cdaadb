"""Shapes that look sick and are not, and warnings that were missed."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from lab.checks.detectors import detect
from state.products import Signal

Line = dict[str, Any]


def falling(seed: int, steps: int = 150, width: float = 0.05) -> list[Line]:
    """A loss that comes down evenly."""
    chance = random.Random(seed)
    return [
        {"step": i, "loss": (3 - 0.015 * i) * math.exp(chance.gauss(0, width)), "learning_rate": 2e-3,
         "grad_norm": 1.3 * math.exp(chance.gauss(0, 0.3))}
        for i in range(1, steps + 1)
    ]  # fmt: skip


def said(lines: list[Line], steps: int = 150) -> list[Signal]:
    return detect(lines, "e", steps)


@pytest.mark.parametrize("seed", range(3))
def test_a_loss_that_stops_dead_warns_and_one_that_levels_off_does_not(seed: int) -> None:
    chance = random.Random(seed + 50)
    dead = falling(seed)
    for line in dead:
        line["loss"] = (3 - 0.03 * min(line["step"], 60)) * math.exp(chance.gauss(0, 0.03))
    assert [(s.kind, s.severity) for s in said(dead)] == [("plateau", "warn")]
    level = falling(seed)
    for line in level:
        line["loss"] = (1 + 2 * math.exp(-line["step"] / 25)) * math.exp(chance.gauss(0, 0.03))
    assert said(level) == []


def test_a_rate_next_to_nothing_warns_and_restarts_do_not() -> None:
    tiny = [line | {"learning_rate": 2e-8 if line["step"] > 45 else 2e-3} for line in falling(0)]
    assert [(s.kind, s.severity) for s in said(tiny)] == [("dead_lr", "warn")]
    again = [line | {"learning_rate": 1e-3 * (1 + math.cos(math.pi * (line["step"] % 50) / 50))} for line in falling(0)]
    assert said(again) == []


def test_gradients_without_a_loss_that_explains_them_warn() -> None:
    jolts = [line | ({"grad_norm": 400.0} if line["step"] > 48 and not line["step"] % 9 else {}) for line in falling(0)]
    assert [(s.kind, s.severity) for s in said(jolts)] == [("spike", "warn")]
    hard = falling(0)
    for line in hard:
        line["loss"] *= 0.02 if line["step"] > 40 else 1.0
        if line["step"] > 60 and not line["step"] % 9:
            line |= {"grad_norm": 40.0, "loss": 0.3}
    assert not any(s.kind == "spike" for s in said(hard))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("jump", [1.5, 2.0, 3.0])
def test_harder_rows_above_the_start_are_left_to_be_learnt(seed: int, jump: float) -> None:
    chance = random.Random(seed)
    lines = []
    for i in range(1, 201):
        loss = 0.3 + 1.7 * math.exp(-i / 20) if i < 80 else 0.4 + (jump - 0.4) * math.exp(-(i - 80) / 20)
        lines.append({"step": i, "loss": loss * math.exp(chance.gauss(0, 0.06)), "learning_rate": 2e-5})
    assert not any(s.severity == "stop" for s in said(lines, 200))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("prompts", [2, 8])
def test_a_very_sparse_reward_is_left_alone(seed: int, prompts: int) -> None:
    """A few easy questions among many that are never right: what is paid comes in bursts."""
    chance = random.Random(seed)
    lines: list[Line] = []
    for i in range(1, 151):
        groups = [[chance.random() < rate for _ in range(8)]
                  for rate in (0.6 if chance.random() < 0.08 else 0.0 for _ in range(prompts))]  # fmt: skip
        silent = sum(len(set(g)) == 1 for g in groups) / prompts
        lines.append({"step": i, "reward": sum(map(sum, groups)) / (8 * prompts), "frac_reward_zero_std": silent})
    assert not any(s.severity == "stop" for s in said(lines))


def test_a_loss_that_went_far_up_is_no_plateau() -> None:
    chance = random.Random(3)
    diverged = falling(0, 200)
    for line in diverged:
        line["loss"] = (1 + math.exp(-line["step"] / 30)) * math.exp(0.08 * max(0, line["step"] - 100))
    kinds = {s.kind for s in said(diverged, 200)}
    assert "divergence" in kinds and "plateau" not in kinds
    memorised: list[Line] = []
    for i in range(1, 301):
        memorised.append({"step": i, "loss": 2 * math.exp(-i / 40)})
        if not i % 10:
            memorised.append({"step": i, "eval_loss": 0.7 + abs(i - 80) / 170 + chance.gauss(0, 0.01)})
    assert [s.kind for s in said(memorised, 300)] == ["overfit"]
    flat = [{"step": i, "loss": 2 + chance.gauss(0, 0.05)} for i in range(1, 201)]
    assert [s.kind for s in said(flat, 200)] == ["plateau"]


def drifting(seed: int, rise: float, far: float = 1.15) -> list[Line]:
    """A reward that rises to 0.6 by half of the run, then by this much more, while the KL grows by a factor a step."""
    chance = random.Random(seed)
    lines: list[Line] = []
    for i in range(1, 201):
        reward = 0.2 + 0.4 * min(1.0, i / 100) + rise * max(0, i - 100) / 100
        kl = 0.002 * min(i, 100) * far ** max(0, i - 100)
        lines.append({"step": i, "loss": 0.0, "reward": reward + chance.gauss(0, 0.03), "reward_std": 0.3, "kl": kl})
    return lines


@pytest.mark.parametrize("seed", range(4))
def test_a_kl_beyond_all_measure_warns_and_stops_where_nothing_is_gained(seed: int) -> None:
    idle = [(s.kind, s.severity) for s in said(drifting(seed, 0.0), 200)]
    assert idle[-1] == ("kl_blowup", "stop")
    assert [(s.kind, s.severity) for s in said(drifting(seed, 0.3), 200)] == [("kl_blowup", "warn")]
    assert said(drifting(seed, 0.3, 1.07), 200) == []
    spiky = [line | ({"kl": 9e5} if line["step"] % 9 == 0 else {}) for line in drifting(seed, 0.3, 1.0)]
    assert said(spiky, 200) == []


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("after", "told"), [(0.5, ["entropy_collapse"]), (0.6, []), (0.57, []), (0.75, [])])
def test_exhausted_entropy_warns_where_reward_was_lost_with_it(seed: int, after: float, told: list[str]) -> None:
    chance = random.Random(seed)
    lines: list[Line] = []
    for i in range(1, 201):
        reward = 0.2 + 0.4 * i / 100 if i <= 100 else after
        entropy = 1.5 - 0.006 * i if i <= 100 else max(0.001, 0.9 * math.exp(-(i - 100) / 6))
        lines.append({"step": i, "loss": 0.0, "reward": reward + chance.gauss(0, 0.03), "reward_std": 0.3})
        lines[-1]["entropy"] = entropy
    assert [s.kind for s in said(lines, 200)] == told


def test_numbers_that_turn_to_null_warn_and_sparse_ones_do_not() -> None:
    lost = [line | ({"loss": None, "grad_norm": None} if line["step"] > 100 else {}) for line in falling(0)]
    (signal,) = said(lost)
    assert (signal.kind, signal.severity, signal.step) == ("nan", "warn", 110)
    assert "no value since step 100" in signal.why
    sparse = [line | ({"grad_norm": None} if line["step"] % 12 else {}) for line in falling(0)]
    assert said(sparse) == []
    few = [line | ({"grad_norm": None} if 40 < line["step"] < 50 else {}) for line in falling(0)]
    assert said(few) == []
    gone = [{k: v for k, v in line.items() if line["step"] < 60 or k != "grad_norm"} for line in falling(0)]
    assert said(gone) == []
    tested: list[Line] = [{"step": 150 + i, "loss": None, "grad_norm": None, "eval_loss": 0.8} for i in range(1, 31)]
    assert said(falling(0) + tested) == []


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("steps", [60, 100, 200])
def test_a_converged_reward_that_dips_for_a_while_is_left_alone(seed: int, steps: int) -> None:
    chance = random.Random(seed)
    lines: list[Line] = []
    for i in range(1, steps + 1):
        done = i / steps
        reward = 0.2 + 0.5 * (1 - math.exp(-6 * done)) - 0.08 * (0.4 < done < 0.6) + chance.gauss(0, 0.05)
        lines.append({"step": i, "loss": 0.0, "reward": reward, "entropy": 1.2 * math.exp(-7 * done)})
    assert said(lines, steps) == []
