"""The hosts that are asked: where each is, how often it may be asked, and which token belongs to it and to no other."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from state.errors import UserError

DAY = 86_400.0
OFFLINE_SAYS = ("POSTGRAD_OFFLINE", "HF_HUB_OFFLINE")


@dataclass(frozen=True)
class Host:
    """One host, and the manners it is owed."""

    name: str
    base: str
    token_env: tuple[str, ...] = ()
    """Variables that may hold its token; the first that is set counts."""
    every: float = 0.0
    """Seconds between two requests, whoever makes them."""
    timeout: float = 20.0
    """Seconds one try may take from first byte to last, however it drips."""
    tries: int = 3
    keeps: float = 7 * DAY
    """Seconds an answer is good for in the cache; 0 keeps none."""
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    token_as: tuple[str, str] = ("Authorization", "Bearer {}")
    """The header its token travels in, and how."""

    @property
    def local(self) -> bool:
        """On this machine: a mirror or a stand-in, which is there without a network and needs no pace."""
        return is_local(self.base)

    def token(self) -> str | None:
        """Its token, from the environment, or for the Hub from where its own sign-in leaves it."""
        for name in self.token_env:
            if os.environ.get(name, "").strip():
                return os.environ[name].strip()
        return _signed_in() if "HF_TOKEN" in self.token_env else None


def is_local(url: str) -> bool:
    """Does this address stay on this machine?"""
    name = urlsplit(url).hostname or ""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_inside(url: str) -> bool:
    """Does this address name this machine or its own network, where a page of the open web has no business sending us?"""
    name = urlsplit(url).hostname or ""
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not reached(name).is_global
    except ValueError:
        return False


WRAPPED = tuple(ipaddress.IPv6Network(prefix) for prefix in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96"))
"""Addresses of version 6 that end in one of version 4, which a gateway or this machine itself may take them to."""


def reached(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address as what it reaches: one of version 4 may come wrapped in version 6. ValueError where it is none."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv4Address) or found in (ipaddress.IPv6Address("::"), ipaddress.IPv6Address("::1")):
        return found
    if any(found in network for network in WRAPPED):
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour or found


def offline() -> bool:
    """Has the person said that nothing is to leave this machine?"""
    return any(os.environ.get(name, "").strip().lower() in ("1", "true", "yes", "on") for name in OFFLINE_SAYS)


def _signed_in() -> str | None:
    """What `hf auth login` left behind."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    path = Path(os.environ.get("HF_TOKEN_PATH") or home / "token")
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


HUB_TOKEN = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
KNOWN = {
    h.name: h
    for h in (
        # its terms of use: one request every three seconds; who keeps to them is told at times that it was too many
        Host("arxivapi", "https://export.arxiv.org", every=3.0, timeout=30.0, tries=4),
        Host("arxiv", "https://arxiv.org", every=3.0, timeout=60.0, keeps=30 * DAY),
        Host("ar5iv", "https://ar5iv.labs.arxiv.org", every=1.0, timeout=60.0, keeps=30 * DAY),
        # with a key one request a second; without, one shared allowance for everybody, often spent
        Host("semantic", "https://api.semanticscholar.org", ("S2_API_KEY",), every=1.0, tries=4,
             token_as=("x-api-key", "{}")),
        Host("hub", "https://huggingface.co", HUB_TOKEN, keeps=DAY),
        Host("hubviewer", "https://datasets-server.huggingface.co", HUB_TOKEN, timeout=40.0, keeps=DAY),
        Host("github", "https://api.github.com", ("GITHUB_TOKEN", "GH_TOKEN"), keeps=DAY,
             headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}),
        Host("githubraw", "https://raw.githubusercontent.com", keeps=DAY),
    )
}  # fmt: skip

ELSEWHERE = {"hub": ("HF_ENDPOINT", "POSTGRAD_HUB_URL"), "arxivapi": ("POSTGRAD_ARXIVAPI_URL", "POSTGRAD_ARXIV_URL")}
"""Where a base is overridden by more than POSTGRAD_<NAME>_URL; the first that is set counts."""


def host(name: str) -> Host:
    """A known host, at the place the environment names for it."""
    if name not in KNOWN:
        raise UserError(f"no host is called {name!r}; known are {', '.join(sorted(KNOWN))}")
    known = KNOWN[name]
    for variable in ELSEWHERE.get(name, (f"POSTGRAD_{name.upper()}_URL",)):
        base = os.environ.get(variable, "").strip().rstrip("/")
        if not base:
            continue
        if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).hostname:
            raise UserError(f"{variable}={base!r} is no web address; give one that begins with http:// or https://")
        return replace(known, base=base, every=0.0 if is_local(base) else known.every)
    return known


def page_host(url: str) -> Host:
    """The host of any page of the open web: asked seldom, and never given a token."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError(f"{url!r} is no web address; give one that begins with http:// or https://")
    return Host(parts.netloc.rpartition("@")[2], f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", every=1.0)
