"""Every way of writing an address of this machine or its network: no page is read there, and nobody there is even asked."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from lab.model.question import fence
from lab.net.host import is_inside
from lab.net.web import Web
from nodes.tools.code import code_tools
from state.errors import PostgradError
from tests.nodes.tool_desk import Ear, listening
from tests.standins.web import TOKEN, WebStandIn

INSIDE = (
    "127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "0", "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]", "①②⑦.0.0.1", "127。0。0。1", "169.254.169.254", "10.0.0.1", "192.168.1.1", "100.64.0.1",
    "[fe80::1%25lo]", "[fd00::1]",
    "metadata.google.internal", "printer.local", "user:pass@127.0.0.1", "example.com@127.0.0.1", "127.0.0.1\\@example.com",
)  # fmt: skip
NO_PAGES = ("file:///etc/passwd", "data:text/html,hi", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "//127.0.0.1/", "http:127.0.0.1",
            "http:///etc/passwd", "http://[", "http://a:99999999/", "javascript:alert(1)")  # fmt: skip


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ear]:
    """Somebody who would hear of it, and no proxy that could be asked instead."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with listening() as ear:
        monkeypatch.setenv("POSTGRAD_SEARCH_URL", ear.url)
        yield ear


@pytest.mark.parametrize("name", INSIDE)
def test_no_page_of_this_machine_or_its_network_is_read(ear: Ear, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    knocked: list[object] = []
    connect = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda self, to: knocked.append(to) or connect(self, to))
    tool = next(tool for tool in code_tools(Web()) if tool.name == "read_page")
    port = ear.url.rpartition(":")[2]
    with pytest.raises(PostgradError):
        tool.run(tool.takes(url=f"http://{name}:{port}/"))
    assert ear.heard == []
    assert [to for to in knocked if isinstance(to, tuple)] == [], "nobody is even knocked at"


@pytest.mark.parametrize("url", NO_PAGES)
def test_what_is_no_page_of_the_web_is_refused(ear: Ear, url: str) -> None:
    tool = next(tool for tool in code_tools(Web()) if tool.name == "read_page")
    with pytest.raises(PostgradError):
        tool.run(tool.takes(url=url))


def test_addresses_of_the_open_web_are_none_of_these() -> None:
    for url in (
        "http://93.184.216.34/",
        "http://[2606:2800:220:1::]/",
        "http://[64:ff9b::5db8:d822]/",
        "http://example.com/",
    ):
        assert not is_inside(url), url


def test_the_mark_of_a_fence_is_longer_than_anybody_can_search_for() -> None:
    first, _, last = fence("result", "text").partition("\ntext\n")
    mark = first.split()[-1]
    assert last == f"result {mark} >>>"
    assert len(mark) * 4 >= 80


@pytest.mark.parametrize("token", ["", TOKEN], ids=["a stranger", "signed in"])
@pytest.mark.parametrize(
    ("tool", "asked"),
    [
        ("read_code", {"path": "../../../../user"}), ("read_code", {"path": "../../../evil/other/contents/x.py"}),
        ("read_code", {"path": "x.py", "ref": ".."}), ("read_code", {"path": "x.py", "ref": "../../.."}),
        ("read_code", {"path": "./x.py"}), ("read_code", {"path": "a\0b"}),
        ("list_repository", {"ref": "../../../user"}),
        ("list_repository", {"ref": "\r\nX-Evil: 1"}),
    ],
)  # fmt: skip
def test_a_file_s_name_leads_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, token: str, tool: str, asked: dict[str, str]
) -> None:
    with WebStandIn() as web:
        for name, value in {**web.env(), "GITHUB_TOKEN": token}.items():
            monkeypatch.setenv(name, value)
        web.repository("owner/code", {"x.py": "x = 1"})
        web.repository("evil/other", {"x.py": "EVIL"})
        made = {each.name: each for each in code_tools(Web())}[tool]
        with pytest.raises(PostgradError):
            made.run(made.takes.model_validate({"repo": "owner/code", **asked}))
        assert not [path for path in web.paths() if not path.startswith(("/api/repos/owner/code", "/raw/owner/code"))]
        assert not [path for path in web.paths() if ".." in path]


@pytest.mark.parametrize("page", ["\ud800", "a\0b", "\x1b[2J", "\r\nX-Evil: 1", "a/%2e%2e/%2e%2e/b"])
def test_a_page_s_name_is_plain_or_refused(monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    with WebStandIn() as web:
        for name, value in web.env().items():
            monkeypatch.setenv(name, value)
        tool = next(tool for tool in code_tools(Web()) if tool.name == "read_docs")
        with pytest.raises(PostgradError):
            tool.run(tool.takes(library="trl", page=page))
        assert web.paths() == []
