"""An experiment folder as the agent lays it out, for tests that run a bundled script through its command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.recipes.registry import recipes

Row = dict[str, Any]


class Folder:
    """One experiment: script, config and data; run it and read what it left."""

    def __init__(self, path: Path, recipe: str, rows: Sequence[Row], **changes: Any) -> None:
        self.path = path
        self.spec = recipes()[recipe]
        self.config = {**self.spec.default, **changes}
        (path / "data").mkdir(parents=True)
        shutil.copy(self.spec.script, path / "train.py")
        write_rows(path / "data/train.jsonl", rows)
        self.configure(self.config)

    def configure(self, config: Mapping[str, Any]) -> None:
        (self.path / "config.json").write_text(json.dumps(config))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "train.py", words[0], "--config", "config.json", *words[1:]]
        env = {**os.environ, "OMP_NUM_THREADS": "1"}
        return subprocess.run(command, cwd=self.path, env=env, capture_output=True, text=True, timeout=200, check=False)

    def train(self, *words: str) -> list[Row]:
        done = self.run("train", *words)
        assert done.returncode == 0, done.stderr
        return self.metrics()

    def metrics(self) -> list[Row]:
        """What was logged, without the clock."""
        return [{k: v for k, v in line.items() if k != "time"} for line in read_rows(self.path / "metrics.jsonl")]

    def predict(self, inputs: Sequence[Any]) -> list[Row]:
        write_rows(self.path / "inputs.jsonl", [{"id": str(i), "input": value} for i, value in enumerate(inputs)])
        done = self.run("predict", "--inputs", "inputs.jsonl", "--out", "predictions.jsonl")
        assert done.returncode == 0, done.stderr
        return read_rows(self.path / "predictions.jsonl")


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def read_rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().splitlines()]
