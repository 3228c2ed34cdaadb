"""The nose on streams that real trainings of the tiny recipe logged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.checks.ablate import compare_arms, judge_arm, plan_arms
from lab.checks.detectors import detect
from lab.checks.diagnose import Evidence, diagnose
from state.products import Diagnosis, Signal

STREAMS = Path(__file__).parents[1] / "recipes" / "streams"
NAMES = ("healthy", "collapse", "zero", "nines", "group2", "arm-rate", "arm-kl", "arm-entropy", "arm-group16")
SEEDS = [seed for seed in "012345" if all((STREAMS / f"{name}-{seed}.jsonl").is_file() for name in NAMES)]
PLANNED = 100
SANE: dict[str, Any] = {
    "learning_rate": 3e-4, "num_generations": 8, "beta": 0.0, "entropy_coef": 0.0, "reward": "exact",
    "supervised_steps": 400, "steps": PLANNED,
}  # fmt: skip
FACTS = {key: {"good": value} for key, value in SANE.items() if key != "steps"} | {
    "learning_rate": {"good": 3e-4, "high": 6e-4}, "num_generations": {"good": 8, "low": 6},
}  # fmt: skip
FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "collapse": ({"learning_rate": 3e-2}, "reward_collapse", "learning_rate_too_high"),
    "zero": ({"reward": "zero"}, "zero_signal", "reward_dead"),
    "nines": ({"reward": "nines"}, "reward_hacking", "reward_misspecified"),
    "group2": ({"num_generations": 2}, "weak_signal", "group_too_small"),
}


def read(name: str, seed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (STREAMS / f"{name}-{seed}.jsonl").read_text().splitlines()]


def stopped(name: str, seed: str) -> tuple[list[Signal], list[Diagnosis]]:
    """What is known at the moment the monitor stops the job."""
    config = SANE | FAULTS[name][0]
    whole = read(name, seed)
    first = next(s for s in detect(whole, name, PLANNED, config) if s.severity == "stop")
    seen = [line for line in whole if line["step"] <= first.step]
    signals = detect(seen, name, PLANNED, config)
    return signals, diagnose(Evidence(name, config, seen, signals, facts=FACTS))


def test_there_are_streams_to_test_on() -> None:
    assert len(SEEDS) >= 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_healthy_training_gives_no_alarm(seed: str) -> None:
    assert detect(read("healthy", seed), "healthy", PLANNED, SANE) == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_in_the_first_fifth_and_named(name: str, seed: str) -> None:
    signals, diagnoses = stopped(name, seed)
    _, kind, cause = FAULTS[name]
    assert kind in [s.kind for s in signals]
    assert signals[0].step <= PLANNED / 5
    assert diagnoses[0].cause == cause


@pytest.mark.parametrize("seed", SEEDS)
def test_the_arms_show_that_it_was_the_learning_rate(seed: str) -> None:
    signals, diagnoses = stopped("collapse", seed)
    config = SANE | FAULTS["collapse"][0]
    planned = {a.cause: a for a in plan_arms(diagnoses, config, FACTS, 4)}
    recorded = {"learning_rate_too_high": "rate", "no_kl_anchor": "kl", "entropy_exhausted": "entropy",
                "group_too_small": "group16"}  # fmt: skip
    assert planned.keys() == recorded.keys()
    arms = [
        judge_arm(stream := read(f"arm-{name}", seed), cause, planned[cause].change, signals, stream[-1]["step"], name)
        for cause, name in recorded.items()
    ]
    assert [a.cause for a in arms if a.cured] == ["learning_rate_too_high"]
    table = compare_arms("reward_collapse", "e1", arms, "entropy_exhausted", config=config, facts=FACTS)
    assert (table.winner, table.cause, table.overturned) == ("rate", "learning_rate_too_high", True)
