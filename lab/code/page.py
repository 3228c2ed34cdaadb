"""A page of the open web as text. Only public places: no address of this machine or its network, wherever a page sends us.

Names are resolved here and the connection is made to the address that was checked, so that a name which changes its mind
between the check and the connection gains nothing. Behind a proxy the proxy resolves names; then what they say is checked.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

from lab.code.pages import Page, page_of
from lab.code.readable import charset_of, decoded, readable
from lab.net.host import is_inside, page_host, reached
from lab.net.trouble import from_status
from lab.net.web import SourceTrouble, Web
from state.errors import UserError

if TYPE_CHECKING:
    import httpx

MOST = 8_000_000
"""Bytes of a page: more is no page to read."""
SECONDS = 20.0
HOPS = 5
PLAIN = (
    "text/plain",
    "text/markdown",
    "text/x-",
    "application/json",
    "application/xml",
    "text/xml",
    "text/csv",
    "application/yaml",
)
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class WebPage:
    address: str
    title: str
    page: Page


def read_page(web: Web, url: str, number: int = 1) -> WebPage:
    """What a page says, a part at a time."""
    asked = url.strip().split("#")[0]
    try:
        host, parts = page_host(asked), urlsplit(asked)
        _ = parts.port
    except ValueError as wrong:
        raise UserError(f"{asked} is no address ({wrong}); give a whole one") from wrong
    if "@" in parts.netloc:
        raise UserError("the address holds a name or password; give one without")
    packed = web.call(host, f"PAGE {asked}", lambda: fetch(asked)).body
    about, _, body = packed.partition(b"\n")
    said = json.loads(about)
    title, text = _as_text(said["url"], said["kind"], body)
    return WebPage(said["url"], title, page_of(text, number))


def _as_text(url: str, kind: str, body: bytes) -> tuple[str, str]:
    plain = kind.partition(";")[0].strip().lower()
    name = urlsplit(url).netloc
    if plain == "application/pdf" or body[:5] == b"%PDF-":
        raise SourceTrouble(name, "unreadable", f"{url} is a PDF; if it is a paper, read it with the tools for papers")
    if plain in ("text/html", "application/xhtml+xml") or (not plain and b"<html" in body[:2_000].lower()):
        page = readable(body, charset_of(kind))
        if not page.text:
            raise SourceTrouble(name, "unreadable", f"{url} holds no text without its scripts; look for another page")
        return page.title, page.text
    if plain.startswith(PLAIN) or plain.endswith(("+json", "+xml")):
        return "", decoded(body, charset_of(kind))
    raise SourceTrouble(name, "unreadable", f"{url} is {plain or 'of no named kind'}, no text; look for another page")


def fetch(url: str) -> bytes:
    """One try: a line about the answer, then its bytes. Each hop is checked as the first address was."""
    ends = time.monotonic() + SECONDS
    for _ in range(HOPS + 1):
        answer = _once(url, ends)
        if isinstance(answer, bytes):
            return answer
        url = urljoin(url, answer)
    raise SourceTrouble(urlsplit(url).netloc, "unreadable", f"{url} sends us on and on; look for another page")


def check(url: str) -> list[Address]:
    """The addresses a name stands for, all of them public; else it is refused."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not name:
        raise SourceTrouble(
            name or "the page", "refused", f"{url} is no page of the web; give an http or https address"
        )
    if is_inside(url) and not _local_allowed(name):
        raise _inside(url)
    if _proxy(url):
        return []
    try:
        found = socket.getaddrinfo(name, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as wrong:
        line = f"{name} can't be found ({wrong}); check the address or the network"
        raise SourceTrouble(name, "unreachable", line) from wrong
    addresses = list(dict.fromkeys(reached(str(each[4][0])) for each in found))
    if any(not each.is_global and not (each.is_loopback and _allow_local()) for each in addresses):
        raise _inside(url)
    return addresses


def _allow_local() -> bool:
    """Tests serve their pages on this machine."""
    return os.environ.get("POSTGRAD_ALLOW_LOCAL") == "1"


def _local_allowed(name: str) -> bool:
    try:
        return _allow_local() and (name == "localhost" or ipaddress.ip_address(name).is_loopback)
    except ValueError:
        return False


def _inside(url: str) -> SourceTrouble:
    name = urlsplit(url).hostname or "the page"
    return SourceTrouble(
        name, "refused", f"{url} is on this machine or its network, which is not read; give a public page"
    )


def _proxy(url: str) -> str:
    """The proxy that a request to this address would take."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    return "" if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme, "")


def _once(url: str, ends: float) -> bytes | str:
    """The packed answer, or where it sends us."""
    import httpx

    parts, addresses = urlsplit(url), check(url)
    headers = {"User-Agent": "postgrad", "Accept": "text/html, text/plain, text/markdown, */*;q=0.1"}
    extensions: dict[str, str] = {}
    target = url
    if addresses:  # straight to the address that was checked, under the name that was asked for
        shown = f"[{addresses[0]}]" if addresses[0].version == 6 else str(addresses[0])
        target = urlunsplit(parts._replace(netloc=f"{shown}:{parts.port}" if parts.port else shown))
        headers["Host"] = parts.netloc
        extensions["sni_hostname"] = parts.hostname or ""
    left = max(0.01, ends - time.monotonic())
    proxy = _proxy(url) or None
    with (
        httpx.Client(trust_env=False, proxy=proxy, timeout=httpx.Timeout(left, connect=min(left, 5.0))) as client,
        client.stream("GET", target, headers=headers, extensions=extensions) as response,
    ):
        if response.has_redirect_location:
            return str(response.headers["location"])
        body = _body(response, url, ends)
    if not response.is_success:
        raise from_status(parts.netloc, response.status_code, response.headers, body)
    about = {"url": url, "kind": response.headers.get("content-type", "")}
    return json.dumps(about).encode() + b"\n" + body


def _body(response: httpx.Response, url: str, ends: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MOST:
            name = urlsplit(url).netloc
            raise SourceTrouble(name, "unreadable", f"{url} is larger than {MOST:,} bytes; look for another page")
        if time.monotonic() > ends:
            raise TimeoutError
    return bytes(body)
