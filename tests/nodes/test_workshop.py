"""The tools of implementation on a real folder: bounds, versions, edits that survive a crash, tiny runs that really run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.checks.contract.signatures import Here
from lab.checks.failures import Failure
from lab.compute.engine import JobStatus
from lab.compute.harness import install_harness
from lab.model.tool import LONGEST, Tool
from nodes.tools.workshop import Workshop, workshop_tools
from nodes.tools.workshop_files import ONE_SCRIPT
from state.errors import PostgradError, UserError

SCRIPT = '''# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""Always the most frequent answer."""
import argparse
import json
import time
from collections import Counter
from pathlib import Path


def train(config, resume):
    rows = [json.loads(line) for line in Path("data/train.jsonl").read_text().splitlines()]
    best, count = Counter(row["answer"] for row in rows).most_common(1)[0]
    for step in range(1, config["steps"] + 1):
        with open("metrics.jsonl", "a") as log:
            log.write(json.dumps({"step": step, "loss": 1 - count / len(rows), "time": time.time()}) + "\\n")
    Path("model").mkdir(exist_ok=True)
    Path("model/best.json").write_text(json.dumps(best))


def predict(config, inputs, out):
    best = json.loads(Path("model/best.json").read_text())
    rows = [json.loads(line) for line in open(inputs)]
    Path(out).write_text("".join(json.dumps({"id": row["id"], "prediction": best}) + "\\n" for row in rows))


def main():
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
    if args.command == "train":
        train(config, args.resume)
    else:
        predict(config, args.inputs, args.out)


main()
'''
CONFIG = {"seed": 1, "steps": 40}
Ask = Callable[..., str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A draft as the stage lays it out."""
    folder = tmp_path / "draft"
    (folder / "data").mkdir(parents=True)
    rows = [{"id": str(i), "input": f"question {i}", "answer": "yes" if i % 3 else "no"} for i in range(30)]
    (folder / "data" / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "data" / "validation_inputs.jsonl").write_text('{"id": "v", "input": "x"}\n')
    (folder / "train.py").write_text(SCRIPT)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "experiment.json").write_text("{}")
    install_harness(folder)
    return folder


class Runs:
    """The draft's own run.py, really run in a process of its own."""

    def __init__(self, root: Path) -> None:
        self.root, self.asked = root, list[tuple[list[str], float]]()

    def __call__(self, argv: list[str], seconds: float) -> tuple[JobStatus, str]:
        self.asked.append((argv, seconds))
        start = time.time()
        done = subprocess.run(
            [sys.executable, "run.py", *argv], cwd=self.root, env={"PATH": os.defpath}, timeout=60, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        state: Any = "finished" if done.returncode == 0 else "failed"
        why = "" if done.returncode == 0 else f"exit code {done.returncode}"
        return JobStatus(state=state, why=why, rc=done.returncode, started_at=start, ended_at=time.time()), done.stdout


def tools_of(shop: Workshop) -> tuple[Ask, Runs, dict[str, Tool]]:
    runs = Runs(shop.root)
    tools = {tool.name: tool for tool in workshop_tools(shop, runs)}

    def ask(tool: str, /, **given: Any) -> str:
        said = tools[tool].run(tools[tool].takes(**given))
        assert len(said) <= LONGEST
        return said

    return ask, runs, tools


@pytest.fixture
def ask(root: Path) -> Ask:
    return tools_of(Workshop(root))[0]


def edit(ask: Ask, old: str, new: str, name: str = "train.py") -> str:
    return ask("edit_file", name=name, old=old, new=new, why="a test")


# --- bounds ---------------------------------------------------------------------------------------------------------------
OUTSIDE = ["../draft/train.py", "/etc/passwd", "data/../../x", "", " ", "a\0b", "~/x", "..", "x\ny"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_outside_is_read_or_written(ask: Ask, name: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("secret")
    for tool, given in (
        ("read_file", {}),
        ("write_file", {"text": "x", "why": "try"}),
        ("edit_file", {"old": "a", "new": "b", "why": "try"}),
    ):
        with pytest.raises(PostgradError) as refused:
            ask(tool, name=name, **given)
        assert "\n" not in str(refused.value)
    assert (tmp_path / "x").read_text() == "secret"


@pytest.mark.parametrize(
    "name",
    ["run.py", "experiment.json", "lock", "starts.jsonl", "data/train.jsonl", "attempts/1/log.txt", ".versions/001-train.py", "status.json",
     "metrics.jsonl", "predictions.jsonl", "data", "model/x.json", "notes/a.md", ".hidden.json", "train.sh", "x.pth", "train.py/x.json"],
)  # fmt: skip
def test_what_is_trusted_is_not_written(ask: Ask, root: Path, name: str) -> None:
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    with pytest.raises(UserError):
        ask("write_file", name=name, text="x", why="try")
    with pytest.raises(UserError):
        edit(ask, "a", "b", name)
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before


def test_a_second_script_is_refused_with_a_word(ask: Ask) -> None:
    with pytest.raises(UserError, match=ONE_SCRIPT):
        ask("write_file", name="helpers.py", text="x = 1", why="try")


@pytest.mark.parametrize("where", ["train.py", "data"])
def test_links_are_neither_read_nor_written(ask: Ask, root: Path, tmp_path: Path, where: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    if where == "data":
        shutil.move(root / "data", elsewhere)
        (root / "data").symlink_to(elsewhere)
        name = "data/train.jsonl"
    else:
        elsewhere.write_text("secret")
        (root / "train.py").unlink()
        (root / "train.py").symlink_to(elsewhere)
        name = "train.py"
    for tool, given in (("read_file", {}), ("write_file", {"text": "x", "why": "try"})):
        with pytest.raises(UserError):
            ask(tool, name=name, **given)
    assert elsewhere.is_dir() or elsewhere.read_text() == "secret"


@pytest.mark.parametrize("name", ["data/validation_inputs.jsonl", "data/sealed_answers.jsonl"])
def test_rows_a_result_is_measured_on_are_not_read(ask: Ask, name: str) -> None:
    with pytest.raises(UserError, match="measured on"):
        ask("read_file", name=name)


def test_sizes_and_what_is_no_text_are_refused(ask: Ask, root: Path) -> None:
    ask("read_file", name="train.py")
    ask("read_file", name="config.json")
    refused = [
        ("train.py", "x" * 100_001),
        ("train.py", "a\0b"),
        ("train.py", "\ud800"),
        ("config.json", "[1]"),
        ("config.json", "{"),
        ("config.json", '{"a": NaN}'),
    ]
    for name, text in refused:
        with pytest.raises(UserError):
            ask("write_file", name=name, text=text, why="try")
    (root / "notes.md").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="not text"):
        ask("read_file", name="notes.md")
    assert (root / "train.py").read_text() == SCRIPT
    for i in range(6):
        ask("write_file", name=f"note{i}.md", text="x", why="notes")
    with pytest.raises(UserError, match="too many files"):
        for i in range(6, 15):
            ask("write_file", name=f"note{i}.md", text="x", why="notes")


# --- reading and editing ----------------------------------------------------------------------------------------------------
def test_a_long_file_is_read_page_by_page_to_its_end(ask: Ask, root: Path) -> None:
    (root / "notes.md").write_text("".join(f"line {i} " + "word " * 40 + "\n" for i in range(1, 1001)) + "x" * 50_000)
    first, seen = 1, ""
    while True:
        page = ask("read_file", name="notes.md", first=first)
        seen += page
        if page.endswith("[the end]"):
            break
        first = int(page.rpartition("first=")[2].rstrip("]"))
    assert all(f"line {i} " in seen for i in range(1, 1001))
    assert "[... 49000 more characters]" in seen
    with pytest.raises(UserError, match="there is no line"):
        ask("read_file", name="notes.md", first=5000)


def test_an_edit_is_shown_as_a_difference_and_kept(ask: Ask, root: Path) -> None:
    ask("read_file", name="train.py")
    said = edit(ask, "most_common(1)[0]", "most_common()[0]")
    assert '-    best, count = Counter(row["answer"] for row in rows).most_common(1)[0]' in said
    assert '+    best, count = Counter(row["answer"] for row in rows).most_common()[0]' in said
    lines = [json.loads(line) for line in (root / ".versions" / "versions.jsonl").read_text().splitlines()]
    assert [(line["n"], line["file"], line["why"], line["added"], line["removed"]) for line in lines] == [
        (1, "train.py", "as it was found", len(SCRIPT.splitlines()), 0),
        (2, "train.py", "a test", 1, 1),
    ]
    assert (root / ".versions" / "001-train.py").read_text() == SCRIPT
    assert (root / ".versions" / "002-train.py").read_text() == (root / "train.py").read_text()
    assert "version 2 of train.py (+1 -1): a test" in ask("list_files")


def test_a_file_must_have_been_read_since_it_changed(ask: Ask, root: Path) -> None:
    with pytest.raises(UserError, match="changed since you read it"):
        edit(ask, "import time", "import time as clock")
    with pytest.raises(UserError, match="changed since you read it"):
        ask("write_file", name="train.py", text="x = 1\n", why="anew")
    ask("read_file", name="train.py")
    (root / "train.py").write_text(SCRIPT + "# changed by another\n")
    with pytest.raises(UserError, match="changed since you read it"):
        edit(ask, "import argparse", "import argparse, os")
    ask("read_file", name="train.py")
    assert "+import argparse, os" in edit(ask, "import argparse", "import argparse, os")
    assert "+import argparse, os, re" in edit(ask, "import argparse, os", "import argparse, os, re"), (
        "its own edit is known"
    )


def test_what_was_read_is_remembered_by_a_stage_taken_up_again(root: Path) -> None:
    tools_of(Workshop(root))[0]("read_file", name="train.py")
    assert "+import argparse, os" in edit(tools_of(Workshop(root))[0], "import argparse", "import argparse, os")


def test_an_edit_that_was_made_before_a_crash_is_not_made_twice(ask: Ask, root: Path) -> None:
    ask("read_file", name="train.py")
    edit(ask, "import argparse\n", "import argparse\nimport os\n")
    again = tools_of(Workshop(root))[0]
    assert "already done" in edit(again, "import argparse\n", "import argparse\nimport os\n")
    edit(again, "import time", "import time as clock")
    assert "already done" in edit(again, "import time", "import time as clock")
    assert (root / "train.py").read_text().count("import os") == 1
    assert len((root / ".versions" / "versions.jsonl").read_text().splitlines()) == 3


def test_a_crash_between_the_version_and_the_file_leaves_one_version(
    ask: Ask, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nodes.tools import workshop_files

    ask("read_file", name="train.py")
    real = workshop_files.write_atomic

    def dies(path: Path, text: str) -> None:
        if path.name == "train.py":
            raise KeyboardInterrupt
        real(path, text)

    monkeypatch.setattr(workshop_files, "write_atomic", dies)
    with pytest.raises(KeyboardInterrupt):
        edit(ask, "import time", "import time as clock")
    monkeypatch.undo()
    assert (root / "train.py").read_text() == SCRIPT
    edit(tools_of(Workshop(root))[0], "import time", "import time as clock")
    lines = [json.loads(line) for line in (root / ".versions" / "versions.jsonl").read_text().splitlines()]
    assert [line["n"] for line in lines] == [1, 2]


@pytest.mark.parametrize(
    ("old", "says"),
    [
        ("import tyme", "nearest to it: 8: import time"),
        ("  best,  count = Counter(row['answer'] for row in rows)", "nearest to it: 15:     best, count = Counter("),
        ("\tbest, count = Counter(row[\"answer\"] for row in rows).most_common(1)[0]", "the same words, with other spaces"),
        ("json", r"stands \d+ times in train.py, in lines 7, "),
        ("zzzzzzzzzz qqqqqqqqqqqq", "nothing like it"),
        ("", "write_file makes a file anew"),
    ],
)  # fmt: skip
def test_a_passage_that_does_not_stand_there_once_is_refused_with_the_nearest(
    ask: Ask, root: Path, old: str, says: str
) -> None:
    ask("read_file", name="train.py")
    with pytest.raises(UserError, match=says if "\\" in says else None) as refused:
        edit(ask, old, "x")
    assert "\\" in says or says in str(refused.value)
    assert (root / "train.py").read_text() == SCRIPT


def test_a_file_that_no_longer_parses_is_said_at_once(ask: Ask) -> None:
    ask("read_file", name="train.py")
    assert "it does not parse: line 13: expected ':'" in edit(
        ask, "def train(config, resume):", "def train(config, resume)"
    )


# --- checking and running ---------------------------------------------------------------------------------------------------
def test_the_draft_is_checked_as_it_stands(root: Path, tmp_path: Path) -> None:
    ask, _, _ = tools_of(Workshop(root, installed=Here(tmp_path / "cache")))
    assert ask("check_script").startswith("fit to be run")
    ask("read_file", name="train.py")
    edit(ask, 'row["answer"]', 'row["label"]')
    said = ask("check_script")
    assert said.startswith("1 faults to mend")
    assert "fault (columns, line 15): the data has no column label" in said


def test_a_tiny_run_really_trains_and_predicts(root: Path) -> None:
    ask, runs, _ = tools_of(Workshop(root, seconds=30))
    said = ask("run_tiny", set={"steps": 3}, seconds=500)
    assert "train finished in " in said
    assert 'metrics, 3 lines: {"step": 1, "loss": 0.33' in said
    assert "predict finished in " in said
    assert said.endswith("[9 tiny runs are left]")
    assert [argv for argv, _ in runs.asked] == [
        ["train", "--config", "tiny.json"],
        ["predict", "--config", "tiny.json", "--inputs", "tiny_inputs.jsonl", "--out", "tiny_predictions.jsonl"],
    ]
    assert {seconds for _, seconds in runs.asked} == {30}
    assert json.loads((root / "config.json").read_text()) == CONFIG
    asked = [json.loads(line) for line in (root / "tiny_inputs.jsonl").read_text().splitlines()]
    assert len(asked) == 8
    assert not any("answer" in row for row in asked)


def test_a_failure_comes_back_typed_and_is_held_against_what_follows(root: Path) -> None:
    shop = Workshop(root)
    ask, _, _ = tools_of(shop)
    ask("read_file", name="train.py")
    edit(ask, "    best, count", "    bytearray(10**17)\n    best, count")
    said = ask("run_tiny")
    assert said.startswith("train failed in ")
    assert "memory: the memory is full: MemoryError (train.py line 15)" in said
    assert "bytearray(10**17)" in said
    assert "predict" not in said
    assert len(said) < 2000
    assert shop.changed_task() == ()
    note = edit(ask, "    bytearray(10**17)\n", "    rows = rows[:10]\n")
    assert "note: this leaves out rows of the data (rows[:10]) to escape a memory error; that needs a person" in note
    assert Workshop(root).changed_task() == (
        "leaves out rows of the data (rows[:10]) to escape a memory error; that needs a person",
    )
    edit(ask, "    rows = rows[:10]\n", "")
    assert Workshop(root).changed_task() == ()


def test_a_script_that_loses_the_record_of_its_failure_gains_nothing(root: Path) -> None:
    shop = Workshop(root, most_runs=2)
    ask, _, _ = tools_of(shop)
    ask("read_file", name="train.py")
    edit(
        ask,
        "    best, count",
        "    import shutil\n    shutil.rmtree('.versions')\n    raise MemoryError\n    best, count",
    )
    assert "memory: the memory is full" in ask("run_tiny")
    shutil.rmtree(root / ".versions")
    ask("read_file", name="train.py")
    assert "that needs a person" in edit(ask, "    raise MemoryError\n", "    rows = rows[:3]\n")
    ask("run_tiny", command="predict")
    shutil.rmtree(root / ".versions")
    with pytest.raises(UserError, match="used up"):
        ask("run_tiny")


def test_a_failed_rehearsal_is_held_against_the_draft_too(root: Path) -> None:
    shop = Workshop(root)
    shop.failed(Failure("environment", "it was not done in time: time limit 30 s", (), None, ""))
    ask, _, _ = tools_of(shop)
    ask("read_file", name="config.json")
    said = ask("write_file", name="config.json", text='{"seed": 1, "steps": 4}', why="faster")
    assert "note: this cuts the length of the training from 40 to 4 to escape a time limit; that needs a person" in said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"prediction": best', '"prediction": [best]', "predict's output: line 1: the prediction is a list"),
        ("for row in rows))", "for row in rows[1:]))", "predict's output: 1 of 8 rows have no prediction"),
        ('range(1, config["steps"] + 1)', 'range(1, 1 + 0 * config["steps"])', "wrote no metric line"),
    ],
)
def test_what_ends_well_and_did_not_do_its_work_has_failed(root: Path, old: str, new: str, says: str) -> None:
    ask, _, _ = tools_of(Workshop(root))
    ask("read_file", name="train.py")
    edit(ask, old, new)
    assert says in ask("run_tiny")


def test_a_draft_with_faults_is_not_run(root: Path) -> None:
    ask, runs, _ = tools_of(Workshop(root))
    ask("read_file", name="train.py")
    edit(ask, 'row["answer"]', 'row["label"]')
    with pytest.raises(UserError, match="1 faults come first, such as fault"):
        ask("run_tiny")
    with pytest.raises(UserError, match=r"config\.json has no epochs"):
        edit(ask, 'row["label"]', 'row["answer"]')
        ask("run_tiny", set={"epochs": 1})
    assert not runs.asked


def test_tiny_runs_are_counted_over_crashes_and_one_cut_off_is_not_counted_twice(root: Path) -> None:
    shop = Workshop(root, most_runs=2)
    tools = {tool.name: tool for tool in workshop_tools(shop, dies)}
    with pytest.raises(KeyboardInterrupt):
        tools["run_tiny"].run(tools["run_tiny"].takes())
    ask, runs, _ = tools_of(Workshop(root, most_runs=2))
    assert "[1 tiny runs are left]" in ask("run_tiny")
    assert "[0 tiny runs are left]" in ask("run_tiny", set={"steps": 2})
    with pytest.raises(UserError, match="all 2 tiny runs are used up"):
        ask("run_tiny")
    with pytest.raises(UserError, match="used up"):
        tools_of(Workshop(root, most_runs=2))[0]("run_tiny")
    assert len(runs.asked) == 4


def dies(argv: list[str], seconds: float) -> tuple[JobStatus, str]:
    raise KeyboardInterrupt


def test_metrics_that_lead_out_of_the_folder_are_not_read(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.jsonl").write_text('{"step": 1, "secret": 1}\n')
    (root / "metrics.jsonl").symlink_to(tmp_path / "outside.jsonl")
    ask, _, _ = tools_of(Workshop(root))
    assert "secret" not in ask("run_tiny", set={"steps": 1})


def test_only_what_writes_says_so_and_nothing_reaches_out(root: Path) -> None:
    _, _, tools = tools_of(Workshop(root))
    assert {name for name, tool in tools.items() if tool.writes} == {"write_file", "edit_file", "run_tiny"}
    assert not any(tool.reaches for tool in tools.values())
    assert "signature" not in tools
    named = workshop_tools(Workshop(root), dies, signature=lambda name: f"{name}(x)")[-1]
    assert named.run(named.takes(name="a.b")) == "a.b(x)"
