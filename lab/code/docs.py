"""Library documentation: search a library's pages, read one. No token is ever sent, and no host asked that is not listed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from lab.code.docs_sets import SETS, DocsSet, docs_set, origin, origins
from lab.code.pages import Page, Ranking, page_of, words
from lab.code.readable import charset_of, readable
from lab.net.web import Answer, SourceTrouble, Web
from state.errors import UserError

LINK = re.compile(r"\[([^\]\n]+)\]\(<?([^)\s>]+)>?\)(?:\s*:\s*([^\n]*))?")
FULL_PAGE = re.compile(
    r"^#{1,3} (?P<title>[^\n]+)\n+(?:Source:\s*|URL:\s*)?<?(?P<url>https?://[^\s>]+)>?[ \t]*$", re.MULTILINE
)
HEADING = re.compile(r"^(?:#{1,4} [^\n]+|[ \t]*```[^\n]*)$", re.MULTILINE)
"""A heading, or where code begins or ends: its comments look like headings and are none."""
INVENTORY = re.compile(r"(.+?)\s+(\S+)\s+(-?\d+)\s+?(\S*)\s+(.*)")
"""Sphinx's own pattern of an entry: name, domain:role, priority, address, title."""
TITLE = 4
"""A word in a title counts as often as in so many sentences."""
EXCERPT = 500
WORDY = 500
"""Characters of a list to each page it names, beyond which it is no list: Hugging Face's has 90, Gradio's is all its text."""
LARGEST = 60_000_000
"""Bytes of all pages of a library in one file: the largest measured is a third of this."""


@dataclass(frozen=True)
class Section:
    """A part of a page."""

    page: str
    title: str
    text: str


@dataclass(frozen=True)
class Match:
    page: str
    """What `read` takes."""
    title: str
    excerpt: str


@dataclass(frozen=True)
class Searched:
    matches: list[Match]
    pages: int
    depth: str
    """How deep the search went: in all text, or only in titles and names."""


@dataclass(frozen=True)
class DocPage:
    address: str
    page: Page


class Docs:
    """Documentation read through one web; indexes are kept while it lives."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self._indexes: dict[tuple[str, str], tuple[list[Section], str, Ranking]] = {}

    def search(self, library: str, query: str, version: str = "", limit: int = 8) -> Searched:
        """Pages and sections that hold the words, best first; one match a page."""
        if not words(query):
            raise UserError("say what to look for, in a few words")
        where = docs_set(library)
        sections, depth, ranking = self._index(where, version)
        matches: dict[str, Match] = {}
        for at, _ in ranking.best(query, limit * 8):
            found = sections[at]
            matches.setdefault(found.page, Match(found.page, found.title, _around(found.text, query)))
        return Searched(list(matches.values())[:limit], len({s.page for s in sections}), depth)

    def read(self, library: str, page: str, version: str = "", number: int = 1) -> DocPage:
        """A page of a library's documentation, by its name or address."""
        where = docs_set(library)
        answer = self._get(where, self._path(where, page, version))
        return DocPage(answer.url, page_of(_text(answer), number))

    def pages(self, library: str, version: str = "") -> list[str]:
        return list(dict.fromkeys(s.page for s in self._index(docs_set(library), version)[0]))

    def _index(self, where: DocsSet, version: str) -> tuple[list[Section], str, Ranking]:
        key = (where.name, version)
        if key not in self._indexes:
            sections, depth = self._sphinx(where) if where.shape == "sphinx" else self._llms(where, version)
            if not sections:
                raise SourceTrouble(
                    where.host.name,
                    "unreadable",
                    f"the index of {where.name}'s documentation lists no page; read one by name",
                )
            ranking = Ranking([words(s.text) + words(f"{s.title} {s.page}") * TITLE for s in sections])
            self._indexes[key] = (sections, depth, ranking)
        return self._indexes[key]

    def _llms(self, where: DocsSet, version: str) -> tuple[list[Section], str]:
        """All text where the library offers it in one file, else the titles of its list of pages."""
        homes = [_home(where, version)] + ([_home(where, "main")] if where.versions and not version else [])
        for home in homes:  # some libraries (evaluate) have a list of what is on main alone
            full = self._there(where, f"{home}/llms-full.txt".lstrip("/"))
            if full and (sections := _full_sections(where, full.text)):
                return sections, "all text"
            if index := self._there(where, f"{home}/llms.txt".lstrip("/")):
                return self._listed(where, index.text)
        line = f"{where.name}'s documentation has no list of its pages; read one by name, or look into its repository"
        raise SourceTrouble(where.host.name, "missing", line)

    def _there(self, where: DocsSet, path: str) -> Answer | None:
        try:
            return self._get(where, path)
        except SourceTrouble as wrong:
            if wrong.kind != "missing":
                raise
            return None

    def _listed(self, where: DocsSet, listed: str) -> tuple[list[Section], str]:
        found = [(title, url, said) for title, url, said in LINK.findall(listed)]
        sections = [Section(_name(where, url), title, said) for title, url, said in found if _ours(where, url)]
        if len(listed) > WORDY * (len(sections) + 1):
            return list(_cut("llms.txt", where.name, listed)), "all text"
        return sections, "titles only: this library offers no text to search"

    def _sphinx(self, where: DocsSet) -> tuple[list[Section], str]:
        raw = self._get(where, f"{where.home}/objects.inv".lstrip("/")).body
        return inventory(raw, where.host.name), "names and titles only"

    def _path(self, where: DocsSet, page: str, version: str) -> str:
        """The path of a page on its host, from its name, its path or its address."""
        if "://" in page:
            if not _ours(where, page):
                raise UserError(
                    f"{page} is not on {urlsplit(where.host.base).netloc}, where {where.name}'s documentation stands"
                )
            path = urlsplit(page).path.strip("/")
        else:
            plain = page.split("#")[0].strip("/")
            home = _home(where, version)
            path = plain if not home or plain.startswith(f"{where.home}/") else f"{home}/{plain}"
        if ".." in unquote(path).split("/"):
            raise UserError(f"{page} leads out of the documentation; name one of its pages")
        if where.shape == "llms" and where.home.startswith("docs/") and not path.endswith((".md", ".txt")):
            return f"{path.removesuffix('.html')}.md"
        return path

    def _get(self, where: DocsSet, path: str) -> Answer:
        try:
            answer = self.web.get(where.host, path, most=LARGEST)
        except SourceTrouble as wrong:
            if wrong.kind != "missing":
                raise
            line = f"{where.name}'s documentation has no {path}; search_docs lists its pages"
            raise SourceTrouble(where.host.name, "missing", line, status=wrong.status) from wrong
        if origin(answer.url) not in origins():
            line = f"{where.name}'s documentation sends us to {answer.url}, which is on no list; read another page"
            raise SourceTrouble(where.host.name, "refused", line)
        return answer


def installed_release(library: str) -> str:
    """The release of the library that is installed here; empty when it is not."""
    try:
        return metadata.version(docs_set(library).package)
    except metadata.PackageNotFoundError:
        return ""


def _home(where: DocsSet, version: str) -> str:
    if not version:
        return where.home
    if not where.versions:
        raise UserError(f"{where.name}'s documentation is read as it stands; leave version out")
    if not re.fullmatch(r"v?\d+(\.\d+)*\w*|main", version):
        raise UserError(f"{version!r} is no release; write one such as 1.16.0, or main")
    return f"{where.home}/{version if version == 'main' or version.startswith('v') else f'v{version}'}"


def _ours(where: DocsSet, url: str) -> bool:
    """An address on the set's own host, or one relative to it."""
    at = origin(url)
    return not at or at in {origin(h.host.base) for h in (where, SETS[where.name])}


def _name(where: DocsSet, url: str) -> str:
    """A page's short name: its path below the library's, without release and ending."""
    path = urlsplit(url).path.strip("/").removesuffix(".md")
    path = path.removeprefix(f"{where.home}/") if where.home else path
    return re.sub(r"^(v\d[\w.]*|main)/", "", path) if where.versions else path


def _full_sections(where: DocsSet, text: str) -> list[Section]:
    """The pages of an `llms-full.txt`, each cut at its headings so that a match is a passage, not a book."""
    heads = [m for m in FULL_PAGE.finditer(text) if _ours(where, m["url"])]
    found: list[Section] = []
    for at, head in enumerate(heads):
        body = text[head.end() : heads[at + 1].start() if at + 1 < len(heads) else len(text)]
        found += _cut(_name(where, head["url"]), head["title"], body)
    return found


def _cut(name: str, title: str, body: str) -> Iterator[Section]:
    """A page's parts, each from one heading to the next."""
    for first, last in pairwise([0, *_headings(body), len(body)]):
        if part := body[first:last].strip():
            yield Section(name, part.splitlines()[0].lstrip("# ") if part.startswith("#") else title, part)


def _headings(body: str) -> Iterator[int]:
    in_code = False
    for mark in HEADING.finditer(body):
        if "```" in mark[0]:
            in_code = not in_code
        elif not in_code:
            yield mark.start()


def inventory(raw: bytes, source: str) -> list[Section]:
    """The entries of a Sphinx inventory: four lines, then the rest packed by zlib."""
    lines = raw.split(b"\n", 4)
    if len(lines) < 5 or not lines[0].startswith(b"# Sphinx inventory version 2"):
        raise SourceTrouble(source, "unreadable", f"{source} sent no inventory of its pages; read a page by name")
    try:
        text = zlib.decompressobj().decompress(lines[4], LARGEST).decode("utf-8", "replace")
    except zlib.error as wrong:
        raise SourceTrouble(
            source, "unreadable", f"the inventory of {source} is damaged ({wrong}); try again later"
        ) from wrong
    found: list[Section] = []
    for line in text.splitlines():
        if entry := INVENTORY.match(line):
            name, role, _, address, title = entry.groups()
            page = address.replace("$", name).split("#")[0]
            found.append(Section(page, name if title == "-" else title, f"{name} ({role})"))
    return found


def _around(text: str, query: str) -> str:
    """The lines that begin where the words stand thickest."""
    asked, lines = set(words(query)), text.splitlines()
    shared = [len(asked & set(words(line))) for line in lines]
    at = shared.index(max(shared)) if any(shared) else 0
    excerpt = "\n".join(line for line in lines[max(0, at - 1) :] if line.strip())
    return excerpt if len(excerpt) <= EXCERPT else f"{excerpt[:EXCERPT]} …"


def _text(answer: Answer) -> str:
    """Markdown as it is, HTML as a reader sees it."""
    if "html" not in answer.kind:
        return answer.text
    page = readable(answer.body, charset_of(answer.kind))
    if not page.text:
        raise SourceTrouble(answer.source, "unreadable", f"{answer.url} holds no text; read another page")
    return page.text
