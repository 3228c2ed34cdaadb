"""Links and pipes that a script leaves where we read or write after it: nothing is written, read, published or waited on through them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from lab.compute.folder import read_metrics
from lab.compute.harness import install_harness
from lab.compute.sandbox import probe
from lab.data.builtin import load_builtin
from lab.data.seal import seal
from lab.data.split import split
from nodes.curation_result import ScriptFailed
from nodes.desk import Desk
from nodes.drafting import _laid_out as laid_out
from nodes.drafting import waited
from nodes.folders import begun, write_folder
from nodes.ideas import UNWRITTEN
from nodes.publication import publication
from nodes.record_read import metric_lines, starts
from nodes.rehearsal import few_rows
from nodes.scoring import predict_all, predictions
from state.errors import UserError
from state.products import DatasetCard, Plan
from tests.injection.timely import soon
from tests.nodes.curation_stage import Stage
from tests.nodes.tool_desk import desk_at, listening

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


@pytest.mark.parametrize("name", ["starts.jsonl", "metrics.jsonl"])
def test_a_pipe_among_the_records_holds_nobody_up(home: Path, name: str) -> None:
    _, folder, _ = experiment(home, "print(1)\n")
    os.mkfifo(folder / name)
    assert (
        soon(lambda: str((starts(folder), begun(folder), read_metrics(folder), metric_lines(folder))))
        == "(0, False, [], [])"
    )


def test_a_draft_is_laid_out_again_in_its_own_folder(home: Path) -> None:
    """A tiny run makes a link to another experiment of the folder that we write an example into."""
    desk, other, state = experiment(home, "approved = True\n")
    plan = Plan.model_validate({**PLAN, "id": "e003", "recipe": UNWRITTEN})
    card = DatasetCard.model_validate(state["card"])
    place = laid_out(desk, card, plan)
    shutil.rmtree(place / "example")
    (place / "example").symlink_to(other)
    assert laid_out(desk, card, plan) == place
    assert (other / "train.py").read_text() == "approved = True\n"
    assert (place / "example" / "train.py").is_file()


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


def test_a_job_that_links_its_temporary_folder_elsewhere_has_nothing_cleared_there(home: Path) -> None:
    """It is removed outside the sandbox: another experiment's attempt of the same name would go with it."""
    left = "os.rename('.tmp', 'gone'); os.symlink('../e002/attempts', '.tmp')"
    desk, folder, state = experiment(home, HELD.replace("{LEFT}", left))
    evidence = desk.workspace / "experiments" / "e002" / "attempts" / "predict-validation-1" / "log.txt"
    evidence.parent.mkdir(parents=True)
    evidence.write_text("what happened")
    soon(lambda: str(waited(predict_all(state, desk, [folder], "validation", 60.0))))
    assert evidence.read_text() == "what happened"
    assert [path.name for path in evidence.parents[1].iterdir()] == ["predict-validation-1"]


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
