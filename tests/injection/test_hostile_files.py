"""What a script of the model leaves in its draft folder: pipes that block, files without end, names that no system takes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.compute.engine import JobStatus
from lab.compute.harness import install_harness
from nodes.tools.workshop import Workshop, workshop_tools
from state.errors import UserError
from tests.injection.timely import soon

SCRIPT = """# /// script
# dependencies = []
# ///
import argparse
import json
import os
import time
from pathlib import Path


def train(config):
    with open("metrics.jsonl", "a") as log:
        log.write(json.dumps({"step": 1, "loss": 1.0, "time": time.time()}) + "\\n")
        {TRAIN}


def predict(inputs, out):
    rows = [json.loads(line) for line in open(inputs)]
    Path(out).write_text("".join(json.dumps({"id": row["id"], "prediction": "y"}) + "\\n" for row in rows))
    {PREDICT}


parser = argparse.ArgumentParser()
commands = parser.add_subparsers(dest="command", required=True)
for name in ("train", "predict"):
    command = commands.add_parser(name)
    command.add_argument("--config", required=True)
    for flag in ("--inputs", "--out") if name == "predict" else ():
        command.add_argument(flag, required=True)
    if name == "train":
        command.add_argument("--resume", action="store_true")
args = parser.parse_args()
config = json.loads(Path(args.config).read_text())
print(config["seed"])
if args.command == "train":
    train(config)
else:
    predict(args.inputs, args.out)
"""
ENDLESS = 1 << 40
"""Bytes of a file without blocks: more than any machine has memory for."""
Ask = Callable[..., str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "draft"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "train.jsonl").write_text('{"id": "1", "input": "x", "answer": "y"}\n')
    (folder / "config.json").write_text('{"seed": 1}')
    install_harness(folder)
    return folder


@pytest.fixture
def ask(root: Path) -> Ask:
    def run(argv: list[str], seconds: float) -> tuple[JobStatus, str]:
        began = time.time()
        done = subprocess.run(
            [sys.executable, "run.py", *argv], cwd=root, env={"PATH": os.defpath}, timeout=60, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        state: Any = "finished" if done.returncode == 0 else "failed"
        return JobStatus(state=state, rc=done.returncode, started_at=began, ended_at=time.time()), done.stdout

    tools = {tool.name: tool for tool in workshop_tools(Workshop(root), run)}
    return lambda tool, /, **given: soon(lambda: tools[tool].run(tools[tool].takes(**given)))


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    with path.open("w") as file:
        file.truncate(ENDLESS)


@pytest.mark.parametrize(("left", "says"), [(pipe, "no plain file"), (endless, "no more than")])
def test_what_cannot_be_read_whole_is_refused_at_once(ask: Ask, root: Path, left: Any, says: str) -> None:
    left(root / "notes.md")
    for tool, given in (
        ("read_file", {}),
        ("write_file", {"text": "x", "why": "a test"}),
        ("edit_file", {"old": "a", "new": "b", "why": "a test"}),
    ):
        with pytest.raises(UserError, match=says):
            ask(tool, name="notes.md", **given)


@pytest.mark.parametrize(
    "name", ["\ud800.md", "a" * 300 + ".md", "a/" * 3_000 + "x", "a\x1b[2J.md", "a\u202e.md", "é" * 120]
)
def test_names_that_no_system_takes_are_refused_in_a_line(ask: Ask, name: str) -> None:
    for tool, given in (("read_file", {}), ("write_file", {"text": "x", "why": "a test"})):
        with pytest.raises(UserError) as refused:
            ask(tool, name=name, **given)
        said = str(refused.value)
        assert said.isprintable()
        assert len(said) < 400


def test_a_file_has_one_name(ask: Ask, root: Path) -> None:
    with pytest.raises(UserError, match="can't be written"):
        ask("write_file", name="./train.py", text="x = 1\n", why="a test")
    assert not (root / "train.py").exists()


@pytest.mark.parametrize(
    ("train", "predict", "says"),
    [
        ("pass", "os.unlink(out); os.mkfifo(out)", "no plain file"),
        ("pass", "os.truncate(out, 1 << 40)", "no more than"),
        ("pass", "os.unlink(out); os.symlink('/etc/passwd', out)", "is a link"),
        ("log.truncate(1 << 40)", "pass", "a line a step is enough"),
    ],
)
def test_what_a_tiny_run_leaves_blocks_nobody(ask: Ask, root: Path, train: str, predict: str, says: str) -> None:
    (root / "train.py").write_text(SCRIPT.replace("{TRAIN}", train).replace("{PREDICT}", predict))
    with pytest.raises(UserError, match=says):
        ask("run_tiny")


def test_no_link_of_a_scripts_own_making_is_written_through(ask: Ask, root: Path, tmp_path: Path) -> None:
    """A file is written beside first; whoever guesses under which name would have us write wherever he likes."""
    target = tmp_path / "elsewhere.sh"
    target.write_text("mine")
    for name in ("train.py", "notes.md", "config.json", "tiny.json", "tiny_inputs.jsonl"):
        (root / f".{name}.{os.getpid()}").symlink_to(target)
    ask("write_file", name="notes.md", text="evil", why="a test")
    (root / "train.py").write_text(SCRIPT.replace("{TRAIN}", "pass").replace("{PREDICT}", "pass"))
    ask("run_tiny")
    assert target.read_text() == "mine"
    assert (root / "notes.md").read_text() == "evil"
    assert not (root / "notes.md").is_symlink()
