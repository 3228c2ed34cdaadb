"""A stand-in for arXiv, Hugging Face Papers and Semantic Scholar on loopback: one small literature, three protocols.

    with PapersStandIn(example_literature()) as papers:
        for name, value in papers.env.items():
            monkeypatch.setenv(name, value)              # POSTGRAD_ARXIV_URL and so on, HF_ENDPOINT
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)   # tests are offline otherwise
        papers.fail("semantic", 429)                     # from now on, until papers.fail("semantic", 0)

`papers.asked` lists what came in. `answer(method, path, query, body)` answers without a socket, for a larger stand-in.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.standins import papers_answers as answers
from tests.standins.papers_reply import Reply

STRANGE = 200
"""For `fail`: an answer that is no error, in a shape that nobody knows."""


@dataclass(frozen=True)
class Cites:
    """One citation, as Semantic Scholar tells of it. `other` is the key of a paper, or a line of text it cannot place."""

    other: str
    contexts: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    influential: bool = False


@dataclass(frozen=True)
class Paper:
    """One paper of the literature; `arxiv` or `doi` or neither."""

    key: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ("A. Author",)
    published: str = "2024-02-05"
    arxiv: str = ""
    doi: str = ""
    categories: tuple[str, ...] = ("cs.LG",)
    venue: str = ""
    cited: int = 0
    """More citations than the literature itself holds."""
    cites: tuple[Cites, ...] = ()
    withheld: bool = False
    """Its publisher does not let Semantic Scholar show its references."""
    upvotes: int = 0
    github: str = ""
    text: tuple[tuple[str, str], ...] = ()
    """(section, passage) of its open text."""
    on: tuple[str, ...] = ("arxiv", "semantic", "hf")
    """Which sources know it."""

    @property
    def s2(self) -> str:
        return hashlib.sha1(self.key.encode()).hexdigest()

    @property
    def corpus(self) -> int:
        return int(self.s2[:7], 16)

    @property
    def year(self) -> int:
        return int(self.published[:4])


@dataclass(frozen=True)
class Linked:
    """A dataset, model or collection of the Hub that names a paper."""

    kind: str
    id: str
    paper: str
    downloads: int = 0


@dataclass(frozen=True)
class Asked:
    """One request that came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass
class PapersStandIn:
    papers: list[Paper]
    linked: list[Linked] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """What else stands here, by path: content type and body, such as /html/2402.03301 and /pdf/2402.03301 of arXiv."""
    _failing: dict[str, tuple[int, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> PapersStandIn:
        handler = type("Here", (_Handler,), {"here": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def env(self) -> dict[str, str]:
        names = ("POSTGRAD_ARXIV_URL", "POSTGRAD_ARXIVAPI_URL", "POSTGRAD_SEMANTIC_URL", "HF_ENDPOINT")
        return dict.fromkeys(names, self.url)

    def fail(self, source: str, status: int, times: int = 1_000_000) -> None:
        """Answer this source's next questions with an error; status 0 heals it."""
        self._failing[source] = (status, times)

    def of(self, source: str) -> Iterator[Paper]:
        """The papers a source knows, in the order given."""
        return (p for p in self.papers if source in p.on and (source == "semantic" or p.arxiv))

    def paper(self, said: str) -> Paper | None:
        """By any id that Semantic Scholar or the Hub takes."""
        kind, _, rest = said.partition(":")
        for paper in self.papers:
            named = {"ARXIV": paper.arxiv, "DOI": paper.doi, "CorpusId": str(paper.corpus)}.get(kind, "")
            if said in (paper.s2, paper.arxiv, paper.key) or (rest and named and rest.lower() == named.lower()):
                return paper
        return None

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply | None:
        """What stands at this path; None where these three hosts have nothing."""
        if path in self.pages:
            return Reply(200, *self.pages[path])
        source = answers.source_of(path)
        if source is None:
            return None
        with self._lock:
            status, times = self._failing.get(source, (0, 0))
            self._failing[source] = (status, times - 1)
        if status and times > 0:
            return answers.error(source, status) if status != STRANGE else answers.STRANGE_ANSWER
        return answers.reply(self, method, path, query, body)


def terms(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower()))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    here: PapersStandIn

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: ",".join(values) for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.here._lock:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.here.asked.append(Asked(self.command, parts.path, query, headers))
        said = self.here.answer(self.command, parts.path, query, json.loads(raw) if raw else None)
        reply = said or Reply(404, "application/json", b'{"error": "Not Found"}')
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass


def example_literature() -> list[Paper]:
    """Papers about one question, some known to all three hosts, some to one; titles and contents are invented."""
    return [
        Paper(
            "anchor", "Group Relative Rewards for Small Reasoners",
            "We train small models with group relative rewards; reward collapse is studied.",
            ("Ada One", "Ben Two"), "2024-02-05", arxiv="2402.03301", cited=120, venue="Conf. on Examples", upvotes=41,
            github="https://github.com/example/group-rewards", categories=("cs.CL", "cs.LG"),
            cites=(
                Cites("clip", ("We follow the clipped objective of [3].", "As in [3], the ratio is clipped."), ("methodology",), True),
                Cites("kl", ("A penalty keeps it near the reference [7].",), ("background",)),
                Cites("An old book that no index knows, 1958."),
            ),
            text=(("Method", "Rewards are divided by the standard deviation of their group; the learning rate is 1e-6."),
                  ("Experiments", "Accuracy rises from 46.8 to 51.7 on the arithmetic test with 64 samples per question.")),
        ),
        Paper(
            "collapse", "When Rewards Collapse: Entropy and Failure in Policy Training", "Reward collapse follows entropy collapse.",
            ("Cy Three",), "2024-09-10", arxiv="2409.11111", cited=30, upvotes=12,
            cites=(Cites("anchor", ("Group relative rewards [12] collapse when the group agrees.",), ("result",), True), Cites("kl")),
            text=(("Analysis", "Entropy falls to 0.001 before the reward collapses."),),
        ),
        Paper(
            "clip", "A Clipped Objective for Steady Policies", "We clip the ratio of policies.", ("Di Four",), "2017-07-20",
            arxiv="1707.01234", doi="10.1234/clip.2017", cited=9000, venue="Journal of Examples", on=("arxiv", "semantic"),
        ),
        Paper(
            "kl", "Penalties that Keep a Policy Near its Reference", "A KL penalty with an adaptive weight.", ("Ed Five",),
            "2019-09-18", arxiv="1909.08593", cited=700, on=("arxiv", "semantic", "hf"), upvotes=3,
        ),
        Paper(
            "journal", "Reward Collapse in the Journal", "A study of reward collapse that was never a preprint.", ("Flo Six",),
            "2023-01-01", doi="10.5555/journal.6", cited=4, venue="J. Imag. Res.", on=("semantic",), withheld=True,
        ),
        Paper(
            "fresh", "Small Reasoners Revisited", "We repeat training of small reasoners with group rewards.", ("Gil Seven",),
            "2026-11-01", arxiv="2611.00007", on=("arxiv", "hf"), upvotes=99, cites=(),
        ),
        Paper(
            "orphan", "A Paper with Neither Number", "Group rewards without a preprint or DOI.", ("Hal Eight",), "2021-05-05",
            on=("semantic",), cites=(Cites("anchor", ("Compare [1].",), ("background",)),),
        ),
        Paper(
            "twin", "Group relative rewards for small reasoners.", "The printed version.", ("Ada One", "Ben Two"), "2024-06-01",
            doi="10.1234/twin", cited=5, on=("semantic",), venue="Proc. of Examples",
        ),
    ]  # fmt: skip


def example_linked() -> list[Linked]:
    return [
        *(Linked("datasets", f"owner/sums-{n:02d}", "2402.03301", 1000 - n) for n in range(23)),
        Linked("models", "owner/small-reasoner", "2402.03301", 50),
        Linked("collections", "owner/reasoning-0123456789abcdef01234567", "2402.03301", 7),
    ]
