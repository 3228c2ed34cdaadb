"""A job starts exactly once, whoever dies when."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from real_jobs import Experiment, until, until_gone, until_written

from lab.compute.engine import Job
from lab.compute.folder import starts
from lab.compute.local import LocalEngine
from lab.compute.sandbox import SandboxLevel
from state.errors import UserError

QUIET = "print('done')\n"
WAITS = "import time\nprint('here', flush=True)\ntime.sleep(600)\n"


def fork_and_submit(engine: LocalEngine, job: Job) -> int:
    """A submitter in a process of its own; its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        engine.submit(job)
    finally:
        os._exit(0)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def warden(job: Job) -> int:
    return int(json.loads((job.place / "status.json").read_text())["warden"][0])


@pytest.mark.slow
@pytest.mark.parametrize("level", [None, "plain"])
def test_submitter_killed_at_any_moment(home: Path, experiment: Experiment, level: SandboxLevel | None) -> None:
    engine = LocalEngine(home, slots=2, demand=level)
    jobs = [experiment(QUIET, f"e{number:03}", seconds=60.0) for number in range(20)]
    dice = random.Random(5)
    for job in jobs:
        submitter = fork_and_submit(engine, job)
        time.sleep(dice.uniform(0, 0.08))
        kill(submitter)
        engine.submit(job)
    for job in jobs:
        assert until(engine, job).state == "finished"
        assert engine.submit(job).state == "finished"
        assert starts(Path(job.folder)) == 1


@pytest.mark.slow
def test_submitter_killed_and_nobody_comes_back(home: Path, experiment: Experiment) -> None:
    """Either it runs once, or nothing began and the same id may be started."""
    engine = LocalEngine(home, slots=2)
    jobs = [experiment(QUIET, f"e{number:03}") for number in range(12)]
    for number, job in enumerate(jobs):
        submitter = fork_and_submit(engine, job)
        time.sleep(number * 0.004)
        kill(submitter)
    for job in jobs:
        status = until(engine, job)
        assert starts(Path(job.folder)) == (status.state == "finished")
        assert status.state == "finished" or "nothing began" in status.why
        engine.submit(job)
        assert until(engine, job).state == "finished"
        assert starts(Path(job.folder)) == 1


def test_many_submitters_at_once(home: Path, experiment: Experiment) -> None:
    job = experiment(QUIET)
    threads = [threading.Thread(target=LocalEngine(home).submit, args=(job,)) for _ in range(4)]
    others = [fork_and_submit(LocalEngine(home), job) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for pid in others:
        os.waitpid(pid, 0)
    assert until(LocalEngine(home), job).state == "finished"
    assert starts(Path(job.folder)) == 1


def test_a_running_job_is_adopted(home: Path, experiment: Experiment) -> None:
    job = experiment(WAITS)
    kill_me = fork_and_submit(LocalEngine(home), job)
    until_written(job.place / "log.txt")
    os.waitpid(kill_me, 0)
    engine = LocalEngine(home)
    assert engine.submit(job).state == "running"
    assert starts(Path(job.folder)) == 1


def test_a_job_lives_in_its_own_session(home: Path, experiment: Experiment) -> None:
    job = experiment(WAITS)
    LocalEngine(home).submit(job)
    until_written(job.place / "log.txt")
    pid = LocalEngine(home).status(job).pid
    assert pid is not None
    assert os.getsid(pid) not in (os.getsid(0), os.getsid(warden(job)))
    assert os.getsid(warden(job)) != os.getsid(0)


def test_a_warden_killed_in_the_queue_began_nothing(home: Path, experiment: Experiment) -> None:
    engine = LocalEngine(home, slots=1)
    first, second = experiment(WAITS, "first"), experiment(QUIET, "second")
    engine.submit(first)
    until_written(first.place / "log.txt")
    assert engine.submit(second).state == "queued"
    os.kill(warden(second), signal.SIGKILL)
    assert until(engine, second).why.startswith("nothing began")
    engine.cancel(first, "make room")
    engine.submit(second)
    assert until(engine, second).state == "finished"
    assert starts(Path(second.folder)) == 1


def test_a_killed_warden_takes_the_job_with_it_and_it_is_lost(home: Path, experiment: Experiment) -> None:
    job = experiment(WAITS)
    engine = LocalEngine(home)
    engine.submit(job)
    until_written(job.place / "log.txt")
    pid = until(engine, job, "running").pid
    os.kill(warden(job), signal.SIGKILL)
    status = until(engine, job)
    assert status.state == "lost"
    assert "without a last record" in status.why
    until_gone(pid)
    assert engine.submit(job).state == "lost"
    assert starts(Path(job.folder)) == 1


def test_a_warden_ended_by_the_machine_is_lost_not_stopped(home: Path, experiment: Experiment) -> None:
    job = experiment(WAITS)
    engine = LocalEngine(home)
    engine.submit(job)
    until_written(job.place / "log.txt")
    os.kill(warden(job), signal.SIGTERM)
    assert until(engine, job).state == "lost"


def test_slots_are_shared_by_all_runs_of_a_home(home: Path, experiment: Experiment) -> None:
    one, other = LocalEngine(home, slots=1), LocalEngine(home)
    script = "import time\nstart = time.time()\ntime.sleep(0.2)\nprint(start, time.time())\n"
    jobs = [experiment(script, f"e{number}") for number in range(3)]
    for job, engine in zip(jobs, (one, other, one), strict=True):
        engine.submit(job)
    spans = []
    for job in jobs:
        assert until(other, job).state == "finished"
        begin, end = map(float, other.log(job)[0].split())
        spans.append((begin, end))
    spans.sort()
    assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_an_attempt_belongs_to_one_job(home: Path, experiment: Experiment) -> None:
    engine = LocalEngine(home)
    job = experiment(QUIET)
    engine.submit(job)
    until(engine, job)
    with pytest.raises(UserError, match="take a new attempt id"):
        engine.submit(Job.from_dict({**job.to_dict(), "argv": ("train", "--config", "config.json", "--resume")}))


def test_a_torn_record_is_no_licence_to_start_again(home: Path, experiment: Experiment) -> None:
    engine = LocalEngine(home)
    job = experiment(QUIET)
    engine.submit(job)
    until(engine, job)
    until_gone(warden(job))
    (job.place / "status.json").write_text('{"state": "fin')
    assert engine.status(job).state == "lost"
    assert engine.submit(job).state == "lost"
    assert starts(Path(job.folder)) == 1


def test_a_torn_order_of_a_job_that_never_began_is_written_anew(home: Path, experiment: Experiment) -> None:
    engine = LocalEngine(home)
    job = experiment(QUIET)
    job.place.mkdir(parents=True)
    (job.place / "job.json").write_text('{"engine": "loc')
    assert engine.status(job).why == "nothing began under this attempt"
    engine.submit(job)
    assert until(engine, job).state == "finished"
