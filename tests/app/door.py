"""The command as a person or a program would call it: its entry point in this process, or a process of its own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "app"]
SAID_ONCE = "TIKTOKEN_CACHE_DIR"
"""LiteLLM says there, the first time it counts, where its tokenizers lie; forgotten, it would fetch them from the network."""


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
        kept = {key: value for key, value in os.environ.items() if not key.endswith("_API_KEY")}
        own = {"POSTGRAD_HOME": str(self.home), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "COLUMNS": "200"}
        return {**kept, **own, "PYTHONPATH": str(ROOT), **more}

    def __call__(self, *words: str, **more: str) -> Said:
        """In this process: what it needs is imported once, not once a call."""
        from app.cli import main

        out, err, code = io.StringIO(), io.StringIO(), 0
        with (
            patch.dict(os.environ, self.environment(**more), clear=True), patch.object(sys, "argv", ["postgrad", *words]),
            contextlib.chdir(self.cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err),
        ):  # fmt: skip
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
            tokenizers = os.environ.get(SAID_ONCE)
        if tokenizers is not None:
            os.environ[SAID_ONCE] = tokenizers
        return Said(code, out.getvalue(), err.getvalue())

    def apart(self, *words: str, seconds: float = 240, **more: str) -> Said:
        """In a process of its own."""
        done = subprocess.run(
            [*COMMAND, *words], capture_output=True, text=True, timeout=seconds, cwd=self.cwd,
            env=self.environment(**more), check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """In a process of its own, not waited for."""
        return subprocess.Popen(
            [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.cwd,
            env=self.environment(), stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def refused(self, *words: str) -> str:
        """What it says in one line when it does not do as told; nothing is created."""
        before = sorted(self.home.rglob("*"))
        said = self(*words)
        assert (said.code, said.out) == (2, ""), said
        assert sorted(self.home.rglob("*")) == before
        assert said.err.count("\n") == 1, said.err
        return said.err.removeprefix("postgrad: ").rstrip("\n")
