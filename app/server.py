"""The dev server's own routes, and its guard: no page of another site may talk to it.

A browser sends a plain-text POST to any address without asking, and opens a WebSocket anywhere, so a CORS list alone
lets any page answer a gate. Every request says in `Origin` (or `Referer`) which page sent it, and in `Host` which name
was asked for; both are checked here, before any route sees the request. Programs send no `Origin` and pass.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.websockets import WebSocketClose

from app.adoption import lifespan
from state.errors import PostgradError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

STUDIO = "https://smith.langchain.com"
READS = ("GET", "HEAD", "OPTIONS")
IN_PROCESS = "/noauth"
"""Root path of requests that the server makes to itself; nothing that comes over the network can set it."""


def _listed(variable: str, env: Mapping[str, str]) -> frozenset[str]:
    return frozenset(word.strip().lower() for word in env.get(variable, "").split(",") if word.strip())


@dataclass(frozen=True)
class Allowed:
    """Names this server answers to, and pages that may talk to it, besides loopback."""

    hosts: frozenset[str] = field(default_factory=frozenset)
    origins: frozenset[str] = frozenset({STUDIO})

    @classmethod
    def by(cls, env: Mapping[str, str]) -> Allowed:
        return cls(_listed("POSTGRAD_ALLOWED_HOSTS", env), _listed("POSTGRAD_ALLOWED_ORIGINS", env) | {STUDIO})

    def host(self, said: str) -> bool:
        """Is this `Host` header one of ours? A name that merely points here (DNS rebinding) is not."""
        name = _name_in("//" + said)
        return name is not None and (_loopback(name) or name in self.hosts)

    def origin(self, said: str) -> bool:
        """May a page from there talk to us? `null` (a sandboxed frame, a file) may not."""
        name = _name_in(said)
        return name is not None and (_loopback(name) or said.lower().rstrip("/") in self.origins)


def _name_in(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def refusal(scope: Scope, allowed: Allowed) -> str | None:
    """Why this request is not answered; `None` if it is."""
    if scope.get("root_path") == IN_PROCESS:
        return None
    said: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        said.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1").strip())
    hosts = said.get("host", [])
    if len(hosts) != 1 or not allowed.host(hosts[0]):
        return f"host {', '.join(hosts) or 'unsaid'} is not this machine; allow it with POSTGRAD_ALLOWED_HOSTS=name"
    pages = said.get("origin", [])
    if not pages and scope["type"] == "http" and scope["method"] not in READS:
        pages = [_origin_of(page) for page in said.get("referer", [])]
    for page in pages:
        if not allowed.origin(page):
            return f"a page of {page} may not talk to this server; allow it with POSTGRAD_ALLOWED_ORIGINS=origin"
    return None


def _origin_of(page: str) -> str:
    try:
        parts = urlsplit(page)
    except ValueError:
        return page
    return f"{parts.scheme}://{parts.netloc}"


class Guard:
    """Stands before every route, the server's own too. Plain ASGI, so that streams pass through untouched."""

    def __init__(self, app: ASGIApp, allowed: Allowed) -> None:
        self.app, self.allowed = app, allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = refusal(scope, self.allowed) if scope["type"] in ("http", "websocket") else None
        if reason is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(reason + "\n", status_code=403)(scope, receive, send)
        else:
            await WebSocketClose(code=1008, reason=reason[:120])(scope, receive, send)


def runs(_: Request) -> JSONResponse:
    """Every run of the home with its thread, so that one begun at another door can be opened here too."""
    from app.drive import look_at_all
    from app.home import home_path, names
    from lab.ledger.files import read_json

    home = home_path()
    try:
        found = look_at_all(home, names(home))
        listed = [
            {
                "run": one["run"],
                "thread_id": read_json(home / "runs" / one["run"] / "run.json")["thread_id"],
                "status": one["status"],
            }
            for one in found
        ]
    except PostgradError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=500)
    return JSONResponse(listed)


app = Starlette(
    routes=[Route("/postgrad/runs", runs)],
    middleware=[Middleware(Guard, allowed=Allowed.by(os.environ))],
    lifespan=lifespan,
)
