"""Killing an agent again and again, and counting afterwards what was begun, repeated or left behind."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from lab.ledger.files import read_json, read_lines

Start = Callable[[], "subprocess.Popen[Any]"]
"""Begins the run, or resumes it."""


@dataclass
class Siege:
    """One run, killed at many moments."""

    home: Path
    run: str
    start: Start
    ends_with: tuple[int, ...] = (0,)
    """Exit codes of a run that came to its end."""
    kills: list[str] = field(default_factory=list)
    """Where the run stood when it was killed."""

    @property
    def journal(self) -> Path:
        return self.home / "runs" / self.run / "journal.jsonl"

    def entered(self) -> list[dict[str, Any]]:
        return [line for line in read_lines(self.journal) if line["kind"] == "enter"]

    def kill_when(self, reached: Callable[[], bool], patience: float = 180.0) -> bool:
        """Let it work until then, and kill it; False when it ended first."""
        agent = self.start()
        deadline = time.monotonic() + patience
        while agent.poll() is None and not reached():
            assert time.monotonic() < deadline, f"{self.run} stands still after {len(self.entered())} stages"
            time.sleep(0.005)
        if agent.poll() is not None:
            assert agent.returncode in self.ends_with, f"it ended with {agent.returncode} after {self.kills[-1:]}"
            return False
        agent.kill()
        agent.wait()
        self.kills.append(self.entered()[-1]["stage"] if self.journal.exists() else "before the first stage")
        return True

    def at_each_stage(self, kind: str = "enter") -> None:
        """Kill it as soon as each stage of the run has begun, or has just ended."""

        def steps() -> list[int]:
            return [line["step"] for line in read_lines(self.journal) if line["kind"] == kind]

        step = 1
        while self.kill_when(lambda: max(steps(), default=0) >= step):  # noqa: B023  used at once
            step = max(steps()) + 1

    def at_random(self, chance: random.Random, count: int, longest: float) -> None:
        """Kill it after random times, then let it finish."""
        for _ in range(count):
            until = time.monotonic() + chance.uniform(0.0, longest)
            if not self.kill_when(lambda: time.monotonic() > until):  # noqa: B023  used at once
                return
        assert not self.kill_when(lambda: False)


def siege(home: Path, task: dict[str, Any]) -> Siege:
    """A run driven by an agent in a process of its own."""
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": f"{here.parents[1]}{os.pathsep}{here}", "POSTGRAD_HOME": str(home)}
    command = [sys.executable, str(here / "drive.py"), str(home), json.dumps(task)]
    return Siege(home, task["name"], lambda: subprocess.Popen(command, env=environment, cwd=here))


@dataclass(frozen=True)
class Count:
    """What a run left behind."""

    steps: int
    entered: int
    twice: list[str]
    """Attempts that began more than once."""
    never: list[str]
    """Attempts said to be finished that never began."""
    trainings: dict[str, int]
    left: list[int]
    """Processes that are still there."""

    @property
    def repeated(self) -> int:
        return self.entered - self.steps


def count(home: Path, run: str) -> Count:
    place = home / "runs" / run
    lines = list(read_lines(place / "journal.jsonl"))
    steps = [line["step"] for line in lines if line["kind"] == "leave"]
    begun: Counter[str] = Counter()
    for path in place.rglob("starts.jsonl"):
        for line in read_lines(path):
            begun[(path.parent / "attempts" / line["attempt"]).relative_to(place).as_posix()] += 1
    finished = [
        path.parent.relative_to(place).as_posix()
        for path in place.rglob("attempts/*/status.json")
        if read_json(path).get("state") == "finished"
    ]
    return Count(
        steps=len(set(steps)), entered=sum(line["kind"] == "enter" for line in lines),
        twice=[name for name, times in begun.items() if times > 1], never=[name for name in finished if not begun[name]],
        trainings={
            path.parent.name: sum(line["kind"] == "train" for line in read_lines(path))
            for path in sorted(place.glob("experiments/*/starts.jsonl"))
        },
        left=processes_of(home),
    )  # fmt: skip


def processes_of(home: Path) -> list[int]:
    """Processes that name this home in their command or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            said = " ".join([*process.cmdline(), *process.environ().values()])
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if process.pid != os.getpid() and str(home) in said:
            found.append(process.pid)
    return found
