"""Whatever text reaches a report is shown as text: nothing is fetched, hidden, turned round or sent to the terminal by reading it."""

from __future__ import annotations

import json
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.dom import minidom

import pytest

from nodes.record import record
from nodes.report_page import write_report
from tests.nodes.example_run import ExampleRun, collapsed_run

EVIL = (
    "x\r\r# x\r\n=== \x1b[31m\x00\u202e\u2066\u2028\u200b\ud800 ![i](https://evil.example/p.png) <img src=https://evil.example/q.png> "
    "[l](javascript:alert(1)) |`$x$ &lt;script&gt; &#x3c;b&#x3e; ```\n```\n# heading"
)
ITS_OWN = {
    "kind", "stage", "id", "experiment", "parent", "purpose", "result", "outcome", "metric", "split", "direction", "severity", "state",
    "status", "batch", "by", "winner", "finalist", "baseline", "experiments", "label", "to", "recipe",
}  # fmt: skip
"""Keys whose values are words and names of the house."""


def poisoned(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: poisoned(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, key) for inner in value]
    return value + EVIL if isinstance(value, str) and key not in ITS_OWN else value


@pytest.fixture
def run(tmp_path: Path) -> ExampleRun:
    """A run in which everything that anybody may have written was written by somebody hostile."""
    made = collapsed_run(tmp_path / "adding")
    journal = made.workspace / "journal.jsonl"
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    journal.write_text("".join(json.dumps(poisoned(line)) + "\n" for line in lines))
    made.values = poisoned(made.values)
    place = {"quote": EVIL, "section": EVIL}
    made.values["card"] = {
        "name": EVIL, "kind": "generation", "rows": 5, "seal": "a" * 64, "split_seed": 1, "group_by": EVIL,
        "splits": {"train": {"rows": 3, "sha256": "x"}}, "repairs": [EVIL], "dropped": {EVIL: 3},
    }  # fmt: skip
    made.values["reading"] = {
        "papers": [{"id": EVIL, "title": EVIL, "why": EVIL, "looked_up": EVIL}], "lessons": [{"why": EVIL, "run": EVIL}],
        "recipes": [{"kept_by": "reader", "paper": EVIL, "method": EVIL, "result": EVIL, "settings": {EVIL: EVIL}, "place": place}],
        "claims": [{"paper": EVIL, "value": 1.0, "unit": EVIL, "method": EVIL, "metric": EVIL, "place": place}],
    }  # fmt: skip
    return made


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.fetched += [str(value) for name, value in attrs if name in ("src", "href", "srcset", "style", "action")]


def test_a_report_shows_text_and_nothing_else(run: ExampleRun) -> None:
    whole = record(run.workspace, run.values, [], "done")
    whole["scripts"] = [
        {"name": EVIL, "parent": EVIL, "summary": EVIL, "based_on": [EVIL], "file": EVIL, "lines": 3, "failed": EVIL}
    ]
    for experiment in whole["experiments"]:
        experiment |= {"change": {EVIL: EVIL}, "purpose": f"{experiment['purpose']}{EVIL}"}
    write_report(run.workspace, whole, run.values, run.values["goal"])
    for name in ("report.md", "report.html"):
        text = (run.workspace / name).read_text(encoding="utf-8")
        assert "https://evil.example/p.png" in text, "else nothing was planted"
        hidden = {letter for letter in text if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n"}
        assert not hidden, f"{name}: {hidden}"
    page = Tags((run.workspace / "report.html").read_text(encoding="utf-8"))
    assert all(value.startswith("data:image/svg+xml") for value in page.fetched)
    assert not page.names & {"script", "a", "iframe", "link", "object", "form"}
    lines = (run.workspace / "report.md").read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line.startswith(("# heading", "# x", "==="))]
    for picture in (run.workspace / "plots").glob("*.svg"):
        assert not minidom.parse(str(picture)).getElementsByTagName("image")
