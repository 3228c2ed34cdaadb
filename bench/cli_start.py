"""How long a person waits for `postgrad --help`, `--version` and `show`. Run: python bench/cli_start.py [times]"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIMIT = 0.5
"""Seconds that `--help` may take."""


def seconds(words: list[str], home: str) -> float:
    began = time.perf_counter()
    environment = {"POSTGRAD_HOME": home, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "app", *words], capture_output=True, check=False, env=environment)
    return time.perf_counter() - began


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as home:
        for words in (["--help"], ["--version"], ["run", "--help"], ["study"], ["runs"], ["graph"]):
            seconds(words, home)  # the first one compiles
            took = sorted(seconds(words, home) for _ in range(times))
            mark = "" if words != ["--help"] else "  (limit 0.5: " + ("kept)" if took[-1] < LIMIT else "broken)")
            said = f"median {statistics.median(took):.3f} s, slowest {took[-1]:.3f} s"
            print(f"postgrad {' '.join(words):<12} {said}{mark}")


if __name__ == "__main__":
    main()
