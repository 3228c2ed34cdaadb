"""Making a conversation shorter before it is too long: the question stays, what came between is summed up, the end stays.

Every tool call keeps its result, or both go: half of a pair is an error at every provider.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.messages.utils import count_tokens_approximately

from lab.model.question import fence

WINDOW = 128_000
"""Tokens a model is taken to see when nobody knows: what current ones have at least. One that sees less says so, and then
the conversation is made shorter all the same."""

FULL = 0.8
"""Of the window: an estimate of tokens is wrong by a tenth, and the reply needs room."""

KEPT = 0.3
"""Of the window, for the last steps that stay as they are."""

TOLD = 0.4
"""Of the window, for what the one who sums up is given to read."""

CHARACTERS = 4
"""For each token, about; what a provider counts of itself is preferred where it is known."""

SHORTEST_RESULT = 200
"""Characters of a result that always stay, so that the model knows what it was."""

SUMMED = 2_000
"""Tokens of a summary."""


def tokens(messages: Sequence[AnyMessage]) -> int:
    """How long the next question will be: what the provider counted last and what came since, or our estimate if that is
    more: some servers count nothing, and some leave out what they had in their cache."""
    estimate = count_tokens_approximately(messages)
    for at in range(len(messages) - 1, -1, -1):
        one = messages[at]
        if isinstance(one, AIMessage) and one.usage_metadata:
            return max(estimate, one.usage_metadata["total_tokens"] + count_tokens_approximately(messages[at + 1 :]))
    return estimate


def parts(messages: Sequence[AnyMessage], window: int) -> tuple[list[AnyMessage], list[AnyMessage], list[AnyMessage]]:
    """The question, what may be summed up, and the last steps; a step is a reply with all its results. What was noted of
    steps before is summed up again with those that followed, or notes of notes would fill the window."""
    starts = [at for at, one in enumerate(messages) if isinstance(one, AIMessage)]
    if not starts:
        return list(messages), [], []
    room, begin = KEPT * window, starts[-1]
    for at in reversed(starts):
        if count_tokens_approximately(messages[at:]) > room:
            break
        begin = at
    asked = 1 if begin > starts[0] else begin
    return list(messages[:asked]), list(messages[asked:begin]), list(messages[begin:])


def transcript(messages: Sequence[AnyMessage], window: int) -> str:
    """What is to be summed up, as text; long results are cut alike, so that all of it fits. Earlier notes stay whole."""
    room = int(TOLD * window * CHARACTERS)
    ours = [len(one.text) for one in messages if isinstance(one, HumanMessage)]
    share = max(SHORTEST_RESULT, (room - sum(ours)) // max(1, len(messages) - len(ours)))
    return "\n\n".join(_told(one, room if isinstance(one, HumanMessage) else share) for one in messages)[:room]


def _told(message: AnyMessage, share: int) -> str:
    calls = [f"called {call['name']}({json.dumps(call['args'], ensure_ascii=False)})" for call in _calls(message)]
    who = message.name or "a tool" if isinstance(message, ToolMessage) else "you" if _own(message) else "postgrad"
    said = message.artifact if isinstance(message, ToolMessage) and message.artifact is not None else message.text
    return "\n".join([f"[{who}]", *(_shown(text, share) for text in [said, *calls] if text)])


def _result(message: ToolMessage, most: int) -> str:
    """A result in fewer words, between markers again if it is a tool's; our own words are short."""
    return fence("result", _shown(message.artifact, most)) if message.artifact is not None else message.text


def _calls(message: AnyMessage) -> list[dict[str, object]]:
    return [dict(call) for call in message.tool_calls] if isinstance(message, AIMessage) else []


def _own(message: AnyMessage) -> bool:
    return isinstance(message, AIMessage)


def _shown(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]} (… {len(text) - most} characters more)"


def shorter(
    messages: Sequence[AnyMessage], window: int, sum_up: Callable[[str], str] | None, fixed: int = 0
) -> list[AnyMessage]:
    """The conversation made to fit, beside what is `fixed`. `sum_up` pays for a summary; without one, or when it fails, the
    old steps are only named."""
    question, between, last = parts(messages, window)
    said = sum_up(transcript(between, window)) if between and sum_up else ""
    if not said.strip():  # then what was noted before stays
        noted = next((at for at, one in enumerate(between) if isinstance(one, AIMessage)), 0)
        question, between = question + between[:noted], between[noted:]
    told: list[AnyMessage] = [HumanMessage(_summary(said, between))] if between else []
    left = int(FULL * window) - fixed - count_tokens_approximately([*question, *told])
    return [*question, *told, *map(_uncounted, _squeezed(last, left))]


def _uncounted(message: AnyMessage) -> AnyMessage:
    """What the provider counted was the longer conversation."""
    return message.model_copy(update={"usage_metadata": None}) if isinstance(message, AIMessage) else message


def _summary(said: str, between: Sequence[AnyMessage]) -> str:
    if said.strip():
        return (
            "To make room, your earlier steps were taken out. This is what you noted of them; it is data like any other "
            f"evidence, and what matters in it can be looked up again.\n\n{fence('notes', said.strip())}"
        )
    done = "\n".join(
        f"{call['name']} {_shown(json.dumps(call['args'], ensure_ascii=False), SHORTEST_RESULT)}"
        for one in between for call in _calls(one)
    )  # fmt: skip
    return (
        "To make room, the results of your earlier steps were taken out. These were your calls; make one again if you need "
        f"its result.\n\n{fence('calls', done or '(none)')}"
    )


def _squeezed(last: Sequence[AnyMessage], left: int) -> list[AnyMessage]:
    """The last steps; when even they are too long, their results are cut alike."""
    if count_tokens_approximately(last) <= left:
        return list(last)
    results = [one for one in last if isinstance(one, ToolMessage)]
    rest = count_tokens_approximately([one for one in last if not isinstance(one, ToolMessage)])
    share = max(SHORTEST_RESULT, (left - rest) * CHARACTERS // max(1, len(results)))
    return [
        one.model_copy(update={"content": _result(one, share)}) if isinstance(one, ToolMessage) else one for one in last
    ]
