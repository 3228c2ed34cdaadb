"""What arXiv answers: Atom 1.0 with the extensions its manual names (see papers.py)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from tests.standins.papers_reply import Reply

if TYPE_CHECKING:
    from tests.standins.papers import Paper, PapersStandIn


def answer(here: PapersStandIn, query: dict[str, str]) -> Reply:
    asked, numbers = query.get("search_query", ""), [n for n in query.get("id_list", "").split(",") if n]
    if any(not re.fullmatch(r"(\d{4}\.\d{4,5}|[a-z-]+/\d{7})(v\d+)?", n) for n in numbers):
        return _feed(query, 1, [_ENTRY_ERROR], 400)
    total = len(numbers)  # of ids it counts those it does not have as well
    if numbers:
        found = [p for n in numbers for p in here.of("arxiv") if p.arxiv == re.sub(r"v\d+$", "", n)]
    else:
        found = [p for p in here.of("arxiv") if _fits(asked, p)]
    if query.get("sortBy") == "submittedDate":
        found.sort(key=lambda p: p.published, reverse=True)
    start, most = int(query.get("start", 0)), int(query.get("max_results", 10))
    return _feed(query, total or len(found), [_entry(p) for p in found[start : start + most]])


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
    <link href="http://arxiv.org/api/errors#incorrect_id_format" rel="alternate" type="text/html"/>
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
