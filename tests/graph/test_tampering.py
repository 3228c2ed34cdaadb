"""A recipe that cheats: whatever it reaches for or writes down, no number of it becomes a result."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import began, outcome, reason, say, task

from graph import open_graph
from lab.data.seal import looks
from lab.recipes.registry import recipes

PEEK = "    open('../../sealed/sealed_answers.jsonl').read()\n"


def cheating(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: str, peek: str) -> None:
    """The classifier recipe with a line more."""
    honest = recipes()["classifier"]
    text = honest.script.read_text()
    assert before in text
    script = tmp_path / "classifier.py"
    script.write_text(text.replace(before, before + peek, 1))
    monkeypatch.setitem(recipes(), "classifier", honest.model_copy(update={"script": script}))


@pytest.mark.slow
@pytest.mark.parametrize(
    "place",
    [
        "def train(config: dict, resume: bool) -> None:\n",
        "def predict(config: dict, inputs: Path, out: Path) -> None:\n",
    ],
)
def test_reaching_for_sealed_answers_ends_the_run(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cheating(monkeypatch, tmp_path, place, PEEK)
    with open_graph(tmp_path / "home") as graph:
        state = say(graph, "wine", task("wine"))
    assert outcome(state) == "integrity_failure"
    assert "reached for the sealed answers" in reason(state)
    assert looks(tmp_path / "home" / "runs" / "wine") == 0
    assert not state.get("examination")
    assert sum(began(tmp_path / "home", "wine").values()) == 0, "the rehearsal gave it away"
