"""A model at the helm behind the dev server: its words come over HTTP while it says them, in both of LangGraph's streams."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from served import Served

from graph.names import thread_id
from tests.minds.short import BRIEF, TASK, short
from tests.scripted.replies import calls
from tests.scripted.server import Scripted

pytestmark = pytest.mark.slow

GRAPH = "research"
WORDS = "Bottles of three growers are kept at the institute of pharmacy"


@pytest.fixture
def model() -> Iterator[Scripted]:
    from tests.minds.researcher import Researcher, submit

    looks = [
        calls("inspect_dataset", {"id": "owner/wines"}, text=WORDS),
        submit(source="", why="none of the sets there are can be had"),
    ]
    report = [submit(paragraphs=["Nothing was found."], why="the record")]
    with Scripted(Researcher(short(curation=looks, report=report))) as serving:
        yield serving


def given(name: str, url: str) -> dict[str, Any]:
    brief = {
        **BRIEF,
        "method": "bagged_stumps",
        "metric": "accuracy",
        "direction": "maximize",
        "effort": "quick",
        "seeds": 1,
    }
    return {"task": TASK, "name": name, "brief": brief, "model": "openai/scripted", "models": {"base_url": url}}


def test_words_come_over_http_in_both_streams(server: Served, model: Scripted) -> None:
    run, thread = "spoken", thread_id("spoken")
    with server.client() as client:
        client.threads.create(thread_id=thread, graph_id=GRAPH)
        parts = list(
            client.runs.stream(thread, GRAPH, input=given(run, model.url), stream_mode=["custom", "messages-tuple"])
        )
        state = client.threads.get_state(thread)["values"]
    assert state["ending"]["outcome"] == "failed" and "none of the sets there are" in state["ending"]["reason"]
    assert not [part for part in parts if part.event == "error"]

    custom = [part.data for part in parts if part.event == "custom" and "token" in part.data]
    spoken = [told["token"] for told in custom if told["stage"] == "curation"]
    assert "".join(spoken) == WORDS and len(spoken) >= 4, "in pieces"
    assert {told["run"] for told in custom} == {run}

    messages = [part.data for part in parts if part.event == "messages"]
    said = [piece["content"] for piece, about in messages if about["langgraph_node"] == "curation" and piece["content"]]
    assert "".join(said) == WORDS
    stages = {about["langgraph_node"] for _, about in messages}
    assert stages >= {"intake", "literature", "curation"}


def test_what_a_model_said_is_not_what_the_run_knows(server: Served, model: Scripted) -> None:
    """Words pass by; the state keeps what the stages made of the answers."""
    thread = thread_id("kept")
    with server.client() as client:
        client.threads.create(thread_id=thread, graph_id=GRAPH)
        client.runs.wait(thread, GRAPH, input=given("kept", model.url))
        history = client.threads.get_history(thread, limit=100)
    assert len(history) > 3
    assert WORDS not in json.dumps([one["values"] for one in history])
