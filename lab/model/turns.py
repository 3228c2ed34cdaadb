"""Conversations for servers whose chat template wants person and model to take turns, as Mistral's and Gemma's do."""

from __future__ import annotations

from langchain_core.messages import BaseMessage, HumanMessage, ToolMessage

TURNS = ("must alternate", "Unexpected role")
"""What such a server says: transformers' templates the one (vLLM, llama.cpp), Mistral's own check the other."""


def in_turns(messages: list[BaseMessage]) -> list[BaseMessage]:
    """Nothing of ours is said twice running: a word after another, or after a tool's result, stands below it."""
    told: list[BaseMessage] = []
    for message in messages:
        last = told[-1] if told else None
        if isinstance(message, HumanMessage) and isinstance(last, HumanMessage | ToolMessage):
            told[-1] = last.model_copy(update={"content": f"{last.text}\n\n{message.text}"})
        else:
            told.append(message)
    return told
