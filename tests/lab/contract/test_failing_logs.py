"""Logs of real libraries, as they end: is the class right, and are the lines shown those that matter?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.checks.failures import read_failure
from lab.compute.engine import JobStatus

LOGS = Path(__file__).with_name("failing_logs.txt").read_text(encoding="utf-8")
CASES = re.findall(r"(?ms)^=== (.+?) \| (\w+) \| (-|\d+) \| (.*?) \| (\d+)\n(.*?)(?=^=== |\Z)", LOGS)
SOURCE = "class Config:\n" + "    pass\n" * 99
SHORT = 20


@pytest.mark.parametrize(("kind", "where", "why", "rc", "log"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_a_log_is_typed_and_placed(kind: str, where: str, why: str, rc: str, log: str) -> None:
    found = read_failure(log, JobStatus(state="failed", why=why, rc=int(rc)), SOURCE)
    assert (found.kind, str(found.where or "-")) == (kind, where), found
    assert not found.says.startswith(":"), found.says
    assert len(found.lines) <= SHORT, found
    assert "[rank" not in str(found)
    if where != "-":
        assert any(line.startswith(f"train.py line {where}, in ") for line in found.lines), found


def test_the_call_that_crashed_a_library_is_shown_from_the_script() -> None:
    log = 'Fatal Python error: Segmentation fault\n\nThread 0x7f (most recent call first):\n  File "/x/train.py", line 2 in go\n'
    found = read_failure(log, JobStatus(state="failed", why="killed by SIGSEGV", rc=139), "def go():\n    crash(1)\n")
    assert "train.py line 2, in go: crash(1)" in found.lines


def test_every_case_was_read() -> None:
    assert len(CASES) == LOGS.count("\n=== ")
