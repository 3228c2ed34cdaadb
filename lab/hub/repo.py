"""What the Hub says of a repository: who may read it, licence, lineage, files, revision."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lab.hub.client import Hub, RepoKind

Access = Literal["open", "gated", "private", "disabled"]
ARXIV = re.compile(r"arxiv:(\d{4}\.\d{4,5}(?:v\d+)?)", re.IGNORECASE)


@dataclass(frozen=True)
class File:
    path: str
    size: int | None


@dataclass(frozen=True)
class Repo:
    """Facts, all from the Hub's own record of this commit; what it does not say is empty."""

    kind: RepoKind
    id: str
    sha: str
    access: Access
    licence: str
    modified: str
    downloads: int
    likes: int
    tags: tuple[str, ...]
    files: tuple[File, ...]
    card: Mapping[str, Any]
    more: Mapping[str, Any]
    """Of models: pipeline_tag, library_name, config, safetensors, gguf."""

    @property
    def size(self) -> int:
        return sum(file.size or 0 for file in self.files)

    @property
    def arxiv(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(found[1] for tag in self.tags if (found := ARXIV.fullmatch(tag))))

    def tagged(self, prefix: str) -> tuple[str, ...]:
        """What stands behind `prefix:` in the tags."""
        return tuple(tag.removeprefix(f"{prefix}:") for tag in self.tags if tag.startswith(f"{prefix}:"))


def look_up(hub: Hub, kind: RepoKind, id: str, revision: str = "") -> Repo:
    """The repository as it stands at a revision; raises SourceTrouble that tells missing, gated and disabled apart."""

    def question(api: Any) -> dict[str, Any]:
        ask = {"dataset": api.dataset_info, "model": api.model_info, "space": api.space_info}[kind]
        return plain(ask(id, revision=revision or None, files_metadata=True))

    return from_plain(kind, hub.ask(id, f"info/{kind}/{id}@{revision}", question))


MORE = ("pipeline_tag", "library_name", "config", "safetensors", "gguf", "sdk")


def plain(info: Any) -> dict[str, Any]:
    """A client's record of a repository as JSON."""
    card = info.card_data.to_dict() if info.card_data is not None else {}
    safetensors = getattr(info, "safetensors", None)
    more = {name: getattr(info, name, None) for name in MORE}
    more["safetensors"] = {"parameters": safetensors.parameters, "total": safetensors.total} if safetensors else None
    return {
        "id": info.id, "sha": info.sha, "private": info.private, "gated": info.gated, "disabled": info.disabled, "card": card,
        "modified": info.last_modified, "downloads": getattr(info, "downloads", 0), "likes": info.likes, "tags": info.tags or [],
        "files": [{"path": each.rfilename, "size": each.size} for each in info.siblings or []],
        "more": {name: value for name, value in more.items() if value},
    }  # fmt: skip


def from_plain(kind: RepoKind, said: dict[str, Any]) -> Repo:
    card = said["card"]
    tags = tuple(said["tags"])
    licence = card.get("license") or next(
        (tag.removeprefix("license:") for tag in tags if tag.startswith("license:")), ""
    )
    return Repo(
        kind=kind, id=said["id"], sha=said["sha"] or "", access=_access(said), licence=_listed(licence),
        modified=str(said["modified"] or "")[:10], downloads=said["downloads"] or 0, likes=said["likes"] or 0, tags=tags,
        files=tuple(File(each["path"], each["size"]) for each in said["files"]), card=card, more=said["more"],
    )  # fmt: skip


def _access(said: Mapping[str, Any]) -> Access:
    if said["disabled"]:
        return "disabled"
    if said["private"]:
        return "private"
    return "gated" if said["gated"] else "open"


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
