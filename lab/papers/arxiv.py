"""arXiv's search, spoken through the `arxiv` package to `/api/query` (an Atom feed): by words, category, date; by id."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import unescape
from typing import Any, Literal

from lab.net.host import Host, host
from lab.net.trouble import SourceTrouble, from_status, understood
from lab.net.web import CONNECT, Web
from lab.papers.found import Found, Page, arxiv_number, date_of, one_line, paper_id, stem
from lab.papers.words import terms
from state.errors import UserError

Order = Literal["relevance", "newest", "updated"]
SORTS: dict[Order, str] = {"relevance": "relevance", "newest": "submittedDate", "updated": "lastUpdatedDate"}

FIELDED = re.compile(r"\b(?:ti|au|abs|co|jr|cat|rn|id|all|submittedDate):")
PHRASE = re.compile(r'"[^"]+"')
REFUSED = re.compile(r"<id>\s*https?://arxiv\.org/api/errors")
MOST_WORDS = 12
"""Words of one search: more make the address long and the answer no better."""


def query_of(words: str, category: str = "", since: str = "", until: str = "", *, every: bool = True) -> str:
    """arXiv's query language; words that already speak it are left as they are. `every`: each word has to be there."""
    if FIELDED.search(words):
        asked = f"({words.strip()})"
    else:
        phrases = PHRASE.findall(words)
        known = list(dict.fromkeys(terms(PHRASE.sub(" ", words))))
        # of best-of-n its parts are there as well; k-1 has no parts that are words, so it is asked for as it stands
        single = [w for w in known if "-" not in w and "_" not in w] or [f'"{w}"' for w in known]
        parts = [f"all:{part}" for part in [*phrases, *single][:MOST_WORDS]]
        asked = f"({(' AND ' if every else ' OR ').join(parts)})" if parts else ""
    if category:
        asked += f"{' AND ' if asked else ''}cat:{category.strip()}"
    if since or until:
        span = f"submittedDate:[{_moment(since or '1991', first=True)} TO {_moment(until or '2100', first=False)}]"
        asked += f"{' AND ' if asked else ''}{span}"
    if not asked:
        raise UserError(f"nothing to search arXiv for in {words!r}; name a method, a category or a date")
    return asked


@understood("arxiv")
def search(
    web: Web, words: str, *, category: str = "", since: str = "", until: str = "", k: int = 10, start: int = 0,
    order: Order = "relevance",
) -> Page:  # fmt: skip
    """Papers that have every word; if there are none, those that have some, and that is said."""
    page = _ask(web, {"search_query": query_of(words, category, since, until)}, k, start, order)
    if page.total == 0 and not FIELDED.search(words) and words.strip():
        some = _ask(web, {"search_query": query_of(words, category, since, until, every=False)}, k, start, order)
        return Page(
            some.papers,
            "arxiv",
            some.total,
            some.after,
            "no paper has all of these words; these have some",
            some.cached,
        )
    return page


@understood("arxiv")
def by_id(web: Web, ids: Sequence[str]) -> tuple[Found, ...]:
    """These papers, as far as arXiv has them, in the order asked."""
    numbers = [stem(number) for number in (arxiv_number(paper_id(name)) for name in ids) if number]
    if not numbers:
        return ()
    page = _ask(web, {"id_list": ",".join(numbers)}, len(numbers), 0, "relevance")
    told = {stem(paper.id): paper for paper in page.papers}
    return tuple(told[number] for number in numbers if number in told)


def _ask(web: Web, asked: dict[str, str], k: int, start: int, order: Order) -> Page:
    there = host("arxivapi")
    key = json.dumps({**asked, "start": start, "k": k, "order": order}, sort_keys=True)
    answer = web.call(there, key, lambda: _fetch(there, asked, k, start, order))
    told = answer.json()
    papers = tuple(_found(entry) for entry in told["entries"])
    after = str(start + len(papers)) if papers and start + len(papers) < told["total"] else ""
    return Page(papers, "arxiv", told["total"], after, cached=answer.cached)


def _fetch(there: Host, asked: dict[str, str], k: int, start: int, order: Order) -> bytes:
    """One page through the package's own client, as JSON that the cache can keep."""
    import arxiv

    search = arxiv.Search(
        query=asked.get("search_query", ""), id_list=[n for n in asked.get("id_list", "").split(",") if n],
        max_results=start + k, sort_by=arxiv.SortCriterion(SORTS[order]),
    )  # fmt: skip
    client = _client(there, k)
    entries = [_entry(result) for result in client.results(search, offset=start)]
    if not entries and "search_query" in asked and client.total > start:  # of ids it also counts those it lacks
        raise _passing(f"arXiv counts {client.total} papers and sent none of them; try again later")
    return json.dumps({"total": client.total, "entries": entries}).encode()


def _client(there: Host, k: int) -> Any:
    """The package's client, asking our host once: pace, tries and deadline are ours, and a time-out it lacks."""
    import arxiv
    from requests.adapters import HTTPAdapter

    class Timed(HTTPAdapter):
        def send(self, request: Any, **more: Any) -> Any:  # type: ignore[override]
            # the package's own name is everybody's, and counted for all of them together
            request.headers["User-Agent"] = f"postgrad ({request.headers['User-Agent']})"
            answer = super().send(request, **{**more, "timeout": (CONNECT, there.timeout)})
            _as_feed(answer)
            return answer

    class OnePage(arxiv.Client):  # type: ignore[misc]  # the package has no types
        query_url_format = f"{there.base}/api/query?{{}}"
        total = 0

        def _parse_feed(self, url: str, first_page: bool = True, _try_index: int = 0) -> Any:
            """Note how many there are, which the client keeps to itself; a second page is asked for on its own."""
            if not first_page:
                return arxiv._feed.ParsedFeed(header=arxiv._feed.FeedHeader())
            feed = super()._parse_feed(url, first_page=True, _try_index=_try_index)
            self.total = feed.header.total_results
            return feed

    client = OnePage(page_size=k, delay_seconds=0, num_retries=0)
    for scheme in ("http://", "https://"):
        client._session.mount(scheme, Timed())
    return client


def _as_feed(answer: Any) -> None:
    """What the package passes over in silence: arXiv says no in a feed with one entry about the error, which has no date
    and is skipped for it; and of a page that is no feed it reads that there are no papers."""
    if 300 <= answer.status_code < 400:
        return
    text = answer.content.decode("utf-8", "replace")
    if REFUSED.search(text):
        said = re.search(r"<summary[^>]*>(.*?)</summary>", text, re.DOTALL)
        why = one_line(unescape(said[1])) if said else "it does not say why"
        raise SourceTrouble("arxivapi", "refused", f"arXiv refuses the question: {why}; ask otherwise")
    if answer.status_code >= 400:
        raise from_status("arxivapi", answer.status_code, answer.headers, answer.content)
    if "<feed" not in text[:2_000]:
        raise _passing("arXiv sent a page that is no feed; try again later")


def _passing(line: str) -> SourceTrouble:
    trouble = SourceTrouble("arxivapi", "unreadable", line)
    trouble.passing = True
    return trouble


def _entry(result: Any) -> dict[str, Any]:
    return {
        "id": result.entry_id, "title": one_line(result.title), "authors": [one_line(a.name) for a in result.authors],
        "published": result.published.isoformat(), "summary": one_line(result.summary), "doi": result.doi or "",
        "comment": one_line(result.comment), "journal": one_line(result.journal_ref), "categories": result.categories,
        "pdf": result.pdf_url or "",
    }  # fmt: skip


def _found(entry: dict[str, Any]) -> Found:
    name = paper_id(entry["id"])
    notes = [f"arXiv categories {', '.join(entry['categories'])}"] if entry["categories"] else []
    notes += [f"comment: {entry['comment']}"] if entry["comment"] else []
    notes += [f"published in {entry['journal']}"] if entry["journal"] else []
    return Found(
        id=name, title=entry["title"], authors=tuple(entry["authors"]), year=int(entry["published"][:4]),
        abstract=entry["summary"], sources=("arxiv",), url=f"https://arxiv.org/abs/{arxiv_number(name)}",
        pdf=f"https://arxiv.org/pdf/{arxiv_number(name)}", doi=entry["doi"].lower(), notes=tuple(notes),
    )  # fmt: skip


def _moment(said: str, *, first: bool) -> str:
    """A date as arXiv's YYYYMMDDHHMM, at the first or last minute of it."""
    found = date_of(said)
    month, day = (found[2] or "01", found[3] or "01") if first else (found[2] or "12", found[3] or "31")
    return f"{found[1]}{month}{day}{'0000' if first else '2359'}"
