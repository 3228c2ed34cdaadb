"""GitHub's REST interface: which commit a name stands for, the files of a commit, and its refusals in our words."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from lab.net.host import Host, host
from lab.net.web import Answer, SourceTrouble, Web
from state.errors import UserError

REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
COMMIT = re.compile(r"[0-9a-f]{40}")
RAW = "application/vnd.github.raw"  # its short form: what is asked for here is no JSON
LARGEST = 4_000_000
"""Bytes of a file worth reading: what is larger is data or generated."""


@dataclass(frozen=True)
class Entry:
    """A file or folder of a commit."""

    path: str
    folder: bool
    size: int


@dataclass(frozen=True)
class Tree:
    """All files of a commit, or of a folder of it."""

    repo: str
    commit: str
    entries: tuple[Entry, ...]
    cut: bool
    """GitHub left some out: ask for one folder."""


class GitHub:
    """One way to ask it; every answer names the commit it stands for."""

    def __init__(self, web: Web) -> None:
        self.web = web

    @property
    def signed_in(self) -> bool:
        return bool(self.host.token())

    @property
    def host(self) -> Host:
        return host("github")

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, accept: str = "") -> Answer:
        """A GET; who is asked to wait is told until when, and that a token allows more."""
        try:
            return self.web.get(self.host, path, params, accept=accept, most=LARGEST * 4)
        except SourceTrouble as wrong:
            if wrong.kind == "limited" and wrong.wait:
                again = time.strftime("%H:%M:%S UTC", time.gmtime(time.time() + wrong.wait))
                more = "" if self.signed_in else "; with GITHUB_TOKEN set it allows 5000 requests an hour"
                line = f"GitHub allows no more requests until {again}{more}; go on with other sources"
                raise SourceTrouble("github", "limited", line, status=wrong.status) from wrong
            raise

    def commit(self, repo: str, ref: str = "") -> str:
        """The commit a branch or tag stands for; the default branch's if none is named."""
        if COMMIT.fullmatch(ref):
            return ref
        named = quote(ref or "HEAD", safe="")
        try:
            return str(self.get(f"repos/{known(repo)}/commits/{named}").json()["sha"])
        except SourceTrouble as wrong:
            if wrong.kind == "missing" or wrong.status == 422:
                where = f"{repo} has no {ref}" if ref else f"there is no repository {repo}, or it is private"
                line = f"{where}; look for its name with list_repository or search_code"
                raise SourceTrouble("github", "missing", line, status=wrong.status) from wrong
            raise

    def tree(self, repo: str, ref: str = "", below: str = "") -> Tree:
        """Every file; of a folder alone if one is named."""
        commit = self.commit(repo, ref)
        below = below.strip("/")
        at = self._folder(repo, commit, below) if below else commit
        told = self.get(f"repos/{repo}/git/trees/{at}", {"recursive": 1}).json()
        start = f"{below}/" if below else ""
        entries = tuple(
            Entry(start + e["path"], e["type"] != "blob", int(e.get("size") or 0)) for e in told.get("tree", [])
        )
        return Tree(repo, commit, entries, bool(told.get("truncated")))

    def _folder(self, repo: str, commit: str, below: str) -> str:
        """The tree of a folder, found step by step: a listing of everything may be cut short."""
        at = commit
        for name in below.split("/"):
            listed = self.get(f"repos/{repo}/git/trees/{at}").json().get("tree", [])
            found = [e["sha"] for e in listed if e["path"] == name and e["type"] == "tree"]
            if not found:
                raise SourceTrouble(
                    "github", "missing", f"{repo} has no folder {below} at {commit[:12]}; list the root"
                )
            at = found[0]
        return str(at)

    def raw(self, repo: str, path: str, commit: str) -> bytes:
        """A file's bytes. Without a token from the host of raw files, which is not counted against the 60 an hour."""
        clean = quote(path.strip("/"))
        try:
            if self.signed_in:
                answer = self.get(f"repos/{known(repo)}/contents/{clean}", {"ref": commit}, accept=RAW)
            else:
                answer = self.web.get(host("githubraw"), f"{known(repo)}/{commit}/{clean}", most=LARGEST)
        except SourceTrouble as wrong:
            if wrong.kind == "missing":
                line = f"{repo} has no file {path} at {commit[:12]}; list_repository shows its files"
                raise SourceTrouble("github", "missing", line, status=wrong.status) from wrong
            raise
        if self.signed_in and answer.kind.startswith("application/json"):
            raise UserError(f"{path} of {repo} is a folder; list_repository with below={path!r} shows its files")
        return answer.body


def known(repo: str) -> str:
    """A repository's name as its address has it, from what people write."""
    name = re.sub(r"^(https?://)?(www\.)?github\.com/", "", repo.strip()).removesuffix(".git").strip("/")
    name = "/".join(name.split("/")[:2])
    if not REPOSITORY.fullmatch(name) or ".." in name:
        raise UserError(f"{repo!r} is no repository; write OWNER/NAME")
    return name


def page_at(repo: str, commit: str, path: str, first: int = 0, last: int = 0) -> str:
    """The address at which exactly this stands for ever."""
    lines = f"#L{first}-L{last}" if first else ""
    return f"https://github.com/{repo}/blob/{commit}/{quote(path)}{lines}"
