"""`kill -9` all over the first study, and what it cost: `python -m bench.kills [--study NAME] [--random N] [--seed N]`.

One run is left alone. A second one, of the same seed, is killed as each of its stages begins; a third at random moments.
Each is resumed by the command line every time. The table says where they were killed, what was repeated, what began
twice, what was left behind, and whether the results are the same.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from graph import open_graph
from tests.graph.kills import Siege, count

ROOT = Path(__file__).parents[1]
ENDS = (0, 3)
"""Target met, or missed and honestly reported."""
SAME = ("ending", "examination", "reproduction", "baseline", "best", "ablation", "diagnoses", "counters")
"""Of the diagnoses the causes and their order: how many lines a job logs before it is stopped is a matter of moments."""


def siege(home: Path, study: str) -> Siege:
    environment = {**os.environ, "POSTGRAD_HOME": str(home), "OMP_NUM_THREADS": "1"}

    def start() -> subprocess.Popen[Any]:
        known = (home / "runs" / study / "run.json").exists()
        words = ["resume", study] if known else ["study", study, "--name", study]
        command = [sys.executable, "-m", "app", *words]
        return subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    return Siege(home, study, start, ENDS)


def result(home: Path, run: str) -> dict[str, Any]:
    """What must not depend on kills; the time a thing took does."""
    with open_graph(home) as graph:
        values = graph.get_state(graph.config_for(run)).values
    found = {key: values.get(key) for key in SAME}
    return {**found, "diagnoses": [each["cause"] for each in found["diagnoses"] or []]}


def show(name: str, attacked: Siege, seconds: float, alone: dict[str, Any] | None) -> bool:
    counted = count(attacked.home, attacked.run)
    found = result(attacked.home, attacked.run)
    different = [] if alone is None else [key for key in SAME if found[key] != alone[key]]
    sound = not (counted.twice or counted.never or counted.left or different)
    sound = sound and counted.repeated <= len(attacked.kills)
    print(f"\n{name}: {seconds:.0f} s, {found['ending']['outcome']}: {found['ending']['reason']}")
    print(
        f"  kills {len(attacked.kills)}; stages finished {counted.steps}, entered {counted.entered}, repeated {counted.repeated}"
    )
    print(
        f"  killed at: {', '.join(f'{stage} {n}' for stage, n in Counter(attacked.kills).most_common()) or 'nothing'}"
    )
    print(f"  trainings that began: {', '.join(f'{e} {n}' for e, n in counted.trainings.items())}")
    print(
        f"  attempts that began twice: {counted.twice or 'none'}; finished but never began: {counted.never or 'none'}"
    )
    print(
        f"  processes left: {counted.left or 'none'}; other than undisturbed: {', '.join(different) or 'nothing'}",
        flush=True,
    )
    return sound


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", default="reward-collapse")
    parser.add_argument("--random", type=int, default=15, help="kills at random moments")
    parser.add_argument("--longest", type=float, default=25.0, help="seconds between two of them, at most")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random moments")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        place = Path(folder)
        names = ("undisturbed", "killed as each stage begins", "killed at random moments")
        alone: dict[str, Any] | None = None
        sound = True
        for number, name in enumerate(names):
            attacked = siege(place / str(number), said.study)
            began = time.monotonic()
            if number == 0:
                attacked.kill_when(lambda: False, patience=3_600)
            elif number == 1:
                attacked.at_each_stage()
            else:
                attacked.at_random(random.Random(said.seed), said.random, said.longest)
            sound = show(name, attacked, time.monotonic() - began, alone) and sound
            alone = alone or result(attacked.home, attacked.run)
    print(f"\n{'all sound' if sound else 'NOT SOUND'}")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
