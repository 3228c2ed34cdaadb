"""What servers of one's own do to a stream, over real sockets: never stop, stop without an end, fall silent, are not there."""

from __future__ import annotations

import time

import pytest
from paid_room import MODEL, Room
from raw_server import STREAM, event, for_ever, nobody, page, serving, tells, then_silent

from lab.model.chat import PaidChat, ProviderTrouble
from lab.model.helm import Helm
from lab.model.probe import ask_small
from lab.model.trouble import NobodyThere
from lab.model.wire import LETTERS, litellm
from state.errors import EnvironmentTrouble, UserError
from tests.scripted.server import Scripted, says, status

ENDS = (event("whole", "stop"), b"data: [DONE]\n\n")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback-0000")
    litellm()  # what it loads is not on any clock here


def listened(room: Room, url: str, said: list[str] | None = None) -> PaidChat:
    heard = said if said is not None else []
    chat = room.chat(Helm(MODEL, base_url=url))
    return chat.model_copy(update={"on_token": lambda token: None, "say": heard.append})


def test_an_answer_that_never_stops_is_cut_off_where_it_had_to_stop_and_paid_at_its_worst(room: Room) -> None:
    said, noted = list[str](), list[tuple[str, str]]()
    with serving(for_ever(event("lorem ipsum "))) as raw:
        chat = listened(room, raw.url, said).model_copy(update={"note": lambda *told: noted.append(told)})
        began = time.monotonic()
        answer = chat.invoke("hi", max_tokens=50)
        assert time.monotonic() - began < 4
        assert raw.hung_up.wait(2), "the line is closed, and not left to run"
    assert answer.response_metadata["finish_reason"] == "length"
    assert LETTERS * 50 < len(str(answer.text)) <= LETTERS * 50 + 12
    reserved, settled = room.lines("ledger.jsonl")
    assert (settled["usd"], settled["paid"]) == (pytest.approx(reserved["usd"]), True)
    (line,) = room.lines()
    assert (line["reply"]["finish"], line["tokens_out"], line["usd"]) == ("length", 50, pytest.approx(reserved["usd"]))
    assert "ran on beyond 300 characters, for at most 50 tokens, and was cut off there" in said[0]
    assert len(noted) == len(said) == 1
    assert listened(room, nobody()).invoke("hi", max_tokens=50).text == answer.text, "it is replayed like any other"


@pytest.mark.parametrize("nothing", [event(""), b": still there\n\n"], ids=["empty pieces", "comments"])
def test_a_stream_that_says_nothing_for_ever_ends_too(
    room: Room, monkeypatch: pytest.MonkeyPatch, nothing: bytes
) -> None:
    monkeypatch.setattr("lab.model.line.MOST_BYTES", 300_000)
    with serving(for_ever(nothing)) as raw:
        began = time.monotonic()
        assert listened(room, raw.url).invoke("hi", max_tokens=10).response_metadata["finish_reason"] == "length"
        assert time.monotonic() - began < 4
        assert (raw.asked, raw.hung_up.wait(2)) == (1, True)


def test_a_stream_that_falls_silent_is_asked_again(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.model.line.SILENT", 0.6)
    said: list[str] = []
    with serving(then_silent(STREAM, event("half a ")), tells(STREAM, *ENDS)) as raw:
        assert listened(room, raw.url, said).invoke("hi").text == "whole"
        assert raw.asked == 2
    assert "nothing more of its answer came for 0.6 s" in said[0]


def test_a_late_answer_is_left_and_its_line_closed(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.model.chat.WITHIN", {"reading": 1.0})
    with serving(for_ever(b": still there\n\n")) as raw:
        chat = listened(room, raw.url).model_copy(update={"waits": ()})
        with pytest.raises(ProviderTrouble, match="no whole answer in 1 s"):
            chat.invoke("hi")
        assert raw.hung_up.wait(2)


def test_a_stream_that_ends_by_closing_the_connection_is_no_whole_answer(room: Room) -> None:
    said: list[str] = []
    cut_in_its_end = event("whole", "stop").strip()
    with serving(
        tells(STREAM, event("half a sen")), tells(STREAM), tells(STREAM, cut_in_its_end), tells(STREAM, *ENDS)
    ) as raw:
        chat = listened(room, raw.url, said).model_copy(update={"waits": (0.0,) * 3})
        assert chat.invoke("hi").text == "whole"
        assert raw.asked == 4
    assert all("closed with neither finish_reason nor [DONE]" in line for line in said)
    assert [line["why"] for line in room.lines("ledger.jsonl") if line["act"] == "settle"][:3] == ["lost"] * 3


@pytest.mark.parametrize("end", [ENDS[:1], (event("whole"), ENDS[1])], ids=["no DONE", "no finish_reason"])
def test_servers_that_say_the_end_in_one_of_the_two_ways_are_believed(room: Room, end: tuple[bytes, ...]) -> None:
    with serving(tells(STREAM, *end)) as raw:
        assert listened(room, raw.url).invoke("hi").text == "whole"
        assert raw.asked == 1


def test_a_finish_that_the_model_only_talks_of_is_none(room: Room) -> None:
    with serving(tells(STREAM, event('{"finish_reason": "stop"} data: [DONE]')), tells(STREAM, *ENDS)) as raw:
        assert listened(room, raw.url).invoke("hi").text == "whole"
        assert raw.asked == 2


@pytest.mark.slow
def test_a_wrong_port_is_named_and_no_status_made_up(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    url = nobody()
    began = time.monotonic()
    with pytest.raises(EnvironmentTrouble) as wrong:
        ask_small(Helm(MODEL, base_url=url), MODEL)
    assert str(wrong.value) == f"model {MODEL}: nothing answers at {url}; is the server running? check --base-url"
    assert time.monotonic() - began < 4
    monkeypatch.setenv("OPENAI_API_BASE", url)
    with pytest.raises(NobodyThere, match=r"is the server running\? check OPENAI_API_BASE"):
        room.chat().invoke("hi")
    assert room.ledger.spent().calls == 0


def test_an_address_that_is_none_is_told_as_that(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_BASE", "localhost:8000/v1")
    with pytest.raises(UserError, match="OPENAI_API_BASE: localhost:8000/v1 is no address; write one such as http://"):
        ask_small(Helm(MODEL), MODEL)
    with pytest.raises(ProviderTrouble):
        room.chat().invoke("hi")
    assert room.ledger.spent().calls == 0, "nothing was sent"


@pytest.mark.parametrize("wait", [True, False], ids=["whole", "streamed"])
def test_a_web_page_is_no_model(room: Room, wait: bool) -> None:
    with serving(page()) as raw:
        chat = room.chat(Helm(MODEL, base_url=raw.url)) if wait else listened(room, raw.url)
        with pytest.raises(EnvironmentTrouble) as wrong:
            chat.invoke("hi")
        assert raw.asked == 1
    said = f"model {MODEL}: {raw.url} answers with a web page, which is not OpenAI's protocol; check --base-url"
    assert str(wrong.value).startswith(said)


@pytest.mark.slow
@pytest.mark.parametrize("code", [500, 503, 429])
def test_a_probe_asks_once_more_and_then_tells(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted(lambda body: status(code, "not now")) as provider:
        began = time.monotonic()
        with pytest.raises(EnvironmentTrouble, match="not now"):
            ask_small(Helm(MODEL, base_url=provider.url), MODEL)
        assert (len(provider.requests), time.monotonic() - began < 4) == (2, True)


@pytest.mark.parametrize("model", [MODEL, "hosted_vllm/q"])
def test_a_model_that_takes_no_tools_is_found_out_before_a_run(model: str) -> None:
    words = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
    with Scripted(lambda body: status(400, words) if body.get("tools") else says("ready")) as provider:
        with pytest.raises(EnvironmentTrouble, match="requires --enable-auto-tool-choice"):
            ask_small(Helm(model, base_url=provider.url), model)
        assert len(provider.requests) == 1


def test_what_is_not_found_names_the_setting_that_led_there() -> None:
    line = "check the model's name and --base-url, then try again"
    with Scripted([status(404, "no such model")]) as provider, pytest.raises(EnvironmentTrouble, match=line):
        ask_small(Helm(MODEL, base_url=provider.url), MODEL)


def test_a_key_that_is_not_set_is_asked_for_in_our_own_words(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is resumed where its key is gone; at its beginning the command line looks first."""
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(EnvironmentTrouble) as wrong:
        room.chat(Helm(MODEL, base_url="http://far.example/v1")).invoke("hi")
    assert str(wrong.value) == (
        f"model {MODEL}: it needs a key; set OPENAI_API_KEY to a key that is valid, then resume"
    )
