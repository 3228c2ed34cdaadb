"""Opening papers over HTTP: arXiv's HTML, then ar5iv's, then the PDF; and what the tools over them say."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lab.net.trouble import SourceTrouble
from lab.net.web import Web
from lab.papers.paper import PAGE, NoSuchPart, Paper, Section, Table
from lab.papers.read import Shelf, Unread, arxiv_id, read_paper
from nodes.tools.papers_read import paged, reading_tools, table_page, tools_of
from tests.lab.papers_read.made import paper_pdf, scan

HTML = (Path(__file__).parent / "paper.html").read_bytes()
ABSTRACT = b"<html><body><h1>Title</h1><blockquote class='abstract'>We show everything.</blockquote></body></html>"


class Hosts(ThreadingHTTPServer):
    """arXiv below /arxiv and ar5iv below /ar5iv."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Pages)
        self.pages: dict[str, tuple[str, bytes]] = {}
        self.asked: list[str] = []


class Pages(BaseHTTPRequestHandler):
    server: Hosts

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        kind, body = self.server.pages.get(self.path, ("text/html", b"<h1>404</h1>"))
        self.send_response(200 if self.path in self.server.pages else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    server = Hosts()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("POSTGRAD_ARXIV_URL", f"{base}/arxiv")
    monkeypatch.setenv("POSTGRAD_AR5IV_URL", f"{base}/ar5iv")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("said", "id"),
    [
        ("arxiv:2401.00001", "2401.00001"), ("https://arxiv.org/abs/2401.00001v3", "2401.00001v3"), ("2401.00001", "2401.00001"),
        ("hep-th/9901001", "hep-th/9901001"), ("doi:10.1000/x", None), ("a title", None),
    ],
)  # fmt: skip
def test_an_id_is_read_in_whatever_way_it_is_written(said: str, id: str | None) -> None:
    assert arxiv_id(said) == id


@pytest.mark.slow
def test_the_html_is_taken_first_then_ar5iv_then_the_pdf(hosts: Hosts) -> None:
    hosts.pages["/arxiv/pdf/2401.00001"] = ("application/pdf", paper_pdf())
    assert read_paper(Web(), "2401.00001").how == "pdf"
    hosts.pages["/ar5iv/html/2401.00001"] = ("text/html", HTML)
    assert read_paper(Web(), "2401.00001").how == "ar5iv"
    hosts.pages["/arxiv/html/2401.00001"] = ("text/html", HTML)
    assert read_paper(Web(), "arxiv:2401.00001").how == "html"
    hosts.pages["/arxiv/html/2401.00001"] = ("text/html", ABSTRACT)
    assert read_paper(Web(), "2401.00001").how == "ar5iv", "a page with an abstract is no paper"


def test_a_paper_that_cannot_be_read_is_unread_and_every_try_is_told(hosts: Hosts) -> None:
    hosts.pages["/arxiv/html/2401.00001"] = ("text/html", ABSTRACT)
    hosts.pages["/arxiv/pdf/2401.00001"] = ("application/pdf", scan())
    with pytest.raises(Unread) as wrong:
        read_paper(Web(), "2401.00001")
    line = str(wrong.value)
    assert line.startswith("arxiv:2401.00001 is unread: html: the page holds no converted paper")
    assert "ar5iv has no such thing" in line and "it is scanned" in line and "\n" not in line
    with pytest.raises(Unread, match="only papers on arXiv can be opened"):
        read_paper(Web(), "doi:10.1000/182")


def test_a_title_that_does_not_fit_is_said(hosts: Hosts) -> None:
    hosts.pages["/arxiv/html/2401.00001"] = ("text/html", HTML)
    assert not any(
        "found as" in n for n in read_paper(Web(), "2401.00001", "Group baselines for small models: v2").notes
    )
    notes = read_paper(Web(), "2401.00001", "Protein Folding at Scale").notes
    assert (
        notes[-1]
        == "it was found as 'Protein Folding at Scale', and its own title is 'Group Baselines for Small Models'"
    )


def test_the_shelf_opens_each_paper_once_whoever_asks(hosts: Hosts) -> None:
    hosts.pages["/arxiv/html/2401.00001"] = ("text/html", HTML)
    shelf = Shelf(Web())
    threads = [threading.Thread(target=shelf.open, args=("2401.00001",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hosts.asked == ["/arxiv/html/2401.00001"]
    for _ in range(2):
        with pytest.raises(Unread):
            shelf.open("2401.99999")
    assert len(hosts.asked) == 4, "what was unread is not asked for again"


def test_tools_read_a_paper_page_by_page_and_its_figures(hosts: Hosts) -> None:
    hosts.pages["/arxiv/html/2401.00001"] = ("text/html", HTML)
    tools = {tool.name: tool for tool in reading_tools(Web())}

    def say(name: str, **args: object) -> str:
        return tools[name].run(tools[name].takes.model_validate({"paper": "2401.00001", **args}))

    assert "[3] 2.1 Objective" in say("read_paper")
    assert say("read_section", section="2.1").startswith("2.1 Objective: characters 0 to")
    assert "Group baseline | 48.2 | 50.3 | 10.4" in say("paper_tables", table=1)
    assert say("paper_tables").startswith("[1] Table 1: Table 1: Accuracy")
    assert say("check_quote", quote="The test part of GSM8K has 1,319 questions") == "yes: 3 Experiments"
    assert say("check_quote", quote="The test part of GSM8K has 1,318 questions").startswith(
        "no: the quote does not stand"
    )
    with pytest.raises(SourceTrouble):
        say("figure_values")
    hosts.pages["/arxiv/pdf/2401.00001"] = ("application/pdf", paper_pdf())
    assert "Figure 1: Reward of three methods." in say("figure_values") and "A: 81.2" in say("figure_values")
    with pytest.raises(NoSuchPart, match="has 2 tables"):
        say("paper_tables", table=3)


def test_a_draft_is_told_before_it_is_handed_in(hosts: Hosts) -> None:
    hosts.pages["/arxiv/html/2401.00001"] = ("text/html", HTML)
    shelf = Shelf(Web())
    check = {tool.name: tool for tool in tools_of(shelf.open("2401.00001"), shelf)}["check_draft"]
    claim = {
        "metric": "accuracy",
        "dataset": "GSM8K",
        "method": "Supervised",
        "value": 41.5,
        "quote": "Supervised | 41.5 | 44.0 | 9.1",
    }
    assert check.run(check.takes.model_validate({"claim": claim})) == "claim: accepted"
    told = check.run(check.takes.model_validate({"claim": {**claim, "value": 42.5}}))
    assert told == "claim: rejected; value: 42.5 does not stand in the quote"


def test_long_tables_and_long_answers_are_paged_without_a_gap() -> None:
    rows = tuple((f"row {n}", "x" * 90) for n in range(200))
    paper = Paper(
        "arxiv:1", "t", "", "html", (Section("1", "One", 1, "text"),), (Table("Table 1: long", ("a", "b"), rows),)
    )
    seen, row = list[str](), 0
    while True:
        page = table_page(paper, 1, row)
        assert len(page) < PAGE + 200
        seen += [line.split(" | ")[0] for line in page.splitlines()[2:] if line.startswith("row ")]
        if "[read on with row " not in page:
            break
        row = int(page.rpartition("[read on with row ")[2].split(";")[0])
    assert seen == [name for name, _ in rows]

    text = "".join(chr(97 + n % 26) for n in range(3 * PAGE))
    got, at = "", 0
    while at < len(text):
        got += paged(text, at).partition("\n[read on")[0]
        at = len(got)
    assert got == text
