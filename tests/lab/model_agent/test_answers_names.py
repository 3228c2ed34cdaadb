"""Names of tools that no tool can have, and long ones that mean one of ours."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.lab.model_agent.agent_bench import GOOD, Bench, Pick
from tests.scripted.server import Call, Reply, calls, status

BOTH = pytest.mark.parametrize("heard", [False, True], ids=["whole", "streamed"])


@BOTH
@pytest.mark.parametrize("name", ["search the web", "web/search", "x" * 500, "sé\nарch", "...", "<|tool|>"])
def test_a_name_that_no_tool_can_have_is_not_sent_back_as_one(bench: Bench, name: str, heard: bool) -> None:
    """OpenAI and Anthropic turn down every question that follows."""

    def strict(body: dict[str, Any]) -> Reply:
        named = [call["function"]["name"] for one in body["messages"] for call in one.get("tool_calls") or []]
        if not all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", one) for one in named):
            return status(400, "Invalid 'messages[2].tool_calls[0].function.name': string does not match pattern")
        return GOOD if named else Reply(None, (Call(name, '{"query": "x"}', "a"),))

    bench.model.ask = strict
    thought = bench.think(heard=heard)
    assert (thought.ended, bench.ran) == ("answered", [])
    assert "There is no tool" in bench.last_words()


def test_a_tool_that_is_called_by_its_long_name_is_that_tool(bench: Bench) -> None:
    bench.model.then(calls("functions.search", {"query": "x"}), calls("tools.submit", {"pick": "a", "why": "w"}))
    assert bench.think().choice == Pick(pick="a", why="w")
    assert bench.ran == ["search x 5"]
