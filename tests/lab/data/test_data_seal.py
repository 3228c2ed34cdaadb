"""What is sealed stays sealed: hashes, counted looks, kills at every write."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lab.data.builtin import load_builtin
from lab.data.curate import Repair, apply_repairs
from lab.data.seal import SealBroken, inputs_for, looks, materialise, open_answers, read_split, resplit, seal, validate
from lab.data.split import split
from lab.data.table import Table
from state.errors import UserError
from state.products import DatasetCard

TICKETS = load_builtin("tickets", 0)

SEALER = """
import os, signal, sys
from pathlib import Path
from lab.data.builtin import load_builtin
from lab.data.seal import seal
from lab.data.split import split

table = load_builtin("tickets", 0)
ids = split(table, 7)

def seal_until(workspace, last):
    count = 0
    def watch(event, arguments):
        nonlocal count
        if event in ("os.rename", "os.mkdir", "os.chmod") or (event == "open" and ".part" in str(arguments[0])):
            count += 1
            if count == last:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    seal(table, ids, workspace, 7)
    os._exit(0)

for moment in range(1, 60):
    child = os.fork()
    if child == 0:
        seal_until(Path(sys.argv[1]) / str(moment), moment)
    if os.waitpid(child, 0)[1] != signal.SIGKILL:
        break
"""


def sealed(workspace: Path, table: Table = TICKETS) -> DatasetCard:
    return seal(table, split(table, 7), workspace, 7)


def contents(workspace: Path) -> dict[str, bytes]:
    return {str(path.relative_to(workspace)): path.read_bytes() for path in workspace.rglob("*") if path.is_file()}


def rewrite(path: Path, raw: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(raw)


def test_answers_of_held_out_rows_lie_apart(tmp_path: Path) -> None:
    card = sealed(tmp_path)
    open_side = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("*_inputs.jsonl"))
    assert b'"answer"' not in open_side
    answers = open_answers(tmp_path, card, "validation", "test")
    truth = {row["id"]: row["answer"] for row in TICKETS.rows}
    inputs = read_split(tmp_path, card, "validation")
    assert answers == {row["id"]: truth[row["id"]] for row in inputs}
    assert all(set(row) == {"id", "input"} for row in inputs)
    assert {split_: info.rows for split_, info in card.splits.items()} == {
        "train": 720, "validation": 180, "sealed": 300,
    }  # fmt: skip
    for path in (tmp_path / "sealed").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE((tmp_path / "sealed").stat().st_mode) == 0o700


def test_sealing_again_gives_the_same_bytes_and_other_rows_are_refused(tmp_path: Path) -> None:
    card = sealed(tmp_path)
    before = contents(tmp_path)
    assert sealed(tmp_path) == card
    assert contents(tmp_path) == before
    with pytest.raises(UserError, match="already holds other data"):
        seal(TICKETS, split(TICKETS, 8), tmp_path, 8)
    assert contents(tmp_path) == before


def test_a_split_that_forgets_or_repeats_a_row_is_not_sealed(tmp_path: Path) -> None:
    parts = split(TICKETS, 7)
    with pytest.raises(ValueError, match="exactly once"):
        seal(TICKETS, {**parts, "train": parts["train"][1:]}, tmp_path)
    with pytest.raises(ValueError, match="exactly once"):
        seal(TICKETS, {**parts, "train": [*parts["train"], parts["sealed"][0]]}, tmp_path)


def test_every_look_at_sealed_answers_is_counted_once_per_eye(tmp_path: Path) -> None:
    card = sealed(tmp_path)
    assert looks(tmp_path) == 0
    open_answers(tmp_path, card, "validation", "scorer")
    assert looks(tmp_path) == 0
    open_answers(tmp_path, card, "sealed", "finalist")
    open_answers(tmp_path, card, "sealed", "finalist")
    assert looks(tmp_path) == 1
    open_answers(tmp_path, card, "sealed", "another")
    assert looks(tmp_path) == 2
    lines = (tmp_path / "sealed/looks.jsonl").read_text().splitlines()
    assert [json.loads(line)["who"] for line in lines] == ["finalist", "finalist", "another"]


def test_a_torn_look_still_counts(tmp_path: Path) -> None:
    card = sealed(tmp_path)
    open_answers(tmp_path, card, "sealed", "first")
    with (tmp_path / "sealed/looks.jsonl").open("a") as handle:
        handle.write('{"seal": "abc')
    open_answers(tmp_path, card, "sealed", "second")
    assert looks(tmp_path) == 3


@pytest.mark.parametrize(
    "name",
    ["data/train.jsonl", "data/validation_inputs.jsonl", "data/sealed_inputs.jsonl",
     "sealed/validation_answers.jsonl", "sealed/sealed_answers.jsonl"],
)  # fmt: skip
def test_tampering_and_loss_are_noticed_and_no_look_is_had(tmp_path: Path, name: str) -> None:
    card = sealed(tmp_path)
    raw = (tmp_path / name).read_bytes()
    rewrite(tmp_path / name, raw.replace(b"e", b"a", 1))
    with pytest.raises(SealBroken) as caught:
        open_answers(tmp_path, card, "sealed", "scorer")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 6
    assert looks(tmp_path) == 0
    rewrite(tmp_path / name, raw)
    validate(tmp_path, card)
    (tmp_path / name).unlink()
    with pytest.raises(SealBroken, match="is gone"):
        validate(tmp_path, card)


def test_an_experiment_gets_training_rows_and_held_out_inputs_only(tmp_path: Path) -> None:
    card = sealed(tmp_path)
    folder = tmp_path / "experiments/e1/data"
    hashes = materialise(card, tmp_path, folder)
    assert hashes == materialise(card, tmp_path, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["train.jsonl", "validation_inputs.jsonl"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o444 for path in folder.iterdir())
    rewrite(folder / "train.jsonl", b"spoilt")
    validate(tmp_path, card)
    materialise(card, tmp_path, folder)
    assert (folder / "train.jsonl").read_bytes() == (tmp_path / "data/train.jsonl").read_bytes()
    assert inputs_for(tmp_path, card, "sealed").name == "sealed_inputs.jsonl"


def test_a_second_split_has_its_own_seal_and_only_before_the_first_look(tmp_path: Path) -> None:
    first = sealed(tmp_path)
    second = resplit(tmp_path, first, TICKETS, 8)
    assert second.seal != first.seal
    assert resplit(tmp_path, first, TICKETS, 8) == second
    assert resplit(tmp_path, second, TICKETS, 8) == second
    validate(tmp_path, first)
    validate(tmp_path, second)
    assert set(open_answers(tmp_path, second, "sealed", "x")) == {
        row["id"] for row in read_split(tmp_path, second, "sealed")
    }
    with pytest.raises(UserError, match="can't be split again"):
        resplit(tmp_path, second, TICKETS, 9)


def test_repairs_drop_training_rows_into_a_new_file(tmp_path: Path) -> None:
    card = sealed(tmp_path)
    ids = [row["id"] for row in read_split(tmp_path, card, "train")]
    held_out = read_split(tmp_path, card, "sealed")[0]["id"]
    repairs = [Repair("duplicate", tuple(ids[:3])), Repair("overlap", (ids[2], ids[3], held_out), "they leak")]
    mended = apply_repairs(tmp_path, card, repairs)
    assert mended.dropped == {"duplicate": 3, "overlap": 1}
    assert mended.repairs == ["duplicate: dropped 3 training rows", "overlap: dropped 1 training rows (they leak)"]
    assert [row["id"] for row in read_split(tmp_path, mended, "train")] == ids[4:]
    assert (mended.seal, mended.splits["sealed"]) == (card.seal, card.splits["sealed"])
    assert apply_repairs(tmp_path, card, repairs) == mended
    assert apply_repairs(tmp_path, mended, repairs) == mended
    again = apply_repairs(tmp_path, mended, [Repair("duplicate", (ids[5],))])
    assert again.dropped == {"duplicate": 4, "overlap": 1}
    for each in (card, mended, again):
        validate(tmp_path, each)
    assert sealed(tmp_path) == card
    hashes = materialise(again, tmp_path, tmp_path / "e")
    assert hashes["train.jsonl"] == again.splits["train"].sha256
    with pytest.raises(UserError, match="after the repairs"):
        apply_repairs(tmp_path, card, [Repair("broken", tuple(ids))])


@pytest.mark.slow
def test_kill_at_every_write_leaves_nothing_half(tmp_path: Path) -> None:
    sealed(tmp_path / "clean")
    expected = contents(tmp_path / "clean")
    subprocess.run([sys.executable, "-c", SEALER, str(tmp_path / "runs")], check=True)
    runs = sorted((tmp_path / "runs").iterdir())
    for workspace in runs:
        half = contents(workspace)
        whole = {name: raw for name, raw in half.items() if not name.endswith(".part")}
        assert all(raw == expected[name] for name, raw in whole.items())
        assert "data/card.json" not in whole or whole == expected
        sealed(workspace)
        assert contents(workspace) == expected
    assert len(runs) > 15
