"""Finding the passage that says it: in texts already read and the library by BM25, in open texts of others by Semantic Scholar."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lab.net.trouble import SourceTrouble
from lab.net.web import Web
from lab.papers import semantic
from lab.papers.bm25 import Passage, search
from lab.papers.found import paper_id
from lab.papers.library import Entry, load_library
from lab.papers.merge import FUSED
from state.reading import Source

LONG = 1_500
"""Characters of one piece of a text: two or three paragraphs, so that what is found can be shown whole."""
PARAGRAPH = re.compile(r"\n\s*\n")
SENTENCE = re.compile(r"(?<=[.!?])\s+")

Where = Literal["read", "library", "semantic"]


@dataclass(frozen=True)
class Excerpt:
    """A passage, and the paper it stands in."""

    paper: str
    title: str
    section: str
    text: str
    where: Where
    """`read`: a text of this run; `library`: in our words; `semantic`: told by Semantic Scholar."""


@dataclass(frozen=True)
class Excerpts:
    """What was found, best first, and who did not answer."""

    found: tuple[Excerpt, ...]
    sources: tuple[Source, ...]


def pieces(paper: str, title: str, sections: Sequence[tuple[str, str]]) -> list[Passage]:
    """A text that was read, cut where paragraphs or else sentences end; nothing is left out."""
    made: list[Passage] = []
    for section, text in sections:
        held = ""
        for part in _parts(text):
            if held and len(held) + len(part) > LONG:
                made.append(Passage(f"{paper}#{len(made)}", f"{title} · {section}", held))
                held = ""
            held = f"{held} {part}".strip()
        if held:
            made.append(Passage(f"{paper}#{len(made)}", f"{title} · {section}", held))
    return made


def find_passages(
    web: Web | None, question: str, k: int, *, read: Sequence[Passage] = (), papers: Sequence[str] = (),
    entries: Sequence[Entry] | None = None, library: bool = True, each: int | None = None,
) -> Excerpts:  # fmt: skip
    """The k passages that answer best; `papers` narrows to these. Lists are fused by their places; equals keep the order
    read, library, Semantic Scholar. `each`: how many of each list, k unless said. Without a web nobody is asked."""
    each = each or k
    only = {paper_id(name) for name in papers}
    found: dict[Where, list[Excerpt]] = {"read": _in_read(question, each, read, only)}
    sources = [Source(name="read", answered=True, why=f"{len(found['read'])} passages of {len(read)} read")]
    if library:
        known = [e for e in (load_library() if entries is None else entries) if not only or e.id in only]
        found["library"] = _in_library(question, each, known)
        sources.append(Source(name="library", answered=True, why=f"{len(found['library'])} entries of {len(known)}"))
    if web is not None:
        found["semantic"], told = _from_semantic(web, question, each, sorted(only))
        sources.append(told)
    placed = [(place, n, excerpt) for n, held in enumerate(found.values()) for place, excerpt in enumerate(held, 1)]
    fused = sorted(placed, key=lambda p: (-1 / (FUSED + p[0]), p[1]))
    return Excerpts(tuple(excerpt for _, _, excerpt in fused[:k]), tuple(sources))


def _in_read(question: str, k: int, read: Sequence[Passage], only: set[str]) -> list[Excerpt]:
    wanted = [p for p in read if not only or p.id.rpartition("#")[0] in only]
    by_id = {p.id: p for p in wanted}
    hits = search(question, k, entries=[], extra_texts=wanted) if wanted else []
    return [
        Excerpt(hit.id.rpartition("#")[0], *_split(by_id[hit.id].title), by_id[hit.id].text, "read") for hit in hits
    ]  # fmt: skip


def _in_library(question: str, k: int, known: Sequence[Entry]) -> list[Excerpt]:
    by_id = {entry.id: entry for entry in known}
    hits = search(question, k, entries=known) if known else []
    return [Excerpt(h.id, h.title, "entry in our words", " ".join(by_id[h.id].body.split()), "library") for h in hits]


def _from_semantic(web: Web, question: str, k: int, papers: Sequence[str]) -> tuple[list[Excerpt], Source]:
    asked = [name for name in papers if not name.startswith("postgrad:")]
    if papers and not asked:
        return [], Source(name="semantic", answered=True, why="not asked: these are entries of our own")
    try:
        told = semantic.snippets(web, question, k=k, papers=asked)
    except SourceTrouble as wrong:
        return [], Source(name="semantic", answered=False, why=str(wrong))
    excerpts = [Excerpt(s.paper, s.title, s.section, s.text, "semantic") for s in told]
    return excerpts, Source(name="semantic", answered=True, why=f"{len(excerpts)} passages")


def _split(title: str) -> tuple[str, str]:
    paper, _, section = title.rpartition(" · ")
    return (paper, section) if paper else (title, "")


def _parts(text: str) -> list[str]:
    """Paragraphs; one that is too long as its sentences; one sentence that is too long in slices."""
    parts: list[str] = []
    for paragraph in PARAGRAPH.split(text):
        one = " ".join(paragraph.split())
        for part in [one] if len(one) <= LONG else SENTENCE.split(one):
            parts += [part[at : at + LONG] for at in range(0, len(part), LONG)]
    return parts
