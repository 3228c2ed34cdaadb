"""The real command in a process of its own, as a person or a program would call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "app"]


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def object(self) -> Any:
        """The one object on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Door:
    """`postgrad` with a home of its own."""

    home: Path
    cwd: Path

    def environment(self, **more: str) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key not in ("HF_HUB_OFFLINE", "POSTGRAD_HOME")}
        return {
            **kept, "POSTGRAD_HOME": str(self.home), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1", "COLUMNS": "200", **more,
        }  # fmt: skip

    def __call__(self, *words: str, seconds: float = 240, **more: str) -> Said:
        done = subprocess.run(
            [*COMMAND, *words], capture_output=True, text=True, timeout=seconds, cwd=self.cwd,
            env=self.environment(**more), check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """The same, not waited for."""
        return subprocess.Popen(
            [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.cwd,
            env=self.environment(), stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def refused(self, *words: str) -> str:
        """What it says in one line when it does not do as told; nothing is created."""
        before = self.home.exists()
        said = self(*words)
        assert said.code == 2, said
        assert said.out == ""
        assert self.home.exists() == before
        line = said.err.removeprefix("postgrad: ")
        assert line.count("\n") == 1, said.err
        assert "Traceback" not in line
        return line.rstrip("\n")
