"""What the command line and `config.toml` say of models, made one: who is asked, where, at which price; and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app import out
from app.config import Config, model_id, need_key
from state.errors import UserError

if TYPE_CHECKING:
    from lab.model.helm import Helm

Json = dict[str, Any]


@dataclass(frozen=True)
class Minds:
    """The options of `run`, `study` and `resume` that are about models; None and empty where nothing was said."""

    model: str | None = None
    roles: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    base_url: str | None = None
    prices: tuple[str, ...] = ()
    cache_answers: bool = False
    probe: bool = True

    @property
    def said(self) -> bool:
        """Anything that a run has to remember?"""
        given = (self.roles, self.fallback, self.prices, self.cache_answers)
        return self.model is not None or self.base_url is not None or any(given)


def of_config(config: Config) -> Json:
    """The home's own minds, in the form that a run remembers."""
    models: Json = {**config.roles, "prices": config.prices}
    models |= {"fallback": list(config.fallback)} if config.fallback else {}
    models |= {"base_url": config.base_url} if config.base_url else {}
    models |= {"cache_answers": True} if config.cache_answers else {}
    return {"model": config.model, "models": {key: value for key, value in models.items() if value}}


def chosen(said: Minds, config: Config, own: Json) -> Json:
    """{"model", "models"}: what was said over what the run or the home has; `--model` alone is one mind for everything."""
    from lab.model.helm import checked_url, provider
    from lab.model.prices import read_price

    named = said.model is not None
    model = model_id(said.model or "", "--model ") if named else str(own.get("model") or "")
    before: Json = dict(own.get("models") or {})
    if named:
        kept = before.get("base_url") if provider(model) == provider(str(own.get("model") or model)) else None
        before = {key: before[key] for key in ("prices", "cache_answers") if key in before}
        before |= {"base_url": kept} if kept else {}
    for one in said.roles:
        role, _, name = one.partition("=")
        before[_role(role, one)] = model_id(name, f"--role {role}=")
    if said.fallback:
        before["fallback"] = [model_id(name, "--fallback ") for name in said.fallback]
    if said.base_url is not None:
        before["base_url"] = checked_url(said.base_url, "--base-url")
    prices = {**config.prices, **(before.get("prices") or {})}
    for one in said.prices:
        name, _, price = one.rpartition("=")
        read_price(price, "--model-price")
        prices[name or model] = price
    if said.cache_answers:
        before["cache_answers"] = True
    return {"model": model, "models": {**before, **({"prices": prices} if prices else {})}}


def _role(role: str, said: str) -> str:
    from lab.model.helm import ROLES

    if role not in ROLES or "=" not in said:
        raise UserError(f"--role {said}: write ROLE=ID, the role one of {', '.join(ROLES)}")
    return role


def helm_of(minds: Json) -> Helm | None:
    from lab.model.helm import steer
    from state.settings import Settings

    return steer(minds, Settings())


def need_keys(minds: Json) -> None:
    """Whoever may be asked has the key that its provider wants."""
    helm = helm_of(minds)
    for model in helm.models if helm else ():
        need_key(model, helm.base(model) if helm else "")


def need(minds: Json, probe: bool, as_json: bool) -> None:
    """Before anything starts: the prices are known, and everyone who may be asked answers."""
    helm = helm_of(minds)
    if helm is None:
        return
    from lab.model.probe import ask_small, need_prices

    need_prices(helm)
    for model in helm.models if probe else ():
        answered = ask_small(helm, model)
        if not as_json:
            out.say(answered)
