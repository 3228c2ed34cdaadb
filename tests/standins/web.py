"""A stand-in for the places code is read from: GitHub's REST and raw hosts, documentation, web search, pages. Real HTTP on loopback.

    with WebStandIn() as web:
        web.repository("owner/name", {"examples/run.py": "..."}, stars=3)
        web.file("/docs/trl/llms.txt", "...")                      # any path
        for name, value in web.env().items(): monkeypatch.setenv(name, value)

`web.requests` lists what was asked. `web.spent` makes GitHub answer that its allowance is used up, until the time it names.
"""

from __future__ import annotations

import hashlib
import threading
import zlib
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.standins.web_github import TOKEN, GitHubAnswers

__all__ = ["BRAVE_KEY", "TOKEN", "Repo", "WebStandIn", "inventory"]

BRAVE_KEY = "brave-standin"


@dataclass(frozen=True)
class Asked:
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


@dataclass
class Repo:
    """A repository; its commit is made from its files."""

    name: str
    files: dict[str, bytes]
    about: str = ""
    stars: int = 0
    private: bool = False
    truncated: bool = False

    @property
    def commit(self) -> str:
        return hashlib.sha1(repr((self.name, sorted(self.files.items()))).encode()).hexdigest()

    def folder(self, below: str) -> str:
        """The tree hash of a folder; the root's is the commit's."""
        return hashlib.sha1(f"{self.commit}:{below}".encode()).hexdigest() if below else self.commit

    def folders(self) -> dict[str, str]:
        names = {"/".join(p.split("/")[:n]) for p in self.files for n in range(p.count("/") + 1)}
        return {self.folder(name): name for name in names | {""}}


@dataclass(frozen=True)
class Served:
    body: bytes
    kind: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class WebStandIn:
    """The server, and what is on it."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.files: dict[str, Served] = {}
        self.found: list[dict[str, Any]] = []
        """What a web search gives, as SearXNG's entries."""
        self.requests: list[Asked] = []
        self.spent: float = 0.0
        self.json_allowed = True
        """What the owner of the SearXNG has put into its settings."""
        self.hurried = False
        """GitHub was asked too fast: its secondary limit, which no header measures."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Answers,), {"web": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def __enter__(self) -> WebStandIn:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def env(self) -> dict[str, str]:
        return {
            "POSTGRAD_GITHUB_URL": f"{self.url}/api", "POSTGRAD_GITHUBRAW_URL": f"{self.url}/raw",
            "POSTGRAD_DOCS_HUGGINGFACE_URL": self.url, "POSTGRAD_DOCS_SCIKIT_LEARN_URL": self.url,
        }  # fmt: skip

    def repository(self, name: str, files: dict[str, str | bytes], **about: Any) -> Repo:
        raw = {path: body.encode() if isinstance(body, str) else body for path, body in files.items()}
        self.repos[name] = Repo(name, raw, **about)
        return self.repos[name]

    def file(
        self, path: str, body: str | bytes, kind: str = "text/plain; charset=utf-8", status: int = 200, **headers: str
    ) -> None:
        raw = body.encode() if isinstance(body, str) else body
        self.files[path] = Served(raw, kind, status, {k.replace("_", "-"): v for k, v in headers.items()})

    def tokens(self, path: str = "") -> set[str]:
        """Every credential that came in under this path."""
        kept = ("authorization", "x-subscription-token", "cookie")
        return {r.headers[k] for r in self.requests if r.path.startswith(path) for k in kept if k in r.headers}

    def paths(self) -> list[str]:
        return [r.path for r in self.requests]


class Answers(GitHubAnswers):
    """One request."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        path, query = unquote(url.path), parse_qs(url.query)
        self.web.requests.append(Asked(path, query, {k.lower(): v for k, v in self.headers.items()}))
        if path.startswith("/api/"):
            self.github(path.removeprefix("/api"), query)
        elif path.startswith("/raw/"):
            owner, name, commit, rest = path.removeprefix("/raw/").split("/", 3)
            repo = self.web.repos.get(f"{owner}/{name}")
            there = repo is not None and not repo.private and commit == repo.commit and rest in repo.files
            self.reply(200, repo.files[rest], "text/plain; charset=utf-8") if there and repo else self.reply(
                404, b"404: Not Found", "text/plain"
            )
        elif path == "/search":
            as_json = (
                query.get("format") == ["json"] and self.web.json_allowed
            )  # SearXNG refuses formats its owner has not allowed
            answer = {
                "query": query["q"][0],
                "number_of_results": 0,
                "results": self.web.found,
                "answers": [],
                "suggestions": [],
            }
            self.json(answer) if as_json else self.reply(403, b"", "text/html")
        elif path == "/res/v1/web/search":
            self.brave(query)
        elif path in self.web.files:
            served = self.web.files[path]
            self.reply(served.status, served.body, served.kind, served.headers)
        else:
            self.reply(404, b"<html><body>404</body></html>", "text/html")

    def brave(self, query: dict[str, list[str]]) -> None:
        if self.headers.get("X-Subscription-Token") != BRAVE_KEY:
            self.refuse_brave("SUBSCRIPTION_TOKEN_INVALID", "The provided subscription token is invalid.")
            return
        if len(query["q"][0]) > 400 or len(query["q"][0].split()) > 50 or int(query.get("count", ["10"])[0]) > 20:
            self.refuse_brave("VALIDATION", "Unable to validate request parameter(s)")
            return
        results = [
            {
                "title": f["title"],
                "url": f["url"],
                "description": f["content"],
                "extra_snippets": ["more &amp; <strong>more</strong>"],
            }
            for f in self.web.found
        ]
        self.json(
            {"type": "search", "query": {"original": query["q"][0]}, "web": {"type": "search", "results": results}}
        )

    def refuse_brave(self, code: str, detail: str) -> None:
        wrong = {"id": "0" * 8, "status": 422, "code": code, "detail": detail, "meta": {"component": "authentication"}}
        self.json({"type": "ErrorResponse", "error": wrong, "time": 1_800_000_000}, 422)


def inventory(project: str, entries: list[tuple[str, str, str, str]]) -> bytes:
    """A Sphinx inventory of (name, role, address, title), written as Sphinx writes it."""
    head = f"# Sphinx inventory version 2\n# Project: {project}\n# Version: 1.9\n# The remainder of this file is compressed using zlib.\n"
    lines = "".join(f"{name} {role} 1 {address} {title}\n" for name, role, address, title in entries)
    return head.encode() + zlib.compress(lines.encode())
