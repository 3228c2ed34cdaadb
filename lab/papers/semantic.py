"""Semantic Scholar over HTTP: the Academic Graph (`/graph/v1`) and the Recommendations (`/recommendations/v1`) APIs.

Works without a key, from an allowance shared by everybody; S2_API_KEY gives one's own, and goes to this host alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from lab.net.host import host
from lab.net.trouble import SourceTrouble, understood
from lab.net.web import Answer, Web
from lab.papers.found import Found, Link, Links, Page, one_line, paper_id
from state.errors import UserError

FIELDS = (
    "externalIds,title,abstract,year,venue,authors,citationCount,influentialCitationCount,openAccessPdf,publicationDate"
)
"""What lists may be asked for; a one-sentence summary (`tldr`) is refused there."""
MOST_RELEVANT = 1000
"""How many results of the relevance search can be reached at all."""
MOST_LINKS = 9999
"""The same of references and citations: offset and limit together stay below 10,000."""
NONE_KNOWN = "No valid paper ids given"
"""How a batch is refused in which no id is known; one that is known, and the others come back as null."""

BulkOrder = Literal["citationCount:desc", "publicationDate:desc", "publicationDate:asc", "paperId:asc"]
Pool = Literal["recent", "all-cs"]


@dataclass(frozen=True)
class Filters:
    """What a search is narrowed by."""

    year: str = ""
    """2024, 2020-2023, 2020- or -2015."""
    fields_of_study: str = ""
    """Comma-separated: Computer Science, Mathematics."""
    min_citations: int | None = None
    venue: str = ""
    open_access: bool = False

    def params(self) -> dict[str, Any]:
        return {
            "year": self.year or None, "fieldsOfStudy": self.fields_of_study or None,
            "minCitationCount": self.min_citations, "venue": self.venue or None,
            "openAccessPdf": "" if self.open_access else None,
        }  # fmt: skip


@dataclass(frozen=True)
class Snippet:
    """A passage of a paper's text."""

    paper: str
    title: str
    section: str
    text: str
    score: float


NO_FILTERS = Filters()


@understood("semantic")
def search(web: Web, words: str, *, k: int = 10, start: int = 0, filters: Filters = NO_FILTERS) -> Page:
    """By relevance (`GET /graph/v1/paper/search`)."""
    k = min(k, 100, MOST_RELEVANT - start)
    if k < 1:
        raise UserError(
            f"Semantic Scholar shows the {MOST_RELEVANT} most relevant papers; narrow the search, or sort it"
        )
    asked = {"query": _plain(words), "offset": start, "limit": k, "fields": FIELDS, **filters.params()}
    answer = _get(web, "graph/v1/paper/search", asked)
    told = answer.json()
    after = "" if told.get("next") is None or int(told["next"]) >= MOST_RELEVANT else str(told["next"])
    return Page(_papers(told.get("data")), "semantic", int(told.get("total") or 0), after, cached=answer.cached)


@understood("semantic")
def bulk(
    web: Web, words: str, *, order: BulkOrder = "citationCount:desc", token: str = "", filters: Filters = NO_FILTERS
) -> Page:
    """All that match, sorted, a thousand at a time (`GET /graph/v1/paper/search/bulk`); `after` is the next one's token."""
    asked = {"query": _plain(words), "sort": order, "fields": FIELDS, "token": token or None, **filters.params()}
    answer = _get(web, "graph/v1/paper/search/bulk", asked)
    told = answer.json()
    return Page(
        _papers(told.get("data")),
        "semantic",
        int(told.get("total") or 0),
        told.get("token") or "",
        cached=answer.cached,
    )


@understood("semantic")
def details(web: Web, name: str) -> Found:
    """One paper (`GET /graph/v1/paper/ID`), with its one-sentence summary and how many it cites."""
    path = f"graph/v1/paper/{_path(name)}"
    told = _get(web, path, {"fields": f"{FIELDS},tldr,referenceCount"}).json()
    return _found(told)


@understood("semantic")
def by_title(web: Web, title: str) -> Found | None:
    """The paper whose title is nearest (`GET /graph/v1/paper/search/match`); None where nothing comes near."""
    try:
        told = _get(web, "graph/v1/paper/search/match", {"query": _plain(title), "fields": FIELDS}).json()
    except SourceTrouble as wrong:
        if wrong.kind == "missing":
            return None
        raise
    return next(iter(_papers(told.get("data"))), None)


@understood("semantic")
def batch(web: Web, names: Sequence[str]) -> dict[str, Found]:
    """Several papers at once (`POST /graph/v1/paper/batch`, 500 at a time), by the id they were asked for."""
    found: dict[str, Found] = {}
    for at in range(0, len(names), 500):
        part = list(names[at : at + 500])
        try:
            told = _post(web, "graph/v1/paper/batch", {"ids": [_asked(n) for n in part]}, {"fields": FIELDS}).json()
        except SourceTrouble as wrong:
            if wrong.status == 400 and NONE_KNOWN in str(wrong):
                continue
            raise
        found.update({name: _found(paper) for name, paper in zip(part, told, strict=True) if paper})
    return found


@understood("semantic")
def references(web: Web, name: str, *, k: int = 20, start: int = 0) -> Links:
    """What it cites, with the words it does so in (`GET /graph/v1/paper/ID/references`)."""
    return _links(web, name, "references", "citedPaper", k, start)


@understood("semantic")
def citations(web: Web, name: str, *, k: int = 20, start: int = 0) -> Links:
    """Who cites it, and in which words (`GET /graph/v1/paper/ID/citations`)."""
    return _links(web, name, "citations", "citingPaper", k, start)


@understood("semantic")
def recommend(web: Web, like: Sequence[str], unlike: Sequence[str] = (), *, k: int = 10, pool: Pool = "all-cs") -> Page:
    """Papers like these and unlike those: `GET /recommendations/v1/papers/forpaper/ID` for one, else `POST .../papers/`.

    The pool (all of computer science, or the recent of every field) can be chosen for one paper alone."""
    if not like:
        raise UserError("name at least one paper that the recommended ones should be like")
    k = min(k, 500)
    if len(like) == 1 and not unlike:
        path = f"recommendations/v1/papers/forpaper/{_path(like[0])}"
        answer = _get(web, path, {"limit": k, "fields": FIELDS, "from": pool})
    else:
        body = {"positivePaperIds": [_asked(n) for n in like], "negativePaperIds": [_asked(n) for n in unlike]}
        answer = _post(web, "recommendations/v1/papers/", body, {"limit": k, "fields": FIELDS})
    papers = _papers(answer.json().get("recommendedPapers"))
    return Page(papers, "semantic", len(papers), cached=answer.cached)


@understood("semantic")
def snippets(
    web: Web, question: str, *, k: int = 10, papers: Sequence[str] = (), year: str = ""
) -> tuple[Snippet, ...]:
    """Passages of some 500 words from titles, abstracts and open texts (`GET /graph/v1/snippet/search`)."""
    asked = {
        "query": one_line(question),
        "limit": min(k, 1000),
        "year": year or None,
        "paperIds": ",".join(_asked(n) for n in papers) or None,
    }
    answer = _get(web, "graph/v1/snippet/search", asked)
    told = answer.json().get("data") or []
    corpus = list(dict.fromkeys(f"s2:corpus:{item['paper']['corpusId']}" for item in told))
    try:  # its own answer names papers by a number that no other source knows
        known = batch(web, corpus) if corpus else {}
    except SourceTrouble:
        known = {}  # the number is an id as well: every other question here takes it
    return tuple(_snippet(item, known) for item in told)


def _get(web: Web, path: str, asked: dict[str, Any]) -> Answer:
    return web.get(host("semantic"), path, asked, accept="application/json")


def _post(web: Web, path: str, body: dict[str, Any], asked: dict[str, Any]) -> Answer:
    return web.post(host("semantic"), path, body, asked, accept="application/json")


def _links(web: Web, name: str, which: str, end: str, k: int, start: int) -> Links:
    k = min(k, 1000, MOST_LINKS - start)
    if k < 1:
        raise UserError(f"Semantic Scholar shows the first {MOST_LINKS:,} {which} of a paper; these were the last")
    asked = {"offset": start, "limit": k, "fields": f"contexts,intents,isInfluential,{FIELDS}"}
    answer: Answer = _get(web, f"graph/v1/paper/{_path(name)}/{which}", asked)
    told = answer.json()
    if told.get("data") is None:
        return Links((), note=f"Semantic Scholar may not show the {which} of {name}: its publisher withholds them")
    known = [item for item in told["data"] if (item.get(end) or {}).get("paperId")]
    links = tuple(_link(item, item[end]) for item in known)
    after = told.get("next")
    return Links(
        links, None if after is None or int(after) >= MOST_LINKS else int(after), len(told["data"]) - len(known)
    )


def _link(item: dict[str, Any], other: dict[str, Any]) -> Link:
    contexts = tuple(one_line(context) for context in item.get("contexts") or ())
    return Link(_found(other), contexts, tuple(item.get("intents") or ()), bool(item.get("isInfluential")))


def _asked(name: str) -> str:
    """A paper's id as this host writes it."""
    said = paper_id(name)
    kind, _, rest = said.partition(":")
    if kind == "arxiv":
        return f"ARXIV:{rest}"
    if kind == "doi":
        return f"DOI:{rest}"
    if kind == "s2":
        return f"CorpusId:{rest.removeprefix('corpus:')}" if rest.startswith("corpus:") else rest
    raise UserError(
        f"{name} is an entry of the library, which Semantic Scholar does not know; ask for a paper it rests on"
    )


def _path(name: str) -> str:
    return quote(_asked(name), safe=":/")


def _plain(words: str) -> str:
    """Words alone: a hyphen finds nothing in one search here, and in the other it means `without`."""
    plain = one_line("".join(c if c.isalnum() or c in "'. " else " " for c in words))
    if not plain:
        raise UserError(f"nothing to search Semantic Scholar for in {words!r}; name a method, a symptom or a dataset")
    return plain


def _papers(told: list[dict[str, Any]] | None) -> tuple[Found, ...]:
    return tuple(_found(paper) for paper in told or () if paper and paper.get("paperId"))


def _found(told: dict[str, Any]) -> Found:
    outer = told.get("externalIds") or {}
    doi = str(outer.get("DOI") or "").lower()
    if outer.get("ArXiv"):
        name = paper_id(f"arxiv:{outer['ArXiv']}")
    elif doi:
        name = paper_id(f"doi:{doi}")
    else:
        name = f"s2:{told['paperId']}"
    notes = [f"in {one_line(told['venue'])}"] if told.get("venue") else []
    if told.get("influentialCitationCount"):
        notes.append(f"{told['influentialCitationCount']} influential citations")
    if told.get("referenceCount"):
        notes.append(f"cites {told['referenceCount']} papers")
    if (told.get("tldr") or {}).get("text"):
        notes.append(f"in short (written by a model of Semantic Scholar): {one_line(told['tldr']['text'])}")
    return Found(
        id=name, title=one_line(told.get("title")), authors=tuple(one_line(a.get("name")) for a in told.get("authors") or ()),
        year=told.get("year"), abstract=one_line(told.get("abstract")), citations=told.get("citationCount"),
        sources=("semantic",), url=f"https://www.semanticscholar.org/paper/{told['paperId']}",
        pdf=(told.get("openAccessPdf") or {}).get("url") or "", doi=doi, s2=told["paperId"], notes=tuple(notes),
    )  # fmt: skip


def _snippet(item: dict[str, Any], known: dict[str, Found]) -> Snippet:
    corpus = f"s2:corpus:{item['paper']['corpusId']}"
    name = known[corpus].id if corpus in known else corpus
    part = item["snippet"]
    section = one_line(part.get("section")) or one_line(part.get("snippetKind"))
    return Snippet(
        name, one_line(item["paper"].get("title")), section, one_line(part.get("text")), float(item.get("score") or 0.0)
    )
