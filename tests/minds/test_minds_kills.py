"""A run killed in the middle of its thoughts, again and again: only the calls in flight are paid again, nothing is done twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from graph import open_graph
from lab.ledger.files import read_lines
from lab.ledger.ledger import Ledger
from tests.graph.kills import count
from tests.minds.conftest import Plain
from tests.minds.door import ROOT, begin, environment, postgrad
from tests.minds.plain import SOURCES, TASK, end_of
from tests.minds.researcher import Json, stage_of, turns_so_far
from tests.minds.world import some_papers
from tests.nodes.literature_stage import ANCHOR

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # two whole runs, on a machine that others use too

SCRIPT = Path(__file__).with_name("plain.py")
PATIENCE = 400.0
READERS = 2
"""They work side by side, so that a kill may find both with a call in flight."""


@dataclass
class Provider:
    """The scripted model in a process of its own, which outlives the killed."""

    url: str

    def questions(self) -> list[Json]:
        with urllib.request.urlopen(self.url.removesuffix("/v1") + "/requests", timeout=30) as answer:
            return list(json.loads(answer.read()))

    def heard(self, stage: str, turn: int) -> bool:
        return any((stage_of(body), turns_so_far(body)) == (stage, turn) for body in self.questions())


@contextmanager
def provider() -> Iterator[Provider]:
    command = [sys.executable, "-m", "tests.scripted.server", str(SCRIPT), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as serving:
        try:
            assert serving.stdout
            yield Provider(serving.stdout.readline().strip())
        finally:
            serving.kill()


@dataclass
class Killed:
    """A run at the command line."""

    place: Path
    url: str
    kills: list[str] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        return self.place / "home" / "runs" / "minds"

    def start(self) -> subprocess.Popen[str]:
        again = (self.workspace / "run.json").exists()
        words = ["resume", "minds"] if again else begin(self.place, self.url, TASK, **SOURCES)
        with (self.place / "said.log").open("a") as said:
            return subprocess.Popen(
                postgrad(*words, "--json"), cwd=self.place, env=environment(self.place), text=True, stdin=subprocess.DEVNULL,
                stdout=said, stderr=said,
            )  # fmt: skip

    def when(self, what: str, reached: Callable[[], bool]) -> None:
        """Let it work until then, and kill it."""
        agent = self.start()
        until = time.monotonic() + PATIENCE
        while not reached():
            assert agent.poll() is None, f"it ended before {what}: {self.log()}"
            assert time.monotonic() < until, f"{what} never came: {self.log()}"
            time.sleep(0.02)
        agent.send_signal(signal.SIGKILL)
        agent.wait()
        self.kills.append(what)

    def to_its_end(self) -> None:
        agent = self.start()
        agent.wait(PATIENCE)
        assert agent.returncode in (0, 5), self.log()

    def log(self) -> str:
        return (self.place / "said.log").read_text()[-2000:]


def test_killed_while_it_reads_writes_and_tries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: Plain) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    with some_papers(monkeypatch), provider() as model:
        run = Killed(tmp_path, model.url)
        run.when("its search is answered", lambda: model.heard("literature", 1))
        run.when("a reader reads", lambda: model.heard(f"reader {ANCHOR}", 1))
        run.when("it writes", lambda: model.heard("implementation", 1))
        run.when("a tiny run is in the sandbox", lambda: any(run.workspace.glob("drafts/*/starts.jsonl")))
        run.when("it hands in its script", lambda: model.heard("implementation", 3))
        run.to_its_end()
        asked = Counter(json.dumps(body, sort_keys=True) for body in model.questions())

    in_flight = len(run.kills) + (READERS - 1)
    assert len(asked) == plain.paid, "a conversation that is begun again says what it said before"
    assert sum(asked.values()) <= plain.paid + in_flight
    assert max(asked.values()) <= 2, "no call is in flight at two of these kills"
    with open_graph(tmp_path / "home") as graph:
        state = dict(graph.get_state(graph.config_for("minds")).values)
    assert end_of(state, tmp_path / "home") == plain.end
    (draft,) = (run.workspace / "drafts").iterdir()
    versions = list(read_lines(draft / ".versions" / "versions.jsonl"))
    assert [line["file"] for line in versions] == ["train.py", "config.json"], "nothing is written twice"
    tiny = Counter(line["attempt"] for line in read_lines(draft / "starts.jsonl"))
    assert len(tiny) == 2 and set(tiny.values()) == {1}, "training and prediction of one tiny run, begun once each"
    found = count(tmp_path / "home", "minds")
    assert found.twice == [] and found.never == [] and found.left == []
    spent = Ledger(run.workspace / "ledger.jsonl").spent()
    assert spent.reserved_usd == 0.0 and plain.paid <= spent.calls <= plain.paid + in_flight
