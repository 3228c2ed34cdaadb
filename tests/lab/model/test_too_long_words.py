"""What providers say in words of their own: that a conversation is too long, and is made shorter; how long to wait."""

from __future__ import annotations

import pytest
from paid_room import Room

from lab.model.chat import ContextOverflow, ProviderTrouble
from lab.model.helm import Helm
from tests.scripted.server import Scripted, status

SAID = [
    (400, "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."),
    (400, "Your input exceeds the context window of this model. Please adjust your input and try again."),
    (429, "Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 45000."),
    (
        413,
        "Request too large for model `llama` in organization `o` on tokens per minute (TPM): Limit 6000, Requested 9000",
    ),
    (413, "request_too_large"),
    (400, "prompt is too long: 210000 tokens > 200000 maximum"),
    (400, "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length"),
    (400, "The decoder prompt (length 5000) is longer than the maximum model length of 4096."),
    (
        400,
        "You passed 4097 input tokens and requested 0 output tokens. However, the model's context length is only 4096",
    ),
    (
        400,
        "max_tokens is too large: 8000. This model supports at most 4096 completion tokens, whereas you provided 8000.",
    ),
    (400, "max_tokens: 8000 > 4096, which is the maximum allowed number of output tokens for claude-3-haiku-20240307"),
    (400, "the request exceeds the available context size (8192 tokens), try increasing it"),
    (500, "the request exceeds the available context size. try increasing the context size or enable context shift"),
    (422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens"),
    (400, "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length"),
    (400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
    (400, "This model's maximum prompt length is 131072 but the request contains 160000 tokens."),
    (400, "Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192"),
    (400, "the input length exceeds the context length"),
    (400, "Input is too long for requested model."),
]


@pytest.mark.parametrize("model", ["openai/q", "hosted_vllm/q"])
def test_each_is_understood(room: Room, model: str) -> None:
    misread = []
    for code, words in SAID:
        with Scripted([status(code, words)]) as provider:
            try:
                room.chat(Helm(model, base_url=provider.url)).model_copy(update={"waits": ()}).invoke("hi")
            except ContextOverflow:
                continue
            except ProviderTrouble as wrong:
                misread.append(str(wrong))
    assert misread == []


@pytest.mark.parametrize("code", [400, 429, 500])
def test_all_else_is_no_matter_of_length(room: Room, code: int) -> None:
    for words in (
        "slow down",
        "Rate limit reached for gpt-4o on tokens per min. Limit 30000, Used 20000",
        "no such field",
    ):
        with Scripted([status(code, words)]) as provider, pytest.raises(ProviderTrouble) as wrong:
            room.chat(Helm("openai/q", base_url=provider.url)).model_copy(update={"waits": ()}).invoke("hi")
        assert not isinstance(wrong.value, ContextOverflow)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("You exceeded your current quota. Please retry in 0.31s.", "asking again in 0.31 s"),
        ("Rate limit reached. Please try again in 0.2s. Visit ...", "asking again in 0.2 s"),
        ("Rate limit reached, try again in 6m0s", "it asks to wait 360 s, longer than is waited here"),
    ],
)
def test_a_provider_that_says_it_in_words_only_is_heard_too(
    provider: Scripted, room: Room, words: str, told: str
) -> None:
    provider.then(status(429, words), "now")
    said: list[str] = []
    chat = room.chat().model_copy(update={"say": said.append})
    if "asking" in told:
        assert chat.invoke("hi").text == "now" and said[0].endswith(told)
    else:
        with pytest.raises(ProviderTrouble, match=told):
            chat.invoke("hi")
