"""What the stand-in for GitHub says: the paths, shapes and headers of its REST interface."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.standins.web import Repo, WebStandIn

TOKEN = "ghp_standin"


class GitHubAnswers(BaseHTTPRequestHandler):
    """One request to GitHub."""

    web: WebStandIn
    protocol_version = "HTTP/1.1"

    def github(self, path: str, query: dict[str, list[str]]) -> None:
        signed_in = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        if self.headers.get("Authorization") and not signed_in:
            self.github_json({"message": "Bad credentials", "status": "401"}, 401)
        elif self.web.hurried:
            said = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            self.github_json({"documentation_url": "https://docs.github.com/rest", "message": said}, 403)
        elif self.web.spent:
            self.github_json({"message": "API rate limit exceeded for 203.0.113.7."}, 403)
        elif path == "/search/code":
            self.search_code(query["q"][0]) if signed_in else self.github_json(
                {"message": "Requires authentication", "status": "401"}, 401
            )
        elif path == "/search/repositories":
            self.search_repositories(query)
        elif found := re.fullmatch(r"/repos/([^/]+/[^/]+)/(commits|git/trees|contents)/(.+)", path):
            repo = self.web.repos.get(found[1])
            if repo is None or (repo.private and not signed_in):
                self.github_json({"message": "Not Found", "status": "404"}, 404)
            elif found[2] == "commits":
                known = found[3] in ("HEAD", "main", repo.commit)
                self.github_json(
                    {"sha": repo.commit, "commit": {"tree": {"sha": repo.commit}}}
                ) if known else self.github_json(
                    {"message": f"No commit found for SHA: {found[3]}", "status": "422"}, 422
                )
            elif found[2] == "git/trees":
                self.tree(repo, found[3], "recursive" in query)
            else:
                self.contents(repo, found[3])
        else:
            self.github_json({"message": "Not Found", "status": "404"}, 404)

    def tree(self, repo: Repo, sha: str, deep: bool) -> None:
        below = repo.folders().get(sha)
        if below is None:
            self.github_json({"message": "Not Found", "status": "404"}, 404)
            return
        start = f"{below}/" if below else ""
        entries: dict[str, dict[str, Any]] = {}
        for path, raw in repo.files.items():
            if not path.startswith(start):
                continue
            inside = path.removeprefix(start)
            parts = inside.split("/")
            for depth in range(1, len(parts)):
                name = "/".join(parts[:depth])
                entries[name] = {"path": name, "mode": "040000", "type": "tree", "sha": repo.folder(start + name)}
            entries[inside] = {
                "path": inside,
                "mode": "100644",
                "type": "blob",
                "size": len(raw),
                "sha": hashlib.sha1(raw).hexdigest(),
            }
        kept = [e for e in entries.values() if deep or "/" not in e["path"]]
        self.github_json(
            {
                "sha": sha,
                "tree": sorted(kept, key=lambda e: e["path"]),
                "truncated": repo.truncated and deep and not below,
            }
        )

    def contents(self, repo: Repo, path: str) -> None:
        if path in repo.files:
            if "raw" in self.headers.get("Accept", ""):
                self.reply(200, repo.files[path], "application/vnd.github.raw+json; charset=utf-8", self.allowance())
            else:
                self.github_json(
                    {"type": "file", "encoding": "base64", "content": base64.b64encode(repo.files[path]).decode()}
                )
        elif any(name.startswith(f"{path}/") for name in repo.files):
            self.github_json([{"type": "file", "path": name} for name in repo.files if name.startswith(f"{path}/")])
        else:
            self.github_json({"message": "Not Found", "status": "404"}, 404)

    def search_code(self, asked: str) -> None:
        if len(asked) > 256:
            said = {
                "message": "The search is longer than 256 characters.",
                "resource": "Search",
                "field": "q",
                "code": "invalid",
            }
            self.github_json({"message": "Validation Failed", "errors": [said], "status": "422"}, 422)
            return
        words = [w for w in asked.lower().split() if ":" not in w]
        named = re.findall(r"repo:(\S+)", asked)
        items = []
        for repo in self.web.repos.values():
            for path, raw in repo.files.items():
                text = raw.decode("utf-8", "replace")
                if (named and repo.name not in named) or not all(w in text.lower() for w in words):
                    continue
                at = text.lower().index(words[0])
                match = {
                    "object_type": "FileContent",
                    "property": "content",
                    "fragment": text[max(0, at - 40) : at + 80],
                    "matches": [{"text": words[0], "indices": [0, 1]}],
                }
                items.append({
                    "name": path.split("/")[-1], "path": path, "sha": hashlib.sha1(raw).hexdigest(), "score": 1.0,
                    "html_url": f"https://github.com/{repo.name}/blob/{repo.commit}/{path}", "repository": {"full_name": repo.name},
                    **({"text_matches": [match]} if "text-match" in self.headers.get("Accept", "") else {}),
                })  # fmt: skip
        self.github_json({"total_count": len(items), "incomplete_results": False, "items": items})

    def search_repositories(self, query: dict[str, list[str]]) -> None:
        asked = query["q"][0].lower()
        words, owners = [w for w in asked.split() if ":" not in w], re.findall(r"user:(\S+)", asked)
        found = [
            r for r in self.web.repos.values()
            if not r.private
            and all(w in f"{r.name} {r.about}".lower() for w in words)
            and (not owners or r.name.split("/")[0].lower() in owners)
        ]  # fmt: skip
        if query.get("sort") == ["stars"]:
            found.sort(key=lambda r: -r.stars)
        items = [
            {
                "full_name": r.name, "description": r.about or None, "stargazers_count": r.stars, "license": None,
                "pushed_at": "2026-01-02T03:04:05Z", "archived": False,
            }
            for r in found
        ]  # fmt: skip
        self.github_json({"total_count": len(items), "incomplete_results": False, "items": items})

    def allowance(self) -> dict[str, str]:
        left = "0" if self.web.spent else "57"
        return {
            "X-RateLimit-Limit": "60",
            "X-RateLimit-Remaining": left,
            "X-RateLimit-Reset": str(int(self.web.spent or 4_000_000_000)),
        }

    def github_json(self, said: Any, status: int = 200) -> None:
        self.reply(status, json.dumps(said).encode(), "application/json; charset=utf-8", self.allowance())

    def json(self, said: Any, status: int = 200) -> None:
        self.reply(status, json.dumps(said).encode(), "application/json")

    def reply(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
