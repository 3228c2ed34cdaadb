"""What arXiv, Hugging Face Papers and Semantic Scholar answer, in their own shapes (see papers.py)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from tests.standins.papers import Cites, Paper, PapersStandIn

LIST_FIELDS = {
    "paperId", "corpusId", "externalIds", "url", "title", "abstract", "venue", "publicationVenue", "year", "referenceCount",
    "citationCount", "influentialCitationCount", "isOpenAccess", "openAccessPdf", "fieldsOfStudy", "s2FieldsOfStudy",
    "publicationTypes", "publicationDate", "journal", "citationStyles", "authors",
}  # fmt: skip
LINK_FIELDS = {"contexts", "intents", "contextsWithIntent", "isInfluential"}


@dataclass(frozen=True)
class Reply:
    status: int
    kind: str
    body: bytes


def as_json(value: Any, status: int = 200) -> Reply:
    return Reply(status, "application/json", json.dumps(value).encode())


STRANGE_ANSWER = Reply(200, "application/json", b'{"data": [7], "recommendedPapers": [8]}')


def source_of(path: str) -> str | None:
    if path == "/api/query":
        return "arxiv"
    if path.startswith(("/graph/v1/", "/recommendations/v1/")):
        return "semantic"
    if path.startswith(("/api/papers/", "/api/daily_papers", "/api/collections", "/api/datasets", "/api/models")):
        return "hf"
    return None


def error(source: str, status: int) -> Reply:
    """How each host says that it won't: Semantic Scholar's 429 never says for how long."""
    said = {"message": "Too Many Requests. Please wait and try again or apply for a key", "code": str(status)}
    return Reply(status, "text/plain", b"Rate exceeded.") if source == "arxiv" else as_json(said, status)


def reply(here: PapersStandIn, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
    if path == "/api/query":
        return _atom(here, query)
    if path.startswith("/graph/v1/"):
        return _graph(here, method, unquote(path.removeprefix("/graph/v1/")), query, body)
    if path.startswith("/recommendations/v1/papers"):
        return _recommended(
            here, method, unquote(path.removeprefix("/recommendations/v1/papers")).strip("/"), query, body
        )
    return _hub(here, path, query)


# --- arXiv: Atom 1.0 with the extensions its manual names


def _atom(here: PapersStandIn, query: dict[str, str]) -> Reply:
    asked, numbers = query.get("search_query", ""), [n for n in query.get("id_list", "").split(",") if n]
    if any(not re.fullmatch(r"(\d{4}\.\d{4,5}|[a-z-]+/\d{7})(v\d+)?", n) for n in numbers):
        return _feed(query, 1, [_ENTRY_ERROR], 400)
    if numbers:
        found = [p for n in numbers for p in here.of("arxiv") if p.arxiv == re.sub(r"v\d+$", "", n)]
    else:
        found = [p for p in here.of("arxiv") if _fits(asked, p)]
    if query.get("sortBy") == "submittedDate":
        found.sort(key=lambda p: p.published, reverse=True)
    start, most = int(query.get("start", 0)), int(query.get("max_results", 10))
    return _feed(query, len(found), [_entry(p) for p in found[start : start + most]])


def _fits(asked: str, paper: Paper) -> bool:
    """The part of the query language that is used here: all: and cat:, joined by AND or OR, a date, round brackets."""
    text = f"{paper.title} {paper.abstract} {' '.join(paper.authors)}".lower()
    for span in re.findall(r"submittedDate:\[(\d{8})\d{4} TO (\d{8})\d{4}\]", asked):
        if not span[0] <= paper.published.replace("-", "") <= span[1]:
            return False
    if any(c not in paper.categories for c in re.findall(r"cat:([\w.-]+)", asked)):
        return False
    wanted = [a or b for a, b in re.findall(r'(?:all|ti|abs):(?:"([^"]+)"|([^\s()"]+))', asked)]
    there = [w.lower() in text for w in wanted]
    return any(there) if " OR " in asked else all(there)


def _feed(query: dict[str, str], total: int, entries: list[str], status: int = 200) -> Reply:
    said = escape(f"search_query={query.get('search_query', '')}&id_list={query.get('id_list', '')}")
    ns = 'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <link href="http://arxiv.org/api/query?{said}" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: {said}</title>
  <id>http://arxiv.org/api/cHxbiOdZaP56ODnBPIenZhzg5f8</id>
  <updated>2026-11-21T00:00:00-05:00</updated>
  <opensearch:totalResults {ns}>{total}</opensearch:totalResults>
  <opensearch:startIndex {ns}>{query.get("start", 0)}</opensearch:startIndex>
  <opensearch:itemsPerPage {ns}>{query.get("max_results", 10)}</opensearch:itemsPerPage>
{"".join(entries)}</feed>
"""
    return Reply(status, "application/atom+xml; charset=UTF-8", text.encode())


_ENTRY_ERROR = """  <entry>
    <id>http://arxiv.org/api/errors#incorrect_id_format</id>
    <title>Error</title>
    <summary>incorrect id format</summary>
    <updated>2026-11-21T00:00:00-05:00</updated>
    <published>2026-11-21T00:00:00-05:00</published>
    <author><name>arXiv api core</name></author>
  </entry>
"""


def _entry(p: Paper) -> str:
    arxiv = 'xmlns:arxiv="http://arxiv.org/schemas/atom"'
    doi = f"<arxiv:doi {arxiv}>{p.doi}</arxiv:doi>" if p.doi else ""
    title = p.title.replace(" for ", "\n  for ", 1)
    return f"""  <entry>
    <id>http://arxiv.org/abs/{p.arxiv}v2</id>
    <updated>{p.published}T17:59:46Z</updated>
    <published>{p.published}T17:59:46Z</published>
    <title>{escape(title)}</title>
    <summary>  {escape(p.abstract)}
</summary>
    {"".join(f"<author><name>{escape(a)}</name></author>" for a in p.authors)}
    {doi}
    <arxiv:comment {arxiv}>12 pages</arxiv:comment>
    <link href="http://arxiv.org/abs/{p.arxiv}v2" rel="alternate" type="text/html"/>
    <link title="pdf" href="http://arxiv.org/pdf/{p.arxiv}v2" rel="related" type="application/pdf"/>
    <arxiv:primary_category {arxiv} term="{p.categories[0]}" scheme="http://arxiv.org/schemas/atom"/>
    {"".join(f'<category term="{c}" scheme="http://arxiv.org/schemas/atom"/>' for c in p.categories)}
  </entry>
"""


# --- Semantic Scholar


def _refused(query: dict[str, str], allowed: set[str], most: int) -> Reply | None:
    strange = [f for f in query.get("fields", "").split(",") if f and f.split(".")[0] not in allowed]
    if strange:
        return as_json({"error": f"Unrecognized or unsupported fields: [{', '.join(strange)}]"}, 400)
    if int(query.get("limit", 1)) > most or int(query.get("limit", 1)) < 1:
        return as_json({"error": f"Unacceptable query params: [limit={query['limit']}]"}, 400)
    return None


def _graph(here: PapersStandIn, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
    if path == "paper/batch":
        if method != "POST" or len(body["ids"]) > 500:
            return as_json({"error": "Unacceptable query params"}, 400)
        told = [here.paper(name) for name in body["ids"]]
        return as_json([_s2(here, p, query) if p and "semantic" in p.on else None for p in told])
    if path == "paper/search/match":
        return _matched(here, query)
    if path in ("paper/search", "paper/search/bulk"):
        return _searched(here, path, query)
    if path == "snippet/search":
        return _snippets(here, query)
    name, _, which = (
        path.removeprefix("paper/").rpartition("/")
        if path.endswith(("/citations", "/references"))
        else (path.removeprefix("paper/"), "", "")
    )
    paper = here.paper(name)
    if paper is None or "semantic" not in paper.on:
        return as_json({"error": f"Paper with id {name} not found"}, 404)
    if which:
        return _linked(here, paper, which, query)
    return _refused(query, LIST_FIELDS | {"tldr", "embedding"}, 1) or as_json(_s2(here, paper, query))


def _s2(here: PapersStandIn, p: Paper, query: dict[str, str]) -> dict[str, Any]:
    outer: dict[str, Any] = {"CorpusId": p.corpus}
    outer |= {"ArXiv": p.arxiv} if p.arxiv else {}
    outer |= {"DOI": p.doi.upper()} if p.doi else {}
    cited_by = [o for o in here.papers for c in o.cites if c.other == p.key]
    whole = {
        "externalIds": outer, "title": p.title, "abstract": p.abstract or None, "year": p.year, "venue": p.venue,
        "authors": [{"authorId": str(n), "name": a} for n, a in enumerate(p.authors)], "citationCount": p.cited + len(cited_by),
        "influentialCitationCount": sum(c.influential for o in here.papers for c in o.cites if c.other == p.key),
        "openAccessPdf": {"url": f"https://arxiv.org/pdf/{p.arxiv}", "status": "GREEN"} if p.arxiv else None,
        "publicationDate": p.published, "referenceCount": len(p.cites), "corpusId": p.corpus,
        "tldr": {"model": "tldr@v2.0.0", "text": f"About {p.title.lower()}."},
    }  # fmt: skip
    wanted = query.get("fields", "title").split(",")
    return {"paperId": p.s2, **{name: whole[name] for name in wanted if name in whole}}


def _searched(here: PapersStandIn, path: str, query: dict[str, str]) -> Reply:
    from tests.standins.papers import terms

    bulk = path.endswith("bulk")
    if wrong := _refused(query, LIST_FIELDS, 100):
        return wrong
    if not bulk and int(query.get("offset", 0)) + int(query.get("limit", 10)) > 1000:
        return as_json({"error": "Requested data for this limit and/or offset is not available"}, 400)
    asked = terms(query["query"])
    if "-" in query["query"]:
        asked = {"nothing"}  # a hyphenated term finds nothing
    found = [p for p in here.of("semantic") if _narrowed(here, p, query)]
    scored = [(len(asked & terms(f"{p.title} {p.abstract}")), p) for p in found]
    hits = [p for score, p in sorted(scored, key=lambda s: -s[0]) if score >= (len(asked) if bulk else 1)]
    if bulk:
        if query.get("sort", "").startswith("citationCount"):
            hits.sort(key=lambda p: -_s2(here, p, {"fields": "citationCount"})["citationCount"])
        start, most = int(query.get("token") or 0), 2  # a small page, so that tokens are followed
        more = {"token": str(start + most)} if start + most < len(hits) else {"token": None}
    else:
        start, most = int(query.get("offset", 0)), int(query.get("limit", 10))
        more = {"offset": start, **({"next": start + most} if start + most < len(hits) else {})}
    return as_json({"total": len(hits), **more, "data": [_s2(here, p, query) for p in hits[start : start + most]]})


def _matched(here: PapersStandIn, query: dict[str, str]) -> Reply:
    from tests.standins.papers import terms

    asked = terms(query["query"])
    best = max(here.of("semantic"), key=lambda p: len(asked & terms(p.title)))
    if 2 * len(asked & terms(best.title)) < len(asked):
        return as_json({"error": "Title match not found"}, 404)
    return as_json({"data": [{**_s2(here, best, query), "matchScore": 174.2}]})


def _narrowed(here: PapersStandIn, p: Paper, query: dict[str, str]) -> bool:
    year = query.get("year", "")
    if year:
        first, dash, last = year.partition("-")
        if not int(first or 0) <= p.year <= int(last or (9999 if dash else first)):
            return False
    cited = _s2(here, p, {"fields": "citationCount"})["citationCount"]
    return bool(cited >= int(query.get("minCitationCount") or 0) and ("openAccessPdf" not in query or p.arxiv))


def _linked(here: PapersStandIn, paper: Paper, which: str, query: dict[str, str]) -> Reply:
    if wrong := _refused(query, LIST_FIELDS | LINK_FIELDS, 1000):
        return wrong
    start, most = int(query.get("offset", 0)), int(query.get("limit", 100))
    if start + most > 9999:
        return as_json({"error": "offset + limit must be < 10000"}, 400)
    end = "citedPaper" if which == "references" else "citingPaper"
    if which == "references" and paper.withheld:
        notice = "Notice: The following paper fields have been elided by the publisher: {'references'}."
        return as_json({"data": None, "citingPaperInfo": {"openAccessPdf": {"disclaimer": notice}}})
    if which == "references":
        links = [(here.paper(c.other), c) for c in paper.cites]
    else:
        links = [(o, c) for o in here.papers for c in o.cites if c.other == paper.key]
    data = [_link(here, end, other, c, query) for other, c in links[start : start + most]]
    more = {"next": start + most} if start + most < len(links) else {}
    return as_json({"offset": start, **more, "data": data})


def _link(here: PapersStandIn, end: str, other: Paper | None, c: Cites, query: dict[str, str]) -> dict[str, Any]:
    told = _s2(here, other, query) if other else {"paperId": None, "title": c.other}
    return {"contexts": list(c.contexts), "intents": list(c.intents), "isInfluential": c.influential, end: told}


def _snippets(here: PapersStandIn, query: dict[str, str]) -> Reply:
    from tests.standins.papers import terms

    if wrong := _refused({k: v for k, v in query.items() if k != "fields"}, set(), 1000):
        return wrong
    only = [here.paper(name) for name in query.get("paperIds", "").split(",") if name]
    asked, data = terms(query["query"]), []
    for p in here.of("semantic"):
        for section, text in p.text if not only or p in only else ():
            shared = len(asked & terms(text))
            part = {
                "text": text,
                "snippetKind": "body",
                "section": section,
                "snippetOffset": {"start": 0, "end": len(text)},
            }
            about = {"corpusId": str(p.corpus), "title": p.title, "authors": list(p.authors)}
            data += [{"snippet": part, "score": shared / 10, "paper": about}] if shared else []
    data.sort(key=lambda d: -d["score"])
    return as_json({"data": data[: int(query.get("limit", 10))], "retrievalVersion": "pa1-v1"})


def _recommended(here: PapersStandIn, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
    if wrong := _refused(query, LIST_FIELDS, 500):
        return wrong
    if method == "GET":
        like, unlike = [path.removeprefix("forpaper/")], []
    else:
        like, unlike = body["positivePaperIds"], body["negativePaperIds"]
    seeds = [here.paper(name) for name in [*like, *unlike]]
    if any(s is None for s in seeds):
        return as_json({"error": "Input papers not found"}, 404)
    found = [p for p in here.of("semantic") if p not in seeds][: int(query.get("limit", 100))]
    return as_json({"recommendedPapers": [_s2(here, p, query) for p in found]})


# --- Hugging Face Papers, and what is tagged with a paper


def _hub(here: PapersStandIn, path: str, query: dict[str, str]) -> Reply:
    from tests.standins.papers import terms

    if path == "/api/papers/search":
        asked = terms(query.get("q", ""))
        if int(query.get("limit", 50)) > 120:
            return as_json({"error": "limit must be at most 120"}, 400)
        found = sorted(here.of("hf"), key=lambda p: -len(asked & terms(f"{p.title} {p.abstract}")))
        found = [p for p in found if asked & terms(f"{p.title} {p.abstract}")]
        return as_json([_daily(p) for p in found[: int(query.get("limit", 50))]])
    if path == "/api/daily_papers":
        found = sorted(here.of("hf"), key=lambda p: -p.upvotes)
        found = [p for p in found if query.get("date", p.published) == p.published]
        most = int(query.get("limit", 50))
        start = int(query.get("p", 0)) * most
        return as_json([_daily(p) for p in found[start : start + most]])
    if path.startswith("/api/papers/"):
        paper = next((p for p in here.of("hf") if p.arxiv == path.removeprefix("/api/papers/")), None)
        return as_json(_page(here, paper)) if paper else as_json({"error": "Paper not found"}, 404)
    kind = path.removeprefix("/api/")
    number = query.get("filter", query.get("item", "")).removeprefix("arxiv:").removeprefix("papers/")
    items = sorted((i for i in here.linked if i.kind == kind and i.paper == number), key=lambda i: -i.downloads)
    shape = _collection if kind == "collections" else _repo
    return as_json([shape(i.id, i.downloads, number) for i in items[: int(query.get("limit", 1000))]])


def _authors(p: Paper) -> list[dict[str, Any]]:
    return [{"_id": f"{n:024x}", "name": name, "hidden": False} for n, name in enumerate(p.authors)]


def _daily(p: Paper) -> dict[str, Any]:
    """An item of a list: the paper within, its title and the day it was shown without."""
    paper = {
        "id": p.arxiv, "authors": _authors(p), "publishedAt": f"{p.published}T00:00:00.000Z", "title": p.title,
        "summary": p.abstract, "upvotes": p.upvotes, "discussionId": "65c0000000000000000000aa",
    }  # fmt: skip
    shown = {"_id": "65c0000000000000000000bb", "fullname": "Someone", "name": "someone", "type": "user", "isPro": False,
             "isHf": False, "avatarUrl": "/avatars/x.svg", "user": "someone"}  # fmt: skip
    return {"paper": paper, "publishedAt": f"{p.published}T05:00:00.000Z", "title": p.title, "summary": p.abstract,
            "thumbnail": "https://cdn.example.org/x.png", "numComments": 2, "submittedBy": shown}  # fmt: skip


def _page(here: PapersStandIn, p: Paper) -> dict[str, Any]:
    """A paper's own page: flat, with what is linked to it."""
    linked = {
        kind: [i for i in here.linked if i.kind == kind and i.paper == p.arxiv] for kind in ("models", "datasets")
    }
    return {
        "id": p.arxiv, "authors": _authors(p), "publishedAt": f"{p.published}T00:00:00.000Z", "title": p.title,
        "summary": p.abstract, "upvotes": p.upvotes, "githubRepo": p.github or None, "githubStars": 5 if p.github else None,
        "ai_summary": f"In short: {p.title}.", "ai_keywords": ["rewards"], "numTotalModels": len(linked["models"]),
        "numTotalDatasets": len(linked["datasets"]), "linkedModels": [], "linkedDatasets": [], "linkedSpaces": [],
    }  # fmt: skip


def _repo(name: str, downloads: int, number: str) -> dict[str, Any]:
    return {
        "_id": "65c0000000000000000000cc", "id": name, "author": name.split("/")[0], "sha": "0" * 40, "private": False,
        "gated": False, "downloads": downloads, "likes": 1, "lastModified": "2026-01-02T03:04:05.000Z",
        "createdAt": "2025-01-02T03:04:05.000Z", "tags": [f"arxiv:{number}", "region:us", "license:mit"],
    }  # fmt: skip


def _collection(slug: str, upvotes: int, number: str) -> dict[str, Any]:
    item = {"_id": "65c0000000000000000000dd", "id": number, "type": "paper", "position": 0}
    return {
        "slug": slug, "title": "Reasoning", "owner": {"name": "owner"}, "items": [item], "upvotes": upvotes,
        "lastUpdated": "2026-01-02T03:04:05.000Z", "private": False, "theme": "green", "gating": False,
    }  # fmt: skip
