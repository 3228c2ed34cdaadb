"""Asking a host: with a deadline, tries, a pace, a cache, and one line when it fails. Safe to share between threads."""

from __future__ import annotations

import json
import re
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode, urljoin, urlsplit

from lab.net.cache import Kept, keep, look_up, place_of
from lab.net.deadline import within
from lab.net.host import Host, is_inside, is_local, offline
from lab.net.manners import manners
from lab.net.trouble import SourceKind, SourceTrouble, from_exception, from_status, went_offline

if TYPE_CHECKING:
    import httpx

__all__ = ["Answer", "SourceKind", "SourceTrouble", "Web"]

MOST = 50_000_000
"""Bytes of one body unless the asker says otherwise: a long paper with figures has about thirty million."""
CONNECT = 5.0
"""Seconds to be connected in: a host that is there answers the knock at once."""
BACKOFF = 0.5
"""Seconds before the second try; doubled for each further one."""
LIMITED_BACKOFF = 2.0
"""The same where the host says it is asked too often and not for how long."""
LONGEST_WAIT = 60.0
"""Seconds a host may ask us to wait between tries; who asks for more is left alone, and that is said."""
HOPS = 5


@dataclass(frozen=True)
class Answer:
    """What a host said."""

    url: str
    status: int
    kind: str
    """Its content type."""
    body: bytes
    cached: bool
    source: str = ""

    @property
    def text(self) -> str:
        """The body as text, in the character set it names; what doesn't fit shows as the replacement mark."""
        named = re.search(r"charset=[\"']?([\w.:-]+)", self.kind, re.IGNORECASE)
        try:
            return self.body.decode(named[1] if named else "utf-8", errors="replace")
        except LookupError:
            return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError as wrong:
            raise SourceTrouble(
                self.source, "unreadable", f"{self.source} sent no valid JSON ({wrong}); try again later"
            ) from wrong


@dataclass(frozen=True)
class _Request:
    host: Host
    method: str
    url: str
    accept: str
    body: bytes | None
    most: int

    def headers(self, url: str) -> dict[str, str]:
        """The host's own, and its token: to nobody else, wherever it sends us."""
        sent = {"User-Agent": "postgrad", **self.host.headers}
        if self.accept:
            sent["Accept"] = self.accept
        if self.body is not None:
            sent["Content-Type"] = "application/json"
        token = self.host.token()
        if token and _origin(url) == _origin(self.host.base):
            sent[self.host.token_as[0]] = self.host.token_as[1].format(token)
        return sent


class Web:
    """The one way out of this machine for everything that reads."""

    def __init__(self, cache: Path | None = None, *, offline: bool = False) -> None:
        self.cache = cache
        self.offline = offline
        self._client: httpx.Client | None = None
        self._making = threading.Lock()
        self._under_way: dict[str, tuple[threading.Lock, int]] = {}

    def get(
        self, host: Host, path: str, params: Mapping[str, Any] | None = None, *, accept: str = "", fresh: bool = False,
        most: int = MOST,
    ) -> Answer:  # fmt: skip
        """What stands at this path of this host; `fresh` asks again although the cache knows.

        `accept` with json in it: an answer that is no JSON counts as none, and is asked for again."""
        url = _address(host, path, params)
        request = _Request(host, "GET", url, accept, None, most)
        return self._ask(host, f"GET {accept} {url}", lambda: self._send(request), fresh, most)

    def post(
        self, host: Host, path: str, body: Any, params: Mapping[str, Any] | None = None, *, accept: str = "",
        fresh: bool = False, most: int = MOST,
    ) -> Answer:  # fmt: skip
        """A question that is too long for an address. It must change nothing there: it is tried again and cached."""
        url, sent = _address(host, path, params), json.dumps(body, sort_keys=True).encode()
        request = _Request(host, "POST", url, accept, sent, most)
        return self._ask(host, f"POST {url} {sent.decode()}", lambda: self._send(request), fresh, most)

    def call(self, host: Host, key: str, ask: Callable[[], bytes], *, fresh: bool = False) -> Answer:
        """The same care round a client library's own call; `key` names what is asked, completely."""

        def asked() -> Kept:
            return Kept(host.base, 200, "application/octet-stream", ask())

        return self._ask(host, f"CALL {host.base} {key}", asked, fresh, MOST)

    def _ask(self, host: Host, key: str, ask: Callable[[], Kept], fresh: bool, most: int) -> Answer:
        if self.cache is None or host.keeps <= 0:
            return _answer(host, self._fetch(host, ask), cached=False)
        place = place_of(self.cache, host.name, key)
        with self._alone(str(place)):  # readers side by side ask the same thing; the second one finds it kept
            known = None if fresh else look_up(place, host.keeps)
            if known and len(known.body) <= most:
                return _answer(host, known, cached=True)
            got = self._fetch(host, ask)
            keep(place, got)
        return _answer(host, got, cached=False)

    def _fetch(self, host: Host, ask: Callable[[], Kept]) -> Kept:
        if (self.offline or offline()) and not host.local:
            raise went_offline(host.name)
        return _tried(host, ask)

    @contextmanager
    def _alone(self, question: str) -> Iterator[None]:
        with self._making:
            lock, waiting = self._under_way.get(question, (threading.Lock(), 0))
            self._under_way[question] = (lock, waiting + 1)
        try:
            with lock:
                yield
        finally:
            with self._making:
                lock, waiting = self._under_way.pop(question)
                if waiting > 1:
                    self._under_way[question] = (lock, waiting - 1)

    def _send(self, request: _Request) -> Kept:
        """One try: follow where it leads, read no more than was allowed."""
        ends, url = time.monotonic() + request.host.timeout, request.url
        for _ in range(HOPS + 1):
            answer = self._once(request, url, ends)
            if isinstance(answer, Kept):
                _as_asked(request, answer)
                return answer
            url = _allowed(request.host, url, answer)
        raise SourceTrouble(
            request.host.name, "unreadable", f"{request.host.name} sends us on and on; check the address"
        )

    def _once(self, request: _Request, url: str, ends: float) -> Kept | str:
        """The answer, or the address it sends us on to."""
        import httpx

        name, left = request.host.name, max(0.01, ends - time.monotonic())
        limits = httpx.Timeout(left, connect=min(left, CONNECT))
        with self._http().stream(
            request.method, url, headers=request.headers(url), content=request.body, timeout=limits
        ) as response:
            if response.has_redirect_location:
                return str(response.headers["location"])
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > request.most:
                    raise SourceTrouble(
                        name,
                        "unreadable",
                        f"{name} sent more than {request.most:,} bytes; ask for a part, or allow more",
                    )
                if time.monotonic() > ends:
                    raise TimeoutError
        if not response.is_success:
            raise from_status(name, response.status_code, response.headers, bytes(body))
        return Kept(str(response.url), response.status_code, response.headers.get("content-type", ""), bytes(body))

    def _http(self) -> httpx.Client:
        import httpx

        with self._making:
            if self._client is None:
                direct = {f"all://{name}": None for name in ("127.0.0.1", "localhost", "[::1]")}  # past any proxy
                self._client = httpx.Client(follow_redirects=False, mounts=direct)
                weakref.finalize(self, self._client.close)
            return self._client


def _answer(host: Host, kept: Kept, *, cached: bool) -> Answer:
    return Answer(kept.url, kept.status, kept.kind, kept.body, cached, host.name)


def _tried(host: Host, ask: Callable[[], Kept]) -> Kept:
    """Ask until it answers, the tries are used up, or trying again would be of no use."""
    owed = manners(host.base)
    for attempt in range(1, host.tries + 1):
        if owed.down():
            raise SourceTrouble(host.name, "unreachable", owed.down())
        owed.take_turn(host.every)
        try:
            got = within(host.timeout, ask)
        except Exception as wrong:  # sorted here: what is no trouble of the network goes on as it came
            trouble = from_exception(host.name, wrong, host.timeout)
            if trouble is None:
                raise
            wait = _pause(trouble, attempt)
            last = attempt == host.tries or (trouble.never_connected and attempt == 2)
            if last and trouble.never_connected:
                owed.went_down(str(trouble))
            if last or not trouble.passing or wait > LONGEST_WAIT:
                if trouble is wrong:
                    raise
                raise trouble from wrong
            owed.pause(wait)
        else:
            owed.came_up()
            return got
    raise AssertionError("a host has at least one try")


def _as_asked(request: _Request, answer: Kept) -> None:
    """Who was asked for JSON and sends a page about its maintenance has not answered; such a page is not kept."""
    if "json" not in request.accept:
        return
    try:
        json.loads(answer.body)
    except ValueError as wrong:
        name = request.host.name
        trouble = SourceTrouble(name, "unreadable", f"{name} sent no valid JSON ({wrong}); try again later")
        trouble.passing = True
        raise trouble from wrong


def _pause(trouble: SourceTrouble, attempt: int) -> float:
    """How long to wait before the next try: as long as the host says, else longer each time."""
    if trouble.wait is not None:
        return trouble.wait
    return float((LIMITED_BACKOFF if trouble.kind == "limited" else BACKOFF) * 2 ** (attempt - 1))


def _address(host: Host, path: str, params: Mapping[str, Any] | None) -> str:
    """The whole address; parameters that are None are left out, and lists are repeated."""
    if "://" in path or path.startswith("//"):
        if _origin(path) != _origin(host.base):
            raise SourceTrouble(host.name, "refused", f"{path} does not belong to {host.name}; ask its own host")
        url = path
    else:
        url = f"{host.base.rstrip('/')}/{path.lstrip('/')}"
    steps = unquote(urlsplit(url).path).split("/")
    if (
        not url.isprintable() or "." in steps or ".." in steps
    ):  # else a file's name leads to any place there, with our token
        raise SourceTrouble(host.name, "refused", f"{path[:80]!r} is no place on {host.name}; give a plain name")
    given = {name: value for name, value in (params or {}).items() if value is not None}
    return f"{url}{'&' if '?' in url else '?'}{urlencode(given, doseq=True)}" if given else url


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"https": 443}.get(parts.scheme, 80)


def _allowed(host: Host, url: str, to: str) -> str:
    """Where a redirect leads, unless it leads from the open web into this machine or its network."""
    target = urljoin(url, to)
    if urlsplit(target).scheme not in ("http", "https") or (is_inside(target) and not is_local(host.base)):
        raise SourceTrouble(
            host.name, "refused", f"{host.name} sends us to {target}, where it has no business; check the address"
        )
    return target
