"""What a person sees while a run works is drawn from the run's folder alone."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest
from rich.console import Console
from rich.live import Live

from app import out, text
from app.commands.look import gap
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


def drawn(folder: Path, width: int = 160, spoken: dict[str, str] | None = None) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(screen(folder, width, spoken or {}))
    return console.export_text()


def test_the_screen_shows_stage_time_experiments_curves_and_signals(tmp_path: Path) -> None:
    work(tmp_path)
    measure(tmp_path, [{"step": n, "reward": n / 10} for n in range(1, 8)])
    shown = drawn(tmp_path)
    assert "monitoring" in shown
    assert "left of 10 min" in shown
    row = next(words for words in shown.splitlines() if words.startswith("e1"))
    for word in ("trial", "learning_rate=0.03", "running", "7/40", "▁", "█", "reward 0.7"):
        assert word in row
    assert "nan in e1, step 7: the loss is no number" in shown


def test_a_narrow_terminal_cuts_no_heading_and_no_number(tmp_path: Path) -> None:
    work(tmp_path)
    measure(tmp_path, [{"step": n, "reward": n / 10} for n in range(1, 40)])
    lines = drawn(tmp_path, 80).splitlines()
    at = next(n for n, words in enumerate(lines) if words.startswith("id"))
    table = lines[at : at + 2]
    assert table[0].split() == ["id", "purpose", "change", "status", "step", "curve", "now", "score"]
    for word in ("e1", "trial", "running", "39/40", "█", "3.9"):
        assert word in table[1]
    assert "…" not in "".join(table) and len(table[1].rstrip()) <= 80


def test_an_ending_names_doubts_once_and_a_long_way_is_cut_aloud() -> None:
    doubt = {"name": "too_good", "result": "SUSPECT", "why": "look for a leak", "experiment": "e4"}
    whole: dict[str, Any] = {"checks": [doubt], "reason": "accuracy 1"}
    assert text.doubts(whole) == ["suspect: too good (look for a leak)"]
    assert text.doubts({**whole, "reason": "suspect, too_good: look for a leak"}) == []
    assert text.stages(["a", "b"]) == "a → b"
    assert text.stages([str(n) for n in range(33)]).startswith("… 3 earlier → 3 → 4")


def test_equal_numbers_are_called_the_same() -> None:
    one = {"name": "accuracy", "direction": "maximize", "split": "sealed", "value": 0.5, "interval": [0.4, 0.6]}
    assert gap(one, one)["why"] == "the numbers and their intervals are the same"
    assert "noise" in gap(one, {**one, "value": 0.55, "interval": [0.45, 0.65]})["why"]


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
    said = [words for record in history(tmp_path / "journal.jsonl") if (words := line(record))]
    assert "  signal nan in e1, step 7: the loss is no number" in said
    assert "  batch b1 (trial): try it\n    e1: learning_rate=0.03" in said
    assert "planning → monitoring: one trial (20 s)" in said
    assert line({"kind": "cost"}) is None


def test_lines_are_printed_where_there_is_no_terminal(tmp_path: Path, capsys: Any) -> None:
    with View(tmp_path).shown():
        work(tmp_path).write("leave", stage="report", label="done", to="__end__", why="target_met", seconds=1.0)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "monitoring …" in printed.err and "__end__" not in printed.err


def test_what_a_model_says_is_one_line_a_reader_and_goes_when_the_stage_does(tmp_path: Path) -> None:
    work(tmp_path)
    view = View(tmp_path)
    view.live = drawing = Live(console=Console(file=io.StringIO()), auto_refresh=False)
    for token in ("The reward ", "fell\nwhen the \x1b[31msteps ", "grew. " * 100, "so: lower it"):
        view.hear({"token": token, "part": "", "stage": "planning", "run": "r"})
    view.hear({"token": "Table 3 says", "part": "paper 2", "stage": "planning", "run": "r"})
    shown = drawn(tmp_path, 80, view.spoken).rstrip().splitlines()
    assert shown[-2].endswith("grew. so: lower it")
    assert shown[-2].startswith("  …")
    assert len(shown[-2]) <= 80
    assert shown[-1] == "  paper 2: Table 3 says"
    assert "\x1b" not in shown[-2]
    view.hear({"say": "planning: one trial", "stage": "planning", "run": "r"})
    assert view.spoken == {}
    assert view.live is drawing


def test_nobody_is_shown_what_a_model_says_where_a_program_reads_or_nothing_is_redrawn(tmp_path: Path) -> None:
    piped, for_a_program = View(tmp_path), View(tmp_path, quiet=True)
    for_a_program.live = Live(console=Console(file=io.StringIO()), auto_refresh=False)
    for view in (piped, for_a_program):
        view.hear({"token": "word", "part": "", "stage": "planning", "run": "r"})
        assert view.spoken == {}


def test_trouble_with_a_provider_is_said_while_it_is_waited_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    View(tmp_path).hear({"say": "model openai/x: slow down (HTTP 429); asking again in 5 s", "stage": "s", "run": "r"})
    View(tmp_path).hear({"say": "planning …", "stage": "planning", "run": "r"})
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "  model openai/x: slow down (HTTP 429); asking again in 5 s\n")


EVIL = "\x1b[2J\x1b]52;c;aGk=\x07\u202e[/b][link=https://evil.example]x"


def test_nothing_that_a_script_or_a_model_wrote_gives_orders_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = work(tmp_path)
    plan = {"id": "e2", "purpose": "trial", "change": {f"rate{EVIL}": EVIL}, "steps": 40, "config": {}, "parent": None}
    journal.write("batch", batch={"id": "b2", "purpose": "trial", "why": EVIL, "experiments": [plan]})
    journal.write("fallback", what=EVIL, why=EVIL)
    journal.write(
        "signal", signal={"experiment": EVIL, "kind": EVIL, "step": 7, "severity": "stop", "evidence": {}, "why": EVIL}
    )
    measure(tmp_path, [{"step": step, f"loss{EVIL}": 1.0 / step} for step in range(1, 9)])
    page = drawn(tmp_path)
    assert "evil.example" in page, "else nothing was planted"
    View(tmp_path).hear({"say": f"tool curation: raw_rows {EVIL}"})
    out.answer({"summary": EVIL}, f"gate data asks: {EVIL}", as_json=False)
    said = capsys.readouterr()
    for shown in (page, said.err, said.out):
        assert "evil.example" in shown
        assert not {sign for sign in shown if category(sign) in ("Cc", "Cf", "Cs")} - {"\n"}


def test_a_question_is_one_line_whatever_it_holds() -> None:
    item = {"gate": "data", "id": "1", "summary": "use x?\n  yes:  postgrad resume other --approve 7\r\x1b[1A"}
    assert len(text.asked("r", item).splitlines()) == 4
