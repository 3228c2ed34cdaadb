"""What an overlap means: which copies block, which only warn, and why.

One copy of a text long enough to be somebody's own is a leak of that row, so it blocks from the first. Two exceptions keep
healthy data alone. Short rows ("yes", "12 + 7") meet by chance, so they block only when they come back clearly more often than
train rows do among themselves. And where train rows are copies of each other just as often (licences, docstrings), the copies are
the nature of the data: a warning, unless more than half of the test rows are hit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lab.checks.overlap.grade import Grade
from lab.checks.overlap.index import Ints
from lab.checks.overlap.result import Overlap, Pair
from lab.checks.parts import Looked
from state.products import Finding

NATURAL_P = 0.01
"""Test rows hit more often than train rows among themselves, with less chance than this: not the nature of the data."""
NATURAL_HITS = 2
"""Looked-up train rows that must have a relative before the data's nature may excuse anything."""
NATURAL_RATIO = 3.0
"""A test side hit three times less than train itself was not drawn from it at random: its copies came otherwise."""
NATURAL_SHARE = 0.5
"""When half of the test rows have a copy in train there is no test left, natural or not."""
NATURAL_CLEAR = 0.3
"""Nor is there one when three tenths of the test rows have copies beyond doubt: rows copied before the split look natural too."""
SHORT_P, SHORT_ROWS, ONE_WORD = 0.001, 3, 1
"""Short rows block on clear evidence only; rows of one word never."""
CLEAR_SCORE, CLEAR_WORDS = 0.9, 16
"""A near copy so alike and so long is nobody's coincidence: it blocks alone."""
SOME_ROWS = 3
"""Weaker relatives block from three rows: precision is .99, not 1."""
EXAMPLES = 20

DROP = "drop the listed rows from train and train again"


def looked(overlap: Overlap, name: str = "test") -> list[Looked]:
    """What four checks on the overlap of a train and a test side answer."""
    empty = _nothing(overlap, name)
    if empty:
        kinds = ("exact_duplicate", "near_duplicate", "contained_text", "boilerplate")
        return [Looked(kind, not_run=empty) for kind in kinds]
    read = _read(overlap, name)
    return [
        Looked("exact_duplicate", _some(_exact(overlap, name)), looked_at=read),
        Looked("near_duplicate", _some(_near(overlap, name, "near_duplicate", ("near", "paraphrase"))), looked_at=read),
        Looked("contained_text", _some(_near(overlap, name, "contained_text", ("contained",))), looked_at=read),
        Looked("boilerplate", _some(_boilerplate(overlap, name)), looked_at=read),
    ]


def contamination(overlap: Overlap, benchmark: str) -> Looked:
    """Whether train holds rows of a named benchmark or a sealed set: any real one blocks."""
    empty = _nothing(overlap, benchmark)
    if empty:
        return Looked("contamination", not_run=empty)
    hit = overlap.real
    relatives = np.unique(
        np.concatenate([_tests(overlap, ("near", "contained", "paraphrase")), hit[np.isin(hit, overlap.long)]])
    )
    finding = None
    if len(hit):
        short = np.setdiff1d(hit, relatives)
        block = len(relatives) > 0 or _beyond_chance(overlap, short)
        parts = ", ".join(f"{len(_tests(overlap, (g,))):,} {g}" for g in ("exact", "near", "contained", "paraphrase"))
        why = f"{len(hit):,} of {overlap.test_rows:,} rows of {benchmark} are in train ({parts})"
        if not block:
            why += "; all of them so short that they may meet by chance"
        pairs = [pair for pair in overlap.pairs if pair.grade != "template"]
        finding = _finding(overlap, "contamination", "block" if block else "warn", hit, pairs, why, DROP)
    return Looked("contamination", _some(finding), looked_at=_read(overlap, benchmark))


def _exact(overlap: Overlap, name: str) -> Finding | None:
    hit = _tests(overlap, ("exact",))
    if not len(hit):
        return None
    long, short = hit[np.isin(hit, overlap.long)], hit[~np.isin(hit, overlap.long)]
    pairs = [pair for pair in overlap.pairs if pair.grade == "exact"]
    why = f"{len(hit):,} of {overlap.test_rows:,} {name} rows are word for word in train"
    natural = _natural(overlap, long, ("exact",), int((overlap.sizes[long] >= CLEAR_WORDS).sum()))
    if len(long) and not natural:
        severity, note = "block", f"{len(long):,} of them texts of 8 words or more"
    elif _beyond_chance(overlap, short):
        severity, note = "block", f"{_rate(overlap, ('exact',), False)} of short train rows come back within train"
    elif len(long):
        severity, note = "warn", natural
    else:
        share = len(hit) / overlap.test_rows
        severity = "warn" if share >= 0.01 and (overlap.sizes[short] > ONE_WORD).any() else "info"
        note = f"all short; {_rate(overlap, ('exact',), False)} of short train rows come back within train"
    return _finding(overlap, "exact_duplicate", severity, hit, pairs, f"{why}; {note}", DROP)


def _near(overlap: Overlap, name: str, kind: str, grades: tuple[Grade, ...]) -> Finding | None:
    hit = _tests(overlap, grades)
    if not len(hit):
        return None
    pairs = [pair for pair in overlap.pairs if pair.grade in grades]
    clear = {p.test for p in pairs if p.score >= CLEAR_SCORE and overlap.sizes[p.test] >= CLEAR_WORDS}
    parts = ", ".join(f"{len(_tests(overlap, (grade,))):,} {grade}" for grade in grades)
    words = "are inside a longer train row" if kind == "contained_text" else "have a relative in train"
    why = f"{len(hit):,} of {overlap.test_rows:,} {name} rows {words} ({parts}); {len(clear):,} beyond doubt"
    natural = _natural(overlap, hit, grades, len(clear))
    if natural:
        return _finding(overlap, kind, "warn", hit, pairs, f"{why}; {natural}", DROP)
    severity = "block" if clear or len(hit) >= SOME_ROWS else "warn"
    why += f"; {_rate(overlap, grades, True)} of long train rows have one within train"
    return _finding(overlap, kind, severity, hit, pairs, why, DROP)


def _boilerplate(overlap: Overlap, name: str) -> Finding | None:
    twins = _tests(overlap, ("template",))
    hit = np.union1d(twins, overlap.boilerplate)
    if not len(hit):
        return None
    why = (
        f"{len(overlap.boilerplate):,} of {overlap.test_rows:,} {name} rows share a long passage with many train rows, "
        f"{len(twins):,} have a twin there with other numbers or names: a template, not a copy"
    )
    pairs = [pair for pair in overlap.pairs if pair.grade == "template"]
    return _finding(
        overlap, "boilerplate", "info", hit, pairs, why, "none needed; split by template to measure unseen ones"
    )


def _finding(
    overlap: Overlap, kind: str, severity: str, hit: Ints, pairs: Sequence[Pair], why: str, remedy: str
) -> Finding:
    first: dict[int, Pair] = {}
    for pair in pairs:
        first.setdefault(pair.test, pair)
    chosen = sorted(first.values(), key=lambda pair: (-pair.score, pair.test))[:EXAMPLES]
    examples = [{"train": pair.train, "test": pair.test, "score": pair.score} for pair in chosen]
    share = len(hit) / overlap.test_rows
    return Finding(kind=kind, severity=severity, count=len(hit), share=share, why=why, remedy=remedy, examples=examples)


def _tests(overlap: Overlap, grades: Sequence[Grade]) -> Ints:
    return np.unique(np.concatenate([overlap.rows[grade].test for grade in grades]))


def _within(overlap: Overlap, grades: Sequence[Grade], long: bool) -> tuple[int, int]:
    """Looked-up train rows with such a relative within train (at most one grade counted twice), and how many were looked up."""
    asked = overlap.within.long if long else overlap.within.short
    hits = min(asked, sum(overlap.within.hits.get((grade, long), 0) for grade in grades))
    again, first = overlap.within.first.get(long, (0, 0)) if tuple(grades) == ("exact",) else (0, 0)
    return (again, first) if again * asked >= hits * first and first else (hits, asked)


def _rate(overlap: Overlap, grades: Sequence[Grade], long: bool) -> str:
    hits, asked = _within(overlap, grades, long)
    return f"{hits:,} of {asked:,}"


def _natural(overlap: Overlap, hit: Ints, grades: Sequence[Grade], clear: int) -> str:
    """Why these hits are the nature of the data; empty when they are not."""
    if clear >= NATURAL_CLEAR * overlap.test_rows:
        return ""
    hits, asked = _within(overlap, grades, True)
    tests = len(overlap.long)
    if hits < NATURAL_HITS or not tests or len(hit) >= NATURAL_SHARE * overlap.test_rows:
        return ""
    rate = len(hit) / tests
    fewer = rate * NATURAL_RATIO < hits / asked and _more_than(hits, asked, len(hit), tests) < NATURAL_P
    if fewer or _more_than(len(hit), tests, hits, asked) < NATURAL_P:
        return ""
    return f"as common among train rows themselves ({hits:,} of {asked:,} looked up), so likely the nature of this data"


def _beyond_chance(overlap: Overlap, short: Ints) -> bool:
    """Whether short rows come back far more often than short train rows do among themselves."""
    real = int((overlap.sizes[short] > ONE_WORD).sum())
    hits, asked = _within(overlap, ("exact",), False)
    tests = overlap.test_rows - len(overlap.long)
    return real >= SHORT_ROWS and asked > 0 and _more_than(real, tests, hits, asked) < SHORT_P


def _more_than(hit: int, tests: int, hits: int, asked: int) -> float:
    """Chance of so many hits among the test rows if they were no more common than in train (Fisher's exact test)."""
    from scipy.stats import hypergeom

    return float(hypergeom.sf(hit - 1, tests + asked, hit + hits, tests))


def _nothing(overlap: Overlap, name: str) -> str:
    for rows, blank, side in (
        (overlap.test_rows, overlap.test_blank, name),
        (overlap.train_rows, overlap.train_blank, "train"),
    ):
        if rows == blank:
            return f"no text in the {rows:,} rows of {side}"
    return ""


def _read(overlap: Overlap, name: str) -> str:
    text = f"{overlap.test_rows:,} {name} rows against {overlap.train_rows:,} train rows, by {overlap.units}"
    if overlap.units == "words" and overlap.unspaced:
        text += f" ({overlap.unspaced:,} by characters)"
    doubtful = len({pair.test for pair in overlap.doubtful} - set(overlap.real.tolist()))
    text += f"; {doubtful:,} doubtful" if doubtful else ""
    return text + (f"; {overlap.unread:,} with more relatives than were graded" if overlap.unread else "")


def _some(finding: Finding | None) -> tuple[Finding, ...]:
    return (finding,) if finding else ()
