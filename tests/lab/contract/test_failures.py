"""Failures of real little scripts, run by the real harness in a process of their own, and read from what they printed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from failing_scripts import FAILING

from lab.checks.failures import Failure, check_predictions, read_failure
from lab.compute.engine import JobStatus
from lab.compute.harness import install_harness

LIMIT = 60


def ran(
    folder: Path, source: str, argv: tuple[str, ...] = ("train", "--config", "config.json")
) -> tuple[str, JobStatus]:
    """The log and how it ended, as a warden would say it."""
    install_harness(folder)
    (folder / "train.py").write_text(source)
    (folder / "config.json").write_text(json.dumps({"seed": 1, "lr": 0.1}))
    (folder / "data").mkdir()
    (folder / "data" / "train.jsonl").write_text('{"id": "1", "input": "a", "answer": "b"}\n')
    env = {"PATH": "/usr/bin:/bin", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "run.py", *argv], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=LIMIT, check=False,
    )  # fmt: skip
    log = done.stdout.decode("utf-8", "replace")
    said = [line for line in log.splitlines() if line.strip()]
    rc = done.returncode if done.returncode >= 0 else 128 - done.returncode
    why = f"exit code {rc}" + (f": {said[-1]}" if said else "")
    return log, JobStatus(state="failed", why=why, rc=rc)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.train] if "torch" in s[0] else []) for n, s in FAILING.items()]
)
def test_a_failure_is_typed_and_placed(name: str, tmp_path: Path) -> None:
    source, kind, says, place, advice = FAILING[name]
    log, status = ran(tmp_path, source)
    assert status.rc, log
    found = read_failure(log, status, source)
    assert found.kind == kind, f"{found}\n---\n{log}"
    assert says in found.says, found
    assert advice in found.advice, found
    if place:
        assert found.where is not None, found
        assert place in source.splitlines()[found.where - 1]
    else:
        assert found.where is None
    short_and_clean(found, tmp_path)


def short_and_clean(found: Failure, folder: Path) -> None:
    assert "\n" not in found.says
    assert len(found.lines) <= 20
    assert str(folder) not in "\n".join(line for line in found.lines if "Error" not in line)
    assert "runpy" not in str(found)


def test_the_scripts_own_frames_are_shown_with_the_lines_around(tmp_path: Path) -> None:
    source = (
        "def inner(row):\n    x = 1\n    return row['colour']\n\n\ndef train():\n    inner({'id': 1})\n\n\ntrain()\n"
    )
    found = read_failure(*ran(tmp_path, source), source)
    assert found.where == 3
    assert found.lines == (
        "train.py line 10, in <module>: train()",
        "train.py line 7, in train: inner({'id': 1})",
        "train.py line 3, in inner: return row['colour']",
        "     1 def inner(row):",
        "     2     x = 1",
        ">    3     return row['colour']",
        "     4 ",
        "     5 ",
        "KeyError: 'colour'",
    )


def test_a_chain_is_read_from_its_end_and_its_cause_is_told(tmp_path: Path) -> None:
    source = "try:\n    {}['a']\nexcept KeyError as gone:\n    raise RuntimeError('bad row') from gone\n"
    found = read_failure(*ran(tmp_path, source), source)
    assert found.says.endswith("KeyError: 'a'"), "the cause says more than its wrapping"
    assert found.lines[-1] == "and so it ended as: RuntimeError: bad row"
    source = "try:\n    int('x')\nexcept ValueError:\n    open('model/net.pt')\n"
    found = read_failure(*ran_again(tmp_path, source), source)
    assert "should have saved" in found.says
    assert found.lines[-1] == "raised from: ValueError: invalid literal for int() with base 10: 'x'"


@pytest.mark.slow
@pytest.mark.train
def test_a_wrapped_memory_error_is_one(tmp_path: Path) -> None:
    wrapped = "import torch\ntry:\n    raise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 2.00 GiB')\n"
    wrapped += "except RuntimeError as full:\n    raise ValueError('step 3 failed') from full\n"
    assert read_failure(*ran(tmp_path, wrapped), wrapped).kind == "memory"


def ran_again(folder: Path, source: str) -> tuple[str, JobStatus]:
    below = folder / "again"
    below.mkdir()
    return ran(below, source)


def test_an_earlier_traceback_that_was_survived_is_not_taken_for_the_last(tmp_path: Path) -> None:
    source = (
        "import traceback\ntry:\n    open('data/none.jsonl')\nexcept OSError:\n    traceback.print_exc()\n"
        "print('going on', flush=True)\nint('x')\n"
    )
    found = read_failure(*ran(tmp_path, source), source)
    assert found.where == 7
    assert "invalid literal" in found.says


def test_progress_bars_noise_and_length_do_not_matter(tmp_path: Path) -> None:
    source = (
        "import sys\n"
        "for i in range(3000):\n"
        "    sys.stderr.write(f'\\r 42%|####      | {i}/3000 [00:0{i % 10}<00:01, 9.9it/s]\\x1b[31m')\n"
        "for i in range(200_000):\n"
        "    print('KeyError: this is a log line', i)\n"
        "sys.stdout.buffer.write(b'\\xff\\xfe\\x00 noise\\n')\n"
        "sys.stdout.flush()\n"
        "[][3]\n"
    )
    log, status = ran(tmp_path, source)
    assert len(log) > 5_000_000
    found = read_failure(log, status, source)
    assert found.says == "IndexError: list index out of range"
    assert found.where == 8
    assert len(str(found)) < 1500


def test_a_deep_recursion_is_shown_by_its_ends(tmp_path: Path) -> None:
    source = "def down(n):\n    return up(n + 1)\ndef up(n):\n    return down(n)\ndown(0)\n"
    found = read_failure(*ran(tmp_path, source), source)
    assert "RecursionError" in found.says
    assert any(line.endswith("more calls") for line in found.lines)
    short_and_clean(found, tmp_path)


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (JobStatus(state="failed", why="memory limit 512 MB, all its processes: out of memory", rc=143), "memory", "memory limit"),
        (JobStatus(state="failed", why="killed by SIGKILL: out of memory?", rc=137), "memory", "killed"),
        (JobStatus(state="failed", why="killed by SIGSEGV", rc=139), "environment", "SIGSEGV: a compiled library crashed"),
        (JobStatus(state="failed", why="time limit 30 s", rc=143), "environment", "not done in time: time limit 30 s"),
        (JobStatus(state="failed", why="process limit 1024"), "environment", "process limit"),
        (JobStatus(state="failed", why="could not be started: no such file"), "environment", "could not be started"),
        (JobStatus(state="lost", why="its warden was told to end"), "environment", "it was lost"),
        (JobStatus(state="failed", why="exit code 97: run.py: ...", rc=97), "code", "sealed answers"),
    ],
)  # fmt: skip
def test_who_ended_it_outranks_what_it_said(status: JobStatus, kind: str, says: str) -> None:
    log = 'Traceback (most recent call last):\n  File "/x/train.py", line 4, in <module>\n    f()\nValueError: unrelated\n'
    for text in ("", "some words\n", log):
        found = read_failure(text, status)
        assert found.kind == kind
        assert says in found.says


def test_a_traceback_that_was_cut_short_and_an_empty_log_are_read() -> None:
    cut = 'Traceback (most recent call last):\n  File "/x/train.py", line 4, in <module>\n    f(\n'
    failed = JobStatus(state="failed", why="exit code 1", rc=1)
    assert read_failure(cut, failed).where == 4
    silent = read_failure("", failed)
    assert silent.kind == "code"
    assert silent.says == "it ended without a word (exit code 1)"


def test_an_exception_in_a_worker_is_told_by_its_own_words(tmp_path: Path) -> None:
    source = (
        "from concurrent.futures import ProcessPoolExecutor\n"
        "def work(row):\n    return row['none']\n"
        "if __name__ == '__main__':\n"
        "    import multiprocessing\n"
        "    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context('fork')) as pool:\n"
        "        list(pool.map(work, [{}]))\n"
    )
    found = read_failure(*ran(tmp_path, source), source)
    assert found.kind == "data"
    assert "no such column" in found.says


GOOD = '{"id": "1", "prediction": "a"}\n{"id": "2", "prediction": ""}\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD, None),
        ('{"id": "1", "prediction": "a"}\n', "1 of 2 rows have no prediction, the first is id 2"),
        ('{"id": "1", "prediction": 3}\n', "the prediction is a int, not a text"),
        ("1,a\n2,b\n", "line 1 is not JSON"),
        ('{"id": "1"}\n', 'line 1 is no object with "id" and "prediction"'),
        (GOOD + GOOD, "line 3: id 1 comes twice"),
        (GOOD + '{"id": "9", "prediction": "a"}\n', "line 3: id 9 was not asked"),
        ("", "2 of 2 rows have no prediction"),
        ('["1"]\n', "line 1 is no object"),
    ],
)
def test_predictions_are_of_the_contracts_form(text: str, says: str | None) -> None:
    found = check_predictions(text, ["1", "2"])
    if says is None:
        assert found is None
    else:
        assert found is not None
        assert found.kind == "code"
        assert says in found.says
