"""What the stand-in Hub says to each request: paths, shapes and error headers as the real client reads them."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from tests.standins.hub_viewer import viewer_answer

if TYPE_CHECKING:
    from tests.standins.hub import HubStandIn, Repo

API = re.compile(r"/api/(?P<kind>models|datasets|spaces)(?:/(?P<rest>.+))?")
RESOLVE = re.compile(r"/(?:(?P<kind>datasets|spaces)/)?(?P<id>[^/]+/[^/]+)/resolve/(?P<rev>[^/]+)/(?P<path>.+)")
WHEN = "2026-01-02T03:04:05.000Z"


class Refuse(Exception):
    """An answer that is a refusal: status, and the headers the client reads."""

    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.headers = {k: v for k, v in (("X-Error-Code", code), ("X-Error-Message", message)) if v}


class Answers(BaseHTTPRequestHandler):
    """One request. `hub` is bound by the server."""

    hub: HubStandIn
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        path, query = url.path, parse_qs(url.query)
        length = int(self.headers.get("Content-Length") or 0)
        self.form = parse_qs(self.rfile.read(length).decode()) if length else {}
        from tests.standins.hub import Asked

        headers = {name.lower(): value for name, value in self.headers.items()}
        self.hub.requests.append(Asked(self.command, unquote(path), query, headers))
        if self.hub.troubles:
            status, headers = self.hub.troubles.pop(0)
            self.reply(status, b"{}", headers)
            return
        try:
            self.answer(path, query)
        except Refuse as no:
            self.reply(no.status, json.dumps({"error": str(no)}).encode(), no.headers)

    do_HEAD = do_POST = do_GET

    def answer(self, path: str, query: dict[str, list[str]]) -> None:
        if path.startswith("/viewer/"):
            status, said = viewer_answer(self.hub, path.removeprefix("/viewer"), query)
            self.json(said, {"X-Error-Code": "ResponseNotReady"} if status == 500 else None, status)
        elif path == "/api/agent-harnesses":
            self.json({"standardEnvVars": [], "harnesses": {}})
        elif path == "/api/whoami-v2":
            self.json({"name": "someone", "type": "user", "orgs": []})
        elif path.startswith("/api/collections"):
            self.collections(unquote(path.removeprefix("/api/collections")).strip("/"), query)
        elif found := API.fullmatch(path):
            self.api(found["kind"], found["rest"] or "", query)
        elif found := RESOLVE.fullmatch(path):
            repo = self.open(found["kind"] or "models", unquote(found["id"]), content=True)
            if self.hub.storage and self.command == "GET":
                self.reply(302, b"", {"Location": f"{self.hub.storage}{path}"})
                return
            self.file(repo, unquote(found["rev"]), unquote(found["path"]))
        else:
            raise Refuse(404, message=f"the stand-in does not know {path}")

    def api(self, kind: str, rest: str, query: dict[str, list[str]]) -> None:
        if not rest:
            self.listing(kind, query)
            return
        parts = rest.split("/")
        repo = self.open(kind, "/".join(parts[:2]), content=False)
        verb, more = (parts[2], [unquote(part) for part in parts[3:]]) if len(parts) > 2 else ("", [])
        if verb in ("", "revision"):
            self.json(facts(repo, more[0] if more else "main", "blobs" in query))
        elif verb == "tree":
            self.tree(repo, more[0], "/".join(more[1:]), query)
        elif verb == "paths-info":
            found = {entry["path"]: entry for entry in entries(files_of(repo, more[0]), recursive=True)}
            self.json([found[path] for path in self.form.get("paths", []) if path in found])
        elif verb == "refs":
            refs = {
                name: {"name": name.rsplit("/", 1)[-1], "ref": name, "targetCommit": repo.sha(name)}
                for name in repo.revisions
            }
            converts = [ref for name, ref in refs.items() if name.startswith("refs/convert/")]
            branches = [
                {**ref, "ref": f"refs/heads/{name}"} for name, ref in refs.items() if not name.startswith("refs/")
            ]
            self.json({"branches": branches, "converts": converts, "tags": [], "pullRequests": []})
        elif verb == "commits":
            files_of(repo, more[0])
            one = {"authors": [{"user": "someone", "avatar": ""}], "date": WHEN, "message": ""}
            older = [{"id": f"{n:040x}", "title": f"update {n}", **one} for n in range(repo.older, 0, -1)]
            self.pages([{"id": repo.sha(more[0]), "title": "files", **one}, *older], query)
        elif verb == "discussions" and more:
            found = [each for each in repo.discussions if each["num"] == int(more[0])]
            self.json(found[0]) if found else self.reply(404, b"{}", {})
        elif verb == "discussions":
            kept = [{k: v for k, v in each.items() if k != "events"} for each in repo.discussions]
            start = 50 * int((query.get("p") or ["0"])[0])
            self.json({"discussions": kept[start : start + 50], "count": len(kept), "start": start})
        else:
            raise Refuse(404, message=f"the stand-in does not know {rest}")

    def open(self, kind: str, id: str, *, content: bool) -> Repo:
        """The repository, as far as whoever asks may see it."""
        repo = self.hub.repos.get((kind, id))  # type: ignore[call-overload]
        signed_in = self.headers.get("Authorization") == f"Bearer {self.hub.token}"
        if repo is None or (repo.private and not signed_in):
            raise Refuse(404 if signed_in else 401, "RepoNotFound", "Repository not found")
        if repo.disabled:
            raise Refuse(403, message="Access to this resource is disabled.")
        if content and repo.gated and repo.gated != "granted":
            raise Refuse(403 if signed_in else 401, "GatedRepo", f"Access to {kind[:-1]} {id} is restricted.")
        return repo

    def listing(self, kind: str, query: dict[str, list[str]]) -> None:
        found = [
            repo for (k, _), repo in self.hub.repos.items() if k == kind and not repo.private and wanted(repo, query)
        ]
        key = {"downloads": "downloads", "likes": "likes"}.get((query.get("sort") or [""])[0])
        if key:
            found.sort(key=lambda repo: -int(repo.facts.get(key, 0)))
        drop = {"config", "safetensors"}
        self.pages([{k: v for k, v in facts(repo, "main", False).items() if k not in drop} for repo in found], query)

    def collections(self, slug: str, query: dict[str, list[str]]) -> None:
        known = self.hub.collections
        if slug:
            found = [each for each in known if each["slug"] == slug]
            if not found:
                raise Refuse(404, message="Collection not found")
            self.json({**found[0], "position": 0})
            return
        owners, items = query.get("owner", []), query.get("item", [])
        named = [f"{item['type']}s/{item['id']}" for each in known for item in each["items"]]
        kept = [
            each for each in known
            if (not owners or each["owner"]["name"] in owners) and (not items or set(items) & set(named))
        ]  # fmt: skip
        self.pages(kept, query)

    def tree(self, repo: Repo, revision: str, below: str, query: dict[str, list[str]]) -> None:
        files = files_of(repo, revision)
        inside = {name: raw for name, raw in files.items() if not below or name.startswith(f"{below}/")}
        if below and not inside:
            raise Refuse(404, "EntryNotFound", f"{below} does not exist on {revision}")
        deep = (query.get("recursive") or ["false"])[0].lower() == "true"
        self.pages(entries(inside, recursive=deep, below=below), query)

    def file(self, repo: Repo, revision: str, path: str) -> None:
        raw = files_of(repo, revision).get(path)
        if raw is None:
            raise Refuse(404, "EntryNotFound", f"{path} does not exist on {revision}")
        name = revision if revision in repo.revisions else "main"
        headers = {
            "ETag": f'"{hashlib.sha1(raw).hexdigest()}"',
            "X-Repo-Commit": repo.sha(name),
            "Accept-Ranges": "bytes",
        }
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range") or "")
        if (
            asked
            and "gzip" in (self.headers.get("Accept-Encoding") or "")
            and path.endswith((".json", ".jsonl", ".md", ".csv"))
        ):
            self.reply(200, gzip.compress(raw), {**headers, "Content-Encoding": "gzip"})  # as its CDN does with text
            return
        if not asked or self.command == "HEAD":
            self.reply(200, raw, headers)
            return
        first = int(asked[1]) if asked[1] else max(0, len(raw) - int(asked[2]))
        last = min(int(asked[2]) if asked[1] and asked[2] else len(raw) - 1, len(raw) - 1)
        if first > last:
            self.reply(416, b"", {"Content-Range": f"bytes */{len(raw)}"})
            return
        self.reply(206, raw[first : last + 1], {**headers, "Content-Range": f"bytes {first}-{last}/{len(raw)}"})

    def pages(self, things: list[Any], query: dict[str, list[str]]) -> None:
        """A list, a page at a time, with the Link header that the client follows."""
        start = int((query.get("cursor") or ["0"])[0])
        size = min(self.hub.page, int((query.get("limit") or [self.hub.page])[0]))
        here = urlsplit(self.path).path
        again = urlencode({**{k: v for k, v in query.items() if k != "cursor"}, "cursor": start + size}, doseq=True)
        more = {"Link": f'<{self.hub.url}{here}?{again}>; rel="next"'} if start + size < len(things) else {}
        self.json(things[start : start + size], more)

    def json(self, said: Any, headers: dict[str, str] | None = None, status: int = 200) -> None:
        self.reply(status, json.dumps(said).encode(), {"Content-Type": "application/json", **(headers or {})})

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def files_of(repo: Repo, revision: str) -> dict[str, bytes]:
    files = repo.files(revision)
    if files is None:
        raise Refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
    return files


def facts(repo: Repo, revision: str, sizes: bool) -> dict[str, Any]:
    """The answer to `dataset_info` or `model_info`."""
    files = files_of(repo, revision)
    siblings = [
        {"rfilename": name, **({"size": len(raw), "blobId": "0" * 40} if sizes else {})} for name, raw in files.items()
    ]
    name = revision if revision in repo.revisions else "main"
    said = {
        "_id": "0" * 24, "id": repo.id, "author": repo.id.split("/")[0], "sha": repo.sha(name), "lastModified": WHEN, "createdAt": WHEN,
        "private": repo.private, "gated": False if repo.gated == "granted" else repo.gated, "disabled": repo.disabled,
        "downloads": 0, "likes": 0, "cardData": repo.card, "siblings": siblings, **repo.facts, "tags": repo.tags,
    }  # fmt: skip
    return said if repo.kind == "datasets" else {"modelId": repo.id, **said}


def entries(files: dict[str, bytes], *, recursive: bool, below: str = "") -> list[dict[str, Any]]:
    """Files and folders as the tree lists them."""
    start = f"{below}/" if below else ""
    found: dict[str, dict[str, Any]] = {}
    for name, raw in sorted(files.items()):
        parts = name.removeprefix(start).split("/")
        for depth in range(1, len(parts)):
            folder = start + "/".join(parts[:depth])
            found.setdefault(folder, {"type": "directory", "oid": "0" * 40, "size": 0, "path": folder})
        found[name] = {"type": "file", "oid": hashlib.sha1(raw).hexdigest(), "size": len(raw), "path": name}
    return [e for e in found.values() if recursive or "/" not in e["path"].removeprefix(start)]


def wanted(repo: Repo, query: dict[str, list[str]]) -> bool:
    """Search, filter and author as the Hub reads them: every filter must hold, search looks at the id."""
    search = " ".join(query.get("search", [])).lower()
    tagged = {*repo.tags, str(repo.facts.get("pipeline_tag", ""))}
    author = (query.get("author") or [""])[0]
    pipeline = (query.get("pipeline_tag") or [""])[0]
    return (
        all(word in repo.id.lower() for word in search.split())
        and set(query.get("filter", [])) <= tagged
        and (not author or repo.id.split("/")[0] == author)
        and (not pipeline or repo.facts.get("pipeline_tag") == pipeline)
    )
