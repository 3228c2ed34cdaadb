"""How soon the nose finds what is wrong, how often it cries wolf, and whether the diagnosis names the planted fault.

    python bench/detectors.py --seeds 10 --workers 2        # trains the real recipes; about 25 s a training
    python bench/detectors.py --faults steep                # only this one (and healthy, whose start it shares)
    python bench/detectors.py --streams FOLDER              # only reads streams recorded earlier, named FAULT-SEED.jsonl

Thresholds were fitted to seeds below 10 and to synthetic streams; seeds here start at 100.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks.detectors import detect
from lab.checks.diagnose import Evidence, diagnose
from lab.data.builtin import load_builtin
from lab.recipes.registry import recipes
from lab.recipes.spec import RecipeSpec

FIRST_SEED = 100
HELD_BACK = 1000
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "healthy": ({}, ""),
    "collapse": ({"learning_rate": 1.5e-2}, "learning_rate_too_high"),
    "steep": ({"learning_rate": 3e-2}, "learning_rate_too_high"),
    "zero": ({"reward": "zero"}, "reward_dead"),
    "nines": ({"reward": "nines"}, "reward_misspecified"),
    "group2": ({"num_generations": 2}, "group_too_small"),
}
FEWER = ("zero", "nines", "group2")
"""Faults whose signature hardly varies: a third of the seeds is enough."""


def facts(spec: RecipeSpec) -> dict[str, Any]:
    """What the recipe knows, as the diagnosis reads it."""
    known: dict[str, Any] = {}
    for key, parameter in spec.parameters.items():
        known[key] = {"good": spec.default.get(key)}
        if parameter.sane:
            known[key] |= {"low": parameter.sane[0], "high": parameter.sane[1]}
    return known


def train(folder: Path, spec: RecipeSpec, config: dict[str, Any]) -> Path:
    """Run the recipe's own script in a folder of its own."""
    metrics = folder / "metrics.jsonl"
    if metrics.exists():
        return metrics
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "data").mkdir(parents=True)
    rows = load_builtin("addition", config["seed"]).rows[HELD_BACK:]
    text = "".join(json.dumps({k: row[k] for k in ("id", "input", "answer")}) + "\n" for row in rows)
    (folder / "data" / "train.jsonl").write_text(text)
    shutil.copy(spec.script, folder / "train.py")
    (folder / "config.json").write_text(json.dumps(config))
    log = (folder / "log.txt").open("w")
    command = [sys.executable, "train.py", "train", "--config", "config.json"]
    done = subprocess.run(command, cwd=folder, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=log, stderr=log)
    if done.returncode:
        raise SystemExit(f"{folder}: the training failed; see its log.txt")
    return metrics


def trained(place: Path, seed: int, faults: list[str]) -> dict[str, Path]:
    """One healthy training with its own supervised start, and the faults from that same start."""
    spec = recipes()["grpo_tiny"]
    base = {**spec.default, "seed": seed}
    found = {"healthy": train(place / f"healthy_{seed}", spec, base)}
    start = (place / f"healthy_{seed}" / "checkpoints" / "start").resolve()
    for fault in faults:
        change = FAULTS[fault][0]
        found[fault] = train(place / f"{fault}_{seed}", spec, {**base, **change, "start_model": str(start)})
    return found


def judged(fault: str, path: Path, spec: RecipeSpec) -> dict[str, Any]:
    """What the nose and the diagnosis say at the moment the job would have been stopped."""
    config = {**spec.default, **FAULTS[fault][0]}
    metrics = [json.loads(line) for line in path.read_text().splitlines()]
    steps = max(line.get("step", 0) for line in metrics)
    signals = detect(metrics, path.stem, steps, config)
    first = min((s.step for s in signals if s.severity == "stop"), default=None)
    seen = [line for line in metrics if first is not None and line.get("step", 0) <= first]
    now = [s for s in signals if first is not None and s.step <= first]
    causes = diagnose(Evidence(path.stem, config, seen, now, facts=facts(spec)))
    return {
        "first": first, "kinds": [s.kind for s in now], "all": [f"{s.severity}:{s.kind}@{s.step}" for s in signals],
        "cause": causes[0].cause if causes else "", "share": None if first is None else first / steps,
    }  # fmt: skip


def table(rows: dict[str, list[dict[str, Any]]]) -> None:
    print(f"{'fault':10} {'runs':>4} {'found':>5} {'median':>6} {'worst':>5} {'cause right':>11}  first kinds")
    for fault, found in rows.items():
        firsts = [r["first"] for r in found if r["first"] is not None]
        right = sum(r["cause"] == FAULTS[fault][1] for r in found)
        kinds = sorted({k for r in found for k in r["kinds"]})
        middle = f"{statistics.median(firsts):g}" if firsts else "-"
        worst = str(max(firsts)) if firsts else "-"
        print(
            f"{fault:10} {len(found):4} {len(firsts):5} {middle:>6} {worst:>5} {right:8}/{len(found)}  {', '.join(kinds)}"
        )
    for r in rows.get("healthy", []):
        if r["all"]:
            print("alarm on a healthy run:", *r["all"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--place", type=Path, default=Path("build/nose"))
    parser.add_argument("--streams", type=Path)
    parser.add_argument("--faults", nargs="+", default=list(FAULTS), choices=list(FAULTS))
    asked = parser.parse_args()
    spec = recipes()["grpo_tiny"]
    paths: dict[str, list[Path]] = {fault: [] for fault in FAULTS}
    if asked.streams:
        for path in sorted(asked.streams.glob("*.jsonl")):
            fault = path.stem.rpartition("-")[0]
            if fault in paths:
                paths[fault].append(path)
    else:
        few = -(-asked.seeds // 3)
        jobs = [
            (FIRST_SEED + i, [f for f in asked.faults if f != "healthy" and (i < few or f not in FEWER)])
            for i in range(asked.seeds)
        ]
        with ThreadPoolExecutor(asked.workers) as pool:
            for result in pool.map(lambda job: trained(asked.place, *job), jobs):
                for fault, path in result.items():
                    paths[fault].append(path)
    table({fault: [judged(fault, path, spec) for path in found] for fault, found in paths.items() if found})


if __name__ == "__main__":
    main()
