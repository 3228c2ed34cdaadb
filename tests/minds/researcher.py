"""A scripted model that plays a researcher: what it says depends on the stage and on how often it has spoken there.

So the same question gets the same answer, however often a killed run asks it again; and a run can be told apart from
its repetition only by what it was asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.scripted.replies import Reply, calls, says, status

Json = dict[str, Any]
Turn = Reply | str | Callable[[Json], Reply | str]

PAPER = re.compile(r'"paper": "(arxiv:[\d.]+)"')
STAGE = re.compile(r"advise the `(\w+)` stage")
MENDS = '"script_there_is": true'
GOOD = Path(__file__).with_name("stump.py").read_text(encoding="utf-8")
BUGGY = GOOD.replace('np.array([row["answer"] for row in rows])', '[row["answer"] for row in rows]')
"""Parses, imports and names arguments rightly; falls over at the first step, since a list takes no array as an index."""
CONFIG = '{"seed": 0, "trees": 12, "depth": 2}'


@dataclass
class Researcher:
    """What it says, stage by stage; a stage nobody wrote a part for gets a plain text, and so its playbook."""

    parts: Mapping[str, Sequence[Turn]]
    fails: Callable[[int], bool] = lambda number: False
    """Which requests the provider fails at, by their number from 1."""
    asked: list[tuple[str, int]] = field(default_factory=list)
    """Stage and turn of every request that was answered."""
    number: int = 0

    def __call__(self, body: Json) -> Reply | str:
        self.number += 1
        if self.fails(self.number):
            return status(500, "the provider has a bad day")
        stage, turn = stage_of(body), turns_so_far(body)
        self.asked.append((stage, turn))
        said = self.parts.get(stage, ())
        if not said:
            return says("I have nothing to add.")
        wanted = said[min(turn, len(said) - 1)]
        return wanted(body) if callable(wanted) else wanted

    def paid(self, stage: str) -> list[int]:
        """The turns of a stage that were answered, in order."""
        return [turn for name, turn in self.asked if name == stage]


def stage_of(body: Json) -> str:
    """From the system message; `reader ID`: one paper is read; `mending`: a script is sent back; `probe`: before a run."""
    for message in body["messages"]:
        if message["role"] != "system":
            continue
        if "# Reader" in text_of(message) and (paper := PAPER.search(said_by_us(body))):
            return f"reader {paper[1]}"
        if found := STAGE.search(text_of(message)):
            return "mending" if found[1] == "implementation" and MENDS in said_by_us(body) else found[1]
    return "probe"


def said_by_us(body: Json) -> str:
    """The question: everything that is neither the model's nor a tool's."""
    return "\n".join(text_of(message) for message in body["messages"] if message["role"] == "user")


def turns_so_far(body: Json) -> int:
    return sum(message["role"] == "assistant" for message in body["messages"])


def text_of(message: Json) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def offered(body: Json) -> set[str]:
    """Names of the tools that the model may call."""
    return {tool["function"]["name"] for tool in body.get("tools") or ()}


def last_result(body: Json) -> str:
    """What the last tool said."""
    return next((text_of(m) for m in reversed(body["messages"]) if m["role"] == "tool"), "")


def submit(**answer: Any) -> Reply:
    return calls("submit", answer)


def script_answer(**more: Any) -> Reply:
    """What a writer says of the bagged stumps."""
    said: Json = {
        "summary": "Bagged shallow trees; each is fitted on rows drawn anew, and they vote.",
        "steps_key": "trees", "health_metric": "loss", "true_metric": "accuracy",
        "meanings": {"trees": "how many vote", "depth": "of each"},
        "steps": [{"change": {"depth": 3}, "why": "a little deeper"}], "why": "small tables suit it",
    }  # fmt: skip
    return submit(**{**said, **more})


def writes(source: str = GOOD, config: str = CONFIG) -> Reply:
    """Both files in one reply."""
    return calls(
        "write_file", {"name": "train.py", "text": source, "why": "first version"},
        "write_file", {"name": "config.json", "text": config, "why": "its settings"},
    )  # fmt: skip
