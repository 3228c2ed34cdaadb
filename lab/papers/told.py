"""Papers, citations and passages as compact text: ids to ask on with, who told it, and where the rest is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lab.papers.found import Found, Link
from lab.papers.hfpapers import Resource
from lab.papers.library import Entry
from lab.papers.passages import Excerpt
from state.errors import UserError
from state.reading import Source

SHORT = 320
"""Characters of an abstract in a list: two sentences tell whether to open it, and opening shows the whole."""
NAMED = 3
"""Authors named in a list."""
CONTEXTS = 2
"""Contexts of one citation in a list; asking for that one citation shows all."""
TAGS = 160
"""Characters of a resource's tags: licence and task come first; inspecting it shows all."""


def short(text: str, most: int = SHORT) -> str:
    """The beginning, marked where it goes on."""
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + "…"


def page_of(page: int, each: int, total: int | None, more: bool) -> str:
    """`page 2 of 5`; where nobody knows how many there are, whether there is a next one."""
    if total is not None:
        pages = max(1, -(-total // each))
        if page > pages:
            raise UserError(f"there is no page {page}: {pages} pages of {each} are all; ask for one of them")
        return f"page {page} of {pages:,}"
    return f"page {page}, more on page {page + 1}" if more else f"page {page}, the last"


def head(paper: Found) -> str:
    """One line: id, title, who, when, how often cited, who told."""
    who = ", ".join(paper.authors[:NAMED]) + (
        f" and {len(paper.authors) - NAMED} more" if len(paper.authors) > NAMED else ""
    )
    cited = "" if paper.citations is None else f"{paper.citations:,} citations"
    parts = [paper.id, paper.title, who, str(paper.year or "year unknown"), cited, f"from {', '.join(paper.sources)}"]
    return " · ".join(part for part in parts if part)


def listing(papers: Sequence[Found], first: int = 1) -> list[str]:
    """Numbered papers with the beginning of their abstracts."""
    lines: list[str] = []
    for n, paper in enumerate(papers, first):
        lines.append(f"{n}. {head(paper)}")
        if paper.abstract:
            lines.append(f"   {short(paper.abstract)}")
    return lines


def whole(paper: Found) -> list[str]:
    """Everything that is known of one paper."""
    lines = [
        f"{paper.id} · {paper.title}",
        f"authors: {', '.join(paper.authors) or 'not told'}",
        f"year: {paper.year or 'not told'}",
    ]
    if paper.citations is not None:
        lines.append(f"cited {paper.citations:,} times (Semantic Scholar)")
    named = {"doi": paper.doi, "page": paper.url, "open pdf": paper.pdf, "code": paper.code}
    lines += [f"{name}: {value}" for name, value in named.items() if value]
    lines += list(paper.notes)
    lines.append(f"told by: {', '.join(paper.sources)}")
    return [*lines, f"abstract: {paper.abstract or 'no source gives one; read the paper'}"]


def entry_lines(entry: Entry) -> list[str]:
    """A library entry's own findings; the words are ours, the places are the paper's."""
    lines = ["", "From the offline library, in our words:", " ".join(entry.body.split())]
    for recipe in entry.recipes:
        settings = ", ".join(f"{name}={value}" for name, value in recipe.settings.items())
        lines.append(f"recipe {recipe.name} ({recipe.method}): {settings}; result: {recipe.result} [{recipe.place}]")
    return [*lines, *(f"claim: {claim.text} [{claim.place}]" for claim in entry.claims)]


def link_lines(link: Link, n: int, contexts: int = CONTEXTS) -> list[str]:
    """One citation: the paper at the other end, and the words in which it is made."""
    marks = [*(["influential"] if link.influential else []), *link.intents]
    lines = [f"{n}. {head(link.paper)}" + (f" · {', '.join(marks)}" if marks else "")]
    shown = link.contexts[:contexts]
    lines += [f'   "{short(context) if contexts == CONTEXTS else context}"' for context in shown]
    if len(link.contexts) > len(shown):
        lines.append(f"   and {len(link.contexts) - len(shown)} more contexts: ask again with only={link.paper.id}")
    return lines


def excerpt_block(excerpt: Excerpt, n: int) -> str:
    section = f" · {excerpt.section}" if excerpt.section else ""
    told = {"read": "a text of this run", "library": "the offline library", "semantic": "Semantic Scholar"}[
        excerpt.where
    ]
    return f"{n}. {excerpt.paper} · {excerpt.title}{section} · from {told}\n   {excerpt.text}"


def resource_line(resource: Resource) -> str:
    loaded = f"{resource.downloads:,} downloads" if resource.downloads is not None else ""
    liked = f"{resource.likes} likes" if resource.likes else ""
    gated = "gated" if resource.gated else ""
    tags = short(", ".join(resource.tags), TAGS)
    return "- " + " · ".join(
        p for p in (resource.id, resource.title, loaded, liked, gated, resource.updated, tags) if p
    )


def silent(sources: Iterable[Source]) -> list[str]:
    """Who did not answer, and why; nobody is left out without a word."""
    return [f"{source.name} did not answer: {source.why}" for source in sources if not source.answered]
