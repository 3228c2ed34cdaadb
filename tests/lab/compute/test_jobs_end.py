"""A job ends when it is told to, with all its children, and says how it ended."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import pytest
from real_jobs import Experiment, needs_bwrap, until, until_gone, until_written

from lab.compute.engine import Job
from lab.compute.folder import starts
from lab.compute.local import LocalEngine
from lab.compute.processes import marked
from lab.compute.sandbox import SandboxLevel
from lab.compute.watch import LOG_BYTES

LEVELS = [pytest.param("bwrap", marks=needs_bwrap), "plain"]

# A child that ignores TERM, one in a session of its own, and one that also sheds its environment; then wait.
FAMILY = """
import os, signal, subprocess, sys, time
stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", stubborn, os.getcwd()])
subprocess.Popen([sys.executable, "-c", stubborn, os.getcwd()], start_new_session=True)
subprocess.Popen([sys.executable, "-c", stubborn, os.getcwd()], start_new_session=True, env={})
print("all here", flush=True)
"""


def marks(job: Job) -> dict[str, str]:
    given: dict[str, str] = json.loads((job.place / "job.json").read_text())["marks"]
    return given


def sleepers(job: Job) -> set[int]:
    """Every stubborn child of this job that lives, whatever it did to its environment."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and (entry / "cmdline").read_bytes().endswith(f"\0{job.folder}\0".encode()):
                found.add(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


@pytest.mark.parametrize("level", LEVELS)
def test_stop_takes_the_whole_family(home: Path, experiment: Experiment, level: SandboxLevel) -> None:
    job = experiment(FAMILY + "time.sleep(600)\n")
    engine = LocalEngine(home, demand=level)
    engine.submit(job)
    until_written(job.place / "log.txt")
    assert len(sleepers(job)) == 3
    status = engine.cancel(job, "reward collapsed at step 12", grace=0.3)
    assert (status.state, status.why, status.sandbox) == ("stopped", "reward collapsed at step 12", level)
    assert not sleepers(job)
    assert marked(marks(job)) == []
    assert engine.cancel(job, "again").why == "reward collapsed at step 12"


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_is_left_of_a_job_that_ended_itself(home: Path, experiment: Experiment, level: SandboxLevel) -> None:
    job = experiment(FAMILY)
    engine = LocalEngine(home, demand=level)
    engine.submit(job)
    assert until(engine, job).state == "finished"
    assert not sleepers(job)


@pytest.mark.parametrize("level", LEVELS)
def test_a_job_told_to_end_may_save_first(home: Path, experiment: Experiment, level: SandboxLevel) -> None:
    script = """
import pathlib, signal, sys, time
def save(*_):
    pathlib.Path("saved").write_text("yes")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print("ready", flush=True)
time.sleep(600)
"""
    job = experiment(script)
    engine = LocalEngine(home, demand=level)
    engine.submit(job)
    until_written(job.place / "log.txt")
    assert engine.cancel(job, "enough", grace=30.0).state == "stopped"
    assert (Path(job.folder) / "saved").read_text() == "yes"


def test_stop_while_queued(home: Path, experiment: Experiment) -> None:
    engine = LocalEngine(home, slots=1)
    first, second = experiment("import time; time.sleep(600)", "first"), experiment("print(1)", "second")
    engine.submit(first)
    until(engine, first, "running")
    engine.submit(second)
    assert engine.cancel(second, "not needed any more").state == "stopped"
    assert starts(Path(second.folder)) == 0


def test_stop_before_the_start_forbids_it(home: Path, experiment: Experiment) -> None:
    engine = LocalEngine(home)
    job = experiment("print(1)")
    assert engine.cancel(job, "changed my mind").state == "stopped"
    assert engine.submit(job).state == "stopped"
    assert starts(Path(job.folder)) == 0


def test_two_stops_at_once(home: Path, experiment: Experiment) -> None:
    engine = LocalEngine(home)
    job = experiment("import time; time.sleep(600)")
    engine.submit(job)
    until(engine, job, "running")
    threads = [threading.Thread(target=engine.cancel, args=(job, f"why {number}")) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert engine.status(job).state == "stopped"


@pytest.mark.parametrize("level", LEVELS)
def test_time_limit(home: Path, experiment: Experiment, level: SandboxLevel) -> None:
    job = experiment("import time; time.sleep(600)", seconds=0.5)
    engine = LocalEngine(home, demand=level)
    engine.submit(job)
    status = until(engine, job)
    assert (status.state, status.why) == ("failed", "time limit 0.5 s")
    assert status.rc == 128 + signal.SIGTERM
    assert status.started_at and status.ended_at and status.queued_at


def test_how_it_failed(home: Path, experiment: Experiment) -> None:
    engine = LocalEngine(home)
    endings = {
        "raise ValueError('bad rows')": (1, "exit code 1: ValueError: bad rows"),
        "import sys; sys.exit(3)": (3, "exit code 3"),
        "import os; os.kill(os.getpid(), 9)": (137, "killed by SIGKILL: out of memory?"),
        "import os; os.kill(os.getpid(), 11)": (139, "killed by SIGSEGV"),
    }
    jobs = [experiment(script, f"e{number}") for number, script in enumerate(endings)]
    for job in jobs:
        engine.submit(job)
    for job, (rc, why) in zip(jobs, endings.values(), strict=True):
        status = until(engine, job)
        assert (status.state, status.rc, status.why) == ("failed", rc, why)


@pytest.mark.parametrize("level", LEVELS)
def test_memory_limit_of_one_process(home: Path, experiment: Experiment, level: SandboxLevel) -> None:
    job = experiment("data = bytearray(1 << 30)\n", memory_mb=256)
    engine = LocalEngine(home, demand=level)
    engine.submit(job)
    assert until(engine, job).why == "exit code 1: MemoryError"


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
def test_memory_limit_of_a_family(home: Path, experiment: Experiment, level: SandboxLevel) -> None:
    script = """
import subprocess, sys, time
for _ in range(4):
    subprocess.Popen([sys.executable, "-c", "import time; data = b'x' * (100 << 20); time.sleep(600)"])
time.sleep(600)
"""
    job = experiment(script, memory_mb=256)
    engine = LocalEngine(home, demand=level)
    engine.submit(job)
    assert until(engine, job).why == "memory limit 256 MB, all its processes together: out of memory"


def test_what_a_lost_job_left_is_swept(home: Path, experiment: Experiment) -> None:
    """Without a sandbox only the job itself dies with its warden; whoever comes next ends the rest."""
    engine = LocalEngine(home, demand="plain")
    for attempt, sweep in (("1", engine.cancel), ("2", None)):
        job = experiment(FAMILY + "time.sleep(600)\n", attempt=attempt)
        engine.submit(job)
        until_written(job.place / "log.txt")
        pid = until(engine, job, "running").pid
        os.kill(json.loads((job.place / "status.json").read_text())["warden"][0], signal.SIGKILL)
        until_gone(pid)
        assert marked(marks(job))
        if sweep:
            assert sweep(job, "gone").state == "lost"
        else:
            engine.submit(experiment("print(1)", attempt="3"))
        assert marked(marks(job)) == []
    for pid in sleepers(job):  # those that shed their environment: beyond reach once the warden is dead
        os.kill(pid, signal.SIGKILL)


def test_a_warden_that_does_not_answer_is_killed(
    home: Path, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.compute.local._PATIENCE", 0.5)
    engine = LocalEngine(home)
    job = experiment("import time; time.sleep(600)")
    engine.submit(job)
    pid = until(engine, job, "running").pid
    os.kill(json.loads((job.place / "status.json").read_text())["warden"][0], signal.SIGSTOP)
    status = engine.cancel(job, "enough", grace=0.0)
    assert (status.state, status.why) == ("stopped", "enough; its warden did not answer and was killed")
    until_gone(pid)


@pytest.mark.slow
def test_output_is_read_on_and_its_log_is_bounded(home: Path, experiment: Experiment) -> None:
    script = "import os\nfor _ in range(3000):\n    os.write(1, b'gradient ' * 116509)\n"  # about 3 GB
    job = experiment(script)
    engine = LocalEngine(home)
    engine.submit(job)
    assert until(engine, job).state == "finished"
    size = (job.place / "log.txt").stat().st_size
    assert LOG_BYTES < size < LOG_BYTES + (1 << 17)
    assert engine.log(job, size - 40)[0].endswith("[the log ends here: more than 20 MB]\n")


def test_a_log_is_read_piece_by_piece(home: Path, experiment: Experiment) -> None:
    text = "Grüße, 世界\n" * 3
    job = experiment(f"print({text!r}, end='')")
    engine = LocalEngine(home)
    assert engine.log(job) == ("", 0)
    engine.submit(job)
    until(engine, job)
    pieces, at = [], 0
    while (piece := engine.log(job, at, limit=4)) != ("", at):
        pieces.append(piece[0])
        at = piece[1]
    assert "".join(pieces) == text
