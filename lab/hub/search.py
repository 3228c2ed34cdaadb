"""Searching the Hub: datasets, models, spaces, collections; and what was trained on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from lab.hub.client import Hub
from lab.hub.repo import Repo, from_plain, plain

Sort = Literal["downloads", "likes", "last_modified", "trending_score", "created_at"]
MOST = 50
"""Hits of one search; more would be read by nobody."""


@dataclass(frozen=True)
class Wanted:
    """What a search asks for. Every filter that is given must hold."""

    words: str = ""
    author: str = ""
    task: str = ""
    """Of datasets a task category, of models a pipeline tag: text-classification, question-answering ..."""
    licence: str = ""
    language: str = ""
    size: str = ""
    """Of datasets a size category (10K<n<100K), of models a range of parameters (min:1B,max:3B)."""
    trained_on: str = ""
    """Models trained on this dataset."""
    base_model: str = ""
    """Models made from this one."""
    arxiv: str = ""
    """What says it belongs to this paper."""
    tags: tuple[str, ...] = ()
    sort: Sort = "downloads"

    def filters(self) -> list[str]:
        named = (("license", self.licence), ("base_model", self.base_model), ("arxiv", self.arxiv))
        return [*self.tags, *(f"{name}:{value}" for name, value in named if value)]


def find_datasets(hub: Hub, wanted: Wanted, count: int = 20) -> list[Repo]:
    def question(api: Any) -> list[Any]:
        found = api.list_datasets(
            search=wanted.words or None, author=wanted.author or None, filter=wanted.filters() or None, language=wanted.language or None,
            task_categories=wanted.task or None, size_categories=wanted.size or None, sort=wanted.sort, limit=min(count, MOST), full=True,
        )  # fmt: skip
        return [plain(each) for each in found]

    return [from_plain("dataset", each) for each in hub.ask("the search", f"datasets/{wanted}/{count}", question)]


def find_models(hub: Hub, wanted: Wanted, count: int = 20) -> list[Repo]:
    def question(api: Any) -> list[Any]:
        filters = wanted.filters() + ([wanted.language] if wanted.language else [])
        found = api.list_models(
            search=wanted.words or None, author=wanted.author or None, filter=filters or None, trained_dataset=wanted.trained_on or None,
            pipeline_tag=wanted.task or None, num_parameters=wanted.size or None, sort=wanted.sort, limit=min(count, MOST), full=True,
            cardData=True,
        )  # fmt: skip
        return [plain(each) for each in found]

    return [from_plain("model", each) for each in hub.ask("the search", f"models/{wanted}/{count}", question)]


def find_spaces(hub: Hub, wanted: Wanted, count: int = 20) -> list[Repo]:
    def question(api: Any) -> list[Any]:
        sort = None if wanted.sort == "downloads" else wanted.sort  # spaces are not downloaded
        found = api.list_spaces(
            search=wanted.words or None, author=wanted.author or None, filter=wanted.filters() or None, sort=sort, limit=min(count, MOST),
            full=True,
        )  # fmt: skip
        return [plain(each) for each in found]

    return [from_plain("space", each) for each in hub.ask("the search", f"spaces/{wanted}/{count}", question)]


@dataclass(frozen=True)
class Collection:
    slug: str
    title: str
    about: str
    items: tuple[tuple[str, str], ...]
    """Kind and id of what is in it."""


def find_collections(hub: Hub, owner: str = "", item: str = "", count: int = 20) -> list[Collection]:
    """The Hub finds collections by who made them, or by what is in them ("datasets/squad", "models/...", "papers/...")."""

    def question(api: Any) -> list[Any]:
        return [
            _collection(each)
            for each in api.list_collections(owner=owner or None, item=item or None, limit=min(count, MOST))
        ]

    return [_read(each) for each in hub.ask("the search", f"collections/{owner}/{item}/{count}", question)]


def open_collection(hub: Hub, slug: str) -> Collection:
    """All of one collection; a list shows four items of each."""
    return _read(hub.ask(slug, f"collection/{slug}", lambda api: _collection(api.get_collection(slug))))


def _collection(found: Any) -> dict[str, Any]:
    items = [[each.item_type, each.item_id] for each in found.items]
    return {"slug": found.slug, "title": found.title, "about": found.description or "", "items": items}


def _read(said: dict[str, Any]) -> Collection:
    return Collection(said["slug"], said["title"], said["about"], tuple((kind, id) for kind, id in said["items"]))
