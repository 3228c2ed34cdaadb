"""What the warden does: waits for a slot, starts the job, follows it, ends it, and writes down how it stands.

Standard library only. The warden is single-threaded: the job is told to die with the thread that started it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from lab.compute import processes
from lab.compute.files import last_line, make_spare, read_json, take, write_json

TICK = 0.05
LOG_BYTES = 20 * 2**20
MOST_PROCESSES = 1024
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


class Watch:
    """One job, from the queue to its last record."""

    def __init__(self, order: dict[str, Any], place: Path) -> None:
        self.order, self.job, self.place = order, order["job"], place
        self.log = place / "log.txt"
        self.spare: Path | None = None
        self.child: subprocess.Popen[bytes] | None = None
        self.rc: int | None = None
        self.pipe = -1
        self.logged = 0
        self.remarks: list[str] = []
        self.told_to_end = False
        self.next_census = 0.0
        self.status: dict[str, Any] = {
            "state": "queued", "why": "", "rc": None, "queued_at": time.time(), "started_at": None, "ended_at": None,
            "pid": None, "sandbox": order["sandbox"], "begun": False,
            "warden": [os.getpid(), processes.started(os.getpid())],
        }  # fmt: skip

    def record(self, **news: Any) -> None:
        """Write down how the job stands."""
        self.status |= news
        write_json(self.place / "status.json", self.status)

    def conclude(self, state: str, why: str) -> None:
        """The last record; on a full disk it goes into the blocks set aside for it."""
        said = "; ".join(filter(None, [why, *self.remarks]))[:600]
        self.status |= {"state": state, "why": said, "rc": self.rc, "ended_at": time.time()}
        write_json(self.place / "status.json", self.status, spare=self.spare)
        if self.spare:
            self.spare.unlink(missing_ok=True)

    # Waiting for a slot

    def queue(self) -> bool:
        """Wait for a slot, which is held until the warden ends; False when the job was stopped first."""
        while not (reason := self.stop_reason()):
            slots = read_json(Path(self.order["slots"]) / "count.json") or {}
            for number in range(int(slots.get("count", self.order["count"]))):
                if take(Path(self.order["slots"]) / str(number)) is not None:
                    return True
            time.sleep(TICK)
        self.conclude(*reason)
        return False

    def stop_reason(self) -> tuple[str, str] | None:
        """Who told the job to end, if anyone did: postgrad by cancel.json, the machine by a signal."""
        if cancel := read_json(self.place / "cancel.json"):
            return "stopped", str(cancel.get("why", ""))
        if self.told_to_end:
            return "lost", "its warden was told to end, and not by postgrad: a shut-down?"
        return None

    # Starting

    def start(self) -> bool:
        """Record that the job begins, then begin it: in this order, so that it can't begin twice."""
        self.own_scratch().mkdir(parents=True, exist_ok=True)
        self.spare = make_spare(self.place / ".last")
        self.record(state="running", why="", begun=True, started_at=time.time())
        self.pipe, write_end = os.pipe()
        os.set_blocking(self.pipe, False)
        try:
            self.child = subprocess.Popen(
                self.order["command"], cwd=self.job["folder"], env=self.order["env"], start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=write_end, stderr=write_end, preexec_fn=self.restrain,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            self.conclude("failed", f"could not be started: {error}")
            return False
        finally:
            os.close(write_end)
        try:
            self.record(pid=self.child.pid)
        except OSError as error:  # the job runs, and its last record has room
            self.remarks.append(f"its pid was not recorded: {error.strerror}")
        return True

    def restrain(self) -> None:
        """In the child, before it becomes the job: it dies with the warden, and has limits."""
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self.status["warden"][0]:
            os._exit(137)
        for number, most in self.order["limits"].items():
            resource.setrlimit(int(number), (most, most))

    # Following

    def follow(self) -> tuple[str, str]:
        """Until the job ends or has to be ended; how it ended."""
        deadline = time.monotonic() + self.job["seconds"]
        while self.rc is None:
            self.turn()
            if self.rc is not None:
                break
            reason = self.stop_reason() or self.excess()
            if not reason and time.monotonic() > deadline:
                reason = "failed", f"time limit {self.job['seconds']:g} s"
            if reason:
                self.ask_to_end()
                return reason
        return ("finished", "") if self.rc == 0 else ("failed", self.failure())

    def turn(self) -> None:
        """A moment: take what was printed, bury the dead."""
        if self.pipe >= 0:
            if select.select([self.pipe], [], [], TICK)[0]:
                self.pump()
        else:
            time.sleep(TICK)
        self.reap()

    def pump(self) -> None:
        """Move output into the log, which stops growing at a bound; what comes later is read and dropped."""
        while self.pipe >= 0:
            try:
                data = os.read(self.pipe, 1 << 16)
            except BlockingIOError:
                return
            if not data:
                os.close(self.pipe)
                self.pipe = -1
            elif self.logged <= LOG_BYTES:
                self.keep(data)
            else:
                return  # one read a turn is enough for output nobody keeps

    def keep(self, data: bytes) -> None:
        """Append to the log; a disk too full for output must not end the job's supervision."""
        self.logged += len(data)
        if self.logged > LOG_BYTES:
            data += f"\n[the log ends here: more than {LOG_BYTES >> 20} MB]\n".encode()
        try:
            with self.log.open("ab", buffering=0) as file:
                file.write(data)
        except OSError as error:
            self.logged = LOG_BYTES + 1
            self.remarks.append(f"the log ends early: {error.strerror}")

    def reap(self) -> None:
        """Bury the job and the orphans it left to us."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if self.child and pid == self.child.pid:
                code = os.waitstatus_to_exitcode(status)
                self.rc = self.child.returncode = code if code >= 0 else 128 - code

    def excess(self) -> tuple[str, str] | None:
        """Now and then: what all its processes take together, which no limit of one process bounds."""
        if time.monotonic() < self.next_census:
            return None
        self.next_census = time.monotonic() + 1.0
        pids = self.members()
        most = self.job["memory_mb"]
        if len(pids) > MOST_PROCESSES:
            return "failed", f"process limit {MOST_PROCESSES}"
        if processes.memory_mb_at_most(pids) > most and processes.memory_mb(pids) > most:
            return "failed", f"memory limit {most} MB, all its processes together: out of memory"
        return None

    # Ending

    def members(self) -> list[int]:
        """Every process of the job: orphans come to the warden, so descent finds them all."""
        return processes.descendants(os.getpid())

    def ask_to_end(self) -> None:
        """TERM and time to save; the sandbox's own two processes are left, they would take the job with them."""
        cancel = read_json(self.place / "cancel.json") or {}
        deadline = time.monotonic() + float(cancel.get("grace", self.order["grace"]))
        shell = set()
        if self.child and self.order["sandbox"] == "bwrap":
            shell = {self.child.pid, *processes.descendants(self.child.pid)[:1]}
        processes.send((pid for pid in self.members() if pid not in shell), signal.SIGTERM)
        while time.monotonic() < deadline and (self.rc is None or self.members()):
            self.turn()

    def sweep(self) -> None:
        """Kill what is left until nothing is; says so where something won't go."""
        deadline = time.monotonic() + 5.0
        while left := {*self.members(), *processes.marked(self.order["marks"])}:
            if time.monotonic() > deadline:
                self.remarks.append(f"still alive after SIGKILL: {sorted(left)}")
                return
            processes.send(left, signal.SIGKILL)
            self.turn()

    def settle(self, state: str, why: str) -> None:
        """Leave nothing behind but the record."""
        self.sweep()
        self.turn()
        shutil.rmtree(self.own_scratch(), ignore_errors=True)
        if Path(self.order["scratch"]).exists():
            self.remarks.append(f"temporary files are left in {self.order['scratch']}")
        self.conclude(state, why)

    def own_scratch(self) -> Path:
        """Where its temporary files are; a link that a job put in the place of their folder would have us clear another's."""
        scratch = Path(self.order["scratch"])
        if scratch.parent.is_symlink():
            scratch.parent.unlink()
        return scratch

    def failure(self) -> str:
        """Why the job says it failed."""
        assert self.rc is not None
        said = last_line(self.log)
        if self.rc > 128:
            number = self.rc - 128
            name = signal.Signals(number).name if number in signal.valid_signals() else f"signal {number}"
            guess = ": out of memory?" if number == signal.SIGKILL else ""
            return f"killed by {name}{guess}" + (f"; last line: {said}" if said else "")
        return f"exit code {self.rc}" + (f": {said}" if said else "")


def main(job_file: Path) -> int:
    """Become an orphan, so that nobody has to bury us, and watch the job to its end."""
    order = read_json(job_file)
    if not order:
        sys.exit(f"{job_file}: unreadable")
    ready, tell = os.pipe()
    if os.fork():
        os.close(tell)
        return 0 if os.read(ready, 1) else 1  # whoever submitted waits until the job's record exists
    os.close(ready)
    watch = Watch(order, job_file.parent)

    def note(*_: object) -> None:
        watch.told_to_end = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, note)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    watch.record(why="waits for a slot")
    os.write(tell, b"1")
    os.close(tell)
    if watch.queue() and watch.start():
        watch.settle(*watch.follow())
    return 0


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
