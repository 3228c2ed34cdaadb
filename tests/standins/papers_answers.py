"""Which of the three hosts is asked, and what Semantic Scholar answers, in its own shapes (see papers.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tests.standins import papers_atom, papers_hub
from tests.standins.papers_reply import Reply, as_json

if TYPE_CHECKING:
    from tests.standins.papers import Cites, Paper, PapersStandIn

LIST_FIELDS = {
    "paperId", "corpusId", "externalIds", "url", "title", "abstract", "venue", "publicationVenue", "year", "referenceCount",
    "citationCount", "influentialCitationCount", "isOpenAccess", "openAccessPdf", "fieldsOfStudy", "s2FieldsOfStudy",
    "publicationTypes", "publicationDate", "journal", "citationStyles", "authors",
}  # fmt: skip
LINK_FIELDS = {"contexts", "intents", "contextsWithIntent", "isInfluential"}


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
        return papers_atom.answer(here, query)
    if path.startswith("/graph/v1/"):
        return _graph(here, method, unquote(path.removeprefix("/graph/v1/")), query, body)
    if path.startswith("/recommendations/v1/papers"):
        return _recommended(
            here, method, unquote(path.removeprefix("/recommendations/v1/papers")).strip("/"), query, body
        )
    return papers_hub.answer(here, path, query)


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
        told = [p if p and "semantic" in p.on else None for p in map(here.paper, body["ids"])]
        if not any(told):
            return as_json({"error": "No valid paper ids given"}, 400)
        return as_json([_s2(here, p, query) if p else None for p in told])
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
        "openAccessPdf": {"url": f"https://arxiv.org/pdf/{p.arxiv}" if p.arxiv else "", "status": "GREEN" if p.arxiv else None,
                          "license": None, "disclaimer": "Notice: Paper or abstract available at its publisher."},
        "publicationDate": p.published, "referenceCount": len(p.cites), "corpusId": p.corpus,
        "tldr": {"model": "tldr@v2.0.0", "text": f"About {p.title.lower()}."} if p.arxiv else None,
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
                "annotations": {"sentences": [{"start": 0, "end": len(text)}], "refMentions": []},
            }
            about = {"corpusId": str(p.corpus), "title": p.title, "authors": list(p.authors), "openAccessInfo": None}
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
