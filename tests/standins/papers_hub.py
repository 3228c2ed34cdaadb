"""What the Hub answers of papers, and of what is tagged with them, in its own shapes (see papers.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.standins.papers_reply import Reply, as_json

if TYPE_CHECKING:
    from tests.standins.papers import Paper, PapersStandIn


def answer(here: PapersStandIn, path: str, query: dict[str, str]) -> Reply:
    from tests.standins.papers import terms

    if path == "/api/papers/search":
        asked = terms(query.get("q", ""))
        if int(query.get("limit", 50)) > 120:
            return as_json({"error": "limit must be at most 120"}, 400)
        found = sorted(here.of("hf"), key=lambda p: -len(asked & terms(f"{p.title} {p.abstract}")))
        found = [p for p in found if asked & terms(f"{p.title} {p.abstract}")]
        return as_json([_daily(p) for p in found[: int(query.get("limit", 50))]])
    if path == "/api/daily_papers":
        found = sorted(here.of("hf"), key=lambda p: -p.upvotes)
        found = [p for p in found if query.get("date", p.published) == p.published]
        most = int(query.get("limit", 50))
        start = int(query.get("p", 0)) * most
        return as_json([_daily(p) for p in found[start : start + most]])
    if path.startswith("/api/papers/"):
        paper = next((p for p in here.of("hf") if p.arxiv == path.removeprefix("/api/papers/")), None)
        return as_json(_page(here, paper)) if paper else as_json({"error": "Paper not found"}, 404)
    kind = path.removeprefix("/api/")
    number = query.get("filter", query.get("item", "")).removeprefix("arxiv:").removeprefix("papers/")
    items = sorted((i for i in here.linked if i.kind == kind and i.paper == number), key=lambda i: -i.downloads)
    shape = _collection if kind == "collections" else _repo
    return as_json([shape(i.id, i.downloads, number) for i in items[: int(query.get("limit", 1000))]])


def _authors(p: Paper) -> list[dict[str, Any]]:
    return [{"_id": f"{n:024x}", "name": name, "hidden": False} for n, name in enumerate(p.authors)]


def _daily(p: Paper) -> dict[str, Any]:
    """An item of a list: the paper within, its title and the day it was shown without."""
    paper = {
        "id": p.arxiv, "authors": _authors(p), "publishedAt": f"{p.published}T00:00:00.000Z", "title": p.title,
        "summary": p.abstract, "upvotes": p.upvotes, "discussionId": "65c0000000000000000000aa",
        "ai_summary": f"In short: {p.title}.", "ai_keywords": ["rewards"],
        **({"githubRepo": p.github, "githubStars": 5} if p.github else {}),
    }  # fmt: skip
    shown = {"_id": "65c0000000000000000000bb", "fullname": "Someone", "name": "someone", "type": "user", "isPro": False,
             "isHf": False, "avatarUrl": "/avatars/x.svg", "user": "someone"}  # fmt: skip
    return {"paper": paper, "publishedAt": f"{p.published}T05:00:00.000Z", "title": p.title, "summary": p.abstract,
            "thumbnail": "https://cdn.example.org/x.png", "numComments": 2, "submittedBy": shown}  # fmt: skip


def _page(here: PapersStandIn, p: Paper) -> dict[str, Any]:
    """A paper's own page: flat, with what is linked to it."""
    linked = {
        kind: [i for i in here.linked if i.kind == kind and i.paper == p.arxiv] for kind in ("models", "datasets")
    }
    return {
        "id": p.arxiv, "authors": _authors(p), "publishedAt": f"{p.published}T00:00:00.000Z", "title": p.title,
        "summary": p.abstract, "upvotes": p.upvotes, "githubRepo": p.github or None, "githubStars": 5 if p.github else None,
        "ai_summary": f"In short: {p.title}.", "ai_keywords": ["rewards"], "numTotalModels": len(linked["models"]),
        "numTotalDatasets": len(linked["datasets"]), "linkedModels": [], "linkedDatasets": [], "linkedSpaces": [],
    }  # fmt: skip


def _repo(name: str, downloads: int, number: str) -> dict[str, Any]:
    return {
        "_id": "65c0000000000000000000cc", "id": name, "author": name.split("/")[0], "sha": "0" * 40, "private": False,
        "gated": False, "downloads": downloads, "likes": 1, "lastModified": "2026-01-02T03:04:05.000Z",
        "createdAt": "2025-01-02T03:04:05.000Z", "tags": [f"arxiv:{number}", "region:us", "license:mit"],
    }  # fmt: skip


def _collection(slug: str, upvotes: int, number: str) -> dict[str, Any]:
    item = {"_id": "65c0000000000000000000dd", "id": number, "type": "paper", "position": 0}
    return {
        "slug": slug, "title": "Reasoning", "owner": {"name": "owner"}, "items": [item], "upvotes": upvotes,
        "lastUpdated": "2026-01-02T03:04:05.000Z", "private": False, "theme": "green", "gating": False,
    }  # fmt: skip
