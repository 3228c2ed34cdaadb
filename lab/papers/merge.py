"""One list out of several: the same paper told of by several sources becomes one, and all are ranked by one stated rule."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lab.papers.found import SOURCES, Found, arxiv_number
from lab.papers.words import terms
from state.words import SourceName

FUSED = 60
"""The constant of reciprocal rank fusion: the first of one list weighs little more than its tenth, and less than being in two."""
WORDS_WEIGH = 1 / FUSED
"""A paper with every word of the question gains as much as being first in one more list."""
ALIKE = 95.0
"""Likeness of titles, of 100, from which they are one: a changed hyphen, article or plural stays above, another word falls below."""
YEARS_APART = 1
"""A preprint is often printed in the year after."""
SHORT_WORD = 3
"""Words up to this long (2, II, RL, v3) tell titles of a series apart, so they must agree."""


@dataclass(frozen=True)
class _Telling:
    """One source's word on a paper, and how far up its list it stood."""

    paper: Found
    source: SourceName
    place: int


def merge(lists: Mapping[SourceName, Sequence[Found]]) -> list[Found]:
    """Each paper once, with everything its sources told; by id."""
    return sorted((_one([t.paper for t in group]) for group in _groups(lists)), key=lambda paper: paper.id)


def rank(question: str, lists: Mapping[SourceName, Sequence[Found]]) -> list[Found]:
    """Best first: the sum over sources of 1/(60 + place), plus the share of the question's words in title and abstract
    over 60; equals by id."""
    asked = set(terms(question))
    scored = []
    for group in _groups(lists):
        paper = _one([t.paper for t in group])
        best = {source: min(t.place for t in group if t.source == source) for source in {t.source for t in group}}
        shared = len(asked.intersection(terms(f"{paper.title} {paper.abstract}"))) / len(asked) if asked else 0.0
        score = sum(1 / (FUSED + place) for place in best.values()) + WORDS_WEIGH * shared
        scored.append((-round(score, 9), paper.id, paper))
    return [paper for _, _, paper in sorted(scored, key=lambda s: s[:2])]


def _groups(lists: Mapping[SourceName, Sequence[Found]]) -> list[list[_Telling]]:
    """The tellings of each paper together; two arXiv ids never come together through a third paper."""
    groups: list[list[_Telling]] = []
    for source in SOURCES:
        for place, paper in enumerate(lists.get(source, ()), 1):
            joined, apart = [_Telling(paper, source, place)], []
            for group in groups:
                fits = any(same(paper, t.paper) for t in group)
                if fits and not _two_preprints([t.paper for t in (*group, *joined)]):
                    joined = [*group, *joined]
                else:
                    apart.append(group)
            groups = [*apart, joined]
    return groups


def same(a: Found, b: Found) -> bool:
    """One paper: the same arXiv id, DOI or Semantic Scholar id; or near-equal titles of about the same year."""
    if a.id == b.id or (a.doi and a.doi == b.doi) or (a.s2 and a.s2 == b.s2):
        return True
    if _two_preprints([a, b]):
        return False
    if a.year and b.year and abs(a.year - b.year) > YEARS_APART:
        return False
    return _alike(_plain(a.title), _plain(b.title))


def _two_preprints(papers: Sequence[Found]) -> bool:
    """Two arXiv ids are two papers, however alike their titles."""
    return len({p.id for p in papers if arxiv_number(p.id)}) > 1


def _one(group: Sequence[Found]) -> Found:
    """What is known of one paper; of two tellings the fuller, and an arXiv id before any other."""
    named = min(group, key=lambda p: (not arxiv_number(p.id), not p.id.startswith("doi:"), not p.id.startswith("s2:")))
    counted = [p.citations for p in group if p.citations is not None]
    return replace(
        named,
        authors=max((p.authors for p in group), key=len), year=min((p.year for p in group if p.year), default=None),
        abstract=max((p.abstract for p in group), key=len), citations=max(counted, default=None),
        sources=tuple(s for s in SOURCES if any(s in p.sources for p in group)),
        pdf=named.pdf or _first(p.pdf for p in group), doi=_first(p.doi for p in group), s2=_first(p.s2 for p in group),
        code=_first(p.code for p in group), notes=tuple(dict.fromkeys(note for p in group for note in p.notes)),
    )  # fmt: skip


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def _plain(title: str) -> str:
    letters = unicodedata.normalize("NFKD", title.casefold())
    return " ".join(re.findall(r"[a-z0-9]+", "".join(c for c in letters if not unicodedata.combining(c))))


def _alike(a: str, b: str) -> bool:
    if not a or not b:
        return False
    if a == b:
        return True
    from rapidfuzz import fuzz

    return _telling(a) == _telling(b) and fuzz.ratio(a, b, score_cutoff=ALIKE) > 0


def _telling(title: str) -> list[str]:
    """Short words and everything with a digit in it, but for articles: what tells the parts of a series apart."""
    words = [w for w in title.split() if len(w) <= SHORT_WORD or any(c.isdigit() for c in w)]
    return sorted(w for w in words if w not in ("a", "an", "the"))
