"""What a person hands in from Python is read whole, or refused in a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import outcome, reason, say, task

from graph.research import ResearchGraph
from state.errors import UserError


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"base_url": "http://127.0.0.1:1/v1"}, "a task has no base_url; it has task, name"),
        ({"modle": "openai/x"}, "a task has no modle"),
        ({"model": {"default": "openai/x"}}, "model is {'default': 'openai/x'}; write one id"),
    ],
)
def test_what_nobody_would_read_is_refused(research: ResearchGraph, home: Path, more: dict[str, Any], why: str) -> None:
    with pytest.raises(UserError) as wrong:
        say(research, "odd", {**task("odd"), **more})
    assert str(wrong.value).startswith(why) and "\n" not in str(wrong.value)
    assert not (home / "runs" / "odd").exists()


def test_a_model_without_its_provider_is_told_as_on_the_command_line(research: ResearchGraph, home: Path) -> None:
    with pytest.raises(UserError, match="model nonsense: write PROVIDER/NAME"):
        say(research, "odd", {**task("odd"), "model": "nonsense"})


@pytest.mark.slow
def test_a_time_is_written_as_in_a_file(research: ResearchGraph, home: Path) -> None:
    state = say(research, "odd", task("odd", limits={"time": "3m", "batches": 1}, method="nonsense"))
    assert state["goal"]["limits"]["time"] == 180
    assert outcome(state) == "failed" and "nonsense" in reason(state)
