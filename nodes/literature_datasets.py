"""Can a data set that a paper names be had? Asked of the Hub; where nobody can be asked, nobody knows."""

from __future__ import annotations

import re

from lab.hub.client import Hub
from lab.hub.repo import look_up
from lab.hub.search import Wanted, find_datasets
from lab.net.web import SourceTrouble, Web

MOST_ASKED = 12
"""Names looked up in one visit; papers name the same few."""
LOOKED_THROUGH = 20
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def exist(web: Web, names: list[str]) -> dict[str, bool | None]:
    """For each name: True if the Hub holds a set of that name, False if it answered and does not, None if it did not answer."""
    hub = Hub(web)
    return {name: _exists(hub, name) if at < MOST_ASKED else None for at, name in enumerate(names)}


def _exists(hub: Hub, name: str) -> bool | None:
    try:
        if HUB_ID.fullmatch(name):
            look_up(hub, "dataset", name)
            return True
        found = find_datasets(hub, Wanted(words=name), LOOKED_THROUGH)
    except SourceTrouble as wrong:
        if wrong.kind == "gated":
            return True
        return False if wrong.kind == "missing" else None
    return any(_same(name, repo.id) for repo in found)


def _same(name: str, repo: str) -> bool:
    """`GSM8K` and `openai/gsm8k`; not `somebody/gsm8k-translated`."""
    return _plain(name) == _plain(repo.partition("/")[2] or repo)


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
