"""A stand-in Hub on loopback: real files, real HTTP, the answers that huggingface_hub and `datasets` expect.

    with HubStandIn() as hub:
        hub.add_dataset("owner/sums", {"data/train.parquet": [{"question": "1+1", "answer": "2"}]}, card="---\\nlicense: mit\\n---\\n")
        hub.add_dataset("owner/secret", {...}, gated="manual")         # its facts are public, its files 403 GatedRepo
        hub.add_dataset("owner/mine", {...}, private=True)             # 401 to strangers, there for `hub.token`
        monkeypatch.setenv("HF_ENDPOINT", hub.url)                     # or env = {**os.environ, **hub.env(tmp_path)} for a process

Whatever was not added is missing, answered as the Hub answers (401 to strangers, 404 to who is signed in). `hub.requests`
lists what was asked. Rows become parquet or JSON lines by the file's name; text and bytes stay what they are.
"""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

from tests.standins.hub_answers import Answers

Kind = Literal["datasets", "models", "spaces"]
Content = str | bytes | list[dict[str, Any]]
CONVERTED = "refs/convert/parquet"


@dataclass(frozen=True)
class Asked:
    """One request that came in."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass
class Repo:
    """A repository: facts, and the files of each revision."""

    kind: Kind
    id: str
    revisions: dict[str, dict[str, bytes]]
    card: dict[str, Any]
    gated: str | bool = False
    private: bool = False
    disabled: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    """More keys of its info as the Hub gives them: downloads, safetensors, config, pipeline_tag ..."""
    discussions: list[dict[str, Any]] = field(default_factory=list)
    viewer: bool = False
    older: int = 0
    """Commits before the last one."""
    not_ready: set[str] = field(default_factory=set)
    """Questions the datasets-server has not worked out yet: /size, /statistics ..."""

    def files(self, revision: str) -> dict[str, bytes] | None:
        """Of a branch, or of a commit by its hash."""
        named = {**self.revisions, **{self.sha(name): files for name, files in self.revisions.items()}}
        return named.get(revision)

    def sha(self, revision: str = "main") -> str:
        """A commit hash that changes with the files."""
        total = hashlib.sha1(f"{self.kind}/{self.id}/{revision}".encode())
        for name, raw in sorted(self.revisions.get(revision, {}).items()):
            total.update(f"{name} {hashlib.sha1(raw).hexdigest()}\n".encode())
        return total.hexdigest()

    @property
    def tags(self) -> list[str]:
        """As the Hub makes them from the card."""
        made: list[str] = []
        for key, prefix in TAGGED.items():
            said = self.card.get(key)
            made += [f"{prefix}{each}" for each in ([said] if isinstance(said, str) else said or [])]
        return [*made, *self.facts.get("tags", [])]


TAGGED = {
    "license": "license:", "task_categories": "task_categories:", "task_ids": "task_ids:", "language": "language:",
    "size_categories": "size_categories:", "source_datasets": "source_datasets:", "base_model": "base_model:",
    "datasets": "dataset:", "tags": "",
}  # fmt: skip


class HubStandIn:
    """The server, and what is on it."""

    def __init__(self, token: str = "hf_standin") -> None:
        self.token = token
        self.repos: dict[tuple[Kind, str], Repo] = {}
        self.collections: list[dict[str, Any]] = []
        self.requests: list[Asked] = []
        self.troubles: list[tuple[int, dict[str, str]]] = []
        """Answers given first, one a request: (status, headers)."""
        self.page = 1000
        """Entries on one page of a list."""
        self.storage = ""
        """Another host that files are fetched from, as the Hub sends its askers on to its storage."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Answers,), {"hub": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def __enter__(self) -> HubStandIn:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """What HF_ENDPOINT is set to."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def viewer_url(self) -> str:
        """What POSTGRAD_HUBVIEWER_URL is set to."""
        return f"{self.url}/viewer"

    def env(self, home: Path, *, signed_in: bool = False) -> dict[str, str]:
        """What a process needs to take this for the Hub."""
        said = {
            "HF_ENDPOINT": self.url, "POSTGRAD_HUBVIEWER_URL": self.viewer_url, "HF_HOME": str(home / "hf"), "HF_HUB_OFFLINE": "0",
            "HF_DATASETS_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "NO_PROXY": "127.0.0.1",
        }  # fmt: skip
        return {**said, "HF_TOKEN": self.token} if signed_in else said

    def add_dataset(
        self, id: str, files: Mapping[str, Content], *, card: str = "", gated: str | bool = False, private: bool = False,
        disabled: bool = False, converted: Mapping[str, Content] | None = None, viewer: bool = False, **facts: Any,
    ) -> Repo:  # fmt: skip
        """`converted`: files of the Hub's own parquet branch. `viewer`: the datasets-server knows it as well."""
        repo = self._repo("datasets", id, files, card, gated=gated, private=private, disabled=disabled, **facts)
        if converted:
            repo.revisions[CONVERTED] = {name: as_bytes(name, content) for name, content in converted.items()}
        repo.viewer = viewer
        return repo

    def add_model(self, id: str, files: Mapping[str, Content], *, card: str = "", **facts: Any) -> Repo:
        """Facts as the Hub gives them, such as config={"architectures": [...]}, safetensors={"parameters": {...}, "total": n}."""
        return self._repo("models", id, files, card, **facts)

    def add_space(self, id: str, files: Mapping[str, Content], *, card: str = "", **facts: Any) -> Repo:
        return self._repo("spaces", id, files, card, **facts)

    def add_collection(self, slug: str, title: str, items: list[tuple[str, str]]) -> None:
        """`items`: (kind, id) of models, datasets, spaces or papers."""
        listed = [{"_id": str(n), "id": name, "type": kind, "position": n} for n, (kind, name) in enumerate(items)]
        about = {
            "slug": slug,
            "title": title,
            "owner": {"name": slug.split("/")[0]},
            "lastUpdated": WHEN,
            "private": False,
        }
        self.collections.append({**about, "theme": "blue", "upvotes": 1, "items": listed})

    def add_discussion(self, repo: Repo, title: str, *comments: str, pull_request: bool = False) -> None:
        num = len(repo.discussions) + 1
        about = {
            "num": num, "title": title, "author": {"name": "someone"}, "createdAt": WHEN, "status": "open",
            "repo": {"name": repo.id, "type": repo.kind[:-1]}, "isPullRequest": pull_request, "diff": "-a\n+b\n",
            "changes": {"base": "refs/heads/main"}, "filesWithConflicts": [],
        }  # fmt: skip
        events = [
            {"id": f"{num}-{n}", "type": "comment", "createdAt": WHEN, "author": {"name": "someone"},
             "data": {"edited": False, "hidden": False, "latest": {"raw": said, "html": said, "updatedAt": WHEN, "author": {"name": "x"}},
                      "numEdits": 0, "history": []}}
            for n, said in enumerate(comments)
        ]  # fmt: skip
        repo.discussions.append({**about, "events": events})

    def fail(self, status: int, times: int = 1, **headers: str) -> None:
        """The next requests are answered so: `fail(429, 2, **{"Retry-After": "0"})`."""
        self.troubles += [(status, headers)] * times

    def asked(self, part: str) -> list[Asked]:
        """Requests whose path holds `part`."""
        return [each for each in self.requests if part in each.path]

    def _repo(self, kind: Kind, id: str, files: Mapping[str, Content], card: str, **facts: Any) -> Repo:
        made = {name: as_bytes(name, content) for name, content in files.items()}
        if card:
            made["README.md"] = card.encode()
        said = {key: facts.pop(key) for key in ("gated", "private", "disabled") if key in facts}
        repo = Repo(kind, id, {"main": made}, card_data(card), facts=facts, **said)
        self.repos[kind, id] = repo
        return repo


WHEN = "2026-01-02T03:04:05.000Z"


def card_data(card: str) -> dict[str, Any]:
    """The YAML at the head of a card."""
    from ruamel.yaml import YAML

    head = card.split("---\n", 2)
    return dict(YAML(typ="safe").load(head[1]) or {}) if card.startswith("---\n") and len(head) > 2 else {}


def as_bytes(name: str, content: Content) -> bytes:
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    if name.endswith(".parquet"):
        return parquet(content)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content).encode()


def parquet(rows: list[dict[str, Any]], group: int = 1000) -> bytes:
    """A parquet file of these rows, written by pyarrow."""
    import pyarrow
    from pyarrow import parquet as format

    sink = io.BytesIO()
    format.write_table(pyarrow.Table.from_pylist(rows), sink, row_group_size=group)
    return sink.getvalue()
