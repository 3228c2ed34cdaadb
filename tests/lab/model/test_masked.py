"""No key stands in what is told of a provider, whosever it is."""

from __future__ import annotations

import pytest
from paid_room import Room
from raw_server import nobody

from lab.model.trouble import MASKED, NobodyThere, one_line


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-Ab12Cd34Ef56Gh78", "sk-ant-api03-x_Y-z1234567890", "hf_AbCdEfGhIjKlMnOpQrSt", "gsk_1234567890abcdef",
        "AIzaSyA1234567890abcdefghijk", "sk-proj-****************wxyz", "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "said",
    [
        "Incorrect API key provided: {}.",
        '{{"error": "{}", "at": 3}}',
        "401 for {}, ask again",
        "header Bearer {} is bad",
    ],
)
def test_a_key_is_masked_wherever_it_stands(secret: str, said: str) -> None:
    told = one_line(said.format(secret))
    assert secret[8:] not in told and secret[-4:] not in told
    assert MASKED in told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("invalid api_key='a8f5f167f44f4964e6c998dee827110c'", f"invalid api_key='{MASKED}'"),
        ("key: 0123456789abcdef0123456789abcdef rejected", f"key: {MASKED} rejected"),
        ("token provided: dGhpcyBpcyBhIHNlY3JldA== is old", f"token provided: {MASKED} is old"),
        ("Authorization: Bearer abc.def-ghi_123456 is old", f"Authorization: Bearer {MASKED} is old"),
        ("no answer at https://me:hunter22@host:8000/v1.", f"no answer at https://{MASKED}@host:8000/v1."),
        ("got Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4QUJD123 here", f"got {MASKED} here"),
    ],
)
def test_a_key_without_a_known_beginning_is_masked_by_what_is_round_it(said: str, told: str) -> None:
    assert one_line(said) == told


@pytest.mark.parametrize(
    "said",
    [
        "The api_key client option must be set",
        "Invalid key in request body: temperature must be a number",
        "model gpt-4o-mini-2024-07-18 is not found, request 6f1c2f6a-9a1e-4b52-8c55-0d5f0e7a9b11",
        "This model's maximum context length is 131072 tokens, you asked for 140000 tokens",
        "Rate limit reached for organization: 60 tokens per minute, try again in 20 s",
        "meta-llama/Llama-3.3-70B-Instruct is overloaded",
    ],
)
def test_what_is_no_key_is_told_as_it_is(said: str) -> None:
    assert one_line(said) == said


def test_a_password_in_the_address_of_a_server_is_told_nobody(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_BASE", nobody().replace("://", "://me:hunter22@"))
    with pytest.raises(NobodyThere) as wrong:
        room.chat().model_copy(update={"waits": ()}).invoke("hi")
    assert "hunter22" not in str(wrong.value)
