"""Every command of the README runs: here, or in the test that is named for it."""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scripted.server import Scripted, says

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


def example_files(folder: Path) -> None:
    """What the commands on one's own files are given: an honest split, a training, a result."""
    chance = random.Random(0)
    rows = [(chance.gauss(0, 1), chance.gauss(0, 1)) for _ in range(300)]
    lines = [f"{a:.4f},{b:.4f},{'up' if a + chance.gauss(0, 1) > 0 else 'down'}" for a, b in rows]
    for name, part in (("train.csv", lines[:200]), ("test.csv", lines[200:])):
        (folder / name).write_text("a,b,label\n" + "\n".join(part) + "\n")
    metrics = [{"step": i, "loss": 2 * 0.97**i + chance.gauss(0, 0.02), "learning_rate": 1e-3} for i in range(1, 101)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in metrics))
    answers = [chance.choice("abc") for _ in range(100)]
    said = [answer if chance.random() < 0.8 else chance.choice("abc") for answer in answers]
    for name, column, values in (("answers", "answer", answers), ("predictions", "prediction", said)):
        lines = [json.dumps({"id": f"r{i}", column: value}) + "\n" for i, value in enumerate(values)]
        (folder / f"{name}.jsonl").write_text("".join(lines))


def test_every_other_command_runs(tmp_path: Path) -> None:
    example_files(tmp_path)
    (tmp_path / "brief.yaml").write_text(blocks("yaml")[0])
    home = tmp_path / "home"
    for command in commands():
        if command in ELSEWHERE:
            continue
        words = shlex.split(command)
        assert words[0] == "postgrad", f"nothing here knows how to run: {command}"
        if "--model" in words:
            continue
        done = run([sys.executable, "-m", "app", *words[1:]], home, tmp_path)
        assert done.returncode in (0, 3), f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        assert done.stdout.strip(), command


MODEL = re.compile(r"\b(?:anthropic|openai|ollama)/[\w.-]+")
OUT_OF_TIME = 5


@pytest.mark.parametrize("command", [command for command in commands() if "--model" in command])
def test_a_command_with_a_model_runs_and_asks_it(tmp_path: Path, command: str) -> None:
    """At a model of ours in the place of the one that is named, and for a few seconds."""
    example_files(tmp_path)
    (tmp_path / "brief.yaml").write_text(blocks("yaml")[0])
    with Scripted(lambda body: says("I have nothing to add.")) as model:
        words = shlex.split(MODEL.sub("openai/scripted", re.sub(r"--base-url \S+", "", command)))
        extra = ["--base-url", model.url, "--time", "5s"]
        done = run([sys.executable, "-m", "app", *words[1:], *extra], tmp_path / "home", tmp_path)
        assert done.returncode == OUT_OF_TIME, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        assert len(model.requests) > 1, "the probe, and a stage"
        assert done.stdout.strip(), command


def test_the_python_example_runs(tmp_path: Path) -> None:
    (script,) = blocks("python")
    (tmp_path / "example.py").write_text(script)
    done = run([sys.executable, "example.py"], tmp_path / "home", tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip()
