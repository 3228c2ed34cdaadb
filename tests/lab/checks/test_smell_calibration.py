"""Never cry wolf: hundreds of healthy results of many shapes, and not one FAIL."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from lab.checks.smells.battery import battery, publishable
from lab.checks.smells.result import Result

SIZES = (10, 15, 20, 35, 60, 100, 250, 700)


def keyed(texts: list[str]) -> dict[str, str]:
    return {f"{i:06}": text for i, text in enumerate(texts)}


def classified(rng: Generator, true: list[int], kinds: int, right: float) -> Result:
    said = [x if rng.random() < right else int(rng.choice([y for y in range(kinds) if y != x])) for x in true]
    return Result("accuracy", keyed([str(x) for x in said]), keyed([str(x) for x in true]))


def clear(rng: Generator, true: list[int]) -> float:
    """An accuracy that stands well clear of the commonest answer, as a result worth reporting does; never perfect."""
    n, most = len(true), max(np.bincount(true)) / len(true)
    least = min(0.97, most + 4 * math.sqrt(0.25 / n))
    return float(rng.uniform(least, 0.98))


def drawn(rng: Generator, n: int) -> Result:
    kinds = int(rng.choice([2, 2, 3, 5, 10]))
    true = rng.integers(kinds, size=n).tolist()
    return classified(rng, true, kinds, clear(rng, true))


def in_order(rng: Generator, n: int) -> Result:
    true = sorted(rng.integers(4, size=n).tolist())
    return classified(rng, true, 4, clear(rng, true))


def in_turn(rng: Generator, n: int) -> Result:
    true = [i % 3 for i in range(n)]
    return classified(rng, true, 3, clear(rng, true))


def with_inertia(rng: Generator, n: int) -> Result:
    """A state that mostly stays: neighbours agree."""
    true = [0]
    while len(true) < n:
        true.append(true[-1] if rng.random() < 0.6 else int(rng.integers(3)))
    return classified(rng, true, 3, clear(rng, true))


def behind(rng: Generator, n: int) -> Result:
    """A monitor that sees each change of state one row late."""
    result = with_inertia(rng, n)
    texts = list(result.answers.values())
    return replace(result, predictions=keyed([texts[0], *texts[:-1]]))


def gaussians(rng: Generator, n: int, shares: tuple[float, ...], apart: float) -> Result:
    """The best classifier of overlapping clouds: its mistakes are systematic, rare classes are missed most."""
    centres = default_rng(7).normal(size=(len(shares), 6)) * apart
    true = rng.choice(len(shares), size=n, p=shares)
    seen = centres[true] + rng.normal(size=(n, 6))
    said = (-((seen[:, None] - centres) ** 2).sum(-1) / 2 + np.log(shares)).argmax(1)
    return Result("macro_f1", keyed([str(x) for x in said]), keyed([str(x) for x in true]))


def imbalanced(rng: Generator, n: int) -> Result:
    return gaussians(rng, n, (0.85, 0.15), 1.5)


def uneven(rng: Generator, n: int) -> Result:
    return replace(gaussians(rng, n, (0.4, 0.25, 0.2, 0.15), 1.2), metric="balanced_accuracy")


def hundred(rng: Generator, n: int) -> Result:
    size = 4 * n
    true = rng.integers(100, size=size).tolist()
    return classified(rng, true, 100, float(rng.uniform(0.3, 0.9)))


def hard_choice(rng: Generator, n: int) -> Result:
    """Half right where a quarter is chance."""
    size = max(n, 100)
    true = [str(rng.choice(list("ABCD"))) for _ in range(size)]
    said = [f"The answer is {t}." if rng.random() < 0.4 else f"({rng.choice(list('ABCD'))})" for t in true]
    return Result("multiple_choice", keyed(said), keyed(true))


def generated(rng: Generator, n: int) -> Result:
    true = [f"{rng.choice(['the', 'a'])} text {rng.integers(10**6)}" for _ in range(n)]
    return Result("exact_match", keyed([t if rng.random() < 0.6 else t + "s" for t in true]), keyed(true))


def sums(rng: Generator, n: int) -> Result:
    true = [int(x) for x in rng.integers(500, size=n)]
    said = [f"so the answer is {t}" if rng.random() < 0.5 else f"{t + int(rng.integers(1, 9))}" for t in true]
    return Result("numeric_match", keyed(said), keyed([str(t) for t in true]))


def measured(rng: Generator, n: int) -> Result:
    true = rng.normal(size=n) * 10
    said = true + rng.normal(size=n) * rng.uniform(0.5, 5)
    metric = str(rng.choice(["mse", "r2", "mae", "rmse"]))
    return Result(metric, keyed([f"{x:.4f}" for x in said]), keyed([f"{x:.4f}" for x in true]))


def forecast(rng: Generator, n: int) -> Result:
    """Tomorrow is as today."""
    walk = np.cumsum(rng.normal(size=n + 1)) + 50
    return Result("mae", keyed([f"{x:.4f}" for x in walk[:-1]]), keyed([f"{x:.4f}" for x in walk[1:]]))


def seasonal(rng: Generator, n: int) -> Result:
    """The same week again and again; the forecast is last year's week."""
    wave = 10 * np.sin(np.arange(n) * 2 * np.pi / 7)
    return Result("r2", keyed([f"{x:.3f}" for x in wave]), keyed([f"{x:.3f}" for x in wave + rng.normal(size=n)]))


def counted(rng: Generator, n: int) -> Result:
    """Few whole numbers with an outlier, far from normal."""
    mean = np.exp(rng.normal(1.5, 0.8, size=n))
    return Result("mse", keyed([f"{x:.2f}" for x in mean]), keyed([str(x) for x in rng.poisson(mean)]))


def easy(rng: Generator, n: int) -> Result:
    true = rng.integers(3, size=n).tolist()
    return classified(rng, true, 3, 1.0)


def weak(rng: Generator, n: int) -> Result:
    """A hard task: 0.58 where a coin has 0.5, on enough rows to show it."""
    true = rng.integers(2, size=2500).tolist()
    return classified(rng, true, 2, 0.58)


SHAPES: tuple[Callable[[Generator, int], Result], ...] = (
    drawn, in_order, in_turn, with_inertia, behind, imbalanced, uneven, hundred, hard_choice, generated, sums, measured, forecast,
    seasonal, counted, easy, weak,
)  # fmt: skip


def worth_reporting(result: Result) -> bool:
    """Imbalanced shapes may by chance hold a handful of rare rows: there nobody reports accuracy beyond the commonest."""
    counts = sorted(list(result.answers.values()).count(x) for x in set(result.answers.values()))
    return len(counts) > 1 and sum(counts[:-1]) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: s.__name__)
def test_no_healthy_result_fails(shape: Callable[[Generator, int], Result]) -> None:
    for seed in range(24):
        rng = default_rng(1000 + seed)
        result = shape(rng, SIZES[seed % len(SIZES)])
        if not worth_reporting(result):
            continue
        value = result.scored.value
        claims = ((value, None), (round(value, 3), 3)) if math.isfinite(value) else ((None, None),)
        for claimed, decimals in claims:
            told = battery(replace(result, claimed=claimed, decimals=decimals))
            failed = [f"seed {seed}, {len(result.answers)} rows, {c.name}: {c.why}" for c in told if c.result == "FAIL"]
            assert not failed


@pytest.mark.slow
def test_a_healthy_result_with_all_its_controls_can_be_published() -> None:
    for seed in range(60):
        rng = default_rng(seed)
        result = drawn(rng, int(rng.choice([60, 100, 300])))
        keys, kinds = list(result.answers), sorted(set(result.answers.values()))
        guesses = {k: str(rng.choice(kinds)) for k in keys}
        half = {k: p if rng.random() < 0.7 else guesses[k] for k, p in result.predictions.items()}
        told = battery(replace(
            result, controls={"input_blind": guesses, "shuffled_labels": guesses, "simplest_model": half},
            slices={"source": {k: str(rng.integers(4)) for k in keys}}, flagged=frozenset(keys[: len(keys) // 4]),
            others={"e1": half}, other_values={"e1": 0.5}, again=dict(result.predictions), train_score=0.99, walled=True,
            train_answers=tuple(str(rng.choice(kinds)) for _ in range(500)), declared="maximize", trainable_tokens=10_000,
            train_inputs=tuple(f"text {rng.integers(10**6)}" for _ in range(500)), planned_seconds=60, actual_seconds=41.0,
        ))  # fmt: skip
        assert publishable(told).result == "PASS", publishable(told).why


@pytest.mark.slow
@pytest.mark.parametrize(("kinds", "metric"), [(2, "accuracy"), (100, "macro_f1")])
def test_a_hundred_thousand_rows(kinds: int, metric: str) -> None:
    rng = default_rng(3)
    result = classified(rng, rng.integers(kinds, size=100_000).tolist(), kinds, 0.8)
    assert {c.result for c in battery(replace(result, metric=metric))} == {"PASS", "NOT_RUN"}
