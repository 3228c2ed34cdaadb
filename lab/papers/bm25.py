"""The one seam to BM25: langchain-community is being wound down upstream, so nothing else imports it."""

import re
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from lab.papers.library import Entry, load_library
from lab.papers.words import terms
from state.errors import UserError

SNIPPET = 240
SENTENCE_END = re.compile(r"(?<=[.!?:])\s+")
_importing = threading.Lock()


@dataclass(frozen=True)
class Passage:
    """A piece of text searched beside the library, such as a section of a paper or a lesson."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Hit:
    """What a search found, and the words it was found by."""

    id: str
    title: str
    score: float
    snippet: str
    why: tuple[str, ...]


@cache
def _engine() -> tuple[Any, Any, Any]:
    """Retriever, document and index classes: about a second to import, so on the first search only."""
    # The sunset notice is known and is why this file is alone with it; any other warning still shows.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`langchain-community` is being sunset", category=DeprecationWarning)
        from langchain_community.retrievers.bm25 import BM25Retriever
        from langchain_core.documents import Document
        from rank_bm25 import BM25Plus
    return BM25Retriever, Document, BM25Plus


def _retriever(texts: Sequence[str]) -> Any:
    """The index. BM25Plus, since Okapi's weights turn negative when a word is in most of a few texts."""
    with _importing:  # warning filters belong to the whole process, and searches may run in threads
        retriever, document, index = _engine()
    words = [terms(text) for text in texts]
    return retriever(vectorizer=index(words), docs=[document(page_content=text) for text in texts])


def _scores(retriever: Any, asked: Sequence[str]) -> list[float]:
    """Scores, which `invoke` does not give (and it would trace); less what BM25Plus grants to every text alike."""
    index = retriever.vectorizer
    granted = sum(index.idf.get(term) or 0.0 for term in asked) * index.delta
    return [round(float(score) - granted, 6) for score in index.get_scores(list(asked))]


def _searched(entry: Entry) -> str:
    """What an entry is found by; title and methods weigh more because they say what it is about."""
    settings = [f"{recipe.name} {recipe.method} {' '.join(recipe.settings)}" for recipe in entry.recipes]
    claims = [claim.text for claim in entry.claims]
    named = [entry.id.partition(":")[2], entry.authors, *[entry.title] * 3, *[" ".join(entry.methods)] * 3]
    return "\n".join([*named, *settings, *claims, entry.body])


def _snippet(text: str, wanted: set[str]) -> str:
    """The sentence that says most about the query; the first of equals."""
    sentences = [" ".join(part.split()) for part in SENTENCE_END.split(text) if part.strip()]
    best = max(sentences, key=lambda sentence: len(wanted.intersection(terms(sentence))), default="")
    return best if len(best) <= SNIPPET else best[: SNIPPET - 1].rsplit(" ", 1)[0] + "…"


def search(
    query: str, k: int, entries: Sequence[Entry] | None = None, extra_texts: Sequence[Passage] = ()
) -> list[Hit]:
    """The k best entries and passages that share a word with the query, best first; equals by id."""
    asked = list(dict.fromkeys(terms(query)))
    if not asked:
        raise UserError(f"nothing to search for in {query!r}; name a method, a symptom or a dataset")
    if k < 1:
        raise UserError(f"a search for {k} results finds nothing; ask for at least 1")
    read = load_library() if entries is None else entries
    shown = [(entry.id, entry.title, entry.body) for entry in read]
    shown += [(passage.id, passage.title, passage.text) for passage in extra_texts]
    texts = [_searched(entry) for entry in read] + [f"{passage.title}\n{passage.text}" for passage in extra_texts]
    if not any(terms(text) for text in texts):
        return []
    hits = []
    for (found, title, body), text, score in zip(shown, texts, _scores(_retriever(texts), asked), strict=True):
        shared = set(asked).intersection(terms(text))
        if shared:
            why = tuple(term for term in asked if term in shared)
            hits.append(Hit(found, title, score, _snippet(body, shared), why))
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:k]
