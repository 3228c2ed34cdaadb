"""Web search, where a person has set one up: a SearXNG of theirs (POSTGRAD_SEARCH_URL), or Brave with its key."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from lab.net.host import DAY, Host, is_local
from lab.net.web import SourceTrouble, Web
from state.errors import UserError

BRAVE_KEYS = ("BRAVE_API_KEY", "BRAVE_SEARCH_API_KEY")
NOT_SET_UP = (
    "no web search is set up: set POSTGRAD_SEARCH_URL to a SearXNG that answers in JSON, or BRAVE_API_KEY; "
    "papers, code and documentation are searched without one"
)
TEXT = 700
"""Characters of text with each hit: enough to see whether it is worth reading."""
LONGEST, MOST_WORDS = 400, 50
"""Of one question; Brave refuses longer ones."""
SEARCH, BRAVE = "websearch", "brave"


@dataclass(frozen=True)
class WebHit:
    title: str
    url: str
    text: str
    """What the page says where the words stand; empty when the search gave none."""


def search_host() -> Host | None:
    """The search that is set up; a person's own before Brave."""
    base = os.environ.get("POSTGRAD_SEARCH_URL", "").strip().rstrip("/").removesuffix("/search")
    if base:
        if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).hostname:
            raise UserError(
                f"POSTGRAD_SEARCH_URL={base!r} is no web address; give one that begins with http:// or https://"
            )
        return Host(SEARCH, base, every=0.0 if is_local(base) else 1.0, keeps=DAY)
    if any(os.environ.get(name, "").strip() for name in BRAVE_KEYS):
        at = os.environ.get("POSTGRAD_BRAVE_URL", "").strip().rstrip("/") or "https://api.search.brave.com"
        every = 0.0 if is_local(at) else 1.0
        return Host(BRAVE, at, BRAVE_KEYS, every=every, keeps=DAY, token_as=("X-Subscription-Token", "{}"))
    return None


def web_search(web: Web, query: str, limit: int = 8) -> list[WebHit]:
    """Pages for a few words: title, address and the text that speaks for them."""
    host = search_host()
    if host is None:
        raise UserError(NOT_SET_UP)
    if not query.strip():
        raise UserError("say what to look for")
    if host.name == BRAVE:
        if len(query) > LONGEST or len(query.split()) > MOST_WORDS:
            raise UserError(f"a web search takes {MOST_WORDS} words and {LONGEST} characters at most; ask with fewer")
        told = web.get(
            host, "res/v1/web/search", {"q": query, "count": min(limit, 20)}, accept="application/json"
        ).json()
        items = (told.get("web") or {}).get("results") or []
    else:
        items = _searxng(web, host, query)
    hits: dict[str, WebHit] = {}
    for item in items:
        hit = _hit(item)
        if hit.url.startswith(("http://", "https://")):
            hits.setdefault(hit.url, hit)
    return list(hits.values())[:limit]


def _searxng(web: Web, host: Host, query: str) -> list[dict[str, Any]]:
    """Its owner decides which formats it answers in; as it comes, JSON is none of them."""
    try:
        told = web.get(host, "search", {"q": query, "format": "json"}, accept="application/json").json()
    except SourceTrouble as wrong:
        if wrong.status != 403:
            raise
        line = f"the search at {host.base} does not answer in JSON; add json to search: formats: in its settings.yml"
        raise SourceTrouble(host.name, "refused", line, status=403) from wrong
    return list(told.get("results") or [])


def _hit(item: dict[str, Any]) -> WebHit:
    """SearXNG says `content`, Brave `description` with its words in <strong>, and more passages beside it."""
    said = [item.get("content") or item.get("description") or "", *(item.get("extra_snippets") or [])]
    text = " … ".join(dict.fromkeys(filter(None, map(_plain, said))))
    return WebHit(_plain(item.get("title") or ""), str(item.get("url") or ""), text[:TEXT])


def _plain(text: str) -> str:
    return " ".join(unescape(re.sub(r"</?\w[^>]*>", "", text)).split())
