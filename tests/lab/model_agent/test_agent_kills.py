"""kill -9 in the middle: begun again, an agent is asked nothing twice but the call in flight, and no tool whose result stands."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.ledger.files import read_lines
from tests.lab.model_agent.agent_bench import GOOD, paired
from tests.scripted.server import Reply, Scripted, calls

TURNS: list[Reply] = [
    calls("search", {"query": "a"}),
    calls("search", {"query": "b"}, "search", {"query": "c"}),
    calls("write", {"query": "d"}, "search", {"query": "e"}, "write", {"query": "f"}),
    Reply("I had better look once more."),
    calls("search", {"query": "g"}),
    calls("search", '{"query": "br'),
    calls("search", {"query": "a"}),
    GOOD,
]
TOOL_RUNS = 8
SIDE_BY_SIDE = 2
"""So many tools may be at work when a kill comes."""


def answer(body: dict[str, Any]) -> Reply:
    """By how far the conversation is, as a model would; each takes a moment."""
    said = sum(message["role"] == "assistant" for message in body["messages"])
    turn = TURNS[said]
    return Reply(turn.text, turn.calls, hang=0.02)


@dataclass
class Nursery:
    process: subprocess.Popen[str]

    def begin(self, name: str) -> int:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def ended(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline())


@pytest.fixture
def model() -> Iterator[Scripted]:
    with Scripted(answer) as serving:
        yield serving


@pytest.fixture
def nursery(tmp_path: Path, model: Scripted) -> Iterator[Nursery]:
    command = [sys.executable, "-W", "ignore", "-m", "tests.lab.model_agent.nursery", str(tmp_path), model.url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Nursery(process)
        process.kill()


@pytest.mark.slow
def test_begun_again_after_any_kill_it_pays_and_does_nothing_twice(
    nursery: Nursery, model: Scripted, tmp_path: Path
) -> None:
    chance, killed = random.Random(7), 0
    for trial in range(5):
        name, kills, before = f"trial{trial}", 0, len(model.requests)
        while True:
            child = nursery.begin(name)
            if kills < 8:
                time.sleep(chance.uniform(0.02, 0.45))
                with suppress(ProcessLookupError):  # it may just have come to its end
                    os.kill(child, signal.SIGKILL)
            if (rc := nursery.ended()) == 0:
                break
            assert rc == -signal.SIGKILL
            kills += 1
        killed += kills
        asked = model.requests[before:]
        assert len(asked) <= len(TURNS) + kills
        assert all(paired(body["messages"]) for body in asked)
        _nothing_on_file_was_done_again(tmp_path / name, kills)
    assert killed >= 10, "the kills came too late to show anything"


def _nothing_on_file_was_done_again(folder: Path, kills: int) -> None:
    kept = list(read_lines(folder / "tools.jsonl"))
    assert len(kept) == TOOL_RUNS and max(Counter(line["id"] for line in kept).values()) == 1
    executed = list(read_lines(folder / "executed.jsonl"))
    assert TOOL_RUNS <= len(executed) <= TOOL_RUNS + SIDE_BY_SIDE * kills
    for line in kept:
        what = f"{line['tool']} {line['args']['query']}"
        same = [other for other in kept if (other["tool"], other["hash"]) == (line["tool"], line["hash"])]
        if len(same) == 1:
            assert all(run["t"] <= line["t"] + 0.001 for run in executed if run["what"] == what)


@pytest.mark.slow
def test_undisturbed_it_asks_once_for_each_turn(nursery: Nursery, model: Scripted, tmp_path: Path) -> None:
    nursery.begin("calm")
    assert nursery.ended() == 0
    assert len(model.requests) == len(TURNS)
    assert len(list(read_lines(tmp_path / "calm" / "executed.jsonl"))) == TOOL_RUNS
    nursery.begin("calm")
    assert nursery.ended() == 0
    assert len(model.requests) == len(TURNS), "a visit begun again after its answer pays nothing"
    assert len(list(read_lines(tmp_path / "calm" / "executed.jsonl"))) == TOOL_RUNS
