"""Worked examples in a repository: files in the places examples live, ranked by what stands in them, not by their names alone."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lab.code.github import Repository, readable_code, search_code, search_repositories
from lab.code.github_api import Entry, GitHub, known, page_at
from lab.code.pages import Ranking, words
from lab.net.web import SourceTrouble

FOLDERS = re.compile(
    r"(^|/)(examples?|samples?|demos?|tutorials?|notebooks?|scripts?|recipes?|cookbooks?|quickstarts?|getting[_-]started)(/|$)",
    re.IGNORECASE,
)
CODE = (".py", ".ipynb", ".md", ".mdx", ".sh", ".yaml", ".yml", ".jl", ".r", ".ts", ".js")
MOST_READ = 30
"""Files whose words are read for one question: about what a repository's example folder holds, and a few seconds of asking."""
LARGEST = 400_000
"""Bytes of an example worth reading; notebooks with pictures in them may be this large."""
AT_ONCE = 4
TITLE = 5
"""A word in the path counts as often as in so many lines: a name is chosen with care."""
FALLBACK_REPOSITORIES = 3
AROUND = 3
"""Lines shown round the best line."""


@dataclass(frozen=True)
class Example:
    repo: str
    path: str
    commit: str
    line: int
    """The first line of the passage shown; 0 when only the path speaks for it."""
    passage: str
    score: float

    @property
    def address(self) -> str:
        return page_at(self.repo, self.commit, self.path)


@dataclass(frozen=True)
class Found:
    """Examples, best first, and how thorough the search was."""

    examples: list[Example]
    candidates: int
    read: int
    unread: tuple[str, ...] = ()
    """Files that could not be read, with the reason."""
    cut: bool = False


def find_examples(hub: GitHub, repo: str, query: str, ref: str = "", limit: int = 8) -> Found:
    """Example-like files of a repository that hold the words; where there are none, any file of code."""
    repo = known(repo)
    tree = hub.tree(repo, ref)
    files = [e for e in tree.entries if not e.folder and e.path.lower().endswith(CODE) and e.size <= LARGEST]
    candidates = [e for e in files if FOLDERS.search(e.path)] or files
    ordered = _by_path(candidates, query, _named_by_search(hub, repo, query) if not ref else set())
    texts, unread = _read(hub, repo, tree.commit, [e.path for e in ordered[:MOST_READ]])
    examples = _ranked(repo, tree.commit, texts, query, limit)
    return Found(examples, len(candidates), len(texts), tuple(unread), tree.cut)


def without_code_search(
    hub: GitHub, query: str, language: str = "", limit: int = 8
) -> tuple[list[Repository], list[Example]]:
    """What is left without a token: the best repositories for the words, and the examples in them."""
    repositories = search_repositories(hub, query, language=language, limit=FALLBACK_REPOSITORIES)
    found: list[Example] = []
    for each in repositories:
        found += find_examples(hub, each.name, query, limit=limit).examples
    return repositories, sorted(found, key=lambda e: -e.score)[:limit]


def _named_by_search(hub: GitHub, repo: str, query: str) -> set[str]:
    """Paths that code search would read first; it is a help, and its refusal is no trouble."""
    if not hub.signed_in:
        return set()
    try:
        return {hit.path for hit in search_code(hub, query, repo, limit=MOST_READ)}
    except SourceTrouble:
        return set()


def _by_path(files: list[Entry], query: str, named: set[str]) -> list[Entry]:
    """Which to read first: what code search named, then paths that share words, then the shallow ones."""
    asked = set(words(query))

    def order(entry: Entry) -> tuple[bool, int, int, str]:
        shared = len(asked & set(words(entry.path.replace("/", " "))))
        return entry.path not in named, -shared, entry.path.count("/"), entry.path

    return sorted(files, key=order)


def _read(hub: GitHub, repo: str, commit: str, paths: list[str]) -> tuple[dict[str, str], list[str]]:
    texts: dict[str, str] = {}
    unread: list[str] = []

    def one(path: str) -> str | SourceTrouble:
        try:
            return readable_code(path, hub.raw(repo, path, commit))
        except SourceTrouble as wrong:
            return wrong

    with ThreadPoolExecutor(AT_ONCE, "examples") as pool:
        for path, got in zip(paths, pool.map(one, paths), strict=True):
            if isinstance(got, str):
                texts[path] = got
            elif got.kind in ("missing", "unreadable"):
                unread.append(f"{path}: {got}")
            else:
                raise got
    return texts, unread


def _ranked(repo: str, commit: str, texts: dict[str, str], query: str, limit: int) -> list[Example]:
    paths = list(texts)
    ranking = Ranking([words(texts[p]) + words(p.replace("/", " ")) * TITLE for p in paths])
    found = ranking.best(query, len(paths))
    made = [Example(repo, paths[at], commit, *_passage(texts[paths[at]], query), score) for at, score in found]
    return sorted(made, key=lambda e: (e.line == 0, -e.score))[:limit]  # a name alone comes after every content


def _passage(text: str, query: str) -> tuple[int, str]:
    """The lines round the one that shares most words with the question."""
    asked, lines = set(words(query)), text.splitlines()
    shared = [len(asked & set(words(line))) for line in lines]
    if not any(shared):
        return 0, ""
    at = shared.index(max(shared))
    first = max(0, at - AROUND)
    return first + 1, "\n".join(line[:200] for line in lines[first : at + AROUND + 1])
