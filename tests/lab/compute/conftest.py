"""Experiments that are folders, and jobs that are processes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from real_jobs import Experiment

from lab.compute.engine import Job
from lab.compute.harness import install_harness
from lab.compute.local import LocalEngine


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def experiment(tmp_path: Path) -> Iterator[Experiment]:
    """Makes an experiment's folder round a script; whatever still runs at the end of the test is stopped."""
    jobs: list[Job] = []

    def make(script: str, name: str = "e001", attempt: str = "1", **fields: Any) -> Job:
        folder = tmp_path / "runs" / "r" / "experiments" / name
        folder.mkdir(parents=True, exist_ok=True)
        install_harness(folder)
        (folder / "config.json").write_text(json.dumps({"seed": 7}))
        (folder / "train.py").write_text(script)
        given = {"kind": "train", "argv": ("train", "--config", "config.json"), "seconds": 60.0, **fields}
        jobs.append(Job(id=f"r/{name}/{attempt}", folder=str(folder), attempt=attempt, **given))
        return jobs[-1]

    yield make
    for job in jobs:
        LocalEngine(tmp_path / "home").cancel(job, "the test is over", grace=0.0)
