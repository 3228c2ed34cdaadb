"""What a model's words cost. What nobody knows is asked for, and is never zero."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from lab.model.trouble import Unusable
from state.errors import UserError

MILLION = 1e6
GIVEN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)\s*")
TIER = re.compile(r"(input|output)_cost_per_(?:token|reasoning_token)(?:_above_\d+k_tokens)?")
"""What a plain call may cost; other entries of the list are for those who ask to be served faster, later or in batches."""
OWN = ("ollama", "ollama_chat", "lm_studio", "llamafile")
"""Providers that are programs on one's own machine."""
MARGIN = 1.6
"""Other tokenizers make up to about a third more pieces of the same text than the one we count with; so this is a bound."""
A_MESSAGE = 12
"""Tokens of markup round one message or tool, at most."""

Source = Literal["given", "listed", "free"]


class PriceUnknown(Unusable):
    """Nobody said what the model costs: a person must."""


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens. Parts of the input that a provider had in its cache may cost less, or more."""

    into: float
    out: float
    source: Source = "given"
    cache_read: float | None = None
    cache_write: float | None = None

    def usd(self, tokens_in: int, tokens_out: int, read: int = 0, written: int = 0) -> float:
        plain = max(0, tokens_in - read - written)
        cached = read * (self.into if self.cache_read is None else self.cache_read)
        stored = written * (self.into if self.cache_write is None else self.cache_write)
        return (plain * self.into + cached + stored + tokens_out * self.out) / MILLION

    def worst(self, tokens_in: int, tokens_out: int) -> float:
        """As if the provider stored the whole question in its cache, which some ask more for."""
        return (tokens_in * max(self.into, self.cache_write or 0.0) + tokens_out * self.out) / MILLION


FREE = Price(0.0, 0.0, "free")


def read_price(said: object, place: str) -> Price:
    """`3/15`: dollars per million tokens in and out; `free` for a model of one's own."""
    if isinstance(said, Price):
        return said
    if str(said).strip().lower() == "free":
        return FREE
    found = GIVEN.fullmatch(str(said))
    if not found:
        raise UserError(f"{place} is {said!r}; write IN/OUT in dollars per million tokens, such as 3/15, or free")
    return Price(float(found[1]), float(found[2]))


def price_of(model: str, given: Price | None, on_own_host: bool, listed: dict[str, Any]) -> Price | None:
    """A person's word first, then LiteLLM's list, then: a server of one's own costs nothing. None when nobody knows."""
    if given is not None:
        return given
    provider, _, name = model.partition("/") if "/" in model else ("openai", "", model)
    if provider in OWN:
        return FREE
    entry = listed.get(model) or {}
    if not entry and (listed.get(name) or {}).get("litellm_provider") == provider:
        entry = listed[name]
    if entry.get("input_cost_per_token") and entry.get("output_cost_per_token"):  # 0 in the list means: not known
        return _listed(entry)
    return FREE if on_own_host else None


def _listed(entry: dict[str, Any]) -> Price:
    """The dearest tier counts: what a reservation promises must hold for the longest conversation too."""
    dearest = {
        side: max(
            float(cost)
            for key, cost in entry.items()
            if (tier := TIER.fullmatch(key)) and tier[1] == side and isinstance(cost, int | float)
        )
        for side in ("input", "output")
    }  # fmt: skip
    plain = {"input": entry["input_cost_per_token"], "output": entry["output_cost_per_token"]}
    tiered = dearest != plain
    read, write = entry.get("cache_read_input_token_cost"), entry.get("cache_creation_input_token_cost")
    return Price(
        dearest["input"] * MILLION,
        dearest["output"] * MILLION,
        "listed",
        None if read is None or tiered else read * MILLION,
        None if write is None else write * MILLION,
    )


def unknown(model: str) -> PriceUnknown:
    return PriceUnknown(
        f"model {model}: its price is not known; say it with --model-price IN/OUT (dollars per million tokens, or "
        f'free), or in config.toml under [prices]: "{model}" = "IN/OUT"'
    )


def most_tokens(counted: Iterable[int]) -> int:
    """An upper bound of what messages and tools count at the provider, from our own count of each."""
    parts = list(counted)
    return int(sum(parts) * MARGIN) + A_MESSAGE * (len(parts) + 1)
