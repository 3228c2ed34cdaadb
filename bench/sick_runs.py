"""Make real trainings, well and sick: `python -m bench.sick_runs --out DIR [--seeds 1 2 3] [--faults NAME ...]`.

Each is a TRL or transformers training of a tiny model; a fault begins at a known step. A fault that does not show in the
numbers within a quarter of the plan is dropped, as is a healthy run that does not learn; both are told. Beside the streams
stands index.json: what each run is, where it falls sick, what a detector should say.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from bench.sick.broken import BROKEN
from bench.sick.cases import Case
from bench.sick.healthy import HEALTHY
from bench.sick.proof import kept, learned, shown
from bench.sick.record import Lines, Plan, write

CASES = {f"healthy_{case.name}": case for case in HEALTHY} | {case.name: case for case in BROKEN}

WON = ("reward", "rewards/true_score/mean", "rewards/margins")
"""What a healthy run may not lose again."""


def quiet() -> None:
    import torch
    from datasets import disable_progress_bars
    from transformers.utils import logging

    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    disable_progress_bars()


def slowed(lines: Lines, onset: int, seed: int) -> Lines:
    """The same lines with a stall written into their times."""
    chance, lost, changed, last = random.Random(seed), 0.0, [], lines[0]["time"]
    for line in lines:
        if line["step"] > onset:
            lost += chance.uniform(40, 90)
        now = round(line["time"] + lost, 3)
        changed.append({**line, "time": now, "step_seconds": now - last})
        last = now
    return changed


def turned(lines: Lines) -> int:
    """The step of the lowest held-out loss: overfitting begins there."""
    held = [(line["eval_loss"], line["step"]) for line in lines if "eval_loss" in line]
    return int(min(held)[1])


def one(name: str, case: Case, seed: int, out: Path, starts: Path) -> tuple[list[dict[str, Any]], str]:
    """Train a case; its records (none if it does not show what it should) and the numbers."""
    planned = case.onset(seed)
    plan = Plan(seed, case.steps, planned, starts)
    lines, onset = case.make(plan), planned
    if name == "sft_overfit":
        onset = turned(lines)
    if name == "sft_stalled":
        lines = slowed(lines, onset or 0, seed)
    checks = [
        learned(lines, case.steps, w) if onset is None else shown(lines, onset, case.steps, w) for w in case.shows
    ]
    if onset is None:
        checks += [kept(lines, key) for key in WON if key in lines[-1]]
    lines = [{k: v for k, v in line.items() if k != "step_seconds"} for line in lines]
    told = "; ".join(("" if fine else "NOT ") + text for fine, text in checks)
    if not all(fine for fine, _ in checks):
        return [], told
    record = {
        "name": f"{name}-{seed}",
        "trainer": case.trainer,
        "fault": name,
        "healthy": not case.onsets,
        "expect": list(case.expect),
        "severity": case.severity,
        "onset": onset,
        "planned": case.steps,
        "seed": seed,
        "config": plan.config,
        "shows": told,
    }
    record |= {"stop_ok": True} if case.stop_ok else {}
    record |= {"rewritten": case.rewritten} if case.rewritten else {}
    write(lines, out / f"{record['name']}.jsonl.gz")
    if name != "sft_cloned":
        return [record], told
    first = record | {"name": f"sft_cloned_first-{seed}", "fault": "healthy_cloned_first", "healthy": True,
                      "expect": [], "severity": "none", "onset": None}  # fmt: skip
    del first["rewritten"], first["stop_ok"]
    write(lines, out / f"{first['name']}.jsonl.gz")
    config = plan.config | {"learning_rate": plan.config["learning_rate"] / 2, "seed": seed + 1}
    return [first, record | {"clone_of": first["name"], "config": config}], told


def main() -> None:
    os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--faults", nargs="+", default=list(CASES), choices=list(CASES), metavar="NAME")
    parser.add_argument("--starts", type=Path, help="keep the warm starts here, to use them again")
    asked = parser.parse_args()
    quiet()
    index = asked.out / "index.json"
    asked.out.mkdir(parents=True, exist_ok=True)
    kept = {record["name"]: record for record in (json.loads(index.read_text()) if index.exists() else [])}
    dropped = []
    with tempfile.TemporaryDirectory() as scratch:
        starts = asked.starts or Path(scratch)
        for seed in asked.seeds:
            for name in asked.faults:
                began = time.monotonic()
                records, told = one(name, CASES[name], seed, asked.out, starts)
                kept |= {record["name"]: record for record in records}
                dropped += [] if records else [f"{name}-{seed}"]
                print(f"{name:30} {seed:4} {time.monotonic() - began:5.1f} s  {told}", flush=True)
                rows = [json.dumps(kept[key]) for key in sorted(kept)]
                index.write_text("[\n" + ",\n".join(rows) + "\n]\n")
    print(f"{len(kept)} runs in {index}; dropped because they do not show what they should: {dropped or 'none'}")


if __name__ == "__main__":
    main()
