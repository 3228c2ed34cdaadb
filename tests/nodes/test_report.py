"""The report: complete, honest by outcome, self-contained, and the same when written again."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from example_run import ExampleRun, collapsed_run, plan, score

from lab.ledger.files import append_line
from nodes.record import record
from nodes.report_page import write_report
from nodes.report_words import change, duration, gain_sentence, interval, number, setting, with_interval

VOID = {"meta", "img", "br"}
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "h1", "h2", "h3", "p", "div", "span", "b", "dl",
    "dt", "dd",
    "strong", "code", "small", "table", "thead", "tbody", "tr", "th", "td",
    "ul", "li", "pre", "figure", "figcaption", "img", "br",
}  # fmt: skip


class Page(HTMLParser):
    """Reads a page strictly: every tag known, nested right, nothing fetched."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said: list[str] = []
        self.images = 0
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        for name, value in attrs:
            assert not name.startswith("on") and name != "href", name
            if name == "src":
                assert str(value).startswith("data:image/svg+xml;base64,")
                self.images += 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())


def write(run: ExampleRun, status: str = "done") -> tuple[str, Page]:
    found = record(run.workspace, run.values, [], status)
    names = write_report(run.workspace, found, run.values, run.values["goal"])
    assert names == {"markdown": "report.md", "html": "report.html"}
    html = (run.workspace / "report.html").read_text()
    assert not re.search(r"url\(|@import|<script", html)
    return (run.workspace / "report.md").read_text(), Page(html)


@pytest.mark.slow
def test_a_whole_run_has_everything_a_reader_asks_for(tmp_path: Path) -> None:
    text, page = write(collapsed_run(tmp_path / "adding"))
    for said in (
        "The target was met.", ".882 [.856, .908]", "+.180 [+.141, +.221]", ".702", "600", "Paired bootstrap",
        "kept the sealed rows out of its reach", "label shuffle control: not run; the effort is quick",
        "reward collapse", "learning rate too high", "3 of 4".replace(" ", "\u00a0"), "without beta no KL was measured",
        "learning_rate = 0.0003", "collapsed again at step 17", "1 arm of 4 cured it.", "├─ e03  arms: learning_rate = 0.0003",
        "arxiv.org", "no network", "LaTeX source of a paper", "bwrap (1)", "arxiv:2402.03300",
        "https://arxiv.org/abs/2402.03300",
        "python run.py train --config config.json", "6 by the playbook", "$0.00 of $5.00", "identical",
    ):  # fmt: skip
        assert " ".join(said.replace("\u00a0", " ").split()) in page.text.replace("\u00a0", " "), said
    assert page.images == 4
    for link in re.findall(r"\]\((plots/[a-z-]+\.svg)\)", text):
        svg = (tmp_path / "adding" / link).read_text()
        assert svg.startswith("<svg") and "<script" not in svg and "<image" not in svg
    assert "| `e04` | beta = 0.1 | **not cured** | −.200 |" in text


@pytest.mark.slow
def test_written_again_it_is_the_same(tmp_path: Path) -> None:
    run = collapsed_run(tmp_path / "adding")
    write(run)
    files = sorted(p for p in run.workspace.rglob("*") if p.suffix in (".md", ".html", ".svg"))
    before = [p.read_bytes() for p in files]
    write(run)
    assert before == [p.read_bytes() for p in files] and len(files) == 6


def test_a_run_that_ended_at_once_is_short_and_honest(tmp_path: Path) -> None:
    run = ExampleRun(tmp_path / "r")
    run.stage("intake")
    run.values["ending"] = {"outcome": "stopped", "reason": "stopped by a person"}
    _, page = write(run, "stopped")
    assert "The run was stopped. Stopped by a person." in page.text
    assert "this report claims no number" in page.text and "No check of a score was run" in page.text
    assert "the run ended before the examination" in page.text and "No experiment was planned" in page.text
    assert page.images == 0


def test_an_empty_state_still_gives_a_report(tmp_path: Path) -> None:
    names = write_report(tmp_path, record(tmp_path, {}, [], "failed"), {}, {})
    assert "no outcome yet" in (tmp_path / names["markdown"]).read_text()


def test_what_is_not_known_is_not_claimed(tmp_path: Path) -> None:
    run = collapsed_run(tmp_path / "adding")
    run.values["examination"] |= {"gain": 0.01, "gain_interval": [-0.02, 0.04], "protected": False, "looks": 2}
    run.values["examination"]["per_seed"] = {"e07": 0.71}
    run.values["ending"] = {"outcome": "target_missed", "reason": "no gain beyond noise"}
    _, page = write(run)
    for said in ("The target was missed.", "a finding, not a malfunction", "Not distinguishable from the baseline",
                 "marked unprotected", "looked at 2 times", "1 seed can't show it"):  # fmt: skip
        assert said in page.text, said
    assert "Better than the baseline" not in page.text


def test_doubts_stand_at_the_top_and_are_said_once(tmp_path: Path) -> None:
    run = collapsed_run(tmp_path / "adding")
    run.values["goal"]["target"] = None
    doubt = "suspect, constant_output: one answer makes up 9 % of all"
    run.values["ending"] = {"outcome": "target_met", "reason": f"exact .882 on 600 sealed rows; {doubt}"}
    text, page = write(run)
    top = text.split("## What was asked")[0]
    assert "Better than the baseline beyond noise.** Exact .882 on 600 sealed rows." in top
    assert top.count("one answer makes up 9 % of all") == 1 and "SUSPECT" in top
    assert "duplicate: 4 training rows occur twice" in top and "The target was met" not in page.text


@pytest.mark.slow
def test_what_is_open_for_want_of_data_is_told_from_what_ended_otherwise(tmp_path: Path) -> None:
    run = collapsed_run(tmp_path / "adding")
    run.values["ending"] = {"outcome": "inconclusive", "reason": "no way on"}
    assert "more rows or more seeds" not in write(run)[1].text
    run.values["examination"]["gain_interval"] = [-0.01, 0.2]
    assert "more rows or more seeds" in write(run)[1].text
    del run.values["examination"]
    run.values["best"] = {}
    _, page = write(run)
    assert "more rows or more seeds" not in page.text and "No experiment became a finalist; scored were" in page.text


def test_baselines_that_were_scored_are_named(tmp_path: Path) -> None:
    run = ExampleRun(tmp_path / "r")
    run.experiment(plan("e01", None, "baseline", 1, {}), "b1", [])
    run.stage("evaluation", ("score", {"experiment": "e01", "score": score(0.705, 400)}))
    assert "Only baselines were scored (validation rows): e01 .705." in write(run, "running")[1].text


@pytest.mark.slow
def test_interruptions_and_the_model_are_told(tmp_path: Path) -> None:
    run = collapsed_run(tmp_path / "adding")
    by_model = {
        "stage": "planning",
        "by": "model",
        "model": "some/model",
        "why": "w",
        "choice": {},
        "tries": ["no JSON"],
        "usage": {"asked": 2, "replayed": 0, "tokens_in": 1200, "tokens_out": 40, "usd": None},
    }
    run.stage("planning", leaves=False)
    run.stages -= 1
    run.stage("planning", ("decision", by_model), ("decision", {**by_model, "by": "playbook", "usage": {}}))
    for _ in range(2):  # what was paid for stands in the file of replies, whether a decision came of it or not
        append_line(run.workspace / "replies.jsonl", {"how": "asked", "tokens_in": 600, "tokens_out": 20, "usd": None})
    _, page = write(run)
    for said in ("interrupted 1 time and went on", "1 by the model (some/model), 6 by the playbook",
                 "1 by the playbook after the model gave no usable answer", "struck or cut on the way to them: 1 note in the journal",
                 "2; 1,200 tokens in, 40 out, of unknown price"):  # fmt: skip
        assert said in page.text, said


@pytest.mark.slow
def test_a_validation_score_is_never_sold_as_a_result(tmp_path: Path) -> None:
    run = collapsed_run(tmp_path / "adding")
    del run.values["examination"]
    run.values["ending"] = {"outcome": "out_of_budget", "reason": "the time limit is used up"}
    _, page = write(run)
    assert "not examined" in page.text and "it is no result" in page.text and "Better than" not in page.text


EVIL = '<script>alert(1)</script> | `x` **b** [a](javascript:1) $m^2$ \u6570 </td> "q" \x1b[31m'


def test_text_of_tasks_and_logs_is_data(tmp_path: Path) -> None:
    run = collapsed_run(tmp_path / "adding")
    run.values["goal"] = {**run.values["goal"], "task": EVIL, "start": {EVIL: EVIL}}
    run.values["ending"] = {"outcome": "failed", "reason": EVIL}
    run.stage(
        "launch", ("fallback", {"what": EVIL, "why": EVIL}), ("error", {"stage": "launch", "why": EVIL + "x" * 5_000})
    )
    made = {
        "id": "e10",
        "parent": "e09",
        "purpose": "trial",
        "seed": 1,
        "change": {EVIL: EVIL},
        "steps": 5,
        "config": {},
    }
    run.experiment(made, "b5", [0.1, 0.2, 0.3])
    text, page = write(run)
    assert "\x1b" not in text and "\x1b" not in page.text
    assert "<script>alert(1)</script>" in page.text and "x" * 500 not in page.text
    assert (
        "<script" not in text.replace("```", "").split("## Experiments")[0]
        and "[a](javascript" not in text.split("## Exp")[0]
    )
    rows = [line for line in text.splitlines() if line.startswith("| fallback")]
    assert re.sub(r"\\\|", "", rows[0]).count("|") == 4


def test_a_healthy_run_says_so(tmp_path: Path) -> None:
    run = ExampleRun(tmp_path / "r")
    made: dict[str, Any] = {
        "id": "e01",
        "parent": None,
        "purpose": "trial",
        "seed": 1,
        "change": {},
        "steps": 5,
        "config": {},
    }
    run.experiment(made, "b1", [0.1, 0.2, 0.3, 0.5, 0.6])
    _, page = write(run, "running")
    assert "No detector raised an alarm" in page.text and page.images == 2


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.8821, ".882"), (1, "1.000"), (-0.04, "−.040"), (12.34567, "12.346"), (123456.0, "123,456"), (None, "—"),
     (float("nan"), "—"), (True, "—"), (-0.0001, ".000"), (0, ".000"), (0.9999, "1.000")],
)  # fmt: skip
def test_numbers(value: object, text: str) -> None:
    assert number(value) == text


def test_the_words_of_numbers() -> None:
    assert with_interval(0.1, [0.05, 0.15], difference=True) == "+.100 [+.050, +.150]"
    assert interval(None) == "" and with_interval(0.5, None) == ".500"
    assert setting(3e-4) == "0.0003" and setting({"a": True, "b": [1, 2]}) == "a yes, b 1, 2" and setting(None) == "—"
    assert change({"lr": 3e-4, "beta": 0.1}) == "lr = 0.0003, beta = 0.1" and change({}) == "nothing"
    assert change({"lr": {"from": 0.015, "to": 3e-4}}) == "lr = 0.0003 (was 0.015)"
    assert [duration(s) for s in (3.24, 59, 120, 125, 3_700, None)] == [
        "3.2 s",
        "59 s",
        "2 min",
        "2 min 05 s",
        "1 h 01 min",
        "—",
    ]


@pytest.mark.parametrize(
    ("direction", "value", "gain", "pair", "starts"),
    [("maximize", 0.8, 0.1, [0.05, 0.15], "Better"), ("maximize", 0.6, -0.1, [-0.15, -0.05], "Worse"),
     ("minimize", 0.6, -0.1, [-0.15, -0.05], "Better"), ("minimize", 0.6, 0.1, [0.05, 0.15], "Better"),
     ("minimize", 0.8, 0.1, [0.05, 0.15], "Worse"), ("maximize", 0.7, 0.0, [-0.1, 0.1], "Not distinguishable")],
)  # fmt: skip
def test_the_gain_is_read_by_its_interval(
    direction: str, value: float, gain: float, pair: list[float], starts: str
) -> None:
    scores = {"score": {"value": value, "direction": direction}, "baseline_score": {"value": 0.7}}
    assert gain_sentence({**scores, "gain": gain, "gain_interval": pair}).startswith(starts)
