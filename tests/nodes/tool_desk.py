"""A desk with every room's needs at hand, hosts that only listen, and arguments for each tool."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lab.compute.local import LocalEngine
from lab.ledger.journal import Journal
from lab.ledger.ledger import Ledger
from lab.model.tool import Tool
from lab.net.web import Web
from lab.papers.paper import Paper
from lab.papers.read import Shelf
from nodes.desk import Desk
from nodes.tools.table import TABLE, reader_tools, tools_for
from state.errors import UserError

STAGES = tuple(TABLE)


def desk_at(home: Path, stage: str, run: str = "a") -> Desk:
    workspace = home / "runs" / run
    workspace.mkdir(parents=True, exist_ok=True)
    return Desk(
        home=home, run=run, stage=stage, engine=LocalEngine(home), journal=Journal(workspace / "journal.jsonl"),
        ledger=Ledger(workspace / "ledger.jsonl"), say=lambda _: None,
    )  # fmt: skip


def given(desk: Desk, web: Web) -> dict[str, Any]:
    """What the stage itself brings to its tools."""
    if desk.stage == "curation":
        from nodes.curation_script import Workshop
        from nodes.curation_source import Bringing

        return {"workshop": Workshop(desk, Bringing(desk.workspace, web, desk.home, None, 0))}
    if desk.stage == "implementation":
        from nodes.tools.workshop import Workshop

        draft = desk.workspace / "drafts" / "e001"
        draft.mkdir(parents=True, exist_ok=True)
        return {"workshop": Workshop(draft), "run_tiny": no_tiny_run}
    return {}


def no_tiny_run(argv: list[str], seconds: float) -> Any:
    raise UserError(f"nothing runs here: {argv}, {seconds:g} s")


def tools_at(home: Path, stage: str, state: Any = None) -> dict[str, Tool]:
    desk = desk_at(home, stage)
    web = Web(home / "cache" / "sources")
    return {tool.name: tool for tool in tools_for(stage, desk, state or {}, web=web, **given(desk, web))}


PAPER = Paper("2402.03300", "A paper", "", "html", ())


def reader(web: Web) -> dict[str, Tool]:
    """What the reader of one paper has, who is no stage of the graph."""
    return {tool.name: tool for tool in reader_tools("literature", PAPER, Shelf(web))}


SAMPLES: dict[str, dict[str, Any]] = {
    "search_papers": {"query": "reward"}, "paper_details": {"paper": "arxiv:2402.03300"}, "citations": {"paper": "arxiv:2402.03300"},
    "recommend": {"like": ["arxiv:2402.03300"]}, "find_passages": {"question": "what helps"}, "trending_papers": {},
    "linked_resources": {"paper": "arxiv:2402.03300"},
    "read_paper": {"paper": "2402.03300"}, "read_section": {"paper": "2402.03300", "section": "1"},
    "paper_tables": {"paper": "2402.03300"}, "figure_values": {"paper": "2402.03300"},
    "find_in_paper": {"paper": "2402.03300", "words": "reward"}, "check_quote": {"paper": "2402.03300", "quote": "reward"},
    "check_draft": {},
    "search_hub": {"words": "sums"}, "inspect_dataset": {"id": "owner/sums"}, "dataset_rows": {"id": "owner/sums"},
    "inspect_model": {"id": "owner/model"}, "hub_files": {"id": "owner/sums"},
    "read_hub_file": {"id": "owner/sums", "path": "README.md"}, "hub_card": {"id": "owner/sums"},
    "hub_discussions": {"id": "owner/sums"},
    "search_code": {"query": "GRPOTrainer"}, "find_examples": {"repo": "owner/code", "query": "reward"},
    "read_code": {"repo": "owner/code", "path": "a.py"}, "list_repository": {"repo": "owner/code"},
    "search_docs": {"library": "trl", "query": "reward"}, "read_docs": {"library": "trl", "page": "index"},
    "signature": {"name": "json.dumps"}, "web_search": {"query": "reward"}, "read_page": {"url": "http://127.0.0.1:9/a"},
    "list_experiments": {}, "metrics_summary": {"experiment": "e001"},
    "metrics_window": {"experiment": "e001", "names": ["loss"]}, "read_log": {"experiment": "e001"},
    "experiment_files": {"experiment": "e001", "show": "script"}, "run_table": {"table": "tried"}, "read_reading": {"part": "recipes"},
    "list_files": {}, "read_file": {"name": "train.py"}, "write_file": {"name": "train.py", "text": "1", "why": "a test"},
    "edit_file": {"name": "train.py", "old": "1", "new": "2", "why": "a test"}, "check_script": {}, "run_tiny": {},
    "write_data_script": {"name": "clean", "source": "owner/sums", "script": "print(1)"},
    "edit_data_script": {"name": "clean", "old": "1", "new": "2"}, "read_data_script": {"name": "clean"},
    "run_data_script": {"name": "clean"}, "raw_rows": {"source": "owner/sums"},
    "audit_table": {"source": "owner/sums", "why": "to see"},
}  # fmt: skip
"""One honest call of each tool."""


@dataclass
class Ear:
    """A host that answers everything with 404 and remembers what it was sent."""

    heard: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def listening() -> Iterator[Ear]:
    ear = Ear()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            ear.heard.append(f"{self.path}\n{self.headers}\n{body.decode(errors='replace')}")
            self.send_response(404)
            self.send_header("content-length", "0")
            self.end_headers()

        do_POST = do_HEAD = do_PUT = do_DELETE = do_GET

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    ear.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield ear
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
