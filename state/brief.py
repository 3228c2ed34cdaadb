"""The task, made precise: what a run is to find out, from which data, measured how, within which limits."""

from __future__ import annotations

from pydantic import Field

from state.products import Json, Product
from state.words import Direction, Effort, SourceName

MODEL_CALLS = 300
"""Paid calls of a model in one run: enough for every stage of a long one, and an end to a loop nobody foresaw."""


class Limits(Product):
    """What the run may use. `None` means no limit of that kind."""

    time: float | None = None
    """Working seconds, not counting the wait for a person."""
    budget: float | None = None
    """US dollars."""
    batches: int | None = None
    arms: int | None = None
    job_time: float | None = None
    """Seconds a single job may take."""
    model_calls: int | None = None
    """Paid calls of a model; `MODEL_CALLS` where nothing is said."""


class Brief(Product):
    """The task, made precise by intake. Defines the run; never changed by a model afterwards."""

    task: str
    data: str | None = None
    base_model: str | None = None
    method: str | None = None
    metric: str | None = None
    direction: Direction | None = None
    target: float | None = None
    baseline: float | None = None
    start: Json = Field(default_factory=dict)
    claim: str | None = None
    paper: str | None = None
    effort: Effort = "standard"
    seed: int = 0
    seeds: int = 3
    """How many seeds settle a result."""
    seed_list: list[int] = Field(default_factory=list)
    """The person's own seeds, if named; else they are derived from `seed`."""
    limits: Limits = Field(default_factory=Limits)
    sources: list[SourceName] | None = None
    """Where to look for papers; unsaid, all with a model and the offline library alone without one."""
    where: str = ""
    """File the brief came from, so that paths in it are found again."""
