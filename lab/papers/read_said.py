"""What a reader of a paper may say, and what of it is accepted: nothing whose words or numbers do not stand in the paper."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lab.papers.paper import Paper
from lab.papers.quotes import NotThere, Source, place_of, plain, source_of
from lab.papers.read_numbers import Number, names_in, numbers_in, stands
from lab.papers.words import terms
from state.reading import LONGEST_QUOTE, Claim, Place, Recipe

MOST_QUOTES = 4
"""The result, and up to three places where its settings stand."""
MOST_SAID = 12
"""Recipes or claims of one paper: it rarely has more that bear on one task, and every one is checked and kept in the state."""

Short = Annotated[str, Field(max_length=120)]
Line = Annotated[str, Field(max_length=300)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecipeSaid(Said):
    """A measured result and what it took."""

    dataset: Short = Field(description="as the paper names it")
    method: Line
    result: Line = Field(description="what was measured, with its numbers as they are printed")
    settings: dict[Name, int | float | str] = Field(
        default_factory=dict, description="hyperparameters: snake_case name to value as printed"
    )
    made_it_work: Line = ""
    quotes: list[str] = Field(
        min_length=1, max_length=MOST_QUOTES,
        description=f"word for word, at most {LONGEST_QUOTE} characters each; the result first, then the settings",
    )  # fmt: skip


class ClaimSaid(Said):
    """A number the paper asserts."""

    metric: Short
    dataset: Short = Field(description="as the paper names it")
    method: Short
    value: float = Field(description="as printed: 88.2 with unit % for 88.2%")
    unit: Annotated[str, Field(max_length=20)] = ""
    n: int | None = Field(default=None, description="rows, seeds or runs it rests on, if the quote says so")
    comparator: Short = ""
    comparator_value: float | None = None
    quote: str = Field(description=f"word for word, at most {LONGEST_QUOTE} characters, with every number above in it")


class PaperSaid(Said):
    """What one paper has for the task."""

    recipes: list[RecipeSaid] = Field(default_factory=list, max_length=MOST_SAID)
    claims: list[ClaimSaid] = Field(default_factory=list, max_length=MOST_SAID)
    why: str


def accepted(said: RecipeSaid | ClaimSaid, paper: Paper | Source) -> tuple[Recipe | Claim | None, str]:
    """The product with the places where it stands, or None and what does not stand."""
    source = paper if isinstance(paper, Source) else source_of(paper)
    if isinstance(said, RecipeSaid):
        return _recipe(said, source)
    return _claim(said, source)


def _recipe(said: RecipeSaid, source: Source) -> tuple[Recipe | None, str]:
    places = _places(said.quotes, source)
    if isinstance(places, str):
        return None, places
    quoted = [number for place in places for number in numbers_in(place.quote)]
    why = (
        _unnamed(source, dataset=said.dataset)
        or (
            ""
            if numbers_in(said.result)
            else "result: has no number; a recipe counts when a measured result hangs on it"
        )
        or _unsupported(source, quoted, method=said.method, result=said.result, made_it_work=said.made_it_work)
        or next((line for line in (_setting(k, v, quoted, source) for k, v in said.settings.items()) if line), "")
    )
    if why:
        return None, why
    made = Recipe(
        paper=source.paper.id, title=source.paper.title, dataset=said.dataset, method=said.method, result=said.result,
        settings=dict(said.settings), made_it_work=said.made_it_work, place=places[0], also=places[1:],
    )  # fmt: skip
    return made, ""


def _claim(said: ClaimSaid, source: Source) -> tuple[Claim | None, str]:
    places = _places([said.quote], source)
    if isinstance(places, str):
        return None, places
    quoted = numbers_in(places[0].quote)
    named = {"metric": said.metric, "method": said.method, "comparator": said.comparator}
    why = _unsupported(source, quoted, **named) or _unnamed(source, dataset=said.dataset, **named)
    for name, value in (("value", said.value), ("comparator_value", said.comparator_value)):
        if not why and value is not None and not stands(value, said.unit, quoted):
            why = f"{name}: {value:g}{said.unit} does not stand in the quote"
    if not why and said.n is not None and not stands(said.n, "", [q for q in quoted if not q.percent]):
        why = f"n: {said.n} does not stand in the quote"
    if why:
        return None, why
    told = said.model_dump(exclude={"quote"})
    return Claim(paper=source.paper.id, place=places[0], **told), ""


def _places(quotes: list[str], source: Source) -> list[Place] | str:
    places = []
    for quote in quotes:
        place = place_of(quote, source)
        if isinstance(place, NotThere):
            return place.why
        places.append(place)
    return places


def _unsupported(source: Source, quoted: list[Number], **said: str) -> str:
    """The first number in words of the reader's own that no quote shows, or name with digits that the paper lacks."""
    for field, text in said.items():
        for number in numbers_in(text):
            if not stands(str(number.value), "%" if number.percent else "", quoted):
                return f"{field}: {number.text.strip()} does not stand in the quote"
        for name in names_in(text):
            if not _in_paper(name, source):
                return f"{field}: {name} does not stand in the paper"
    return ""


def _setting(name: str, value: float | str, quoted: list[Number], source: Source) -> str:
    if isinstance(value, str):
        problem = _unsupported(source, quoted, **{name: value})
        return problem or ("" if _in_paper(value, source) else f"{name}: {value!r} does not stand in the paper")
    return "" if stands(value, "", quoted) else f"{name}: {value!r} does not stand in the quotes"


def _unnamed(source: Source, dataset: str, **named: str) -> str:
    """A data set goes by the paper's own name for it; of a metric or a method every word is one of the paper's."""
    if not dataset.strip():
        return "dataset: is empty; name it as the paper does"
    if not _in_paper(dataset, source):
        return f"dataset: {dataset!r} does not stand in the paper"
    words = set(terms(source.whole))
    for field, said in named.items():
        strange = [word for word in terms(said) if word not in words]
        if strange:
            return f"{field}: {strange[0]!r} does not stand in the paper; name it as the paper does"
    return ""


def _in_paper(words: str, source: Source) -> bool:
    """The words stand in the paper as whole words, in whatever case."""
    wanted = re.escape(plain(words).casefold())
    return re.search(rf"(?<![^\W_]){wanted}(?![^\W_])", source.whole) is not None
