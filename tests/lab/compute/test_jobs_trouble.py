"""A disk that is full or shut is one line for a person, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_jobs import Experiment, until

from lab.compute.engine import Job
from lab.compute.folder import starts
from lab.compute.harness import install_harness
from lab.compute.local import LocalEngine
from state.errors import EnvironmentTrouble, UserError


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a full disk not tested: needs root to mount one")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def on_disk(disk: Path, script: str = "print(1)\n") -> Job:
    folder = disk / "e1"
    folder.mkdir()
    install_harness(folder)
    (folder / "train.py").write_text(script)
    return Job(id="r/e1/1", kind="train", folder=str(folder), attempt="1", argv=("train",), seconds=60)


def fill(disk: Path) -> Path:
    path = disk / "filler"
    with path.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(b"x" * 4096)
    return path


def test_a_full_disk(home: Path, small_disk: Path) -> None:
    engine = LocalEngine(home)
    job = on_disk(small_disk)
    filler = fill(small_disk)
    with pytest.raises(EnvironmentTrouble, match=r"^job r/e1/1 can't be started: No space .*; free some space") as said:
        engine.submit(job)
    assert "\n" not in str(said.value)
    filler.unlink()
    engine.submit(job)
    assert until(engine, job).state == "finished"
    assert starts(Path(job.folder)) == 1


def test_a_disk_that_fills_up_while_a_job_runs(home: Path, small_disk: Path) -> None:
    """How it ended is written into blocks set aside for it."""
    script = "print('x' * 1000000)\nopen('more', 'wb').write(bytes(1000000))\n"
    engine = LocalEngine(home)
    job = on_disk(small_disk, script)
    engine.submit(job)
    status = until(engine, job)
    assert (status.state, status.rc) == ("failed", 1)
    assert "No space left on device" in status.why


def test_a_disk_that_may_not_be_written(home: Path, small_disk: Path) -> None:
    job = on_disk(small_disk)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(EnvironmentTrouble, match=r"Read-only file system: .*; make it writable, then resume$"):
        LocalEngine(home).submit(job)


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions not tested: root may write everywhere")
def test_a_folder_that_may_not_be_written(home: Path, experiment: Experiment) -> None:
    job = experiment("print(1)")
    Path(job.folder).chmod(0o500)
    try:
        with pytest.raises(EnvironmentTrouble, match=r"make it writable, then resume$"):
            LocalEngine(home).submit(job)
    finally:
        Path(job.folder).chmod(0o700)


def test_a_file_where_a_folder_should_be(home: Path, experiment: Experiment) -> None:
    job = experiment("print(1)")
    (Path(job.folder) / "attempts").write_text("")
    with pytest.raises(EnvironmentTrouble, match=r"look at that path, then resume$"):
        LocalEngine(home).submit(job)
    (Path(job.folder) / "attempts").unlink()


def test_a_home_that_is_a_file(tmp_path: Path, experiment: Experiment) -> None:
    job = experiment("print(1)")
    (tmp_path / "other").write_text("")
    with pytest.raises(EnvironmentTrouble, match=r"look at that path, then resume$"):
        LocalEngine(tmp_path / "other").submit(job)


def test_a_folder_without_a_harness(home: Path, tmp_path: Path) -> None:
    job = Job(id="r/e1/1", kind="train", folder=str(tmp_path), attempt="1", argv=("train",), seconds=60)
    with pytest.raises(UserError, match=r"has no run.py; install the harness first$"):
        LocalEngine(home).submit(job)


def test_an_interpreter_that_is_gone(home: Path, experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    job = experiment("print(1)")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(EnvironmentTrouble, match="No such file or directory: /nowhere/python"):
        LocalEngine(home).submit(job)
    monkeypatch.undo()
    engine = LocalEngine(home)
    engine.submit(job)
    assert until(engine, job).state == "finished"


@pytest.mark.parametrize("fields", [{"folder": "relative"}, {"attempt": "../2"}, {"attempt": ""}, {"seconds": 0.0}])
def test_a_job_that_makes_no_sense(fields: dict[str, object]) -> None:
    good = Job(id="r/e1/1", kind="train", folder="/x", attempt="1", argv=("train",), seconds=60)
    with pytest.raises(ValueError, match="job r/e1/1"):
        Job.from_dict({**good.to_dict(), **fields})
    assert Job.from_dict(good.to_dict()) == good
