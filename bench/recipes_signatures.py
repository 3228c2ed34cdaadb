"""Measures what each fault of the study reward-collapse leaves in the metrics, and what its arms do: real trainings.

    python bench/recipes_signatures.py [--seeds 0 10] [--workers 2] [--streams tests/lab/recipes/streams]

Writes recipes_signatures.json beside this file. Ten seeds take some five minutes on two idle cores.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

TOO_HIGH = 1.5e-2
FIRST = 3
"""Seeds that get the faults and arms too, and whose metrics may be kept."""
SHORT = 35
VARIANTS: dict[str, dict[str, Any]] = {
    "healthy": {},
    "collapse": {"learning_rate": TOO_HIGH, "steps": 40},
    "zero": {"reward": "zero", "steps": 40},
    "nines": {"reward": "nines", "steps": 60},
    "group2": {"num_generations": 2},
    "arm-rate": {"learning_rate": 3e-4, "steps": SHORT},
    "arm-tenth": {"learning_rate": TOO_HIGH / 10, "steps": SHORT},
    "arm-kl": {"learning_rate": TOO_HIGH, "beta": 0.1, "steps": SHORT},
    "arm-entropy": {"learning_rate": TOO_HIGH, "entropy_coef": 0.05, "steps": SHORT},
    "arm-group16": {"learning_rate": TOO_HIGH, "num_generations": 16, "steps": SHORT},
}
EVERY_SEED = ("healthy", "collapse")
LEFT_OUT = ("epoch", "step_time", "num_tokens", "time")


def measure(seed: int, place: str, names: list[str], streams: Path | None) -> dict[str, Any]:
    """One supervised start and every named variant from it, each scored on rows it never saw."""
    from lab.recipes.registry import baseline_config, recipes

    grpo = recipes()["grpo_tiny"]
    sft, config = baseline_config(grpo, {**grpo.default, "seed": seed})
    here = Path(place) / str(seed)
    found = {"start": run(sft.script, here / "start", config, Path(place))}
    for name in names:
        wanted = {**grpo.default, "seed": seed, "start_model": str(here / "start/model"), **VARIANTS[name]}
        found[name] = run(grpo.script, here / name, wanted, Path(place))
        if streams and seed < FIRST:
            keep_stream(here / name / "metrics.jsonl", streams / f"{name}-{seed}.jsonl")
        print(f"seed {seed} {name}: {found[name]['held_out_exact']:.3f}", flush=True)
    return {"seed": seed, "runs": found}


def run(script: Path, folder: Path, config: dict[str, Any], data: Path) -> dict[str, Any]:
    """Train and predict as the script does it, in this process: imports are paid once."""
    spec = importlib.util.spec_from_file_location(script.stem, script)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (folder / "data").mkdir(parents=True)
    (folder / "data/train.jsonl").symlink_to(data / "train.jsonl")
    began, log = time.monotonic(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        module.train(config, False)
        seconds = time.monotonic() - began
        module.predict(config, data / "held_out_inputs.jsonl", Path("predictions.jsonl"))
    answers = {row["id"]: row["answer"] for row in read(data / "held_out.jsonl")}
    right = [row["prediction"] == answers[row["id"]] for row in read(folder / "predictions.jsonl")]
    lines = [line for line in read(folder / "metrics.jsonl") if line["step"] > 0]
    return {"held_out_exact": round(statistics.fmean(right), 4), "seconds": round(seconds, 1), **shape(lines)}


def shape(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The curves at a glance: mean over the first five, and the last ten, steps."""
    keys = ("reward", "rewards/true_exact/mean", "entropy", "frac_reward_zero_std", "grad_norm", "kl", "loss")
    found = {}
    for key in keys:
        values = [float(line[key]) for line in lines if line.get(key) is not None]
        if values:
            found[key] = [round(statistics.fmean(part), 4) for part in (values[:5], values[-10:])]
    return found


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_data(place: Path) -> None:
    """The study's data: what is held out are its validation and sealed rows."""
    from lab.data.builtin import load_builtin
    from lab.data.split import split

    table = load_builtin("addition", 0)
    rows, ids = {row["id"]: row for row in table.rows}, split(table, 0)
    write(place / "train.jsonl", [{k: rows[i][k] for k in ("id", "input", "answer")} for i in ids["train"]])
    held_out = [rows[i] for i in (*ids["validation"], *ids["sealed"])]
    write(place / "held_out.jsonl", [{k: row[k] for k in ("id", "answer")} for row in held_out])
    write(place / "held_out_inputs.jsonl", [{k: row[k] for k in ("id", "input")} for row in held_out])


def keep_stream(metrics: Path, to: Path) -> None:
    """A run's metrics, rounded, for whoever builds detectors."""
    to.parent.mkdir(parents=True, exist_ok=True)
    write(to, [{k: rounded(v) for k, v in line.items() if k not in LEFT_OUT} for line in read(metrics)])


def rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 10), metavar=("FROM", "TO"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--streams", type=Path, help="keep the metrics of the first seeds here")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    asked = parser.parse_args()
    asked.streams = asked.streams and asked.streams.absolute()
    os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    with tempfile.TemporaryDirectory() as place, ProcessPoolExecutor(asked.workers, get_context("spawn")) as pool:
        write_data(Path(place))
        jobs = []
        for seed in range(*asked.seeds):
            names = list(VARIANTS if seed < FIRST else EVERY_SEED)
            jobs.append(pool.submit(measure, seed, place, names, asked.streams))
        measured = {job.result()["seed"]: job.result() for job in jobs}
    if asked.out.is_file():  # other seeds may have been measured before
        measured = {result["seed"]: result for result in json.loads(asked.out.read_text())} | measured
    results = [measured[seed] for seed in sorted(measured)]
    asked.out.write_text(json.dumps(results, indent=1) + "\n")
    for name in ("start", *VARIANTS):
        scores = [result["runs"][name]["held_out_exact"] for result in results if name in result["runs"]]
        print(
            f"{name:12} n={len(scores):2} mean={statistics.fmean(scores):.3f} from {min(scores):.3f} to {max(scores):.3f}"
        )


if __name__ == "__main__":
    main()
