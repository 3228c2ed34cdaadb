"""Who is at the helm: which model for which role, reached where, priced how. Names only; nothing is imported or asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from lab.model.prices import Price, read_price
from state.errors import UserError
from state.settings import Settings

Role = Literal["reading", "coding", "judging"]
ROLES: tuple[Role, ...] = get_args(Role)

OWN_HOSTS = ("127.0.0.1", "localhost", "::1", "0.0.0.0")


@dataclass(frozen=True)
class Helm:
    """A model, or one for each role; `base_url` is for the models of the main one's provider, so that no key strays."""

    model: str
    roles: Mapping[Role, str] = field(default_factory=dict)
    fallback: tuple[str, ...] = ()
    base_url: str = ""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """By model id, as a person gave them; `*` for every model that has none of its own."""
    cache_answers: bool = False

    def of(self, role: Role) -> str:
        return self.roles.get(role) or self.model

    @property
    def models(self) -> tuple[str, ...]:
        """Everyone who may be asked, each once."""
        return tuple(dict.fromkeys([*(self.of(role) for role in ROLES), *self.fallback]))

    def base(self, model: str) -> str:
        """Where this model is served, if a person said so; else LiteLLM and the environment know."""
        return self.base_url if provider(model) == provider(self.model) else ""


def provider(model: str) -> str:
    return model.partition("/")[0] if "/" in model else "openai"


def own_host(url: str) -> bool:
    return (urlsplit(url).hostname or "") in OWN_HOSTS


def checked_url(url: str, place: str) -> str:
    """A base URL as it is used: http or https, and no secret in it."""
    url = url.strip().rstrip("/")
    need_address(url, place)
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise UserError(f"{place} holds a password; leave it out and set the provider's key in the environment")
    return url


def need_address(url: str, place: str) -> None:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise UserError(f"{place}: {url} is no address; write one such as http://127.0.0.1:8000/v1")


def steer(state: Mapping[str, Any], settings: Settings) -> Helm | None:
    """The helm of a run: what the machine's settings say wins over what the run began with; None without a model."""
    own: Mapping[str, Any] = state.get("models") or {}
    strange = sorted(set(own) - {*ROLES, "fallback", "base_url", "prices", "cache_answers"})
    if strange:
        raise UserError(f"models has {', '.join(strange)}; it takes {', '.join(ROLES)}, fallback, base_url, prices")
    anew = settings.model is not None  # other minds than those the run began with
    named = (settings.roles or {}) if anew else own
    roles: dict[Role, str] = {role: str(named[role]) for role in ROLES if named.get(role)}
    model = str((settings.model if anew else state.get("model")) or "").strip()
    model = model or next(iter(roles.values()), "")
    if not model:
        return None
    for name in (model, *roles.values()):
        if "/" not in name.strip("/"):
            raise UserError(f"model {name}: write PROVIDER/NAME, such as openai/NAME or anthropic/NAME")
    given = {**(own.get("prices") or {}), **(settings.prices or {})}
    return Helm(
        model=model,
        roles=roles,
        fallback=tuple(settings.fallback or (() if anew else own.get("fallback")) or ()),
        base_url=checked_url(settings.base_url or ("" if anew else own.get("base_url")) or "", "base_url"),
        prices={name: read_price(said, f"the price of {name}") for name, said in given.items()},
        cache_answers=bool(own.get("cache_answers") if settings.cache_answers is None else settings.cache_answers),
    )
