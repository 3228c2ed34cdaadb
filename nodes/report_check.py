"""A discussion's sentences held against the record: every number and every name must stand there, or the sentence is struck."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from nodes.report_known import COUNTS, SIDES, Book, Known
from nodes.report_verdicts import verdicts

SENTENCE = re.compile(r"(?<=[.!?])[\"”’)]?\s+(?=[A-Z\"“(\[])")
CLAUSE = re.compile(r"[;:]|,(?!\d)|\b(?:and|while|whereas|but|against|than|versus|compared|from)\b")
WORD = re.compile(r"[a-z][a-z_]*")
HAS_DIGIT = re.compile(r"[^\s,;()\[\]{}\"“”]*\d(?:[^\s;()\[\]{}\"“”]*)")
NUMBER = re.compile(r"([-+−]?)((?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?)(e[-+]?\d+)?(%?)", re.IGNORECASE)
APART = re.compile(r"[–—→/=]|(?<=\d)-(?=[\d.])")
ID = re.compile(r"\b[eb]\d{1,5}\b")
PAPER = re.compile(r"\b(?:arxiv:\s*)?(\d{4}\.\d{4,5})(?:v\d+)?\b", re.IGNORECASE)
ADDRESS = re.compile(
    r"\w+://|//\w|www\.|mailto:|\S@\w|\bdoi\b|\bet al\b"
    r"|\b[\w-]+\.(?:com|org|net|edu|gov|io|ai|dev|app|co|info|me|ly|example|test|xyz|uk|de|fr|eu|cn)\b",
    re.IGNORECASE,
)
SMALL = {
    w: n
    for n, w in enumerate(
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 2
    )
}
DIGITS = "two|three|four|five|six|seven|eight|nine"
PARTS = "(?:third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|twentieth|hundredth)"
UNCHECKED = re.compile(
    r"\b(thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
    r"|hundreds?|thousands?|millions?|billions?|dozens?|half|halved|halves|quarters?|twice|thrice|doubl\w+|tripl\w+|trebl\w+|quadrupl\w+"
    rf"|(?:an?|one|{DIGITS})[ -]{PARTS}s?(?= of\b)|{PARTS}s"
    r"|\w+fold|percentages?|orders? of magnitude|perfect\w*"
    rf"|flawless\w*|faultless\w*|error-free|nought|naught|nil|point (?:one|{DIGITS})"
    r"|(?:all|every|each|always|entirely|fully|completely|most|majority|nearly|almost|hardly|no|none|never|not one|not a single|without)\b"
    r"[^.;,]{0,60}\b(?:right|correct\w*|wrong\w*|errors?|mistake\w*|errs?|accurate\w*)"
    r"|(?<!include )(?<!includes )(?<!above )(?<!below )(?<!holds )(?<!distinguishable from )zero)\b",
    re.IGNORECASE,
)
"""Amounts in words that nothing can be held against."""
BARE_PERCENT = re.compile(r"(?<![\d\s])\s*\b(?:percent|per cent|pct|per mille)\b|(?<!\d)(?<!\d )[%‰]", re.IGNORECASE)
"""A percentage of something that is not written in digits."""
GAINED = re.compile(
    r"\b(?:gain\w*|improve\w*|rose by|increas\w*|grew by|lift\w*|advantage|difference|more|better|higher|by)\b(?: of| by)?"
)
LOST = re.compile(r"\b(?:los[st]\w*|worse|lower|fell|drop\w*|below|less|decreas\w*|degrad\w*|behind|negative)\b")
GAIN_WORDS = frozenset(
    ("gain", "gains", "gained", "improvement", "improved", "improves", "difference", "better", "rose", "increase", "increased", "higher",
     "advantage", "lift", "beat", "beats")
)  # fmt: skip
THEIRS = re.compile(
    r"\bbaselines?(?:'s)?\W+(?:\w+\W+)?(?:gain|improv|rose|increas|advantage)"
    r"|(?:gain|improvement|advantage)s? (?:of|by|for) (?:the )?baseline"
)
"""A gain is over the baseline, and never the baseline's."""
LEAST_DIGITS = 2
"""Digits of a number that is rounded: with one, .882 would be .9."""


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
    return _letters(sentence) or _names(sentence, book) or verdicts(sentence, book) or _numbers(sentence, book)


def _letters(sentence: str) -> str:
    """Letters that only look like ours hide a word from every rule, and so do the digits of other scripts."""
    for letter in sentence:
        if not letter.isascii() and (unicodedata.numeric(letter, None) is not None):
            return f"{letter!r} is a number in another script"
    for word in re.findall(r"[^\W\d_]{2,}", sentence):
        if not all(unicodedata.name(letter, "").startswith("LATIN") for letter in word):
            return f"{word!r} is written in another script"
    return ""


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


def _numbers(sentence: str, book: Book) -> str:
    if found := UNCHECKED.search(sentence):
        return f"{found[0]!r} is an amount in words, which nothing can be held against"
    if BARE_PERCENT.search(sentence):
        return "it names a percentage without its digits"
    bare = _without_names(sentence, book)
    words = set(WORD.findall(bare.lower()))
    named = {name for name in book.experiments if re.search(rf"\b{re.escape(name)}\b", sentence)}
    for clause, part in _clauses(sentence, bare):
        about = {name for name in book.experiments if re.search(rf"\b{re.escape(name)}\b", clause)} or named
        marks = _marks(clause.lower()) or _marks(sentence.lower())
        for text, value, at in _amounts(part):
            if value is None:
                return f"{text} can't be read as one number"
            fits = [k for k in book.numbers if value.is_(k.value)]
            if not fits:
                return f"{text} stands nowhere in the record"
            said = Said(words, about, marks, part[:at].lower(), clause.lower(), value.signed)
            if not any(_fits(k, said, book) for k in fits):
                return f"{text} stands in the record, but not for what is said here"
    return ""


@dataclass(frozen=True)
class Said:
    """What stands round a number."""

    words: set[str]
    about: set[str]
    marks: set[str]
    before: str
    """The clause up to it."""
    clause: str
    signed: bool


def _fits(known: Known, said: Said, book: Book) -> bool:
    about, marks = said.about, said.marks | _members(said.about, book)
    if known.about and known.about not in about and (about or known.curve):
        return False
    borne = known.marks | _members({known.about}, book)
    if "validation" in borne and ("validation" not in marks or (known.about and not about)):
        return False  # a score that guided the search is no result, and belongs to one experiment
    if known.about and not about and borne & set(SIDES[0]) and not said.words & {"seed", "seeds"}:
        return False  # the best of several seeds is not the finalist
    if "baseline" in borne and "baseline" not in marks:
        return False  # unsaid, a number is taken for the result
    if about and not known.about and borne & set(SIDES[0]) and not borne & marks & set(SIDES[0]):
        return False
    for one, other in SIDES:
        told = marks & {one, other}
        if len(told) == 1 and borne & {one, other} and not borne & told:
            return False
    return bool(known.words & said.words) and _as_gain(known, said)


def _as_gain(known: Known, said: Said) -> bool:
    """A gain is said of a gain alone, and with its sign."""
    if "gain" in known.words:
        told = bool(said.words & GAIN_WORDS) or bool(LOST.search(said.clause))
        return (
            told
            and not THEIRS.search(said.clause)
            and (said.signed or (known.value < 0) == bool(LOST.search(said.clause)) or known.value == 0)
        )
    last = list(GAINED.finditer(said.before))
    if not last or known.words & COUNTS:
        return True
    between = set(WORD.findall(said.before[last[-1].end() :]))
    return bool(between & known.words) or "than" in between or "to" in between


def _members(names: set[str], book: Book) -> set[str]:
    """The sides that experiments stand for."""
    return {side for side, its in (("finalist", book.finalists), ("baseline", book.baselines)) if names & its}


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
    rounds: bool = False
    """Written exactly enough to stand for what it was rounded from; nothing is rounded to none or to all."""

    def is_(self, value: float) -> bool:
        """The same within the rounding of what was written."""
        held = value * 100 if self.percent else value
        held = held if self.signed else abs(held)
        close = 1e-9 * max(1.0, abs(held))
        if abs(held - self.size) <= close or (self.percent and abs(value - self.size) < 1e-9):
            return True
        return self.rounds and abs(held - self.size) <= self.unit / 2 + close


def _amounts(text: str) -> Iterator[tuple[str, Amount | None, int]]:
    """Each amount as it stands, as a number, and where."""
    spaced = re.sub(r"(\d)(\s*)(?:%|percent\b|per cent\b)", lambda m: f"{m[1]}%" + " " * (len(m[0]) - 2), text)
    for token in HAS_DIGIT.finditer(spaced):
        for piece in APART.split(token[0]):
            if any(c.isdigit() for c in piece):
                yield piece, _amount(piece.strip("~≈<>≤≥±$€*_`'’").rstrip(".,:!?)")), token.start()
    for word in re.finditer(r"[a-z]+", text.lower()):
        if word[0] in SMALL:
            yield word[0], Amount(float(SMALL[word[0]]), 0.0, False, False), word.start()


def _amount(piece: str) -> Amount | None:
    match = NUMBER.fullmatch(piece)
    if not match or not match[2] or not any(c.isdigit() for c in match[2]):
        return None
    digits, power = match[2].replace(",", ""), match[3] or ""
    sign = -1.0 if match[1] in ("-", "−") else 1.0
    decimals = len(digits.partition(".")[2])
    unit = 10.0**-decimals * float(f"1{power}") if decimals or power or match[4] else 0.0
    size, whole = sign * float(digits + power), 100.0 if match[4] else 1.0
    exact = len(digits.replace(".", "").lstrip("0")) >= LEAST_DIGITS and abs(size) not in (0.0, whole)
    return Amount(size, unit, bool(match[1]), bool(match[4]), exact)
