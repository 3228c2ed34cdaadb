"""A discussion's sentences held against the record: every number and every name must stand there, or the sentence is struck."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from nodes.report_known import SIDES, Book, Known

SENTENCE = re.compile(r"(?<=[.!?])[\"”’)]?\s+(?=[A-Z\"“(\[])")
CLAUSE = re.compile(r"[;:]|,(?!\d)|\b(?:and|while|whereas|but|against|than|versus|compared|from)\b")
WORD = re.compile(r"[a-z][a-z_]*")
HAS_DIGIT = re.compile(r"[^\s,;()\[\]{}\"“”]*\d(?:[^\s;()\[\]{}\"“”]*)")
NUMBER = re.compile(r"([-+−]?)((?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?)(e[-+]?\d+)?(%?)", re.IGNORECASE)
APART = re.compile(r"[–—→/=]|(?<=\d)-(?=[\d.])")
ID = re.compile(r"\b[eb]\d{1,5}\b")
PAPER = re.compile(r"\b(?:arxiv:\s*)?(\d{4}\.\d{4,5})(?:v\d+)?\b", re.IGNORECASE)
ADDRESS = re.compile(r"https?://|www\.|\bdoi\b|\bet al\b", re.IGNORECASE)
SMALL = {
    w: n
    for n, w in enumerate(
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 2
    )
}
UNCHECKED = re.compile(
    r"\b(thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
    r"|hundreds?|thousands?|millions?|billions?|dozens?|half|halved|halves|thirds|quarters?|twice|thrice|doubl\w+|tripl\w+|quadrupl\w+"
    r"|\w+fold|percentages?|orders? of magnitude|perfect\w*|(?<!include )(?<!includes )(?<!above )(?<!below )(?<!holds )zero)\b",
    re.IGNORECASE,
)
"""Amounts in words that nothing can be held against."""
NEGATED = re.compile(
    r"\b(not|no|never|neither|nor|without|missed|miss|fail\w*|cannot|can't|didn't|wasn't|isn't|nothing)\b",
    re.IGNORECASE,
)
MET = re.compile(
    r"\b(met|meets|reach\w*|hit|exceed\w*|surpass\w*|beat\w*|achiev\w*)\b[^.]*\btarget\b|\btarget\b[^.]*\b(met|reached|hit|exceeded)\b",
    re.IGNORECASE,
)
BETTER = re.compile(
    r"\bsignificant\w*|\bbeyond (?:the )?noise|\bclear(?:ly)? (?:better|improv\w+|gain)|\b(?:out|over)perform\w*",
    re.IGNORECASE,
)
AGAIN = re.compile(r"\breproduc(?:ed|ible|es)\b|\breplicat\w+", re.IGNORECASE)
SUPPORTED = re.compile(
    r"\bclaim\b[^.]*\b(supported|confirmed|true|right|correct|verified)\b|\bclaim (?:holds|stands)\b", re.IGNORECASE
)
REFUTED = re.compile(r"\bclaim\b[^.]*\b(contradicted|refuted|false|wrong|disproved)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Struck:
    sentence: str
    why: str


@dataclass(frozen=True)
class Checked:
    """What may be printed, and what may not."""

    paragraphs: tuple[str, ...]
    struck: tuple[Struck, ...]


def held_against(paragraphs: list[str], book: Book) -> Checked:
    kept: list[str] = []
    struck: list[Struck] = []
    for paragraph in paragraphs:
        good: list[str] = []
        for sentence in sentences(paragraph):
            why = objection(sentence, book)
            if why:
                struck.append(Struck(sentence, why))
            else:
                good.append(sentence)
        kept += [" ".join(good)] if good else []
    return Checked(tuple(kept), tuple(struck))


def sentences(paragraph: str) -> list[str]:
    text = " ".join("".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFKC", paragraph)).split())
    return [part.strip() for part in SENTENCE.split(text) if part.strip()]


def objection(sentence: str, book: Book) -> str:
    """Why a sentence can't stand; empty when everything in it stands in the record."""
    return _names(sentence, book) or _verdicts(sentence, book) or _numbers(sentence, book)


def _names(sentence: str, book: Book) -> str:
    for name in ID.findall(sentence):
        if name not in book.experiments and name not in book.names:
            return f"there is no experiment {name}"
    known = {match[1] for paper in book.papers for match in PAPER.finditer(paper)}
    for match in PAPER.finditer(sentence):
        if match[1] not in known:
            return f"no source gave {match[1]}"
    if ADDRESS.search(sentence) and not any(paper in sentence for paper in book.papers):
        return "it cites what no source gave"
    return ""


def _verdicts(sentence: str, book: Book) -> str:
    """What the outcome forbids to say, in so many words."""
    if NEGATED.search(sentence):
        return ""
    if MET.search(sentence) and book.outcome != "target_met":
        return f"the outcome is {book.outcome or 'open'}"
    for said, outcome in ((SUPPORTED, "claim_supported"), (REFUTED, "claim_contradicted")):
        if said.search(sentence) and book.outcome != outcome:
            return f"the outcome is {book.outcome or 'open'}"
    if BETTER.search(sentence) and not book.gain_is_beyond_noise:
        return "no interval of the gain says so"
    if AGAIN.search(sentence) and not book.reproduced:
        return "nothing was reproduced"
    return ""


def _numbers(sentence: str, book: Book) -> str:
    if found := UNCHECKED.search(sentence):
        return f"{found[0]!r} is an amount in words, which nothing can be held against"
    bare = _without_names(sentence, book)
    words = set(WORD.findall(bare.lower()))
    named = {name for name in book.experiments if re.search(rf"\b{re.escape(name)}\b", sentence)}
    for clause, part in _clauses(sentence, bare):
        about = {name for name in book.experiments if re.search(rf"\b{re.escape(name)}\b", clause)} or named
        marks = _marks(clause.lower()) or _marks(sentence.lower())
        for text, value in _amounts(part):
            if value is None:
                return f"{text} can't be read as one number"
            fits = [k for k in book.numbers if value.is_(k.value)]
            if not fits:
                return f"{text} stands nowhere in the record"
            if not any(_fits(k, words, about, marks) for k in fits):
                return f"{text} stands in the record, but not for what is said here"
    return ""


def _fits(known: Known, words: set[str], about: set[str], marks: set[str]) -> bool:
    if known.about and known.about not in about and (about or known.curve):
        return False
    if "validation" in known.marks and "validation" not in marks:  # a score that guided the search is no result
        return False
    for one, other in SIDES:
        said = marks & {one, other}
        borne = known.marks & {one, other}
        if len(said) == 1 and borne and not borne & said:
            return False
    return bool(known.words & words)


def _marks(text: str) -> set[str]:
    found = {mark for pair in SIDES for mark in pair if mark in text}
    return found | ({"finalist"} if re.search(r"\b(winner|best)\b", text) else set())


def _without_names(sentence: str, book: Book) -> str:
    """Names hold digits too; longest first, so that a part of one is not taken for another. As many signs as before."""
    bare = PAPER.sub(lambda m: " " * len(m[0]), sentence)
    for name in sorted(book.experiments | book.papers | book.names, key=len, reverse=True):
        if any(c.isdigit() for c in name):
            bare = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda m: " " * len(m[0]), bare)
    return bare


def _clauses(sentence: str, bare: str) -> Iterator[tuple[str, str]]:
    """The same stretch of the sentence as it stands and without names."""
    ends = [0, *(m.end() for m in CLAUSE.finditer(bare)), len(bare)]
    for first, last in pairwise(ends):
        yield sentence[first:last], bare[first:last]


@dataclass(frozen=True)
class Amount:
    """A number as it was written: how exactly, with a sign or without, as a percentage or not."""

    size: float
    unit: float
    signed: bool
    percent: bool

    def is_(self, value: float) -> bool:
        """The same within the rounding of what was written."""
        held = value * 100 if self.percent else value
        held = held if self.signed else abs(held)
        return abs(held - self.size) <= self.unit / 2 + 1e-9 * max(1.0, abs(held)) or (
            self.percent and abs(value - self.size) < 1e-9
        )


def _amounts(text: str) -> Iterator[tuple[str, Amount | None]]:
    spaced = re.sub(r"(\d)\s*(?:%|percent\b|per cent\b)", r"\1%", text)
    for token in HAS_DIGIT.findall(spaced):
        for piece in APART.split(token):
            if any(c.isdigit() for c in piece):
                yield piece, _amount(piece.strip("~≈<>≤≥±$€*_`'’").rstrip(".,:!?)"))
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in SMALL:
            yield word, Amount(float(SMALL[word]), 0.0, False, False)


def _amount(piece: str) -> Amount | None:
    match = NUMBER.fullmatch(piece)
    if not match or not match[2] or not any(c.isdigit() for c in match[2]):
        return None
    digits, power = match[2].replace(",", ""), match[3] or ""
    sign = -1.0 if match[1] in ("-", "−") else 1.0
    decimals = len(digits.partition(".")[2])
    unit = 10.0**-decimals * float(f"1{power}") if decimals or power or match[4] else 0.0
    return Amount(sign * float(digits + power), unit, bool(match[1]), bool(match[4]))
