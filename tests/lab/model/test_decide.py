"""A judgement by a model over a real socket, through the real ChatLiteLLM; and what happens when it goes wrong."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict

from lab.model.decide import Decided, Patience, decide
from lab.model.mind import Mind, open_mind
from state.errors import EnvironmentTrouble
from tests.scripted.server import Reply, Scripted, says, status

EVIDENCE = {"signals": ["reward_collapse"], "reward": [0.4, 0.1, math.nan]}
GOOD = '{"knob": "learning_rate", "factor": 0.1, "why": "reward fell when the steps grew"}'
AT_ONCE = Patience(waits=(0.0, 0.0))


class Turned(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    knob: Literal["learning_rate", "beta"]
    factor: float
    why: str


def playbook() -> tuple[Turned, str]:
    return Turned(knob="beta", factor=2.0, why="rule"), "rule: collapse with KL off"


def no_growth(choice: Turned) -> str | None:
    return "factor: must be below 1" if choice.factor >= 1 else None


def judge(mind: Mind | None, patience: Patience = AT_ONCE) -> Decided[Turned]:
    return decide("planning", Turned, EVIDENCE, playbook, mind, "You plan.", no_growth, patience=patience)


def test_without_a_mind_the_playbook_decides() -> None:
    decided = judge(None)
    assert (decided.by, decided.choice.knob, decided.why) == ("playbook", "beta", "rule: collapse with KL off")
    assert not decided.fell_back
    assert decided.usage.asked == 0


def test_a_good_answer_is_taken(provider: Scripted, mind: Mind) -> None:
    provider.then(GOOD)
    decided = judge(mind)
    assert (decided.by, decided.choice.factor, decided.why) == ("model", 0.1, "reward fell when the steps grew")
    assert (decided.usage.tokens_in, decided.usage.tokens_out) == (100, 10)
    assert decided.usage.usd == pytest.approx(100 * 1.5e-7 + 10 * 6e-7)
    assert json.loads(json.dumps(decided.record()))["model"] == "openai/gpt-4o-mini"


@pytest.mark.parametrize(
    "text",
    [
        f"Sure! Here is my decision:\n```json\n{GOOD}\n```\nHope it helps.",
        f"<think>maybe {{'knob': </think>\n{GOOD}",
        f'At first I thought {{"knob": "beta", "factor": 0.5, "why": "draft"}}, but no:\n{GOOD}',
        '{"knob": "learning_rate", "factor": "0.1", "why": "a brace } and a \\"quote\\",\n and a line break"}',
    ],
    ids=["fenced", "thoughts", "draft-first", "odd-strings"],
)
def test_an_answer_is_found_in_its_wrapping(provider: Scripted, mind: Mind, text: str) -> None:
    provider.then(text)
    decided = judge(mind)
    assert (decided.by, decided.choice.knob, decided.tries) == ("model", "learning_rate", ())


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("I would lower the learning rate.", "there is no JSON object in it"),
        ("", "there is no JSON object in it"),
        (None, "there is no JSON object in it"),
        ('{"knob": "beta", "factor": 0.5, "why": "x"', "never closed"),
        ('{"outer": {"knob": "beta", "factor": 0.5, "why": "x"},}', "not valid JSON"),
        ('{"knob": "beta", "factor": NaN, "why": "x"}', "NaN is no JSON value"),
        ('{"knob": "temperature", "factor": 0.5, "why": "x"}', "knob: Input should be 'learning_rate' or 'beta'"),
        ('{"knob": "beta", "factor": 0.5, "why": "x", "confidence": 0.9}', "confidence: Extra inputs"),
        ('{"knob": "beta", "factor": 0.5, "why": " "}', "why: is empty"),
        ('{"knob": "beta", "factor": 3, "why": "x"}', "factor: must be below 1"),
        ('{"knob": "beta", "factor": 0.5, "why": "half \\ud800"}', "surrogates not allowed"),
        ('{"knob": ' + "[" * 100_000 + "}", "nested too deeply"),
    ],
    ids=["prose", "empty", "null", "cut-off", "broken", "nan", "word", "extra", "no-why", "check", "surrogate", "deep"],
)
def test_a_bad_answer_goes_back_with_what_is_wrong(provider: Scripted, mind: Mind, bad: str | None, told: str) -> None:
    provider.then(says(bad), GOOD)
    decided = judge(mind)
    assert (decided.by, decided.choice.knob) == ("model", "learning_rate")
    assert len(decided.tries) == 1
    assert told in decided.tries[0]
    again = provider.requests[1]["messages"][1]["content"]
    assert told in again
    assert again.startswith(provider.requests[0]["messages"][1]["content"].rstrip())


def test_a_decision_killed_and_made_again_costs_nothing(provider: Scripted, mind: Mind, tmp_path: Path) -> None:
    provider.then("no", GOOD)
    first = judge(mind)
    again = judge(open_mind("openai/gpt-4o-mini", tmp_path))
    assert (again.choice, again.by, again.tries) == (first.choice, first.by, first.tries)
    assert (again.usage.asked, again.usage.replayed, again.usage.usd) == (0, 2, 0.0)
    assert len(provider.requests) == 2


def test_the_same_bad_answer_twice_is_asked_about_twice(provider: Scripted, mind: Mind) -> None:
    provider.then("no", "no", GOOD)
    assert judge(mind).by == "model"
    assert len(provider.requests) == 3


def test_after_three_bad_answers_the_playbook_decides_and_says_why(provider: Scripted, mind: Mind) -> None:
    provider.then("no", "no", "no", GOOD)
    decided = judge(mind)
    assert (decided.by, decided.choice.knob, decided.fell_back) == ("playbook", "beta", True)
    assert [line.split(":")[0] for line in decided.tries] == ["answer 1 of 3", "answer 2 of 3", "answer 3 of 3"]
    assert len(provider.requests) == decided.usage.asked == 3


@pytest.mark.parametrize("code", [408, 429, 500, 503, 504, 529])
def test_trouble_that_passes_is_waited_out(provider: Scripted, mind: Mind, code: int) -> None:
    provider.then(status(code, "busy"), GOOD)
    decided = judge(mind)
    assert decided.by == "model"
    assert len(provider.requests) == 2, "one request a try: nothing retries behind our back"
    assert "busy" in decided.tries[0]


@pytest.mark.slow
def test_a_limit_that_says_when_to_retry_is_no_empty_purse(provider: Scripted, mind: Mind) -> None:
    said = "You exceeded your current quota, please check your plan. Please retry in 3.4s."
    provider.then(status(429, said), GOOD)
    assert judge(mind).by == "model"


def test_a_page_that_is_no_reply_is_trouble_too(provider: Scripted, mind: Mind) -> None:
    provider.then(Reply(raw=b"<html>bad gateway</html>"), GOOD)
    assert judge(mind).by == "model"


def test_trouble_that_stays_hands_over_to_the_playbook(provider: Scripted, mind: Mind) -> None:
    provider.then(*[status(503, "overloaded")] * 9)
    decided = judge(mind)
    assert (decided.by, decided.fell_back, len(decided.tries), len(provider.requests)) == ("playbook", True, 3, 3)


def test_a_question_the_provider_cannot_take_is_not_asked_again(provider: Scripted, mind: Mind) -> None:
    provider.then(status(400, "maximum context length is 10 tokens"))
    decided = judge(mind)
    assert (decided.by, len(provider.requests)) == ("playbook", 1)
    assert "maximum context length" in decided.tries[0]


def test_a_question_the_provider_will_not_hear_is_not_a_matter_of_access(provider: Scripted, mind: Mind) -> None:
    provider.then(status(403, "your input was flagged"))
    decided = judge(mind)
    assert (decided.by, len(provider.requests)) == ("playbook", 1)


def test_a_provider_that_is_not_there_hands_over(
    provider: Scripted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_BASE", "http://127.0.0.1:1/v1")
    decided = judge(open_mind("openai/gpt-4o-mini", tmp_path))
    assert decided.by == "playbook"
    assert "nothing answers at http://127.0.0.1:1/v1" in decided.tries[0]


@pytest.mark.parametrize(
    ("code", "said", "advice"),
    [
        (401, "Incorrect API key provided: sk-loopback-0000", "set OPENAI_API_KEY"),
        (402, "Payment Required", "add credit"),
        (403, "not for you", "access to this model"),
        (404, "no such model", "check the model's name"),
        (400, "API key not valid. Please pass a valid API key.", "set OPENAI_API_KEY"),
        (429, "You exceeded your current quota, please check your plan and billing details.", "add credit"),
    ],
)
def test_what_only_a_person_can_mend_pauses_the_run(
    provider: Scripted, mind: Mind, code: int, said: str, advice: str
) -> None:
    provider.then(status(code, said))
    with pytest.raises(EnvironmentTrouble) as paused:
        judge(mind)
    line = str(paused.value)
    assert advice in line
    assert line.endswith("then resume")
    assert "\n" not in line
    assert "sk-loopback-0000" not in line, "a key the provider echoes is not shown"
    assert len(provider.requests) == 1


def test_no_key_pauses_the_run(provider: Scripted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    provider.then(GOOD)
    monkeypatch.delenv("OPENAI_API_KEY")
    judge(open_mind("openai/gpt-4o-mini", tmp_path))
    assert len(provider.requests) == 1
    monkeypatch.setenv("OPENAI_API_BASE", "http://far.example/v1")
    with pytest.raises(EnvironmentTrouble, match="set OPENAI_API_KEY"):
        judge(open_mind("openai/gpt-4o", tmp_path))


def test_a_model_nobody_serves_pauses_the_run(provider: Scripted, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentTrouble, match="PROVIDER/NAME"):
        judge(open_mind("nonsense", tmp_path))


def test_a_schema_without_why_is_refused() -> None:
    class Bare(BaseModel):
        knob: str

    with pytest.raises(TypeError, match="why"):
        decide("planning", Bare, {}, lambda: (Bare(knob="x"), ""), None, "")
