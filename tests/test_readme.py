"""Every command of the README runs: here, or in the test that is named for it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ELSEWHERE = {
    "make run": "tests/study/test_reward_collapse.py runs the study, `make setup` has run before any test",
    "make test": "this is it",
    "make serve": "tests/server starts the same command",
    "postgrad study reward-collapse --set start.learning_rate=3e-4": "tests/study/test_reward_collapse.py",
}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> list[str]:
    lines = [line.split("  #")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def run(words: list[str], home: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "POSTGRAD_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600)


def test_there_are_commands_and_the_exceptions_are_among_them() -> None:
    assert set(ELSEWHERE) <= set(commands())
    assert len(commands()) > len(ELSEWHERE) + 4


def test_make_knows_its_targets() -> None:
    for command in commands():
        if command.startswith("make "):
            done = subprocess.run(
                ["make", "-n", "PYTHON=true", command.split()[1]], cwd=ROOT, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr


def test_every_other_command_runs(tmp_path: Path) -> None:
    (tmp_path / "brief.yaml").write_text(blocks("yaml")[0])
    home = tmp_path / "home"
    for command in commands():
        if command in ELSEWHERE:
            continue
        words = shlex.split(command)
        assert words[0] == "postgrad", f"nothing here knows how to run: {command}"
        done = run([sys.executable, "-m", "app", *words[1:]], home, tmp_path)
        assert done.returncode in (0, 3), f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        assert done.stdout.strip(), command


def test_the_python_example_runs(tmp_path: Path) -> None:
    (script,) = blocks("python")
    (tmp_path / "example.py").write_text(script)
    done = run([sys.executable, "example.py"], tmp_path / "home", tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip()
