"""Working code on GitHub: search it, find examples in a repository, read files at an exact commit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from lab.code.github_api import GitHub, known, page_at
from lab.net.web import SourceTrouble
from state.errors import UserError

LINES = 250
"""Lines of a file given at once."""
WIDEST = 400
"""Characters of one line: longer ones are data in a file of code, and are cut with a word."""
FRAGMENT = 600
"""Characters of a found passage that are shown."""

Sort = Literal["best", "stars", "updated"]


@dataclass(frozen=True)
class Hit:
    """A passage of a file that holds the words."""

    repo: str
    path: str
    commit: str
    fragments: tuple[str, ...]

    @property
    def address(self) -> str:
        return page_at(self.repo, self.commit, self.path)


@dataclass(frozen=True)
class Repository:
    name: str
    about: str
    stars: int
    pushed: str
    licence: str
    archived: bool


@dataclass(frozen=True)
class Excerpt:
    """Lines of a file, with the commit that makes a citation exact."""

    repo: str
    path: str
    commit: str
    first: int
    last: int
    of: int
    text: str

    @property
    def address(self) -> str:
        return page_at(self.repo, self.commit, self.path, self.first, self.last)


def search_code(hub: GitHub, query: str, repo: str = "", language: str = "", limit: int = 10) -> list[Hit]:
    """GitHub's own code search, which answers only to who is signed in."""
    if not hub.signed_in:
        raise SourceTrouble("github", "refused", "GitHub's code search needs GITHUB_TOKEN, and none is set")
    asked = [query, *([f"repo:{known(repo)}"] if repo else []), *([f"language:{language}"] if language else [])]
    told = hub.get(
        "search/code",
        {"q": " ".join(asked), "per_page": min(limit, 50)},
        accept="application/vnd.github.text-match+json",
    ).json()
    return [_hit(item) for item in told.get("items", [])[:limit]]


def _hit(item: dict[str, Any]) -> Hit:
    """The commit stands in the address of the page: `/OWNER/NAME/blob/COMMIT/PATH`."""
    commit = item["html_url"].split("/blob/", 1)[1].split("/", 1)[0]
    fragments = tuple(
        m["fragment"][:FRAGMENT] for m in item.get("text_matches") or [] if m.get("property") == "content"
    )
    return Hit(item["repository"]["full_name"], item["path"], commit, fragments)


def search_repositories(
    hub: GitHub, query: str, owner: str = "", language: str = "", sort: Sort = "best", limit: int = 10
) -> list[Repository]:
    """Repositories by words in name, description and topics; also of one owner alone."""
    asked = [*([query] if query else []), *([f"user:{owner}"] if owner else [])]
    asked += [f"language:{language}"] if language else []
    if not asked:
        raise UserError("say what to look for, or whose repositories")
    params = {"q": " ".join(asked), "per_page": min(limit, 50), "sort": None if sort == "best" else sort}
    return [_repository(item) for item in hub.get("search/repositories", params).json().get("items", [])[:limit]]


def _repository(item: dict[str, Any]) -> Repository:
    return Repository(
        item["full_name"], item.get("description") or "", int(item.get("stargazers_count") or 0),
        str(item.get("pushed_at") or "")[:10], str((item.get("license") or {}).get("spdx_id") or "none said"),
        bool(item.get("archived")),
    )  # fmt: skip


def read_file(hub: GitHub, repo: str, path: str, ref: str = "", first: int = 1, lines: int = LINES) -> Excerpt:
    """Lines of a file at the commit that `ref` stands for now; notebooks as Markdown with their code."""
    repo = known(repo)
    commit = hub.commit(repo, ref)
    listed = readable_code(path, hub.raw(repo, path, commit)).splitlines()
    if first < 1 or (listed and first > len(listed)):
        raise UserError(f"{path} has lines 1 to {len(listed)}; ask for a line among them")
    shown = listed[first - 1 : first - 1 + max(1, lines)]
    return Excerpt(
        repo, path.strip("/"), commit, first, first + len(shown) - 1, len(listed), "\n".join(map(_bounded, shown))
    )


def _bounded(line: str) -> str:
    return line if len(line) <= WIDEST else f"{line[:WIDEST]} … [{len(line) - WIDEST} more characters on this line]"


def readable_code(path: str, raw: bytes) -> str:
    """Text of a file; a notebook as Markdown cells and their code, without what they printed."""
    if b"\0" in raw[:8_000]:
        raise SourceTrouble("github", "unreadable", f"{path} is no text; choose a file of code or words")
    text = raw.decode("utf-8", "replace")
    if not path.endswith(".ipynb"):
        return text
    try:
        book = json.loads(text)
        language = book.get("metadata", {}).get("kernelspec", {}).get("language") or "python"
        return "\n\n".join(cell for each in book["cells"] if (cell := _cell(each, language)))
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise SourceTrouble(
            "github", "unreadable", f"{path} is no valid notebook ({wrong!r:.80}); read another"
        ) from wrong


def _cell(cell: dict[str, Any], language: str) -> str:
    source = cell.get("source") or ""
    text = ("".join(source) if isinstance(source, list) else str(source)).strip("\n")
    if cell.get("cell_type") == "code" and text:
        return f"```{language}\n{text}\n```"
    return text
