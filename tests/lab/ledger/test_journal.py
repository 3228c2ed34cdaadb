"""The journal: append-only, whole after any kill, and read without what a cut-off visit had begun."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.ledger.files import append_line, read_json, read_lines, write_atomic, write_json
from lab.ledger.journal import Journal, history, of_kind
from state.errors import EnvironmentTrouble


def visit(path: Path, step: int, stage: str, *notes: str, left: bool = True) -> None:
    journal = Journal(path, step)
    journal.enter(stage)
    for text in notes:
        journal.write("note", text=text)
    if left:
        journal.write("leave", stage=stage)


def test_a_visit_that_was_cut_off_is_forgotten_when_made_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    visit(path, 1, "intake")
    visit(path, 2, "planning", "first try", left=False)
    visit(path, 2, "planning", "second try", left=False)
    visit(path, 2, "planning", "third try")
    visit(path, 3, "report")
    records = history(path)
    assert [r["text"] for r in of_kind(records, "note")] == ["third try"]
    assert [r["stage"] for r in of_kind(records, "leave")] == ["intake", "planning", "report"]
    assert [r["stage"] for r in of_kind(records, "enter")] == ["intake", "planning", "report"]
    assert len(list(read_lines(path))) == 11, "the file itself forgets nothing"


def test_money_spent_outlives_the_visit_it_fell_into_and_words_are_heard_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, 4)
    journal.enter("planning")
    journal.write("cost", usd=0.25)
    journal.write("decision", why="forgotten")
    journal.write("tell", text="heard, then killed before the checkpoint")
    visit(path, 4, "planning")
    Journal(path, 4).write("tell", text="heard again by the visit that counts")
    kept = history(path)
    assert [r["usd"] for r in of_kind(kept, "cost")] == [0.25]
    assert [r["text"] for r in of_kind(kept, "tell")] == ["heard again by the visit that counts"]
    assert of_kind(kept, "decision") == []


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["note", "cost"])), max_size=6))
def test_each_step_is_left_once_however_often_it_was_cut_off(cuts: list[tuple[int, str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.jsonl"
        spent = 0
        for step, (tries, kind) in enumerate(cuts, start=1):
            for _ in range(tries):
                journal = Journal(path, step)
                journal.enter("s")
                journal.write(kind, text=kind)
                spent += kind != "note"
            visit(path, step, "s")
        records = history(path)
        assert [r["step"] for r in of_kind(records, "leave")] == list(range(1, len(cuts) + 1))
        assert len(of_kind(records, "cost")) == spent
        assert of_kind(records, "note") == []


@pytest.mark.parametrize("cut", range(2, 40, 3))
def test_a_torn_last_line_is_left_out_and_spoils_no_other(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "lines.jsonl"
    append_line(path, {"n": 1})
    append_line(path, {"n": 2, "text": "ä long enough line to be torn"})
    path.write_bytes(path.read_bytes()[:-cut])
    append_line(path, {"n": 3})
    assert [line["n"] for line in read_lines(path)] == [1, 3]


def test_many_writers_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: append_line(path, {"n": n, "text": "x" * 2000}), range(200)))
    written = [line for line in path.read_text().splitlines() if line]  # an empty line may part two writers
    assert sorted(json.loads(line)["n"] for line in written) == list(range(200))


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "value.json"
    write_json(path, {"a": "ä"})
    assert read_json(path) == {"a": "ä"}
    path.with_name(".value.json.999999").write_text("half of a wri")  # what a killed writer leaves behind
    write_json(path, {"a": 2})
    assert read_json(path) == {"a": 2}
    path.unlink()
    path.mkdir()
    with pytest.raises(EnvironmentTrouble, match="can't write") as told:
        write_atomic(path, "text")
    assert "\n" not in str(told.value)
    assert [p.name for p in path.parent.iterdir() if "999999" not in p.name] == ["value.json"], "nothing is left lying"


def test_no_journal_is_an_empty_history(tmp_path: Path) -> None:
    assert history(tmp_path / "none.jsonl") == []


def test_a_record_of_another_shape_stands_for_itself(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    values: list[Any] = [{"kind": "tell", "text": "before the first stage"}]
    for value in values:
        append_line(path, value)
    assert history(path) == values


def test_threads_that_write_one_file_at_once_leave_one_whole_text(tmp_path: Path) -> None:
    """Two tools of one reply: neither takes the other's half-written file away."""
    path = tmp_path / "seen.json"
    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(write_json, path, {"by": n}) for n in range(400)]:
            done.result()
    assert read_json(path)["by"] in range(400)
    assert [one.name for one in tmp_path.iterdir()] == ["seen.json"]
