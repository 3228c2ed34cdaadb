"""Files of a repository: listed, read a page at a time, looked into; its card, branches, commits, discussions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from lab.hub.client import Hub, RepoKind
from lab.hub.layout import DATA, Part, suffix
from lab.hub.repo import File, Repo, look_up
from lab.hub.rows import Shelf, count, page, schema
from lab.hub.trouble import trouble

MOST_COMMITS = 300
MOST_DISCUSSIONS = 100
"""Of a list: a well-known model has many hundreds, and the client asks for page after page of them until they end."""
PAGE = 12_000
"""Characters of one page of text."""
READABLE = 2_000_000
"""Bytes of a text file that is paged; a longer one is data, and is looked into as such."""


@dataclass(frozen=True)
class Text:
    """A page of a text file."""

    path: str
    sha: str
    text: str
    start: int
    total: int

    @property
    def after(self) -> int | None:
        """Where the next page begins; None at the end."""
        stop = self.start + len(self.text)
        return stop if stop < self.total else None


def read_text(hub: Hub, kind: RepoKind, id: str, path: str, start: int = 0, revision: str = "") -> Text:
    """A page of a text file, from character `start` on."""
    repo = look_up(hub, kind, id, revision)
    file = _file(repo, path)
    if (file.size or 0) > READABLE:
        raise trouble(
            "unreadable", f"{id}: {path} has {file.size:,} bytes, too long to be read as text: preview it as data"
        )
    raw = hub.part(kind, id, repo.sha, path, 0, READABLE) if file.size != 0 else b""
    if b"\x00" in raw[:8192]:
        raise trouble(
            "unreadable",
            f"{id}: {path} is binary ({file.size or len(raw):,} bytes), not text: its facts are in the list of files",
        )
    try:
        whole = raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise trouble("unreadable", f"{id}: {path} is no UTF-8 text (byte {wrong.start}): it can't be shown") from wrong
    return Text(path, repo.sha, whole[start : start + PAGE], start, len(whole))


def read_card(hub: Hub, kind: RepoKind, id: str, start: int = 0, revision: str = "") -> Text:
    """The README; one that is not there is said to be missing."""
    return read_text(hub, kind, id, "README.md", start, revision)


@dataclass(frozen=True)
class Preview:
    """The first rows of one data file of a data set."""

    path: str
    sha: str
    rows: tuple[dict[str, Any], ...]
    columns: dict[str, str]
    count: int | None
    how: str


def previewed(path: str) -> bool:
    return suffix(path) in DATA


def preview(hub: Hub, id: str, path: str, start: int = 0, length: int = 5, revision: str = "") -> Preview:
    """Rows of one file by itself, whatever split it belongs to."""
    repo = look_up(hub, "dataset", id, revision)
    part = Part("", "", (_file(repo, path),))
    shelf = Shelf(hub, id, repo.sha)
    counted = count(shelf, part)
    found = page(shelf, part, start, length)
    return Preview(path, repo.sha, tuple(found), schema(shelf, part) or {}, counted.rows, counted.how)


def _file(repo: Repo, path: str) -> File:
    for file in repo.files:
        if file.path == path:
            return file
    near = [file.path for file in repo.files if PurePosixPath(file.path).name == PurePosixPath(path).name][:3]
    hint = f"did you mean {', '.join(near)}?" if near else "list its files"
    raise trouble("missing", f"{repo.id} has no file {path} at {repo.sha[:12]}: {hint}")


def refs(hub: Hub, kind: RepoKind, id: str) -> list[tuple[str, str]]:
    """Branches, conversions and tags, each with its commit."""

    def question(api: Any) -> list[list[str]]:
        found = api.list_repo_refs(id, repo_type=kind)
        return [[ref.ref, ref.target_commit] for ref in (*found.branches, *found.converts, *found.tags)]

    return [(name, sha) for name, sha in hub.ask(id, f"refs/{kind}/{id}", question)]


def commits(hub: Hub, kind: RepoKind, id: str, revision: str = "") -> list[tuple[str, str, str]]:
    """Hash, day and title, newest first; the latest few hundred, for some sets are written to every hour."""

    def question(api: Any) -> list[list[str]]:
        from huggingface_hub.utils._headers import build_hf_headers
        from huggingface_hub.utils._pagination import paginate

        # what list_repo_commits does, but it stops only when there are no more
        at = f"{api.endpoint}/api/{kind}s/{id}/commits/{quote(revision or 'main', safe='')}"
        found = islice(paginate(at, params={}, headers=build_hf_headers(token=api.token)), MOST_COMMITS)
        return [[each["id"], each["date"][:10], each["title"]] for each in found]

    return [(sha, day, title) for sha, day, title in hub.ask(id, f"commits/{kind}/{id}@{revision}", question)]


@dataclass(frozen=True)
class Discussion:
    number: int
    title: str
    status: str
    pull_request: bool
    author: str
    day: str
    said: tuple[tuple[str, str], ...] = ()
    """Author and words of each comment, once it is opened."""
    diff: str = ""


def discussions(hub: Hub, kind: RepoKind, id: str) -> list[Discussion]:
    """Discussions and pull requests: what others found wrong with it."""

    def question(api: Any) -> list[dict[str, Any]]:
        return [_plain(each) for each in islice(api.get_repo_discussions(id, repo_type=kind), MOST_DISCUSSIONS)]

    return [Discussion(**each) for each in hub.ask(id, f"discussions/{kind}/{id}", question)]


def open_discussion(hub: Hub, kind: RepoKind, id: str, number: int) -> Discussion:
    def question(api: Any) -> dict[str, Any]:
        found = api.get_discussion_details(id, number, repo_type=kind)
        said = [[each.author, each.content] for each in found.events if each.type == "comment"]
        return {**_plain(found), "said": said, "diff": found.diff or ""}

    said = hub.ask(f"discussion {number} of {id}", f"discussion/{kind}/{id}/{number}", question)
    return Discussion(**{**said, "said": tuple((author, words) for author, words in said["said"])})


def _plain(found: Any) -> dict[str, Any]:
    return {
        "number": found.num, "title": found.title, "status": found.status, "pull_request": found.is_pull_request, "author": found.author,
        "day": str(found.created_at)[:10],
    }  # fmt: skip
