"""The curation stage by itself: a real desk, a stand-in Hub, a scripted model over HTTP; no graph."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.compute.local import LocalEngine
from lab.compute.sandbox import SandboxLevel
from lab.ledger.journal import Journal, history, of_kind
from lab.ledger.ledger import Ledger
from lab.model.helm import Helm
from lab.model.prices import Price
from nodes.curation import curation
from nodes.curation_first import workshop_of
from nodes.curation_script import Workshop
from nodes.desk import Desk, Wait
from state.brief import Brief
from tests.scripted.server import Reply, Scripted, calls

SUMS = [{"question": f"What is {n}+{n + 1}?", "answer": str(2 * n + 1), "user": f"u{n % 40}"} for n in range(200)]
TALK = [
    {"messages": [{"role": "user", "content": f"What is {n}+{n + 1}?"}, {"role": "assistant", "content": f"It is {2 * n + 1}."}]}
    for n in range(150)
]  # fmt: skip
FLATTEN = """
import json
from pathlib import Path

kept = []
for path in sorted(Path("in").iterdir()):
    for line in path.read_text().splitlines():
        asked, said = json.loads(line)["messages"]
        if asked["content"] != "What is 3+4?":
            kept.append({"question": asked["content"], "answer": said["content"].split()[-1].strip(".")})
Path("out/rows.jsonl").write_text("".join(json.dumps(row) + "\\n" for row in kept))
"""

Turn = Reply | Callable[[dict[str, Any]], Reply]


@dataclass
class Stage:
    """One run's curation."""

    home: Path
    brief: dict[str, Any] = field(default_factory=dict)
    can_ask: bool = True
    sandbox: SandboxLevel | None = None
    said: list[str] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    model: Scripted | None = None

    def desk(self, helm: Helm | None = None, step: int = 3) -> Desk:
        workspace = self.home / "runs" / "r"
        workspace.mkdir(parents=True, exist_ok=True)
        engine = LocalEngine(self.home, demand=self.sandbox)
        return Desk(
            home=self.home, run="r", stage="curation", engine=engine, can_ask=self.can_ask, say=self.said.append, helm=helm,
            journal=Journal(workspace / "journal.jsonl", step=step), ledger=Ledger(workspace / "ledger.jsonl"),
        )  # fmt: skip

    @property
    def workspace(self) -> Path:
        return self.home / "runs" / "r"

    @property
    def workshop(self) -> Workshop:
        return workshop_of(self.desk(), self.goal)

    @property
    def goal(self) -> Brief:
        given = {"task": "Learn to add.", "metric": "exact_match", "direction": "maximize", **self.brief}
        return Brief.model_validate(given)

    def visit(self, *turns: Turn, step: int = 3, **more: Any) -> dict[str, Any]:
        """One visit, with a model that says these turns in order; without turns, without a model."""
        self.state |= {"goal": self.goal.to_json(), "next": {}, **more}
        if not turns:
            return self._drive(self.desk(step=step))
        with Scripted(_spoken(turns)) as model:
            self.model = model
            helm = Helm("openai/scripted", base_url=model.url, prices={"*": Price(0.0, 0.0)})
            return self._drive(self.desk(helm, step))

    def _drive(self, desk: Desk) -> dict[str, Any]:
        desk.journal.enter("curation")
        made = curation(self.state, desk)  # type: ignore[arg-type]
        if not isinstance(made, dict):
            made = _finish(made)
        self.state |= made
        return made

    def records(self, *kinds: str) -> list[dict[str, Any]]:
        return of_kind(history(self.workspace / "journal.jsonl"), *kinds)

    def results(self) -> list[str]:
        """What the tools answered, as the model was told it."""
        assert self.model is not None
        last = self.model.requests[-1]["messages"]
        return [str(message["content"]) for message in last if message["role"] == "tool"]


def _spoken(turns: Sequence[Turn]) -> Callable[[dict[str, Any]], Reply]:
    """By how often it has spoken, so that the same question gets the same answer; its last words again and again."""

    def say(body: dict[str, Any]) -> Reply:
        spoken = sum(message["role"] == "assistant" for message in body["messages"])
        turn = turns[min(spoken, len(turns) - 1)]
        return turn if isinstance(turn, Reply) else turn(body)

    return say


def _finish(steps: Any) -> dict[str, Any]:
    """Drive a stage that waits, as the wrapper does."""
    until = time.monotonic() + 60
    try:
        while time.monotonic() < until:
            wait = next(steps)
            assert isinstance(wait, Wait)
            while not wait.ready() and time.monotonic() < until:
                time.sleep(0.01)
    except StopIteration as done:
        return dict(done.value)
    raise AssertionError("the stage did not come to an end")


def choose(source: str = "owner/sums", **more: Any) -> Reply:
    """The model hands in a choice."""
    given = {"input": "question", "answer": "answer", "why": "it fits the task", **more}
    return calls("submit", {"source": source, **given})
