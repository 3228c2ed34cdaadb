"""One holder a run, between processes and within one; a holder that dies lets go."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.ledger import locks
from state.errors import Busy, EnvironmentTrouble

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys, time
from pathlib import Path
from lab.ledger import locks
locks.acquire(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@contextmanager
def held_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "wine" / "lock"


def test_a_second_process_is_told_that_the_run_is_busy(lock: Path) -> None:
    with held_elsewhere(lock):
        for take in (locks.acquire, locks.join):
            with pytest.raises(Busy, match="wine is being worked on by another process") as told:
                take(lock)
            assert "\n" not in str(told.value)
        assert locks.busy(lock)


def test_a_killed_holder_lets_go(lock: Path) -> None:
    with held_elsewhere(lock) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert not locks.busy(lock)
        locks.acquire(lock)
        assert locks.busy(lock)
        locks.release(lock)
    assert not locks.busy(lock)


def test_a_second_invocation_in_one_process_is_told_so_too(lock: Path) -> None:
    locks.acquire(lock)
    with pytest.raises(Busy, match="by this process already"):
        locks.acquire(lock)
    locks.release(lock)
    locks.acquire(lock)
    locks.release(lock)


def test_a_stage_that_outlives_its_invocation_keeps_others_out(lock: Path) -> None:
    locks.acquire(lock)
    locks.join(lock)
    locks.release(lock)  # the invocation is cancelled, its stage still works in a thread
    with pytest.raises(Busy):
        locks.acquire(lock)
    threading.Timer(0.2, locks.release, [lock]).start()
    locks.acquire(lock, patience=10.0)
    locks.release(lock)
    assert not locks.busy(lock)


def test_runs_do_not_hold_each_other(lock: Path) -> None:
    other = lock.parent.with_name("iris") / "lock"
    with held_elsewhere(other):
        locks.acquire(lock)
        assert locks.busy(lock)
        assert locks.busy(other)
        locks.release(lock)
        assert not locks.busy(lock)
        assert locks.busy(other)


def test_asking_whether_a_run_is_held_makes_nothing(lock: Path) -> None:
    assert not locks.busy(lock)
    assert not lock.parent.exists()


def test_a_child_does_not_inherit_the_lock(lock: Path) -> None:
    """A training that outlives the agent must not keep the run busy."""
    locks.acquire(lock)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
    try:
        locks.release(lock)
        time.sleep(0.1)
        assert not locks.busy(lock)
    finally:
        child.kill()
        child.wait()


def test_a_place_that_can_not_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where a folder should be")
    with pytest.raises(EnvironmentTrouble, match="can't write") as told:
        locks.acquire(tmp_path / "runs" / "wine" / "lock")
    assert "\n" not in str(told.value)
