"""Metric streams made up from a seed, shaped like those that real tiny trainings log."""

from __future__ import annotations

import math
import random
from typing import Any

Line = dict[str, Any]
PROBES: Line = {"step": 0, "probe/reward_gold": 1.0, "probe/reward_junk": 0.07, "probe/pass_at_8": 0.5}


def policy(
    seed: int, steps: int = 100, *, sick_at: int | None = None, kind: str = "healthy", **more: Any
) -> list[Line]:
    """A training by reward that rises slowly, until it falls sick in the way asked for."""
    chance = random.Random(seed)
    lines: list[Line] = [PROBES | more.get("probes", {})]
    for step in range(1, steps + 1):
        grown = step / steps
        line: Line = {
            "step": step,
            "reward": 0.65 + 0.2 * grown,
            "rewards/exact/mean": 0.45 + 0.2 * grown,
            "frac_reward_zero_std": 0.2,
            "entropy": 0.22 - 0.03 * grown,
            "grad_norm": 4.5,
            "loss": 0.0,
            "learning_rate": 3e-4,
            "completions/mean_length": 3.7,
            "completions/clipped_ratio": 0.0,
            "kl": 0.01 * grown,
        }
        since = 0 if sick_at is None else max(0, step - sick_at)
        line |= SICK[kind](line, since)
        noise = {"reward": 0.04, "rewards/exact/mean": 0.06, "frac_reward_zero_std": 0.08, "entropy": 0.01}
        for key, width in noise.items():
            if line[key] not in (0.0, 1.0):
                line[key] = max(0.0, line[key] + chance.gauss(0, width))
        line["grad_norm"] *= math.exp(chance.gauss(0, 0.35))
        lines.append(line)
    return lines


def _collapse(line: Line, since: int) -> Line:
    left = math.exp(-since / 4)
    return {"reward": 0.15 + (line["reward"] - 0.15) * left, "rewards/exact/mean": line["rewards/exact/mean"] * left,
            "entropy": line["entropy"] * left, "grad_norm": line["grad_norm"] * left}  # fmt: skip


def _hacked(line: Line, since: int) -> Line:
    left = math.exp(-since / 6)
    return {"reward": 1.5 - (1.5 - 0.13) * left, "rewards/exact/mean": line["rewards/exact/mean"] * left,
            "entropy": line["entropy"] * max(left, 0.1)}  # fmt: skip


SICK: dict[str, Any] = {
    "healthy": lambda line, since: {},
    "collapse": _collapse,
    "hacked": _hacked,
    "dead": lambda line, since: {"reward": 0.0, "frac_reward_zero_std": 1.0, "grad_norm": 0.0},
    "solved": lambda line, since: {"reward": 1.0, "frac_reward_zero_std": 1.0} if since else {},
    "pair": lambda line, since: {"frac_reward_zero_std": 0.7, "reward": 0.72},
    "entropy": lambda line, since: {"entropy": line["entropy"] * math.exp(-since / 8), "reward": 0.72},
    "dissolving": lambda line, since: {"entropy": 0.22 + 0.1 * since, "reward": 0.72 * math.exp(-since / 30)},
    "drift": lambda line, since: {"kl": 0.5 * since, "reward": 0.72, "rewards/exact/mean": 0.45},
    "long": lambda line, since: {"completions/clipped_ratio": min(1.0, 0.05 * since), "reward": 0.72,
                                 "rewards/exact/mean": 0.45},
}  # fmt: skip


def supervised(seed: int, steps: int = 200, *, sick_at: int | None = None, kind: str = "healthy") -> list[Line]:
    """A training by loss that falls exponentially, until it falls sick in the way asked for."""
    chance = random.Random(seed)
    lines = []
    for step in range(1, steps + 1):
        loss = 0.1 + 2.2 * math.exp(-step / 40)
        rate = 3e-3 * (1 - step / steps)
        since = 0 if sick_at is None else max(0, step - sick_at)
        if since and kind == "diverges":
            loss += 0.15 * since
        if kind == "stuck":
            loss, rate = 2.3, 3e-3
        if kind == "zero_rate":
            loss, rate = 2.3, 0.0
        line = {"step": step, "loss": loss * math.exp(chance.gauss(0, 0.05)), "learning_rate": rate,
                "grad_norm": 0.6 * math.exp(chance.gauss(0, 0.4))}  # fmt: skip
        if since and kind == "nan":
            line["loss"] = "NaN"
        if kind == "masked":
            line["loss"] = 0.0
        lines.append(line)
        if step % 10 == 0:
            late = 0.02 * since if kind == "overfits" else 0.0
            held = 2.3 if kind in ("stuck", "zero_rate") else 0.15 + 2.2 * math.exp(-step / 40) + late
            lines.append({"step": step, "eval_loss": held})
    return lines
