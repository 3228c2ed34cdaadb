"""What a script of the model leaves in its draft folder: pipes that block, files without end, names that no system takes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.compute.engine import JobStatus
from lab.compute.harness import install_harness
from lab.compute.sandbox import probe
from lab.data.builtin import load_builtin
from lab.data.seal import seal
from lab.data.split import split
from nodes.curation_result import ScriptFailed
from nodes.desk import Desk
from nodes.drafting import waited
from nodes.folders import write_folder
from nodes.publication import publication
from nodes.rehearsal import few_rows
from nodes.scoring import predict_all, predictions
from nodes.tools.workshop import Workshop, workshop_tools
from state.errors import UserError
from state.products import Plan
from tests.nodes.curation_stage import Stage
from tests.nodes.tool_desk import desk_at, listening

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


def soon(work: Callable[[], str], seconds: float = 60.0) -> str:
    """What it says or raises; a test that would wait for ever fails instead."""
    came: list[str | BaseException] = []

    def go() -> None:
        try:
            came.append(work())
        except BaseException as wrong:  # noqa: BLE001  raised again below, where the test hears it
            came.append(wrong)

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    thread.join(seconds)
    assert came, f"no answer after {seconds:g} s"
    if isinstance(came[0], BaseException):
        raise came[0]
    return came[0]


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


HELD = """import json, os, sys
out, inputs = sys.argv[sys.argv.index("--out") + 1], sys.argv[sys.argv.index("--inputs") + 1]
rows = [json.loads(line) for line in open(inputs)]
{LEFT}
"""


@pytest.mark.parametrize(
    "left",
    [
        "os.mkfifo(out)",
        "os.symlink('../e002/predictions.jsonl', out)",
        "open(out, 'w').truncate(1 << 40)",
        "os.mkdir(out)",
    ],
)
def test_predictions_that_are_no_file_of_their_own_are_none(home: Path, left: str) -> None:
    """They are read outside the sandbox: a link would show what the script may not see, a pipe would hold the run up for ever."""
    desk, folder, state = experiment(home, HELD.replace("{LEFT}", left))
    other = desk.workspace / "experiments" / "e002"
    other.mkdir()
    (other / "predictions.jsonl").write_text('{"id": "1", "prediction": "somebody else\'s"}\n')
    failed = soon(lambda: str(waited(predict_all(state, desk, [folder], "validation", 60.0))))
    assert failed == "{'e001': 'it ended without writing predictions.jsonl'}"
    assert soon(lambda: str(predictions(folder, "validation"))) == "{}"


def test_held_out_inputs_are_written_nowhere_but_into_the_folder(home: Path, tmp_path: Path) -> None:
    """A training leaves a link under the name that they will have."""
    write = "open(out, 'w').write(''.join(json.dumps({'id': row['id'], 'prediction': 'x'}) + chr(10) for row in rows))"
    desk, folder, state = experiment(home, HELD.replace("{LEFT}", write))
    (folder / "validation_inputs.jsonl").symlink_to(tmp_path / "elsewhere")
    assert soon(lambda: str(waited(predict_all(state, desk, [folder], "validation", 60.0)))) == "{}"
    assert not (tmp_path / "elsewhere").exists()
    assert len(predictions(folder, "validation")) == state["card"]["splits"]["validation"]["rows"]


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


def test_the_few_rows_of_a_rehearsal_are_written_over_a_link_and_not_through_it(tmp_path: Path) -> None:
    target, inputs = tmp_path / "elsewhere.sh", tmp_path / "rows.jsonl"
    target.write_text("mine")
    inputs.write_text("row\n")
    (tmp_path / "inputs.jsonl").symlink_to(target)
    assert few_rows(inputs, tmp_path / "inputs.jsonl").read_text() == "row\n"
    assert target.read_text() == "mine"


@pytest.mark.skipif(probe().level != "bwrap", reason="bubblewrap does not work here")
@pytest.mark.parametrize("name", ["ran.jsonl", "source.json"])
def test_what_is_written_down_of_a_data_script_is_not_its_own_to_write(tmp_path: Path, name: str) -> None:
    """As a link it would be a way to append to any file; as a file it says how many rows were lost."""
    target = tmp_path / "elsewhere.sh"
    target.write_text("mine\n")
    workshop = Stage(tmp_path / "home").workshop
    script = f"import os\nos.unlink({name!r})\nos.symlink({str(target)!r}, {name!r})\n"
    workshop.write("s", "wine", "", "", script)
    with pytest.raises(ScriptFailed):
        workshop.run("s")
    assert target.read_text() == "mine\n"
    assert not (workshop.folder("s") / name).is_symlink()


LINKS = {
    "a file in it": lambda model, secret: (model.mkdir(), (model / "weights.bin").symlink_to(secret)),
    "a folder in it": lambda model, secret: (model.mkdir(), (model / "more").symlink_to(secret.parent)),
    "the model itself": lambda model, secret: model.symlink_to(secret.parent),
    "a pipe in it": lambda model, secret: (model.mkdir(), os.mkfifo(model / "weights.bin")),
}


@pytest.mark.parametrize("what", LINKS)
def test_a_model_with_links_is_neither_published_nor_started_from(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """What a training links to its model, we would read for it: sealed answers, a token, anything that is ours."""
    secret = tmp_path / "ours" / "token"
    secret.parent.mkdir()
    secret.write_text("CANARY")
    desk, folder, state = experiment(home, "print(1)\n")
    LINKS[what](folder / "model", secret)
    decision = {
        "gate": "publication",
        "answer": "approve",
        "by": "person",
        "why": "",
        "args": {"experiment": "e001", "repo": "me/it"},
    }
    with listening() as ear:
        monkeypatch.setenv("HF_ENDPOINT", ear.url)
        monkeypatch.setenv("HF_TOKEN", "hf_ours_alone")
        told = publication({"decisions": {"publication": decision}, "examination": {"finalist": ["e001"]}}, desk)  # type: ignore[typeddict-item]
        assert ear.heard == []
    assert told["publication"]["done"] is False
    assert "no plain file" in told["publication"]["why"]
    assert [path.name for path in secret.parent.iterdir()] == ["token"], "no card is written there either"
    plan = Plan.model_validate({**PLAN, "start_from": "e001"})
    with pytest.raises(UserError, match="no plain file"):
        write_folder({**state, "run": "a", "batch": {"id": "b1"}}, desk, plan, desk.experiment("e002"))
    assert not [path for path in desk.experiment("e002").rglob("*") if path.is_file() and "CANARY" in path.read_text()]


PLAN: dict[str, Any] = {
    "id": "e002", "parent": "e001", "purpose": "trial", "hypothesis": "h", "change": {}, "recipe": "classifier", "seed": 1, "config": {},
    "steps": 1, "predicts": "", "paired_seed": 0,
}  # fmt: skip


def experiment(home: Path, script: str) -> tuple[Desk, Path, Any]:
    """A run whose data is sealed, and an experiment that has been trained."""
    desk = desk_at(home, "evaluation")
    table = load_builtin("wine", 0)
    card = seal(table, split(table, 0), desk.workspace, 0)
    folder = desk.experiment("e001")
    folder.mkdir(parents=True)
    install_harness(folder)
    (folder / "train.py").write_text(script)
    (folder / "config.json").write_text('{"seed": 1}')
    return desk, folder, {"card": card.to_json()}
