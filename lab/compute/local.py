"""The engine of this machine: each attempt starts exactly once, outlives the agent, and is stopped for real."""

from __future__ import annotations

import codecs
import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.compute import environment, processes
from lab.compute.engine import FINAL, GRACE, Job, JobStatus
from lab.compute.files import draft_of, held, last_line, read_json, take, write_json
from lab.compute.sandbox import Sandbox, SandboxLevel, prefix, probe
from state.errors import EnvironmentTrouble, UserError

_WARDEN = Path(__file__).with_name("warden.py")
_PATIENCE = 15.0  # for a warden to let go, beyond the grace its job has
_ADVICE = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EACCES: "make it writable",
    errno.EPERM: "make it writable",
    errno.EROFS: "make it writable",
}


class LocalEngine:
    """Jobs as detached processes, each under a warden whose life is the attempt's lock.

    Lock held: alive. Lock free and nothing begun: may be started. Lock free, begun, no last record: lost.
    """

    name = "local"

    def __init__(self, home: Path, slots: int | None = None, demand: SandboxLevel | None = None) -> None:
        self.home = home.absolute()
        self.slots = slots
        self.demand = demand

    @property
    def sandbox(self) -> Sandbox:
        """The isolation jobs will get: what was demanded, else the best there is."""
        best = probe()
        if self.demand == "bwrap" and best.level != "bwrap":
            raise EnvironmentTrouble(f"jobs can't be isolated: {best.why}; repair it, or accept sandbox=plain")
        return Sandbox(level="plain", why="asked for") if self.demand == "plain" else best

    def submit(self, job: Job) -> JobStatus:
        """Start the attempt, or adopt it where it has begun already."""
        if not (Path(job.folder) / "run.py").is_file():
            raise UserError(f"{job.folder} has no run.py; install the harness first")
        with _trouble(f"job {job.id} can't be started"):
            job.place.mkdir(parents=True, exist_ok=True)
            return self._claim(job)

    def status(self, job: Job) -> JobStatus:
        """How it stands; reads only."""
        with _trouble(f"job {job.id} can't be looked up"):
            alive = held(job.place / "lock")  # asked first: a warden writes its last record before it lets go
            record = read_json(job.place / "status.json")
            if record and record.get("state") in FINAL:
                return JobStatus.from_dict(record)
            if alive:
                return JobStatus.from_dict(record) if record else JobStatus(state="queued", why="is being started")
            return _lost(job, record)

    def log(self, job: Job, since: int = 0, limit: int = 65536) -> tuple[str, int]:
        """Output from byte `since` on; a character cut in two waits for its second half."""
        try:
            with (job.place / "log.txt").open("rb") as file:
                file.seek(since)
                data = file.read(limit)
        except FileNotFoundError:
            return "", since
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = decoder.decode(data)
        return text, since + len(data) - len(decoder.getstate()[0])

    def cancel(self, job: Job, why: str, grace: float = GRACE) -> JobStatus:
        """Stop it, children too, and see that they are gone; what never began never will."""
        with _trouble(f"job {job.id} can't be stopped"):
            job.place.mkdir(parents=True, exist_ok=True)
            record = read_json(job.place / "status.json") or {}
            if record.get("state") not in FINAL and not (job.place / "cancel.json").exists():
                write_json(job.place / "cancel.json", {"why": why, "grace": grace, "t": time.time()})
            lock = self._outwait(job, grace + _PATIENCE)
            killed = ""
            if lock is None:
                killed = "; its warden did not answer and was killed"
                processes.send(filter(None, [_warden(read_json(job.place / "status.json") or {})]), processes.KILL)
                lock = self._outwait(job, _PATIENCE)
            left = processes.end_marked(environment.marks(job))
            remark = killed + (f"; still alive after SIGKILL: {left}" if left else "")
            if lock is None:
                raise EnvironmentTrouble(f"job {job.id} can't be stopped{remark}; look at its processes, then resume")
            try:
                return self._conclude(job, why, remark)
            finally:
                os.close(lock)

    def price(self, job: Job) -> float | None:
        """This machine costs nothing."""
        return 0.0

    def _claim(self, job: Job) -> JobStatus:
        """Hold the lock and start, or find the one who holds it and has started."""
        deadline = time.monotonic() + 30.0
        while (lock := take(job.place / "lock")) is None:
            _same_job(job)
            record = read_json(job.place / "status.json") or {}
            # Whoever holds it may still die before it has started anything: only a living warden is adopted.
            if _warden(record) or record.get("state") in FINAL or time.monotonic() > deadline:
                return self.status(job)
            time.sleep(0.005)
        try:
            _same_job(job)
            known = read_json(job.place / "status.json")
            if known is not None and (known.get("state") in FINAL or _begun(known)):
                return JobStatus.from_dict(known) if known.get("state") in FINAL else _lost(job, known)
            if (job.place / "cancel.json").exists():
                return self._conclude(job, "stopped before it began", "")
            self._spawn(job, lock)
        finally:
            os.close(lock)
        return self.status(job)

    def _spawn(self, job: Job, lock: int) -> None:
        """Write down what is to run, and start its warden, which inherits the lock."""
        _end_leftovers(Path(job.folder))
        self._make_room(job)
        write_json(job.place / "job.json", self._order(job))
        with (job.place / "warden.txt").open("ab") as said:
            warden = subprocess.Popen(
                [sys.executable, "-I", "-S", "-E", str(_WARDEN), str(job.place / "job.json")],
                pass_fds=(lock,), start_new_session=True, cwd="/", env={"PATH": os.defpath, "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            )  # fmt: skip
        if warden.wait():
            raise EnvironmentTrouble(f"job {job.id} can't be started: {last_line(job.place / 'warden.txt')}")

    def _order(self, job: Job) -> dict[str, Any]:
        """job.json: engine, identity, and all the warden needs to know."""
        if missing := [path for path in job.reads if not Path(path).exists()]:
            raise UserError(f"job {job.id} is to read {missing[0]}, which is not there; look at its inputs")
        level = self.sandbox.level
        return {
            "engine": self.name,
            "job": job.to_dict(),
            "sandbox": level,
            "command": [*(prefix(job) if level == "bwrap" else ()), *environment.command(job)],
            "env": environment.environment(job),
            "marks": environment.marks(job),
            "limits": environment.limits(job),
            "scratch": str(environment.scratch(job)),
            "slots": str(self.home / "slots"),
            "count": environment.cores(),
            "grace": GRACE,
        }

    def _make_room(self, job: Job) -> None:
        """Slots, the metrics file, and the names at the top that point to the newest attempt."""
        slots = self.home / "slots"
        slots.mkdir(parents=True, exist_ok=True)
        if self.slots is not None and read_json(slots / "count.json") != {"count": self.slots}:
            write_json(slots / "count.json", {"count": self.slots})
        if job.argv[:1] == ("train",):
            (job.place / "metrics.jsonl").touch()
            for name in ("metrics.jsonl", *(("log.txt", "status.json") if job.kind == "train" else ())):
                _point(Path(job.folder) / name, Path("attempts") / job.attempt / name)

    def _outwait(self, job: Job, patience: float) -> int | None:
        """The lock, once the warden has let go of it."""
        deadline = time.monotonic() + patience
        while (lock := take(job.place / "lock")) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        return lock

    def _conclude(self, job: Job, why: str, remark: str) -> JobStatus:
        """The last record of a job that has no warden to write it; the lock is ours."""
        record = read_json(job.place / "status.json")
        if record and record.get("state") in FINAL:
            news = {"why": record.get("why", "") + remark} if remark else {}
        elif record is not None and _begun(record) and not remark:
            news = {"state": "lost", "why": _lost(job, record).why}
        else:
            news = {"state": "stopped", "why": why + remark, "ended_at": time.time()}
        merged = {**(record or {}), **news}
        if news:
            write_json(job.place / "status.json", merged)
        return JobStatus.from_dict(merged)


def _begun(record: dict[str, Any]) -> bool:
    """An unreadable record is no licence to start again."""
    return bool(record.get("begun", True))


def _warden(record: dict[str, Any]) -> int | None:
    """The pid of the warden who wrote this record, if that very process is alive."""
    pid, start = record.get("warden") or (None, None)
    return pid if pid and processes.started(pid) == start else None


def _lost(job: Job, record: dict[str, Any] | None) -> JobStatus:
    """Nobody watches this attempt: either nothing began, or nobody knows how it ended."""
    said = last_line(job.place / "warden.txt")
    if record is None or not _begun(record):
        return JobStatus(state="lost", why="nothing began under this attempt" + (f": {said}" if said else ""))
    if "state" not in record:
        return JobStatus(state="lost", why="its status.json is unreadable; how it ended is not known")
    why = "its warden ended without a last record: killed, or the machine went down"
    return JobStatus.from_dict({**record, "state": "lost", "why": why + (f": {said}" if said else "")})


def _same_job(job: Job) -> None:
    """An attempt belongs to the job it was first submitted with."""
    known = (read_json(job.place / "job.json") or {}).get("job")
    if known and (known["id"], known["kind"], known["argv"]) != (job.id, job.kind, list(job.argv)):
        raise UserError(f"attempt {job.attempt} in {job.folder} belongs to job {known['id']}; take a new attempt id")


def _end_leftovers(folder: Path) -> None:
    """What a lost attempt left running (possible without a sandbox) must not write beside the next one."""
    for place in (folder / "attempts").iterdir():
        record = read_json(place / "status.json")
        if (
            record
            and record.get("begun")
            and record.get("state") in ("running", "lost")
            and not held(place / "lock")
            and (order := read_json(place / "job.json"))
        ):
            processes.end_marked(order["marks"])


def _point(link: Path, target: Path) -> None:
    """Make or turn a link in one step."""
    draft = draft_of(link)
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)


@contextmanager
def _trouble(what: str) -> Iterator[None]:
    """A failing file system is the environment's trouble: one line, and the run can go on later."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "look at that path")
        raise EnvironmentTrouble(f"{what}: {error.strerror}: {error.filename}; {advice}, then resume") from error
