"""One question to a model, from the first look for an answer that is there already to a settled bill.

The order is the point: what this visit was answered before is answered again for nothing; then, if wanted, what any run was
answered; then the run's cap and the ledger are asked, the model is asked, its answer is written down, and the bill settled.
A kill between any two of these loses at most the call in flight, and counts nothing twice.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from lab.ledger.ledger import Ledger
from lab.model.cache import Answers
from lab.model.helm import Role
from lab.model.prices import Price, most_tokens, unknown
from lab.model.replies import Line, Replies, clean, kept_of, key_of, message_of, shared_key, what_is_new
from lab.model.trouble import (
    LONGEST_WAIT,
    BudgetSpent,
    CallsSpent,
    ContextOverflow,
    ModelRefused,
    ProviderTrouble,
    Unusable,
)
from lab.model.trying import Voice, one_try
from lab.model.wire import LETTERS, OVERLONG, Wire, count, most_out

MOST_OUT = 8_000
"""Tokens of one answer at most, where they cost: a reservation is only true if the provider is held to it."""
LATE = 2
"""Answers that took all their time before no more is asked: a slow server stays slow, and each costs minutes."""
ANOTHER_LOOK = 0.1
"""Seconds between two looks at a budget that calls being made still hold."""
STOPPED: ContextVar[threading.Event | None] = ContextVar("stopped", default=None)
"""Set when nobody wants this agent's answers any more."""
TOLD_OF = "paid"
"""In `response_metadata`: {"usd", "how", "tokens": [in, out]} with `how` asked, replayed or cached."""


@dataclass(frozen=True)
class Till:
    """Where one run's calls are counted and kept; shared by all who ask in a visit."""

    ledger: Ledger
    replies: Replies
    answers: Answers | None
    most_calls: int
    prices: Mapping[str, Price]

    def price_of(self, model: str) -> Price | None:
        """As a person gave it."""
        return self.prices.get(model) or self.prices.get("*")


@dataclass(frozen=True)
class Asking:
    """One who asks: the model, those that answer in its stead, and how patient to be."""

    model: str
    role: Role
    till: Till
    wires: tuple[Wire, ...]
    waits: tuple[float, ...]
    say: Callable[[str], None] | None
    note: Callable[[str, str], None] | None

    def answer(self, messages: list[BaseMessage], settings: dict[str, Any], voice: Voice | None) -> AIMessage:
        key = key_of(self.model, messages, settings)
        line, how = self.till.replies.take(key), "replayed"
        if line is None and self.till.answers:
            line, how = self._from_other_runs(key, messages, settings), "cached"
        if line is None:
            return self._accepted(self._ask_all(key, messages, settings, voice), "asked")
        message = self._accepted(line, how)
        if voice and message.text:
            voice(str(message.text))  # what was said before is told in one piece
        return message

    def _from_other_runs(self, key: str, messages: list[BaseMessage], settings: dict[str, Any]) -> Line | None:
        assert self.till.answers is not None
        shared = self._shared(messages, settings)
        kept = self.till.answers.get(shared, self.till.replies.times[shared])
        if kept is None:
            return None
        line = {
            **kept,
            "key": key,
            "shared": shared,
            "t": round(time.time(), 3),
            "call": "",
            "usd": 0.0,
            "how": "cached",
            "new": what_is_new(messages),
        }
        self.till.replies.add(line)
        return line

    def _shared(self, messages: list[BaseMessage], settings: dict[str, Any]) -> str:
        """As another run would ask it; at another address the same name may be another model's."""
        model = f"{self.model} {self.wires[0].base}".strip()
        return shared_key(model, messages, settings, self.till.replies.path.parent)

    def _accepted(self, line: Line, how: str) -> AIMessage:
        """The answer as its caller gets it; a refusal is none."""
        refusal = _refusal(line["reply"])
        if refusal:
            raise ModelRefused(f"model {line['model']} will not answer: {refusal}")
        told = {"usd": line["usd"], "how": how, "tokens": [line["tokens_in"], line["tokens_out"]]}
        return message_of(line["reply"], model_name=line["model"], **{TOLD_OF: told})

    def _ask_all(self, key: str, messages: list[BaseMessage], settings: dict[str, Any], voice: Voice | None) -> Line:
        """The model, then its fallbacks; what the first of them said is told when all fail."""
        troubles: list[ProviderTrouble | Unusable] = []
        for wire in self.wires:
            if troubles and self.note:
                why = str(troubles[-1]).removeprefix(f"model {self.model}: ")
                self.note(f"model {self.model}", f"{why}; {wire.model} is asked instead")
            try:
                return self._ask_patiently(wire, key, messages, settings, voice)
            except (ContextOverflow, ModelRefused):
                raise
            except (ProviderTrouble, Unusable) as wrong:
                troubles.append(wrong)
                stopped = STOPPED.get()
                if (voice and voice.binding and voice.said) or (stopped and stopped.is_set()):
                    break
        raise troubles[0]

    def _ask_patiently(
        self, wire: Wire, key: str, messages: list[BaseMessage], settings: dict[str, Any], voice: Voice | None
    ) -> Line:
        waits, late = iter(self.waits), 0
        while True:
            try:
                return self._ask_once(wire, key, messages, settings, voice)
            except ProviderTrouble as wrong:
                wait, late = next(waits, None), late + wrong.late
                if not wrong.passing or wait is None or late >= LATE or (voice and voice.binding and voice.said):
                    raise
                wait = max(wait, wrong.after or 0.0)
                if wait > LONGEST_WAIT:
                    line = f"{wrong}; it asks to wait {wait:.0f} s, longer than is waited here"
                    raise ProviderTrouble(line, passing=False) from wrong
                if self.say:
                    self.say(f"{wrong}; asking again in {wait:g} s")
                _pause(wait, wrong)

    def _ask_once(
        self, wire: Wire, key: str, messages: list[BaseMessage], settings: dict[str, Any], voice: Voice | None
    ) -> Line:
        """One paid call: reserved, asked, written down, settled; in this order, so that no kill loses or doubles it."""
        shared = self._shared(messages, settings)
        price = wire.price(self.till.price_of(wire.model))
        if price is None:
            raise unknown(wire.model)
        if price.source != "free":
            settings = {"max_tokens": MOST_OUT, **settings}
        if wire.most_out and "max_tokens" in settings:
            settings = {**settings, "max_tokens": min(settings["max_tokens"], wire.most_out)}
        tokens = most_tokens(_counts(messages, settings))
        sent = price.worst(tokens, 0)
        worst = price.worst(tokens, int(settings.get("max_tokens") or MOST_OUT))
        call = f"call-{uuid.uuid4().hex[:16]}"
        room = self.till.ledger.reserve_call(call, worst, sent, self.till.most_calls)
        while room.wait:  # for the calls of others, each of which ends within its deadline
            _pause(ANOTHER_LOOK, ProviderTrouble(f"model {wire.model} was not asked: {room.why}", passing=False))
            room = self.till.ledger.reserve_call(call, worst, sent, self.till.most_calls)
        if room.short:
            said = f"{self.model} is not asked any more: {room.why}"
            raise (CallsSpent if room.short == "calls" else BudgetSpent)(said)
        bill = (sent, True, "lost")
        try:
            try:
                message = one_try(wire, messages, settings, voice)
            except (ProviderTrouble, Unusable) as wrong:
                heard = wrong.heard if isinstance(wrong, ProviderTrouble) and wrong.sent else None
                bill = (0.0, False, "refused") if heard is None else (price.worst(tokens, heard), True, "lost")
                raise
            bill = (worst, True, "not written down")
            if message.response_metadata.get(OVERLONG):
                self._cut(wire, message, tokens, most_out(settings))
            line = {"shared": shared, **self._line(call, key, wire, message, messages, price)}
            self.till.replies.add(line)
            bill = (worst, True, "not counted, its worst")
            if line["usd"] is not None:
                bill = (line["usd"], True, price.source)
        finally:  # however it ends: what stays open would be held back from every call that follows
            self.till.ledger.settle_call(call, *bill)
        if self.till.answers and wire.model == self.model and _of_use(line["reply"]):
            kept = {name: line[name] for name in ("role", "model", "reply", "tokens_in", "tokens_out")}
            self.till.answers.put(shared, self.till.replies.times[shared] - 1, kept)
        return line

    def _cut(self, wire: Wire, message: AIMessage, into: int, out: int) -> None:
        """It never said what it cost: as much as it was allowed to is counted."""
        message.usage_metadata = {"input_tokens": into, "output_tokens": out, "total_tokens": into + out}
        why = f"its answer ran on beyond {LETTERS * out} characters, for at most {out} tokens, and was cut off there"
        if self.note:
            self.note(wire.model, why)
        if self.say:
            self.say(f"model {wire.model}: {why}")

    def _line(
        self, call: str, key: str, wire: Wire, message: AIMessage, messages: list[BaseMessage], price: Price
    ) -> Line:
        usage: Mapping[str, Any] = message.usage_metadata or {}
        into, out = int(usage.get("input_tokens", 0)), int(usage.get("output_tokens", 0))
        parts = usage.get("input_token_details") or {}
        counted = into > 0 or price.source == "free"
        usd = price.usd(into, out, parts.get("cache_read") or 0, parts.get("cache_creation") or 0) if counted else None
        return {
            "t": round(time.time(), 3), "call": call, "key": key, "role": self.role, "model": wire.model, "how": "asked",
            "new": what_is_new(messages), "reply": clean(kept_of(message)), "tokens_in": into, "tokens_out": out, "usd": usd,
        }  # fmt: skip


def _pause(seconds: float, trouble: ProviderTrouble) -> None:
    """What is not wanted any more is not paid for either."""
    stopped = STOPPED.get()
    if stopped is None:
        time.sleep(seconds)
    elif stopped.wait(seconds):
        raise trouble


def _counts(messages: list[BaseMessage], settings: dict[str, Any]) -> Iterator[int]:
    for message in messages:
        calls = getattr(message, "tool_calls", None)
        text = message.content if isinstance(message.content, str) else json.dumps(message.content, default=str)
        yield count(text) + (count(json.dumps(calls, default=str)) if calls else 0)
    yield from (count(json.dumps(tool, default=str)) for tool in settings.get("tools", ()))


def _of_use(reply: Line) -> bool:
    """Worth keeping beyond the run? What a provider withheld today it may give tomorrow."""
    return bool(reply["content"] or reply["calls"] or reply["broken"]) and not _refusal(reply)


def _refusal(reply: Line) -> str:
    """Why there is no answer, if the model or its provider's filter would not give one."""
    if reply["finish"] == "content_filter":
        return "the provider's content filter took the answer away"
    said = (reply["extra"].get("provider_specific_fields") or {}).get("refusal") or ""
    return " ".join(str(said).split())[:200]
