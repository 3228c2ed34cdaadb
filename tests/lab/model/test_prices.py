"""What a call may cost and what it cost; what nobody knows is asked for, and never zero."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from paid_room import MODEL, Room
from pydantic import BaseModel

from lab.model.chat import BudgetSpent
from lab.model.helm import Helm
from lab.model.prices import FREE, Price, PriceUnknown, price_of, read_price
from lab.model.probe import ask_small, need_prices
from lab.model.wire import litellm
from state.errors import EnvironmentTrouble, PostgradError, UserError
from tests.scripted.server import Reply, Scripted, calls, drops, hangs, says, status

LISTED: dict[str, Any] = {
    "gpt-x": {"litellm_provider": "openai", "input_cost_per_token": 1e-6, "output_cost_per_token": 4e-6},
    "claude-x": {
        "litellm_provider": "anthropic", "input_cost_per_token": 3e-6, "output_cost_per_token": 15e-6,
        "cache_read_input_token_cost": 3e-7, "cache_creation_input_token_cost": 3.75e-6, "max_output_tokens": 64000,
    },
    "gemini/tiered": {
        "litellm_provider": "gemini", "input_cost_per_token": 1e-6, "output_cost_per_token": 1e-5,
        "input_cost_per_token_above_200k_tokens": 2e-6, "input_cost_per_token_priority": 9e-6,
    },
    "zero": {"litellm_provider": "openai", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0},
}  # fmt: skip


@pytest.mark.parametrize(
    ("model", "own_host", "expected"),
    [
        ("openai/gpt-x", False, (1.0, 4.0)),
        ("gpt-x", False, (1.0, 4.0)),
        ("openai/gpt-x", True, (1.0, 4.0)),
        ("anthropic/claude-x", False, (3.0, 15.0)),
        ("gemini/tiered", False, (2.0, 10.0)),
        ("openai/claude-x", False, None),
        ("openai/zero", False, None),
        ("openai/nobody-knows", False, None),
        ("huggingface/org/model", False, None),
        ("hosted_vllm/qwen", False, None),
        ("hosted_vllm/qwen", True, (0.0, 0.0)),
        ("openai/nobody-knows", True, (0.0, 0.0)),
        ("ollama/llama3", False, (0.0, 0.0)),
    ],
)
def test_whose_price_is_known(model: str, own_host: bool, expected: tuple[float, float] | None) -> None:
    found = price_of(model, None, own_host, LISTED)
    assert (None if found is None else (found.into, found.out)) == (expected and pytest.approx(expected))


def test_only_what_a_plain_call_may_cost_is_counted() -> None:
    """Thoughts that are dearer than words are; a faster line that nobody asked for is not."""
    plain = {"litellm_provider": "openai", "input_cost_per_token": 1e-6, "output_cost_per_token": 4e-6}
    other = {f"{side}_cost_per_token_{line}": 1.0 for side in ("input", "output") for line in ("ultrafast", "balanced")}
    long = {"input_cost_per_token_above_272k_tokens": 2e-6, "input_cost_per_token_above_272k_tokens_ultrafast": 1.0}
    thoughts = {"output_cost_per_reasoning_token": 9e-6}
    found = price_of("openai/x", None, False, {"x": {**plain, **other, **long, **thoughts}})
    assert found is not None
    assert (found.into, found.out) == (pytest.approx(2.0), pytest.approx(9.0))


def test_a_persons_word_is_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    given = read_price("2.5/10", "--model-price")
    assert price_of("openai/gpt-x", given, True, LISTED) == Price(2.5, 10.0)
    assert read_price(" Free ", "x") == FREE
    for bad in ("3", "3/x", "-1/2", "", "free/1"):
        with pytest.raises(UserError, match="write IN/OUT in dollars per million tokens"):
            read_price(bad, "--model-price")


def test_what_was_in_the_providers_cache_costs_what_that_costs() -> None:
    price = price_of("anthropic/claude-x", None, False, LISTED)
    assert price is not None
    assert price.usd(1000, 100, read=800, written=100) == pytest.approx((100 * 3 + 800 * 0.3 + 100 * 3.75 + 1500) / 1e6)
    assert price.worst(1000, 100) == pytest.approx((1000 * 3.75 + 100 * 15) / 1e6)


def test_the_prices_of_the_list_that_litellm_brings_are_read() -> None:
    found = price_of("anthropic/claude-sonnet-4-5", None, False, litellm().model_cost)
    assert found is not None
    assert (found.into, found.out, found.source) == (pytest.approx(3.0), pytest.approx(15.0), "listed")


def test_an_unknown_price_stops_the_call_before_it_is_made(
    provider: Scripted, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name that the environment gives the server is no loopback address, so it may be anybody's."""
    monkeypatch.setattr("lab.model.helm.OWN_HOSTS", ())
    with pytest.raises(
        PriceUnknown, match=r"model openai/mine: its price is not known; say it with --model-price IN/OUT"
    ):
        room.chat(Helm("openai/mine")).invoke("hi")
    with pytest.raises(UserError, match="--model-price"):
        need_prices(Helm("openai/mine"))
    provider.then("with a price it is asked")
    helm = Helm("openai/mine", prices={"openai/mine": Price(1.0, 2.0)})
    need_prices(helm)
    room.chat(helm).invoke("hi")
    assert room.ledger.spent().usd == pytest.approx((100 * 1 + 10 * 2) / 1e6)
    assert len(provider.requests) == 1


def test_nothing_is_asked_that_the_budget_does_not_cover_at_its_worst(provider: Scripted, room: Room) -> None:
    provider.ask = lambda body: says("cheap").using(1000, 10)
    room.budget = 0.01  # a call of gpt-4o-mini is reserved at about half a cent
    asked = 0
    with pytest.raises(
        BudgetSpent, match=r"^openai/gpt-4o-mini is not asked any more: the next model call may cost \$0\.00"
    ):
        for asked in range(100):
            room.chat(visit=str(asked)).invoke("hi")
    spent = room.ledger.spent()
    assert len(provider.requests) == asked == spent.calls
    assert spent.usd <= 0.01
    assert spent.usd == pytest.approx(asked * (1000 * 1.5e-7 + 10 * 6e-7))
    assert spent.reserved_usd == 0


def test_a_model_of_ones_own_is_asked_without_a_budget_too(provider: Scripted, room: Room) -> None:
    provider.then(says("free").uncounted())
    room.budget = 0.0
    room.chat(Helm("openai/of-our-own")).invoke("hi")
    assert (room.ledger.spent().usd, room.lines()[0]["usd"]) == (0.0, 0.0)
    assert room.lines("ledger.jsonl")[-1]["why"] == "free"
    assert "max_tokens" not in provider.requests[0], "a small model's window is no place for a large bound"


def test_an_answer_that_was_not_counted_costs_its_worst(provider: Scripted, room: Room) -> None:
    provider.then(says("how much was it?").uncounted())
    room.chat().invoke("hi")
    reserved = room.lines("ledger.jsonl")[0]["usd"]
    assert room.ledger.spent().usd == reserved > 0.004
    assert room.lines()[0]["usd"] is None


@pytest.mark.slow
@pytest.mark.parametrize("reply", [drops(3), hangs(9)], ids=["dropped", "late"])
def test_an_answer_that_was_lost_costs_its_question(
    provider: Scripted, room: Room, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.then("what the library loads at its first call is not on the clock")
    list(room.chat().stream("warm"))
    before = len(room.lines("ledger.jsonl"))
    monkeypatch.setattr("lab.model.chat.WITHIN", {"reading": 2.0})
    provider.then(reply, says("well again").using(0, 0).uncounted())
    helm = Helm(MODEL)
    chat = room.chat(helm).model_copy(update={"on_token": lambda token: None, "waits": (0.0,)})
    assert chat.invoke("hi " * 100).text == "well again"
    first = next(line for line in room.lines("ledger.jsonl")[before:] if line["act"] == "settle")
    assert (first["why"], first["paid"]) == ("lost", True)
    assert 0 < first["usd"] < 0.001


def test_the_count_of_a_question_is_an_upper_bound(provider: Scripted, room: Room) -> None:
    """Whatever the tokenizer: a page of numbers, of code, of Chinese; with tools and results in it."""
    provider.ask = lambda body: calls("Look", {"at": "numbers"})
    texts = ["0.1234, " * 500, "def f(x):\n    return x[1:-1]\n" * 100, "我们提出了一种新的方法来训练语言模型" * 50]
    for text in texts:
        room.chat().invoke(text)
        sent = [line for line in room.lines("ledger.jsonl") if line["act"] == "reserve"][-1]["sent"]
        assert sent / 1.5e-7 > 1.3 * litellm().token_counter(model="gpt-4o", text=text)


@pytest.mark.parametrize(
    ("reply", "kind", "line"),
    [
        (status(401, "bad key"), EnvironmentTrouble, "set OPENAI_API_KEY to a key that is valid, then try again"),
        (status(402, "pay"), EnvironmentTrouble, "add credit at the provider or choose another model, then try again"),
        (status(404, "no such model"), EnvironmentTrouble, "check the model's name and OPENAI_API_BASE"),
        (status(400, "what is max_tokens?"), EnvironmentTrouble, "what is max_tokens?"),
    ],
)
def test_a_probe_says_in_one_line_what_is_wrong(
    provider: Scripted, reply: Reply, kind: type[PostgradError], line: str
) -> None:
    provider.then(reply)
    with pytest.raises(kind) as wrong:
        ask_small(Helm(MODEL), MODEL)
    assert line in str(wrong.value)
    assert "\n" not in str(wrong.value)
    assert len(provider.requests) == 1


def test_a_probe_is_one_small_call_and_says_what_it_cost(provider: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.model.probe.WAITS", (0.0, 0.0))
    provider.then(status(503), says("ready").using(20, 2))
    assert ask_small(Helm(MODEL), MODEL).startswith(f"model {MODEL} answers (0.")
    assert provider.requests[1]["max_tokens"] <= 64
    assert len(str(provider.requests[1])) < 300


def test_a_base_url_is_asked_and_no_other_providers_key_goes_there(
    provider: Scripted, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_BASE")
    monkeypatch.delenv("OPENAI_API_KEY")
    provider.then("from here")
    helm = Helm("hosted_vllm/qwen", base_url=provider.url)
    assert room.chat(helm).invoke("hi").text == "from here"
    assert helm.base("anthropic/claude-x") == ""
    provider.then("and from here")
    assert room.chat(Helm("openai/qwen", base_url=provider.url)).invoke("ho").text == "and from here"


ANTHROPIC = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "stop_reason": "end_turn",
    "content": [{"type": "text", "text": "read"}],
    "usage": {"input_tokens": 40, "output_tokens": 10, "cache_read_input_tokens": 900, "cache_creation_input_tokens": 60},
}  # fmt: skip


def test_a_provider_that_caches_what_it_is_told_to_is_told_where_the_same_part_ends(
    provider: Scripted, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_BASE", provider.url.removesuffix("/v1"))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-loopback")
    provider.then(Reply(raw=json.dumps(ANTHROPIC).encode()))
    chat = room.chat(Helm("anthropic/claude-sonnet-4-5"))
    made = chat.bind_tools([Look]).invoke([SystemMessage("You read papers."), HumanMessage("this one")])
    (body,) = provider.requests
    assert body["system"] == [{"type": "text", "text": "You read papers.", "cache_control": {"type": "ephemeral"}}]
    assert body["tools"][0]["name"] == "Look", "tools come before the system prompt, so that mark holds for them too"
    assert made.text == "read"
    assert room.lines()[0]["usd"] == pytest.approx((40 * 3 + 900 * 0.3 + 60 * 3.75 + 10 * 15) / 1e6)
    assert room.lines()[0]["new"][0] == {"role": "system", "content": "You read papers."}


class Look(BaseModel):
    """Looks at something."""

    at: str
