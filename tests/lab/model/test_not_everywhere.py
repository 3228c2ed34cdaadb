"""What one server wants and another turns down: it is asked once more without, and from then on."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from paid_room import Room

from lab.model.chat import PaidChat, ProviderTrouble
from lab.model.helm import Helm
from lab.model.prices import Price
from tests.scripted.server import Reply, Scripted, calls, says, status


@pytest.mark.parametrize("code", [400, 422])
def test_a_server_that_knows_no_stream_options_is_asked_without(room: Room, code: int) -> None:
    def serve(body: dict[str, Any]) -> Reply | str:
        if "stream_options" in body:
            return status(code, "stream_options: Extra inputs are not permitted")
        return calls("look", {"at": len(body["messages"])})

    with Scripted(serve) as provider:
        chat = room.chat(Helm("openai/q", base_url=provider.url)).model_copy(update={"on_token": lambda token: None})
        assert chat.invoke("hi").tool_calls[0]["args"] == {"at": 1}
        chat.invoke("again")
        assert [body.get("stream", False) for body in provider.requests] == [True] * 3, "it is asked for but once"
    assert room.ledger.spent().calls == 2


REFUSALS = {
    "groq/openai/gpt-oss-120b": (
        "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property "
        "'reasoning_content' is unsupported)]"
    ),
    "cerebras/gpt-oss-120b": (
        "messages.1.assistant.reasoning_content: property 'messages.1.assistant.reasoning_content' is unsupported"
    ),
    "openai/q": "Extra inputs are not permitted: reasoning_content",
}
CALL = {"name": "look", "args": {"at": 1}, "id": "abc123def"}
TALK = [
    HumanMessage("hi"),
    AIMessage("", tool_calls=[CALL], additional_kwargs={"reasoning_content": "I had better look."}),
    ToolMessage("seen", tool_call_id="abc123def"),
]


def asks(room: Room, model: str, url: str, listened: bool, visit: str = "1") -> PaidChat:
    chat = room.chat(Helm(model, base_url=url, prices={"*": Price(1, 1)}), visit=visit)
    return chat.model_copy(update={"waits": (), "on_token": (lambda token: None) if listened else None})


@pytest.mark.parametrize(
    ("model", "listened"),
    # LiteLLM wants a `service_tier` in what Groq says in one piece, which only Groq has
    [(model, listened) for model in REFUSALS for listened in (True, False) if listened or "groq" not in model],
)
def test_thoughts_are_kept_from_a_server_that_will_not_have_them_back(
    room: Room, monkeypatch: pytest.MonkeyPatch, model: str, listened: bool
) -> None:
    """Else every conversation with such a model ends at its second step."""
    for name in ("GROQ", "CEREBRAS", "OPENAI"):
        monkeypatch.setenv(f"{name}_API_KEY", "sk-loopback-0000")

    def strict(body: dict[str, Any]) -> Reply | str:
        thoughts = any("reasoning_content" in one for one in body["messages"])
        return status(400, REFUSALS[model]) if thoughts else calls("look", {"at": 2})

    with Scripted(strict) as provider:
        chat = asks(room, model, provider.url, listened)
        for visit in range(2):
            answer = chat.invoke([*TALK, HumanMessage(f"and {visit}?")])
            assert answer.tool_calls[0]["args"] == {"at": 2}
        assert len(provider.requests) == 3, "it is told but once"
    assert room.ledger.spent().calls == 2


def test_thoughts_that_are_wanted_back_are_not_taken_out(room: Room) -> None:
    words = "The `reasoning_content` in the thinking mode must be passed back to the API."
    with Scripted([status(400, words), "never asked"]) as provider:
        with pytest.raises(ProviderTrouble, match="must be passed back"):
            asks(room, "openai/q", provider.url, False).invoke(TALK)
        assert len(provider.requests) == 1
    with Scripted(["thanks"]) as provider:
        asks(room, "openai/q", provider.url, False, "2").invoke(TALK)
        assert provider.requests[0]["messages"][1]["reasoning_content"] == "I had better look."


@pytest.mark.parametrize("listened", [True, False], ids=["streamed", "whole"])
def test_a_model_that_knows_the_bound_by_its_new_name_is_told_it_so(room: Room, listened: bool) -> None:
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."

    def later(body: dict[str, Any]) -> Reply | str:
        return status(400, words) if "max_tokens" in body else says(str(body["max_completion_tokens"]))

    with Scripted(later) as provider:
        chat = asks(room, "openai/later", provider.url, listened)
        assert [chat.invoke(said, max_tokens=50).text for said in ("hi", "again")] == ["50", "50"]
        assert len(provider.requests) == 3


def out_of_turn(messages: list[dict[str, Any]], mistral: bool) -> Reply | None:
    """As transformers' templates judge it, to whom tools and calls are no turns; or as Mistral's API does."""
    roles = [one["role"] for one in messages if one["role"] != "system"]
    if mistral and any(pair in (("user", "user"), ("tool", "user")) for pair in pairwise(roles)):
        return status(400, "Unexpected role 'user' after role 'tool'")
    turns = [
        one["role"]
        for one in messages
        if one["role"] == "user" or (one["role"], "tool_calls" in one) == ("assistant", False)
    ]
    if any(turn != ("user", "assistant")[at % 2] for at, turn in enumerate(turns)):
        return status(500 if mistral else 400, "Conversation roles must alternate user/assistant/user/assistant/...")
    return None


@pytest.mark.parametrize("mistral", [False, True])
@pytest.mark.parametrize("listened", [False, True])
def test_a_server_that_wants_turns_gets_them_and_every_word(room: Room, mistral: bool, listened: bool) -> None:
    with Scripted(lambda body: out_of_turn(body["messages"], mistral) or says("as you wish")) as provider:
        chat = asks(room, "openai/mistral", provider.url, listened)
        talk = [
            SystemMessage("You read."),
            HumanMessage("first"),
            *TALK,
            HumanMessage("answer now"),
            HumanMessage("at once"),
        ]
        assert chat.invoke(talk).text == "as you wish"
        told = provider.requests[-1]["messages"]
        assert [one["role"] for one in told] == ["system", "user", "assistant", "tool"]
        assert (told[1]["content"], told[3]["content"]) == ("first\n\nhi", "seen\n\nanswer now\n\nat once")
        chat.invoke([*talk, AIMessage("no"), HumanMessage("why?")])
        turned_down = 1 if mistral else 2  # LiteLLM tries a way of its own once
        assert len(provider.requests) == turned_down + 2, "and not again at the next call"
    assert room.ledger.spent().calls == 2


def test_a_server_that_no_turns_content_is_asked_but_twice(room: Room) -> None:
    with Scripted(lambda body: status(400, "roles must alternate")) as provider:
        with pytest.raises(ProviderTrouble, match="roles must alternate"):
            asks(room, "openai/odd", provider.url, False).invoke([HumanMessage("a"), HumanMessage("b")])
        assert len(provider.requests) == 2
