"""The guard on the running server: it stands before the API's own routes, and Studio still gets in."""

from __future__ import annotations

import json
import socket

import pytest
from served import Served

pytestmark = pytest.mark.slow

STUDIO = "https://smith.langchain.com"
EVIL = "https://evil.example"


def threads(server: Served) -> int:
    with server.client() as client:
        return len(client.threads.search(limit=100))


def test_a_page_of_another_site_starts_nothing_and_answers_nothing(server: Served) -> None:
    with server.client() as client:
        thread = client.threads.create(graph_id="research")["thread_id"]
    before = threads(server)
    body = json.dumps({"assistant_id": "research", "input": {"task": "wine"}}).encode()
    for kind in ("text/plain", "application/json", "application/x-www-form-urlencoded"):
        for path in (
            "/threads",
            f"/threads/{thread}/runs",
            f"/threads/{thread}/runs/wait",
            "/runs/stream",
            "/postgrad/runs",
        ):
            status, _, said = server.ask("POST", path, body, Origin=EVIL, Content_Type=kind)
            assert (status, said.count("\n")) == (403, 1), path
    assert server.ask("POST", "/threads", b"{}", Referer=EVIL + "/page")[0] == 403
    assert server.ask("GET", f"/threads/{thread}/state", Origin=EVIL)[0] == 403
    assert server.ask("GET", "/ok", Host="evil.example")[0] == 403
    with server.client() as client:
        assert client.runs.list(thread) == []
    assert threads(server) == before


def test_a_socket_of_another_site_is_not_opened(server: Served) -> None:
    """CORS knows nothing of WebSockets; the API takes commands over one."""
    with server.client() as client:
        thread = client.threads.create(graph_id="research")["thread_id"]

    def handshake(origin: str) -> str:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
            line.sendall(
                f"GET /threads/{thread}/stream/events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                f"Origin: {origin}\r\n\r\n".encode()
            )
            return line.recv(200).decode().splitlines()[0]

    assert " 403 " in handshake(EVIL)
    assert " 101 " in handshake(STUDIO)


@pytest.mark.parametrize("origin", [STUDIO, "http://localhost:3000"])
def test_studio_asks_first_and_then_works(server: Served, origin: str) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-auth-scheme",
    }
    status, headers, _ = server.ask("OPTIONS", "/threads", None, **asked)
    assert (status, headers["access-control-allow-origin"]) == (200, origin)
    assert "POST" in headers["access-control-allow-methods"]
    status, headers, said = server.ask("POST", "/threads", b"{}", Origin=origin, Content_Type="application/json")
    assert (status, headers["access-control-allow-origin"]) == (200, origin)
    for method in ("DELETE", "PATCH"):
        asked["Access-Control-Request-Method"] = method
        assert server.ask("OPTIONS", f"/threads/{json.loads(said)['thread_id']}", None, **asked)[0] == 200


def test_the_map_and_the_form_are_shown(server: Served) -> None:
    with server.client() as client:
        assistant = client.assistants.search(graph_id="research")[0]["assistant_id"]
        drawn = client.assistants.get_graph(assistant)
        forms = client.assistants.get_schemas(assistant)
    assert {"intake", "approve_launch", "monitoring", "report"} <= {node["id"] for node in drawn["nodes"]}
    labels = {(edge["source"], edge["target"]): edge.get("data") for edge in drawn["edges"]}
    assert labels["intake", "literature"] == "measured"
    assert {"task", "name", "brief", "approve", "model", "models"} == set(forms["input_schema"]["properties"])
    assert "stage" in forms["state_schema"]["properties"]
    assert {"home", "slots"} <= set(forms["context_schema"]["properties"])
