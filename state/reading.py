"""What the literature stage leaves: papers, recipes and claims, each with the place where it stands."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from state.products import Json, Product

LONGEST_QUOTE = 300
"""Characters of a quote: two sentences or a row of a table, so that the state stays small and a reader can check it."""
MOST_RECIPES = 20
MOST_CLAIMS = 30
"""Bounds of what the state carries through every checkpoint; the full reading is a file of the run."""

Setting = bool | int | float | str
Quote = Annotated[str, Field(max_length=LONGEST_QUOTE)]


class Citation(Product):
    id: str
    title: str
    why: str
    looked_up: str = ""
    in_library: bool = False
    """The offline library holds it, in our words."""
    read: str = ""
    """How it was read whole: `html`, `ar5iv`, `pdf`; empty when it was only found."""


class Source(Product):
    """A source that was asked; one that did not answer is named in the report."""

    name: str
    answered: bool
    why: str = ""


class Place(Product):
    """Where something stands. Source, section and page are filled in by code, and the quote was found there by code."""

    source: str
    section: str = ""
    page: int | None = None
    quote: Quote = ""
    """The source's own words; empty where the offline library says it in ours."""


class Placed(Product):
    """Something that a paper says, and where."""

    place: Place
    also: list[Place] = Field(default_factory=list)
    """Where its settings stand, and other papers that show the same."""


class Recipe(Placed):
    """A result that somebody measured, and what it took."""

    paper: str
    title: str
    dataset: str = ""
    dataset_exists: bool | None = None
    """Looked up on the Hub; None when nobody could look."""
    method: str
    result: str
    settings: dict[str, Setting] = Field(default_factory=dict)
    made_it_work: str = ""
    kept_by: Literal["library", "reader"] = "reader"


class Claim(Placed):
    """A number that a paper asserts, as it can be checked against numbers of a run."""

    paper: str
    metric: str
    dataset: str
    method: str
    value: float
    unit: str = ""
    n: int | None = None
    comparator: str = ""
    comparator_value: float | None = None


class Reading(Product):
    """What is known about the task after reading."""

    query: str
    papers: list[Citation] = Field(default_factory=list)
    recipes: list[Recipe] = Field(default_factory=list, max_length=MOST_RECIPES)
    claims: list[Claim] = Field(default_factory=list, max_length=MOST_CLAIMS)
    sources: list[Source] = Field(default_factory=list)
    lessons: list[Json] = Field(default_factory=list)
    rejected: int = 0
    """Recipes and claims that readers gave and that do not stand in their source."""
    file: str = ""
    """`reading.json` of the run with everything that was read, and its hash below."""
    sha256: str = ""
