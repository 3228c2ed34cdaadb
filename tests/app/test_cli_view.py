"""What a person sees while a run works is drawn from the run's folder alone."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from app.follow import Follower, line
from app.series import last, spark
from app.view import View, heading, screen, working
from lab.ledger.files import append_line, write_json
from lab.ledger.journal import Journal, history


def work(folder: Path) -> Journal:
    """A run in the middle of its second stage."""
    write_json(folder / "run.json", {"run": "r", "thread_id": "t", "input": {"brief": {"limits": {"time": 600}}}})
    journal = Journal(folder / "journal.jsonl", step=1)
    journal.enter("planning")
    plans = [
        {"id": "e1", "purpose": "trial", "change": {"learning_rate": 0.03}, "steps": 40, "config": {}, "parent": None}
    ]
    journal.write("batch", batch={"id": "b1", "purpose": "trial", "why": "try it", "experiments": plans})
    journal.write("leave", stage="planning", label="planned", to="monitoring", why="one trial", seconds=20.0)
    journal.step = 2
    journal.enter("monitoring")
    signal = {
        "experiment": "e1",
        "kind": "nan",
        "step": 7,
        "severity": "stop",
        "evidence": {},
        "why": "the loss is no number",
    }
    journal.write("signal", signal=signal)
    return journal


def measure(folder: Path, rows: list[dict[str, Any]]) -> None:
    place = folder / "experiments" / "e1" / "attempts" / "1"
    place.mkdir(parents=True, exist_ok=True)
    write_json(place / "status.json", {"state": "running"})
    for row in rows:
        append_line(place / "metrics.jsonl", row)


def drawn(folder: Path) -> str:
    from rich.console import Console

    console = Console(width=160, record=True, file=io.StringIO())
    console.print(screen(folder))
    return console.export_text()


def test_the_screen_shows_stage_time_experiments_curves_and_signals(tmp_path: Path) -> None:
    work(tmp_path)
    measure(tmp_path, [{"step": n, "reward": n / 10} for n in range(1, 8)])
    shown = drawn(tmp_path)
    assert "monitoring" in shown
    assert "left of 10 min" in shown
    row = next(text for text in shown.splitlines() if text.startswith("e1"))
    for word in ("trial", "learning_rate=0.03", "running", "7/40", "▁", "█", "reward 0.7"):
        assert word in row
    assert "nan in e1, step 7: the loss is no number" in shown


def test_an_empty_folder_can_be_looked_at(tmp_path: Path) -> None:
    assert "begins" in drawn(tmp_path)


def test_time_used_leaves_out_the_wait_for_a_person(tmp_path: Path) -> None:
    work(tmp_path)
    past = history(tmp_path / "journal.jsonl")
    entered = [r["t"] for r in past if r["kind"] == "enter"][-1]
    assert round(working(past, entered + 5)[0]) == 25
    assert "25 s so far · 9 min 35 s left of 10 min 00 s" in heading(tmp_path, past, entered + 5)


def test_a_curve_prefers_what_was_really_achieved_and_shows_what_broke(tmp_path: Path) -> None:
    folder = tmp_path / "experiments" / "e1"
    assert (spark(folder), last(folder)) == ("", "")
    measure(
        tmp_path,
        [{"step": -3, "loss": 9.0}, {"step": 0, "loss": 1.0}, {"step": 1, "loss": "NaN"}, {"step": 2, "loss": 0.5}],
    )
    assert (spark(folder), last(folder)) == ("█!▁", "loss 0.5")
    measure(tmp_path, [{"step": 3, "rewards/true_exact/mean": 0.25, "reward": 1.0}])
    assert last(folder) == "true_exact 0.25"


def test_lines_follow_the_journal_and_wait_for_a_torn_one(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    follower = Follower(path)
    assert follower.news() == []
    whole = json.dumps({"kind": "enter", "stage": "planning"})
    path.write_text(whole + "\n" + whole[:9])
    assert [line(r) for r in follower.news()] == ["planning …"]
    with path.open("a") as more:
        more.write(whole[9:] + "\n")
    assert [line(r) for r in follower.news()] == ["planning …"]
    assert follower.news() == []


def test_every_record_with_words_reads_well(tmp_path: Path) -> None:
    work(tmp_path)
    said = [text for record in history(tmp_path / "journal.jsonl") if (text := line(record))]
    assert "  signal nan in e1, step 7: the loss is no number" in said
    assert "  batch b1 (trial): try it\n    e1: learning_rate=0.03" in said
    assert "planning → monitoring: one trial (20 s)" in said
    assert line({"kind": "cost"}) is None


def test_lines_are_printed_where_there_is_no_terminal(tmp_path: Path, capsys: Any) -> None:
    with View(tmp_path).shown():
        work(tmp_path)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "monitoring …" in printed.err
