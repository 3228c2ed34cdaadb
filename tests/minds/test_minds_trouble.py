"""A provider with bad days: the run ends as it would have, or waits for a person with one line, and pays nothing twice."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lab.ledger.ledger import Ledger
from tests.minds.conftest import Plain
from tests.minds.door import begin, environment, postgrad
from tests.minds.helm import records, whole_run
from tests.minds.plain import PARTS, end_of, run
from tests.minds.researcher import Json, Researcher, submit
from tests.minds.short import BRIEF as OPEN
from tests.minds.short import TASK, short
from tests.scripted.replies import Reply, calls, drops, status
from tests.scripted.server import Scripted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # two whole runs, on a machine that others use too

GIVES_UP = [calls("inspect_dataset", {"id": "owner/wines"}), submit(source="", why="there is none that can be had")]
NO_WORDS = submit(paragraphs=["Nothing was found."], why="the record")


@dataclass
class Shaky(Researcher):
    """Some requests, by their number from 1, meet trouble instead."""

    instead: dict[int, Reply] = field(default_factory=dict)

    def __call__(self, body: Json) -> Reply | str:
        if trouble := self.instead.get(self.number + 1):
            self.number += 1
            return trouble
        return super().__call__(body)


def shaky(**instead: Reply) -> Shaky:
    return Shaky(
        short(curation=GIVES_UP, report=[NO_WORDS]), instead={int(at[1:]): said for at, said in instead.items()}
    )


def test_a_provider_that_fails_at_every_third_call(home: Path, monkeypatch: pytest.MonkeyPatch, plain: Plain) -> None:
    researcher = Researcher(PARTS, fails=lambda number: number % 3 == 0)
    state, seen = run(home, monkeypatch, researcher)
    assert end_of(state, home) == plain.end
    assert len(researcher.asked) == plain.paid, "nothing that was answered is asked again"
    assert seen == plain.paid + seen // 3 > plain.paid
    assert not [record for record in records(home, "fallback") if "scripted" in record["what"]]
    spent = Ledger(home / "runs" / "minds" / "ledger.jsonl").spent()
    assert (spent.calls, spent.reserved_usd) == (plain.paid, 0.0)


@pytest.mark.parametrize(
    "trouble",
    [status(429, "slow down", retry_after=2), drops(3), drops(0)],
    ids=["429", "dropped", "cut before a word"],
)
def test_trouble_that_passes_is_waited_out(home: Path, trouble: Reply) -> None:
    researcher = shaky(n1=trouble, n4=trouble)  # a question without tools, and one with
    began = time.monotonic()
    state = whole_run(home, researcher, task=TASK, **OPEN)
    assert state["ending"]["outcome"] == "failed" and "there is none that can be had" in state["ending"]["reason"]
    counts = Counter(researcher.asked)
    assert set(counts) == {("intake", 0), ("literature", 0), ("curation", 0), ("curation", 1), ("report", 0)}
    assert set(counts.values()) == {1}
    assert not [record for record in records(home, "fallback") if "scripted" in record["what"]]
    if trouble.headers:
        assert time.monotonic() - began > 2 * 2, "as long as it was asked to"


@pytest.mark.parametrize(
    ("number", "code", "what_to_do"),
    [
        (1, 401, "set OPENAI_API_KEY to a key that is valid"),
        (4, 401, "set OPENAI_API_KEY to a key that is valid"),
        (4, 402, "add credit"),
    ],
    ids=["401 to a question without tools", "401 to one with tools", "402"],
)
def test_a_run_that_may_not_ask_waits_for_a_person(tmp_path: Path, number: int, code: int, what_to_do: str) -> None:
    researcher = shaky(**{f"n{number}": status(code, "no")})
    with Scripted(researcher) as model:
        began = through(tmp_path, begin(tmp_path, model.url, TASK, **OPEN))
        assert began.returncode == 7, began.stderr
        assert json.loads(began.stdout)["exit_code"] == 7
        told = [line for line in began.stderr.splitlines() if what_to_do in line]
        assert len(told) == 1 and "resume" in told[0], began.stderr
        assert "Traceback" not in began.stderr
        assert len(model.requests) == number
        ended = through(tmp_path, ["resume", "minds"])
        assert ended.returncode == 5 or json.loads(ended.stdout)["outcome"] == "failed", ended.stderr
    assert "there is none that can be had" in ended.stdout
    assert max(Counter(researcher.asked).values()) == 1, "nothing is paid twice"
    assert len(model.requests) == len(researcher.asked) + 1


def through(place: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        postgrad(*words, "--json"), capture_output=True, text=True, timeout=300, cwd=place, env=environment(place), check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
