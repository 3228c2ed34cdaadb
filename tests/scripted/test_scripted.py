"""The stand-in itself: what it says on the wire is what OpenAI's own client understands."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import APIError, BadRequestError, OpenAI, RateLimitError

from tests.scripted.server import (
    Scripted,
    calls,
    drips,
    drops,
    hangs,
    refuses,
    says,
    status,
    too_long,
    truncated,
)

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def model() -> Iterator[Scripted]:
    with Scripted() as serving:
        yield serving


def client(model: Scripted, timeout: float = 5.0) -> OpenAI:
    return OpenAI(base_url=model.url, api_key="k", max_retries=0, timeout=timeout)


def streamed(model: Scripted) -> tuple[str, dict[int, str], list[str | None], int]:
    text, args, ends, tokens = "", dict[int, str](), list[str | None](), 0
    with client(model) as asking:
        for chunk in asking.chat.completions.create(**ASK, stream=True, stream_options={"include_usage": True}):
            tokens += chunk.usage.total_tokens if chunk.usage else 0
            for choice in chunk.choices:
                text += choice.delta.content or ""
                ends += [choice.finish_reason] if choice.finish_reason else []
                for call in choice.delta.tool_calls or []:
                    made = call.function.arguments if call.function else ""
                    args[call.index] = args.get(call.index, "") + (made or "")
    return text, args, ends, tokens


def test_a_text_whole_and_streamed_is_the_same(model: Scripted) -> None:
    model.then("one sentence of words", says("one sentence of words").using(7, 3))
    with client(model) as asking:
        made = asking.chat.completions.create(**ASK)
    assert made.choices[0].message.content == "one sentence of words"
    assert streamed(model) == ("one sentence of words", {}, ["stop"], 10)
    assert [body["messages"] for body in model.requests] == [ASK["messages"]] * 2
    assert model.headers[0]["authorization"] == "Bearer k"


def test_several_calls_come_in_fragments_and_join_to_what_was_written(model: Scripted) -> None:
    broken = '{"path": "a'
    model.then(calls("search", {"query": "seeds"}, "read", broken, text="let me look"))
    text, args, ends, _ = streamed(model)
    assert (text, json.loads(args[0]), args[1], ends) == ("let me look", {"query": "seeds"}, broken, ["tool_calls"])


def test_an_answer_cut_off_says_so(model: Scripted) -> None:
    model.then(truncated("", "write", '{"text": "half'))
    assert streamed(model)[1:3] == ({0: '{"text": "half'}, ["length"])


def test_errors_carry_their_code_and_their_patience(model: Scripted) -> None:
    model.then(status(429, "slow down", retry_after=1), too_long())
    with client(model) as asking:
        with pytest.raises(RateLimitError) as limited:
            asking.chat.completions.create(**ASK)
        with pytest.raises(BadRequestError) as long:
            asking.chat.completions.create(**ASK)
    assert limited.value.response.headers["retry-after"] == "1"
    assert long.value.code == "context_length_exceeded"


@pytest.mark.parametrize("reply", [drops(2), drops(0)], ids=["in the middle", "at once"])
def test_a_dropped_stream_is_an_error_and_no_short_answer(model: Scripted, reply: Any) -> None:
    model.then(reply, "well again")
    with pytest.raises((httpx.RemoteProtocolError, APIError)):
        streamed(model)
    assert streamed(model)[0] == "well again"


def test_who_hangs_runs_into_the_clients_patience_and_does_not_keep_the_server_from_ending(model: Scripted) -> None:
    model.then(hangs(20))
    with client(model, timeout=0.3) as asking, pytest.raises(APIError):
        asking.chat.completions.create(**ASK)


def test_a_drip_wears_out_no_read_time_out(model: Scripted) -> None:
    model.then(drips(0.1, "at last"))
    threading.Timer(0.8, model.closing.set).start()  # a server that closes stops dripping and answers
    with client(model, timeout=0.3) as asking:
        assert asking.chat.completions.create(**ASK).choices[0].message.content == "at last"


def test_a_refusal_stands_in_its_own_field(model: Scripted) -> None:
    model.then(refuses("no"))
    with client(model) as asking:
        assert asking.chat.completions.create(**ASK).choices[0].message.refusal == "no"


def test_a_function_answers_what_it_was_asked_and_a_list_ends_in_an_error() -> None:
    with Scripted(lambda body: says(body["messages"][-1]["content"].upper())) as model, client(model) as asking:
        assert asking.chat.completions.create(**ASK).choices[0].message.content == "HELLO"
    with Scripted() as model, client(model) as asking, pytest.raises(APIError, match="end"):
        asking.chat.completions.create(**ASK)


def test_it_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("from tests.scripted.server import says\nscript = [says('from afar')]\n")
    call = [sys.executable, "-m", "tests.scripted.server", str(script), "0"]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as serving:
        try:
            assert serving.stdout
            url = serving.stdout.readline().strip()
            assert "from afar" in httpx.post(f"{url}/chat/completions", json=ASK).text
            assert httpx.get(url.removesuffix("/v1") + "/requests").json() == [ASK]
        finally:
            serving.kill()
