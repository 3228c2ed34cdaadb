"""Who may talk to the server: told from the headers alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the dev server: starlette not installed (the extra 'server')")

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware

from app.server import STUDIO, Allowed, refusal

ROOT = Path(__file__).parents[2]
HERE = ("host", "127.0.0.1:2024")
OURS = Allowed.by({})


def asked(*headers: tuple[str, str], method: str = "POST", kind: str = "http") -> dict[str, Any]:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return {"type": kind, "method": method, "path": "/threads", "root_path": "", "headers": raw}


@pytest.mark.parametrize(
    "host", ["127.0.0.1:2024", "localhost:2024", "localhost", "[::1]:2024", "127.8.8.8", "LOCALHOST"]
)
def test_loopback_is_answered_without_an_origin(host: str) -> None:
    assert refusal(asked(("Host", host)), OURS) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:2024",
        "192.168.1.4",
        "localhost@evil.example",
        "",
        "[::1",
    ],
)
def test_another_host_name_is_refused(host: str) -> None:
    """A name that an attacker points at this machine reads what a page of that name may read."""
    for method in ("GET", "POST"):
        assert "POSTGRAD_ALLOWED_HOSTS" in str(refusal(asked(("host", host), method=method), OURS))
    assert refusal(asked(HERE, ("host", host)), OURS)
    assert refusal(asked(), OURS)


@pytest.mark.parametrize("origin", [STUDIO, "http://localhost:3000", "http://127.0.0.1:2024", "http://[::1]:8000"])
def test_studio_and_pages_of_this_machine_pass(origin: str) -> None:
    assert refusal(asked(HERE, ("origin", origin)), OURS) is None


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example", "null", "", "http://smith.langchain.com", "https://smith.langchain.com.evil.example", "http://localhost.evil",
        "https://evil.example/https://smith.langchain.com", "https://localhost@evil.example", "file://", "http://[::1",
    ],
)  # fmt: skip
def test_another_site_is_refused_whatever_it_asks(origin: str) -> None:
    for scope in (
        asked(HERE, ("origin", origin)),
        asked(HERE, ("origin", origin), ("content-type", "text/plain")),
        asked(HERE, ("origin", origin), method="GET"),
        asked(HERE, ("origin", origin), kind="websocket", method="GET"),
        asked(HERE, ("origin", STUDIO), ("origin", origin)),
    ):
        assert "POSTGRAD_ALLOWED_ORIGINS" in str(refusal(scope, OURS))


def test_without_an_origin_the_referer_speaks() -> None:
    assert refusal(asked(HERE, ("referer", "https://evil.example/page?q=1")), OURS)
    assert refusal(asked(HERE, ("referer", f"{STUDIO}/studio/?baseUrl=x")), OURS) is None
    assert (
        refusal(asked(HERE, ("referer", "https://evil.example/"), method="GET"), OURS) is None
    )  # a link to a page of ours


def test_more_is_allowed_by_name() -> None:
    more = Allowed.by(
        {"POSTGRAD_ALLOWED_HOSTS": "lab.example, other", "POSTGRAD_ALLOWED_ORIGINS": "https://lab.example"}
    )
    assert refusal(asked(("host", "lab.example:443"), ("origin", "https://lab.example")), more) is None
    assert refusal(asked(HERE, ("origin", STUDIO)), more) is None
    assert refusal(asked(HERE, ("origin", "https://lab.example:8443")), more)
    assert refusal(asked(("host", "third")), more)


def test_requests_of_the_server_to_itself_pass() -> None:
    assert refusal({**asked(("host", "api")), "root_path": "/noauth"}, OURS) is None


@pytest.mark.parametrize(
    "origin",
    [STUDIO, "http://localhost:3000", "http://127.0.0.1:2024", "https://evil.example", "http://localhost.evil"],
)
def test_the_cors_list_and_the_guard_say_the_same(origin: str) -> None:
    cors = CORSMiddleware(Starlette(), **json.loads((ROOT / "langgraph.json").read_text())["http"]["cors"])
    assert cors.is_allowed_origin(origin) is OURS.origin(origin)
