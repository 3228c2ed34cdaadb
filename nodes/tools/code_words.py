"""What the tools for code answer, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lab.code import examples as found_in
from lab.code import github, page, web
from lab.code.docs import Docs, installed_release
from lab.code.github_api import GitHub, known
from lab.code.installed import Installed, Symbol
from lab.code.pages import page_of, words
from lab.net.web import Web

if TYPE_CHECKING:
    from nodes.tools import code as takes

FILES_SHOWN = 200
"""Files of one page of a listing: some 10,000 characters."""
NO_TOKEN = "GITHUB_TOKEN is not set, and GitHub's code search answers only with one"


def searched(hub: GitHub, recorded: Callable[[str, str], None], asked: takes.SearchCode) -> str:
    if hub.signed_in:
        hits = github.search_code(hub, asked.query, asked.repo, asked.language, asked.limit)
        if not hits:
            return "No code on GitHub holds these words together; try fewer."
        return "\n\n".join(f"{hit.address}\n" + "\n…\n".join(hit.fragments) for hit in hits)
    recorded(
        "search_code: GitHub's code search", f"{NO_TOKEN}; examples of the best repositories were searched instead"
    )
    if asked.repo:
        found = found_in.find_examples(hub, asked.repo, asked.query, limit=asked.limit).examples
        where = f"the examples of {asked.repo}"
    else:
        repositories, found = found_in.without_code_search(hub, asked.query, asked.language, asked.limit)
        where = f"the examples of {', '.join(r.name for r in repositories) or 'no repository: none was found'}"
    head = f"{NO_TOKEN}. Searched instead, and less thoroughly: {where}."
    return "\n\n".join([head, *map(_example, found)]) if found else f"{head}\nNothing there holds the words."


def _example(each: found_in.Example) -> str:
    at = f"#L{each.line}" if each.line else ""
    return f"{each.address}{at}\n{each.passage}".rstrip()


def examples(hub: GitHub, asked: takes.FindExamples) -> str:
    found = found_in.find_examples(hub, asked.repo, asked.query, asked.ref, asked.limit)
    head = f"{found.read} of {found.candidates} example files of {asked.repo} were read."
    if found.cut:
        head += " The repository is larger than GitHub lists at once; list a folder to see the rest."
    notes = [f"Not read: {why}" for why in found.unread[:5]]
    if not found.examples:
        return "\n".join([f"{head} None holds the words; try others.", *notes])
    return "\n\n".join([head, *map(_example, found.examples), *notes])


def file(hub: GitHub, asked: takes.ReadCode) -> str:
    got = github.read_file(hub, asked.repo, asked.path, asked.ref, asked.first, asked.lines)
    numbered = "\n".join(f"{got.first + at:>5}  {line}" for at, line in enumerate(got.text.splitlines()))
    cut = page_of(numbered)
    more = f"; first={got.last + 1} reads on" if got.last < got.of else ""
    foot = f"[lines {got.first} to {got.last} of {got.of}{more}]"
    if cut.of > 1:
        last = got.first + cut.text.count("\n") - 1
        foot = f"[lines {got.first} to {last} of {got.of}; first={last + 1} reads on]"
    return f"{got.address}\n{cut.text.rstrip()}\n{foot}"


def listed(hub: GitHub, asked: takes.ListRepository) -> str:
    if not asked.repo:
        return _repositories(hub, asked)
    tree = hub.tree(known(asked.repo), asked.ref, asked.below)
    lines = [f"{e.path}/" if e.folder else f"{e.path}  {e.size:,}" for e in tree.entries]
    pages = max(1, -(-len(lines) // FILES_SHOWN))
    number = min(asked.page, pages)
    shown = lines[(number - 1) * FILES_SHOWN : number * FILES_SHOWN]
    head = f"{tree.repo} at {tree.commit}: {len(lines)} entries" + (" and more: ask for a folder" if tree.cut else "")
    return "\n".join([head, *shown, f"[page {number} of {pages}]"])


def _repositories(hub: GitHub, asked: takes.ListRepository) -> str:
    found = github.search_repositories(hub, asked.query, asked.owner, sort=asked.sort)
    if not found:
        return "No repository was found; try other words."
    return "\n".join(
        f"{r.name}  ★{r.stars:,}  pushed {r.pushed or '?'}  licence {r.licence}{'  archived' if r.archived else ''}\n    {r.about}"
        for r in found
    )


def docs_found(docs: Docs, asked: takes.SearchDocs) -> str:
    got = docs.search(asked.library, asked.query, asked.version, asked.limit)
    head = f"{asked.library}: {got.pages} pages searched ({got.depth}). {_release(asked.library)}"
    if not got.matches:
        return f"{head}\nNone holds the words; try others."
    return "\n\n".join([head, *(f"page {m.page}: {m.title}\n{m.excerpt}" for m in got.matches)])


def docs_page(docs: Docs, asked: takes.ReadDocs) -> str:
    got = docs.read(asked.library, asked.page, asked.version, asked.number)
    return f"{got.address}\n{_release(asked.library)}\n\n{got.page.text.rstrip()}\n{got.page.footer.replace('page=', 'number=')}"


def _release(library: str) -> str:
    release = installed_release(library)
    return f"Installed here: {release}." if release else "It is not installed here."


def installed(libraries: Installed, asked: takes.Signature) -> str:
    if asked.show == "source":
        found = libraries.source(asked.name)
        body = found.source
    elif asked.show == "members":
        found = libraries.members(asked.name)
        body = _members(found, asked.like)
    else:
        found = libraries.signature(asked.name)
        body = _signature(found, asked.like)
    where = f", {found.file}:{found.line}" if found.file else ""
    cut = page_of(body, asked.page)
    foot = f"\n{cut.footer}" if cut.of > 1 else ""
    return f"{found.kind} {found.name} ({found.release}{where})\n\n{cut.text.rstrip()}{foot}"


def _signature(found: Symbol, like: str) -> str:
    parts = [found.doc] if found.doc and not like else []
    if found.kind == "value":
        parts.append(f"value: {found.value}")
    if found.bases and not like:
        parts.append(f"bases: {', '.join(found.bases)}")
    if found.parameters is None and found.kind in ("class", "function"):
        parts.append("It is compiled and names no parameters.")
    elif found.parameters is not None:
        wanted = [p for p in found.parameters if _like(f"{p.name} {p.says}", like)]
        kept = f"{len(wanted)} of {len(found.parameters)}" if like else str(len(wanted))
        lines = [f"- {p.line}" + (f"   # {p.says}" if p.says else "") for p in wanted]
        parts.append("\n".join([f"{kept} parameters:", *lines]))
        parts += [f"returns: {found.returns}"] if found.returns else []
    return "\n\n".join(parts)


def _members(found: Symbol, like: str) -> str:
    wanted = [m for m in found.members if _like(m["name"], like)]
    lines = [f"- {m['name']}{m.get('signature', '')}" + (f"   [{m['kind']}]" if m["kind"] else "") for m in wanted]
    return "\n".join([f"{len(wanted)} of {len(found.members)} public names:", *lines])


def _like(text: str, like: str) -> bool:
    """One of the words as a whole, or as a part of a name."""
    held = words(text)
    return not like or any(word in held or word in text.lower() for word in words(like))


def web_hits(net: Web, asked: takes.WebSearch) -> str:
    hits = web.web_search(net, asked.query, asked.limit)
    if not hits:
        return "No page was found; try other words."
    return "\n\n".join(f"{h.title}\n{h.url}\n{h.text or '(the search gave no text; read_page reads it)'}" for h in hits)


def web_page(net: Web, asked: takes.ReadPage) -> str:
    got = page.read_page(net, asked.url, asked.number)
    return f"{' '.join(got.title.split())}\n{got.address}\n\n{got.page.text.rstrip()}\n{got.page.footer.replace('page=', 'number=')}"
