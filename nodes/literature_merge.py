"""The same result from several papers kept once with every place, and the order in which results are of use. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from typing import TypeVar

from lab.papers.read_numbers import PERCENT_UNITS, exact, numbers_in
from lab.papers.words import terms
from state.brief import Brief
from state.reading import Claim, Place, Placed, Recipe

MOST_PLACES = 4
"""Further places kept of one result: enough to see that it was seen again."""
WEAK = ("abstract", "title", "introduction", "related", "conclusion")
"""Parts of a paper that promise; what stands in its experiments is worth more."""

Kept = TypeVar("Kept", bound=Placed)


def merge_recipes(recipes: Sequence[Recipe]) -> list[Recipe]:
    return _merged(recipes, lambda r: (_name(r.dataset), _words(r.method), _numbers(r.result)))


def merge_claims(claims: Sequence[Claim]) -> list[Claim]:
    return _merged(
        claims, lambda c: (_name(c.metric), _name(c.dataset), _name(c.method), _share(c), _name(c.comparator))
    )


def _merged(told: Sequence[Kept], key: Callable[[Kept], Hashable]) -> list[Kept]:
    groups: dict[Hashable, list[Kept]] = {}
    for one in told:
        groups.setdefault(key(one), []).append(one)
    return [_with_places(group) for group in groups.values()]


def _with_places(same: list[Kept]) -> Kept:
    places = [place for one in same for place in (one.place, *one.also)]
    also = [place for at, place in enumerate(places) if place not in places[:at]][1:]
    return same[0].model_copy(update={"also": also[:MOST_PLACES]})


def _name(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _words(text: str) -> frozenset[str]:
    return frozenset(terms(text))


def _numbers(text: str) -> tuple[Decimal, ...]:
    return tuple(sorted(n.value / 100 if n.percent else n.value for n in numbers_in(text)))


def _share(claim: Claim) -> Decimal | None:
    value = exact(claim.value)
    return value / 100 if value is not None and claim.unit.strip().casefold() in PERCENT_UNITS else value


def rank_recipes(recipes: Sequence[Recipe], brief: Brief, wanted: str) -> list[Recipe]:
    """The paper of the brief, then what can be tried here, what was seen by several, and what says how it was done."""

    def order(recipe: Recipe) -> tuple[object, ...]:
        fits = len(_about(brief) & _words(f"{recipe.method} {recipe.dataset} {recipe.result}"))
        return (
            recipe.paper != wanted, {True: 0, None: 1, False: 2}[recipe.dataset_exists], -_seen(recipe.paper, recipe.also),
            _weak(recipe.place), -fits, -len(recipe.settings),
        )  # fmt: skip

    return sorted(recipes, key=order)


def rank_claims(claims: Sequence[Claim], brief: Brief, wanted: str) -> list[Claim]:
    """The paper of the brief, then the same metric and data as here, then claims against something."""

    def order(claim: Claim) -> tuple[object, ...]:
        fits = len(_about(brief) & _words(f"{claim.metric} {claim.dataset} {claim.method}"))
        seen = _seen(claim.paper, claim.also)
        return (claim.paper != wanted, -fits, -seen, _weak(claim.place), not claim.comparator)

    return sorted(claims, key=order)


def _about(brief: Brief) -> frozenset[str]:
    return _words(" ".join(filter(None, [brief.task, brief.data, brief.method, brief.metric, brief.claim])))


def _seen(paper: str, also: Sequence[Place]) -> int:
    """By how many papers."""
    return len({paper, *(place.source for place in also)})


def _weak(place: Place) -> bool:
    return any(name in place.section.casefold() for name in WEAK)
