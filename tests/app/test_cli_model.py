"""Naming a model at the command line: checked before anything starts, remembered by the run, asked where it is served."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
from door import Door

from lab.ledger.ledger import Ledger
from tests.scripted.server import Reply, Scripted, hangs, says, status

MODEL = "openai/gpt-4o-mini"
WINES = ("run", "Tell wines apart", "--name", "w", "--effort", "quick")
OPEN = json.dumps(
    {"data": None, "method": None, "metric": None, "target": None, "claim": None, "why": "it says no more"}
)
"""What a model that finds nothing to add makes of the sentence: the gate asks for the metric, as without a model."""


@pytest.fixture
def provider() -> Iterator[Scripted]:
    with Scripted(lambda body: says("ready" if len(body["messages"]) == 1 else OPEN)) as serving:
        yield serving


def at(provider: Scripted, *more: str) -> tuple[str, ...]:
    return (*WINES, "--model", MODEL, "--base-url", provider.url, *more)


def asked(provider: Scripted) -> list[int]:
    """How many messages each request had: a probe has one, a judgement its system prompt too."""
    return [len(body["messages"]) for body in provider.requests]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--model huggingface/org/m --no-probe", "model huggingface/org/m: its price is not known; say it with --model-price IN/OUT"),
        ("--model hosted_vllm/x --base-url http://far.example/v1", "model hosted_vllm/x: its price is not known"),
        ("--model openai/x --base-url http://far.example/v1",
         "model openai/x needs a key; set OPENAI_API_KEY (any word, if http://far.example/v1 wants none)"),
        ("--model ollama/x --model-price cheap", "--model-price is 'cheap'; write IN/OUT in dollars per million tokens"),
        ("--model ollama/x --base-url far.example", "--base-url: far.example is no address"),
        ("--model ollama/x --base-url http://me:secret@far.example", "--base-url holds a password"),
        ("--model ollama/x --role painting=ollama/y", "--role painting=ollama/y: write ROLE=ID, the role one of reading, coding"),
        ("--model ollama/x --role coding=y", "--role coding=y: write PROVIDER/NAME"),
        ("--model ollama/x --fallback anthropic/y", "model anthropic/y needs a key; set ANTHROPIC_API_KEY"),
    ],
)  # fmt: skip
def test_what_can_not_be_asked_is_refused_in_one_line(postgrad: Door, words: str, said: str) -> None:
    assert postgrad.refused(*WINES, *words.split()).startswith(said)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reply", "code", "line"),
    [
        (status(401, "bad key"), 7, "set OPENAI_API_KEY to a key that is valid, then try again"),
        (status(402, "no money"), 7, "add credit at the provider or choose another model, then try again"),
        (status(404, "no such model"), 7, "check the model's name and --base-url, then try again"),
    ],
)
def test_a_model_that_does_not_answer_starts_nothing(postgrad: Door, reply: Reply, code: int, line: str) -> None:
    with Scripted([reply]) as provider:
        said = postgrad(*at(provider))
    assert (said.code, said.out) == (code, "")
    assert line in said.err
    assert said.err.count("\n") == 1
    assert not (postgrad.home / "runs").exists()


def test_a_model_is_asked_one_small_question_then_the_run_begins_and_remembers_it(
    postgrad: Door, provider: Scripted
) -> None:
    said = postgrad(*at(provider))
    assert said.code == 4, said.err
    assert f"model {MODEL} answers (" in said.err
    assert asked(provider) == [1, 2]
    (decision,) = [r for r in journal(postgrad) if r["kind"] == "decision" and r.get("model")]
    assert (decision["by"], decision["model"]) == ("model", MODEL)
    gate = postgrad("show", "w", "--json").object["waiting"][0]["id"]
    again = postgrad("resume", "w", "--reject", gate, "--why", "classes matter equally", "--json")
    assert again.code == 4, again.err
    assert asked(provider) == [1, 2, 2], "asked again where it was served, though nothing said so again; not probed"
    spent = books(postgrad).spent()
    assert (spent.calls, spent.reserved_usd) == (2, 0.0)


def test_a_program_hears_only_its_object_and_may_spare_the_probe(postgrad: Door, provider: Scripted) -> None:
    said = postgrad(*at(provider, "--no-probe", "--json"))
    assert said.object["status"] == "waiting"
    assert "answers" not in said.err
    assert asked(provider) == [2]


def test_the_homes_config_names_models_places_and_prices(postgrad: Door, provider: Scripted) -> None:
    postgrad.home.mkdir()
    config = postgrad.home / "config.toml"
    config.write_text(
        f'model = "hosted_vllm/big"\nbase_url = "{provider.url}"\n[models]\njudging = "hosted_vllm/small"\n'
        '[prices]\n"hosted_vllm/small" = "1/2"\n'
    )
    said = postgrad(*WINES, "--json")
    assert said.code == 4, said.err
    assert [body["model"] for body in provider.requests] == ["big", "small", "small"], "both are probed, one is asked"
    assert books(postgrad).spent().usd == pytest.approx((100 * 1 + 10 * 2) / 1e6)
    config.write_text('base_ulr = "x"\n')
    assert "unknown key base_ulr; did you mean base_url?" in postgrad("run", "x").err
    config.write_text('[prices]\n"openai/x" = "cheap"\n')
    assert "the price of openai/x is 'cheap'; write IN/OUT" in postgrad("run", "x").err
    config.write_text("cache_answers = 1\n")
    assert "cache_answers is 1, which is not what it takes" in postgrad("run", "x").err


def test_the_doctor_asks_a_model_that_is_named(postgrad: Door, provider: Scripted) -> None:
    said = postgrad("doctor", "--model", MODEL, "--base-url", provider.url, "--json")
    (line,) = [check for check in said.object["checks"] if check["what"] == "model"]
    assert (said.code, line["state"]) == (0, "ok")
    assert line["found"].startswith(f"model {MODEL} answers")
    with Scripted([status(401, "bad key")]) as broken:
        said = postgrad("doctor", "--model", MODEL, "--base-url", broken.url)
    assert said.code == 2
    assert "set OPENAI_API_KEY to a key that is valid" in said.out


def test_a_run_repeated_is_answered_from_the_homes_answers(postgrad: Door, provider: Scripted) -> None:
    assert postgrad(*at(provider, "--cache-answers", "--no-probe")).code == 4
    again = [*at(provider, "--cache-answers", "--no-probe")]
    again[again.index("w")] = "w2"
    said = postgrad(*again)
    assert said.code == 4
    assert asked(provider) == [2]
    assert "1 of 1 model answers were known from other runs and cost nothing" in said.err


def test_a_cap_that_is_reached_is_said_once_and_the_playbook_goes_on(postgrad: Door, provider: Scripted) -> None:
    said = postgrad(*at(provider, "--no-probe", "--set", "limits.model_calls=1", "--json"))
    for _ in range(2):
        gate = said.object["waiting"][0]["id"]
        said = postgrad("resume", "w", "--reject", gate, "--why", "another", "--json")
    assert asked(provider) == [2]
    told = [r for r in journal(postgrad) if r["kind"] == "fallback" and r["what"] == "model calls"]
    assert len(told) == 1
    assert "has made its 1 model calls; the playbook decides from here on" in told[0]["why"]


@pytest.mark.slow
def test_a_run_killed_while_its_model_thinks_asks_once_more_and_no_more(postgrad: Door) -> None:
    """The answer in flight is lost; the one before it is not paid again."""
    turns = [says("no object here"), hangs(60), says(OPEN)]  # a bad answer, so that there is a second question
    with Scripted(turns) as provider:
        with postgrad.start(*at(provider, "--no-probe", "--json")) as working:
            until = time.monotonic() + 60
            while len(provider.requests) < 2 and time.monotonic() < until:
                time.sleep(0.05)
            os.kill(working.pid, signal.SIGKILL)
            working.communicate()
        assert asked(provider) == [2, 2]
        said = postgrad("resume", "w", "--json")
        assert said.code == 4, said.err
        assert asked(provider) == [2, 2, 2]
        spent = books(postgrad).spent()
        assert (spent.reserved_usd, spent.calls) == (0.0, 3)


def books(postgrad: Door) -> Ledger:
    return Ledger(postgrad.home / "runs" / "w" / "ledger.jsonl")


def journal(postgrad: Door) -> list[dict[str, Any]]:
    path = postgrad.home / "runs" / "w" / "journal.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]
