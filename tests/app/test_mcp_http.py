"""`postgrad mcp --http`: for this machine, and for nobody who only pretends to be on it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import httpx
import pytest
from door import Door
from test_mcp_command import HELLO, said, start


@pytest.fixture
def http(postgrad: Door) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with start(postgrad, "--http", str(port)) as process:
        assert process.stderr is not None
        assert f"http://127.0.0.1:{port}/mcp" in process.stderr.readline()
        for _ in range(200):
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/mcp"
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.slow
def test_over_http_it_answers_this_machine_and_no_page_that_only_pretends(http: str) -> None:
    import anyio
    from mcp import Client

    async def ask() -> None:
        with anyio.fail_after(60):
            async with Client(http) as client:
                assert (await said(client, "search_library", words="entropy"))[1]

    anyio.run(ask)
    strange = httpx.post(
        http, json=HELLO[0], headers={"Host": "evil.example", "Accept": "application/json, text/event-stream"}
    )
    assert strange.status_code == 421
    origin = {"Origin": "https://evil.example", "Accept": "application/json, text/event-stream"}
    assert httpx.post(http, json=HELLO[0], headers=origin).status_code == 403


@pytest.mark.parametrize("port", ["0", "80", "70000"])
def test_a_port_that_can_not_be_meant_is_refused(postgrad: Door, port: str) -> None:
    assert "give a port from 1024 to 65535" in postgrad.refused("mcp", "--http", port)


def test_a_port_that_is_taken_is_one_line_before_anything_is_said_to_serve(postgrad: Door) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with start(postgrad, "--http", str(port)) as process:
            out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err == f"postgrad: --http {port}: Address already in use; end what listens there, or give another port\n"


@pytest.mark.slow
def test_a_port_is_free_again_for_the_next_as_soon_as_one_has_ended(postgrad: Door) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for _ in range(2):
        with start(postgrad, "--http", str(port)) as process:
            assert process.stderr is not None
            assert f"http://127.0.0.1:{port}/mcp" in process.stderr.readline()
            with socket.create_connection(("127.0.0.1", port)):  # taken already, so nobody has to ask until it answers
                process.terminate()
                process.communicate(timeout=60)
