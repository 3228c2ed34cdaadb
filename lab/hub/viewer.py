"""The datasets-server: another host than the Hub, asked without a token. Whoever uses it can do without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lab.net.host import Host, host
from lab.net.web import SourceTrouble, Web

PAGE = 100
"""Rows the server gives at once."""


def viewer_host() -> Host:
    """No token: it belongs to the Hub alone. One try: what it can't say is read from the Hub's own files."""
    return replace(host("hubviewer"), token_env=(), tries=1)


@dataclass
class Viewer:
    """Answers by column or split; None where it has none, and `why` says what it said last."""

    web: Web
    why: str = ""
    gone: bool = field(default=False)

    def sizes(self, id: str) -> dict[tuple[str, str], int]:
        """Rows of each (configuration, split), counted by the server; nothing if it counted only a part."""
        said = self._get("/size", {"dataset": id})
        if said is None or said.get("partial"):
            return {}
        splits = said.get("size", {}).get("splits", [])
        return {
            (each["config"], each["split"]): int(each["num_rows"])
            for each in splits
            if each.get("num_rows") is not None
        }

    def splits(self, id: str) -> list[tuple[str, str]]:
        said = self._get("/splits", {"dataset": id})
        return [(each["config"], each["split"]) for each in (said or {}).get("splits", [])]

    def statistics(self, id: str, config: str, split: str) -> tuple[int, list[dict[str, Any]]] | None:
        """Over how many rows, and one record a column."""
        said = self._get("/statistics", {"dataset": id, "config": config, "split": split})
        if said is None or not isinstance(said.get("statistics"), list):
            return None
        return int(said.get("num_examples") or 0), said["statistics"]

    def rows(self, id: str, config: str, split: str, start: int, length: int) -> list[dict[str, Any]] | None:
        asked = {"dataset": id, "config": config, "split": split, "offset": start, "length": min(length, PAGE)}
        said = self._get("/rows", asked)
        return None if said is None else [each["row"] for each in said.get("rows", [])]

    def _get(self, path: str, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """None when it can't say: then files are read instead. A host that is away is asked once."""
        if self.gone:
            return None
        try:
            said = self.web.get(viewer_host(), path, asked).json()
        except SourceTrouble as trouble:
            self.why = str(trouble)
            # it says 500 of one question that it has not worked out yet, and answers the next
            self.gone = trouble.kind in ("unreachable", "offline") and trouble.status is None
            return None
        return said if isinstance(said, dict) else None
