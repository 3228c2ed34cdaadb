"""An honest researcher, and a run of its own kind: two papers read, a script written and tried tiny, an end without surprises.

Also the script of a server of its own: `python -m tests.scripted.server tests/minds/plain.py 0`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph import open_graph
from tests.minds.helm import BRIEF, at_the_helm, trail
from tests.minds.researcher import CONFIG, GOOD, Json, Researcher, Turn, script_answer, submit
from tests.minds.short import SEARCHED
from tests.minds.world import some_papers
from tests.nodes.literature_stage import ANCHOR, COLLAPSE, claim, recipe
from tests.scripted.replies import Reply, calls, says

TASK = "Tell wines apart"
SOURCES = {"sources": ["library", "arxiv", "semantic"]}
SLOW = GOOD.replace("        trees.append(", "        time.sleep(0.1)\n        trees.append(")
"""Long enough in the sandbox to be found there."""
WRITES = calls(
    "write_file", {"name": "train.py", "text": SLOW, "why": "first version"},
    "write_file", {"name": "config.json", "text": CONFIG, "why": "its settings"},
)  # fmt: skip

PARTS: Mapping[str, Sequence[Turn]] = {
    "literature": [
        calls("search_papers", {"query": "group rewards"}),
        submit(words=["group", "rewards"], papers=[ANCHOR, COLLAPSE], why="both"),
    ],
    f"reader {ANCHOR}": [calls("read_paper", {}), submit(recipes=[recipe()], claims=[claim()], why="its table")],
    f"reader {COLLAPSE}": [submit(recipes=[], claims=[], why="nothing that can be used")],
    "implementation": [calls("list_files", {}), WRITES, calls("run_tiny", {"command": "both"}), script_answer()],
    "report": [submit(paragraphs=["The trees were drawn anew."], why="the record")],
}
QUICK: Mapping[str, Sequence[Turn]] = {
    "literature": [SEARCHED], "implementation": [WRITES, script_answer()], "report": PARTS["report"],
}  # fmt: skip
"""The same with nothing in it that takes time, or tells it."""


def task(name: str, **brief: Any) -> Json:
    return {"task": TASK, "name": name, "brief": {**BRIEF, **brief}}


def run(home: Path, patch: pytest.MonkeyPatch, researcher: Researcher, name: str = "minds") -> tuple[Json, int]:
    """The state at the end, and how many requests the provider saw."""
    patch.delenv("HF_HUB_OFFLINE", raising=False)
    with some_papers(patch), at_the_helm(researcher) as (model, settings), open_graph(home) as graph:
        graph.invoke(task(name, **SOURCES), graph.config_for(name), context=settings)
        return dict(graph.get_state(graph.config_for(name)).values), len(model.requests)


def end_of(state: Json, home: Path, name: str = "minds") -> Json:
    """What two runs have in common if nothing that matters went another way."""
    passed = [step for step in trail(home, name) if step[0] != "monitoring"]
    examined = {key: state["examination"][key] for key in ("score", "gain", "gain_interval")}
    read = [one["result"] for one in state["reading"]["recipes"]], [one["value"] for one in state["reading"]["claims"]]
    return {
        "passed": passed, "outcome": state["ending"]["outcome"], "reason": state["ending"]["reason"], "best": state["best"],
        "examined": examined, "read": read,
    }  # fmt: skip


PAUSE = 0.6
"""Seconds before each answer of the server that stands by itself: time to be killed in while a call is in flight."""


def slowly(body: Json) -> Reply:
    said = Researcher(PARTS)(body)
    return replace(says(said) if isinstance(said, str) else said, hang=PAUSE)


script = slowly
