"""Waiting for real processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.compute.engine import Job, JobStatus
from lab.compute.local import LocalEngine
from lab.compute.processes import started
from lab.compute.sandbox import probe

Experiment = Callable[..., Job]
needs_bwrap = pytest.mark.skipif(probe().level != "bwrap", reason=f"isolation not tested: {probe().why}")


def until(engine: LocalEngine, job: Job, *states: str) -> JobStatus:
    """Wait for one of these states, or for the end."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status = engine.status(job)
        if status.state in states or status.final:
            return status
        time.sleep(0.01)
    raise AssertionError(f"{job.id} is still {engine.status(job)}")


def until_written(path: Path) -> str:
    """Wait for a line in a file."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.exists() and path.read_text().endswith("\n"):
            return path.read_text().strip()
        time.sleep(0.01)
    raise AssertionError(f"nothing was written to {path}")


def until_gone(pid: int | None) -> None:
    """Wait until no such process is left."""
    deadline = time.monotonic() + 60
    while pid and started(pid):
        assert time.monotonic() < deadline, f"{pid} is still there"
        time.sleep(0.01)
