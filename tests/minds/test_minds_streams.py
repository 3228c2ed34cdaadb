"""A model's words while it says them: to who streams the graph from Python, and to a person at a terminal, not to a program."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph import open_graph
from tests.minds.door import begin, environment, postgrad
from tests.minds.helm import BRIEF, at_the_helm
from tests.minds.researcher import Researcher, Turn, submit
from tests.minds.short import BRIEF as OPEN
from tests.minds.short import TASK, short
from tests.scripted.replies import calls
from tests.scripted.server import Scripted

pytestmark = pytest.mark.slow

WORDS = "Bottles of three growers are kept at the institute of pharmacy"
LAST = "None of the sets that I know has them"
STAYS = 2.5
"""Seconds that the next answer takes: so long the words stand on the screen."""


def parts() -> dict[str, Any]:
    looks: list[Turn] = [
        calls("inspect_dataset", {"id": "owner/wines"}, text=WORDS),
        replace(calls("submit", {"source": "", "why": "none can be had"}, text=LAST), hang=STAYS),
    ]
    return {**short(curation=looks), "report": [submit(paragraphs=["Nothing was found."], why="the record")]}


def test_words_reach_both_streams_of_the_graph_with_their_stage(home: Path) -> None:
    given = {"task": TASK, "name": "minds", "brief": {**BRIEF, **OPEN}}
    with at_the_helm(Researcher(parts())) as (_, settings), open_graph(home) as graph:
        config = graph.config_for("minds")
        events = list(graph.stream(given, config, context=settings, stream_mode=["custom", "messages"]))
    told = [event for mode, event in events if mode == "custom" and "token" in event]
    said = {stage: "".join(one["token"] for one in told if one["stage"] == stage) for stage in ("curation", "report")}
    assert said == {"curation": WORDS + LAST, "report": ""}
    assert len([one for one in told if one["stage"] == "curation"]) >= 4, "in pieces, while they come"
    assert {one["run"] for one in told} == {"minds"}
    pieces = [
        (piece, about) for mode, (piece, about) in ((m, e) for m, e in events if m == "messages") if piece.content
    ]
    words = "".join(str(piece.content) for piece, about in pieces if about["langgraph_node"] == "curation")
    assert words == WORDS + LAST


def command(place: Path, url: str, *more: str) -> tuple[list[str], dict[str, str]]:
    words = postgrad(*begin(place, url, TASK, **OPEN), *more)
    return words, environment(place, TERM="xterm", COLUMNS="160", LINES="40")


def at_a_terminal(place: Path, url: str, *more: str) -> tuple[str, str]:
    """What a person sees, and what went to stdout."""
    words, own = command(place, url, *more)
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            words, cwd=place, env=own, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs, text=True
        ) as running:
            os.close(theirs)
            seen = _read(ours)
            out, _ = running.communicate(timeout=30)
    finally:
        os.close(ours)
    return seen, out


def _read(terminal: int, seconds: float = 180.0) -> str:
    seen, until = b"", time.monotonic() + seconds
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                piece = os.read(terminal, 65_536)
            except OSError:  # the last one who held the other end has gone
                break
            if not piece:
                break
            seen += piece
    return seen.decode(errors="replace")


@pytest.fixture
def model() -> Any:
    with Scripted(Researcher(parts())) as serving:
        yield serving


def test_a_person_at_a_terminal_sees_them(tmp_path: Path, model: Scripted) -> None:
    seen, out = at_a_terminal(tmp_path, model.url)
    assert WORDS in seen
    assert WORDS not in out and "Traceback" not in seen


def test_a_program_at_a_terminal_does_not(tmp_path: Path, model: Scripted) -> None:
    seen, out = at_a_terminal(tmp_path, model.url, "--json")
    assert WORDS not in seen and WORDS not in out
    assert json.loads(out)["outcome"] == "failed"


def test_a_pipe_gets_lines_and_no_words(tmp_path: Path, model: Scripted) -> None:
    words, own = command(tmp_path, model.url)
    done = subprocess.run(
        words, cwd=tmp_path, env=own, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180, check=False
    )  # fmt: skip
    assert "curation" in done.stderr and WORDS not in done.stderr + done.stdout
    assert "\x1b[" not in done.stderr + done.stdout
