"""The Hub through its own client library, inside our pace, retries, deadline and cache. Read only."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from lab.hub.trouble import sorted_out, trouble
from lab.net.host import Host, host, is_local
from lab.net.web import Web

if TYPE_CHECKING:
    import httpx
    from huggingface_hub import HfApi

RepoKind = Literal["dataset", "model", "space"]
CONNECT, READ = 6.0, 15.0
"""Seconds for a connection and between two pieces of an answer: the client itself would wait for ever."""


class Hub:
    """What can be asked of the Hub; every answer is plain JSON or bytes."""

    def __init__(self, web: Web) -> None:
        self.web = web

    @property
    def at(self) -> Host:
        return host("hub")

    @property
    def _api(self) -> HfApi:
        return _api(self.at.base, self.at.token() or False)

    def ask(self, about: str, key: str, question: Callable[[HfApi], Any]) -> Any:
        """The client's answer as plain JSON. `about` names the repository in what may go wrong, `key` the question in the cache."""

        def work() -> bytes:
            with sorted_out(about):
                return json.dumps(question(self._api), default=str).encode()

        return self.web.call(self.at, key, work).json()

    def part(self, kind: RepoKind, id: str, sha: str, path: str, start: int, stop: int, *, once: bool = False) -> bytes:
        """Bytes `start` to `stop` of a file at a commit, which never change. `once`: the caller keeps them, the cache need not."""

        def work() -> bytes:
            from huggingface_hub import hf_hub_url
            from huggingface_hub.utils._headers import build_hf_headers
            from huggingface_hub.utils._http import get_session, hf_raise_for_status

            with sorted_out(id, path):
                url = hf_hub_url(id, path, repo_type=kind, revision=sha, endpoint=self._api.endpoint)
                headers = {**build_hf_headers(token=self._api.token), "Range": f"bytes={start}-{stop - 1}"}
                headers["Accept-Encoding"] = (
                    "identity"  # who may pack a text file sends all of it, whatever part was asked
                )
                with get_session().stream("GET", url, headers=headers) as response:
                    if response.status_code >= 400:
                        response.read()
                    hf_raise_for_status(response)
                    return _taken(response, id, path, start, stop)

        at = replace(self.at, keeps=0.0) if once else self.at
        return self.web.call(at, f"{kind}/{id}@{sha}/{path}#{start}-{stop}", work).body


def _taken(response: httpx.Response, id: str, path: str, start: int, stop: int) -> bytes:
    """What was asked for, also from a host that sends the file from its beginning; never more than that."""
    skip = start if response.status_code == 200 else 0
    found = bytearray()
    for piece in response.iter_bytes():
        if len(piece) <= skip:
            skip -= len(piece)
            continue
        found += piece[skip:]
        skip = 0
        if len(found) >= stop - start:
            return bytes(found[: stop - start])
    if not found and stop > start:
        raise trouble(
            "unreadable", f"{id}: {path} has no bytes from {start} on: look at its size with the list of files"
        )
    return bytes(found)


@cache
def _api(base: str, token: str | Literal[False]) -> HfApi:
    """The client for this endpoint; its token goes nowhere but there, and without one it is nobody."""
    from huggingface_hub import HfApi

    _make_patient()
    return HfApi(endpoint=base, token=token, library_name="postgrad")


@cache
def _make_patient() -> None:
    """The client library has one HTTP client for all; ours knows deadlines."""
    import httpx
    from huggingface_hub import set_client_factory

    logging.getLogger("huggingface_hub").setLevel(
        logging.ERROR
    )  # what goes wrong reaches the person as one line of ours
    set_client_factory(lambda: httpx.Client(event_hooks={"request": [_before]}, follow_redirects=True, timeout=READ))


def _before(request: httpx.Request) -> None:
    """The client's own preparations, but offline means offline only to other machines, and no wait is for ever."""
    from huggingface_hub.utils._http import hf_request_event_hook

    if not is_local(str(request.url)):
        hf_request_event_hook(request)
    usual = {"connect": CONNECT, "read": READ, "write": READ, "pool": READ}
    given = request.extensions.get("timeout") or {}
    limits = {name: seconds if given.get(name) is None else given[name] for name, seconds in usual.items()}
    request.extensions = {**request.extensions, "timeout": limits}
