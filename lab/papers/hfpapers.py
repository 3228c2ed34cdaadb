"""Hugging Face Papers through huggingface_hub: `/api/papers/search`, `/api/papers/ID`, `/api/daily_papers`, and what
on the Hub is tagged `arxiv:ID` (`/api/datasets`, `/api/models`, `/api/collections`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from lab.net.host import host
from lab.net.trouble import understood
from lab.net.web import Answer, Web
from lab.papers.found import Found, Page, arxiv_number, one_line, paper_id
from state.errors import UserError

Linked = Literal["datasets", "models", "collections"]
DailyOrder = Literal["trending", "publishedAt"]

MOST = 120
"""Papers the Hub's search gives at most."""


@dataclass(frozen=True)
class Resource:
    """Something on the Hub that names a paper."""

    kind: Linked
    id: str
    title: str = ""
    downloads: int | None = None
    likes: int | None = None
    gated: bool = False
    updated: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resources:
    """Some of them, and whether there are more."""

    items: tuple[Resource, ...]
    more: bool
    cached: bool = False


@understood("hf")
def search(web: Web, words: str, *, k: int = 10) -> Page:
    """Papers the Hub knows, best first (`/api/papers/search`). It has no pages: ask for more at once."""
    k = min(k, MOST)
    answer = _ask(web, f"papers/search {k} {words}", lambda api: _dump(_paper, api.list_papers(query=words, limit=k)))
    papers = _papers(answer)
    return Page(
        papers[:k], "hf", after=str(min(k * 2, MOST)) if k <= len(papers) and k < MOST else "", cached=answer.cached
    )


@understood("hf")
def trending(web: Web, *, date: str = "", order: DailyOrder = "trending", k: int = 10, page: int = 0) -> Page:
    """The daily papers (`/api/daily_papers`): of a day (YYYY-MM-DD), or what draws attention now."""
    given: dict[str, Any] = {"date": date} if date else {"sort": order}
    answer = _ask(
        web, f"daily_papers {json.dumps(given)} {page} {k}",
        lambda api: _dump(_paper, api.list_daily_papers(p=page, limit=k, **given)),
    )  # fmt: skip
    papers = _papers(answer)
    return Page(papers, "hf", after=str(page + 1) if len(papers) >= k else "", cached=answer.cached)


@understood("hf")
def details(web: Web, name: str) -> Found:
    """One paper's page on the Hub (`/api/papers/ID`)."""
    number = _number(name)
    answer = _ask(web, f"papers/{number}", lambda api: _dump(_paper, [api.paper_info(number)]))
    return _papers(answer)[0]


@understood("hf")
def linked(web: Web, name: str, kind: Linked, *, k: int = 10) -> Resources:
    """What is tagged with this paper's arXiv id, the most used first."""
    number = _number(name)

    def ask(api: Any) -> bytes:
        if kind == "collections":
            return _dump(
                _collection, islice(api.list_collections(item=f"papers/{number}", sort="upvotes", limit=k + 1), k + 1)
            )
        ask_list = api.list_datasets if kind == "datasets" else api.list_models
        return _dump(_repo, islice(ask_list(filter=f"arxiv:{number}", sort="downloads", limit=k + 1), k + 1))

    answer = _ask(web, f"linked {kind} {number} {k}", ask)
    items = [Resource(kind, **{**told, "tags": tuple(told.get("tags", ()))}) for told in answer.json()]
    return Resources(tuple(items[:k]), len(items) > k, answer.cached)


def _number(name: str) -> str:
    number = arxiv_number(paper_id(name))
    if number is None:
        raise UserError(f"{name} has no arXiv id, and the Hub knows papers by it alone; ask another source")
    return number


def _ask(web: Web, key: str, ask: Callable[[Any], bytes]) -> Answer:
    there = host("hub")

    def call() -> bytes:
        from huggingface_hub import HfApi

        return ask(HfApi(endpoint=there.base, token=there.token() or False))

    return web.call(there, key, call)


def _dump(shape: Callable[[Any], dict[str, Any]], items: Iterable[Any]) -> bytes:
    """The library's objects as JSON that the cache can keep."""
    return json.dumps([shape(item) for item in items]).encode()


def _paper(info: Any) -> dict[str, Any]:
    counts = {"models": info.num_total_models, "datasets": info.num_total_datasets}
    return {
        "id": info.id, "title": one_line(info.title), "abstract": one_line(info.summary),
        "authors": [one_line(a.name) for a in info.authors or ()], "upvotes": info.upvotes,
        "year": info.published_at.year if info.published_at else None, "github": info.github_repo or "",
        "stars": info.github_stars, "summary": one_line(info.ai_summary), "page": info.project_page or "",
        "counts": {name: count for name, count in counts.items() if count},
    }  # fmt: skip


def _papers(answer: Answer) -> tuple[Found, ...]:
    return tuple(_found(told) for told in answer.json())


def _found(told: dict[str, Any]) -> Found:
    name = paper_id(told["id"])
    notes = [f"{told['upvotes']} votes on Hugging Face"] if told["upvotes"] else []
    notes += [f"project page {told['page']}"] if told["page"] else []
    notes += [f"{told['stars']} stars on GitHub"] if told["stars"] else []
    notes += [f"{count} {kind} on the Hub name it" for kind, count in told["counts"].items()]
    notes += [f"in short (written by a model of Hugging Face): {told['summary']}"] if told["summary"] else []
    return Found(
        id=name, title=told["title"], authors=tuple(told["authors"]), year=told["year"], abstract=told["abstract"],
        sources=("hf",), url=f"https://huggingface.co/papers/{told['id']}", code=told["github"], notes=tuple(notes),
        pdf=f"https://arxiv.org/pdf/{arxiv_number(name)}" if arxiv_number(name) else "",
    )  # fmt: skip


def _repo(info: Any) -> dict[str, Any]:
    shown = [tag for tag in info.tags or () if not tag.startswith(("arxiv:", "region:"))]
    return {
        "id": info.id, "downloads": info.downloads, "likes": info.likes, "gated": bool(info.gated),
        "updated": info.last_modified.date().isoformat() if info.last_modified else "", "tags": shown,
    }  # fmt: skip


def _collection(info: Any) -> dict[str, Any]:
    kinds = [f"{item.item_type} {item.item_id}" for item in info.items]
    return {
        "id": info.slug, "title": one_line(info.title), "likes": info.upvotes,
        "updated": info.last_updated.date().isoformat(), "tags": kinds,
    }  # fmt: skip
