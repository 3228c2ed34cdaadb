"""A model's words reach whoever streams the graph: from Python and as the server does it, piece by piece."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from graph.build import compile_graph
from state.settings import Settings
from tests.scripted.server import Scripted, says

OPEN = json.dumps(
    {"data": None, "method": None, "metric": None, "target": None, "claim": None, "why": "it says no more"}
)
TASK = {
    "task": "Tell wines apart",
    "model": "openai/of-our-own",
    "brief": {"task": "Tell wines apart", "effort": "quick"},
}


def tokens(events: list[Any]) -> list[str]:
    return [event["token"] for event in events if "token" in event]


@pytest.mark.parametrize("door", ["python", "server"])
def test_words_come_in_pieces_with_their_stage_and_run(tmp_path: Path, door: str) -> None:
    with Scripted(lambda body: says(OPEN)) as provider:
        graph = compile_graph(InMemorySaver(), str(tmp_path))
        given = {**TASK, "name": "w", "models": {"base_url": provider.url}}
        call: dict[str, Any] = {"context": Settings(home=str(tmp_path)), "stream_mode": ["custom", "messages"]}
        config: Any = graph.config_for("w")

        async def served() -> list[Any]:
            return [event async for event in graph.astream(given, config, **call)]

        events = list(graph.stream(given, config, **call)) if door == "python" else asyncio.run(served())
    custom = [told for mode, told in events if mode == "custom"]
    assert "".join(tokens(custom)) == OPEN
    assert len(tokens(custom)) > 2
    assert {(e["stage"], e["run"]) for e in custom if "token" in e} == {("intake", "w")}
    messages = [piece for mode, (piece, about) in ((m, t) for m, t in events if m == "messages") if piece.content]
    assert "".join(str(piece.content) for piece in messages if piece.type == "AIMessageChunk") == OPEN
    assert len({piece.id for piece in messages}) == 1, "the whole message is the one whose pieces came"
    assert len(provider.requests) == 1
