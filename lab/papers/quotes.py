"""Does a quote stand in its source? Spacing, hyphens at line ends and kinds of dashes may differ; words and numbers may not."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from lab.papers.paper import Paper, pieces
from lab.papers.read_numbers import number_spans
from state.reading import LONGEST_QUOTE, Place

SHORTEST = 12
FEWEST_WORDS = 3
"""A shorter quote stands in almost any paper by chance and shows nothing."""

LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
DASHES = "‐‑‒–—―−﹣－"
SINGLE, DOUBLE = "‘’‚‛′`´", "“”„‟″«»"
GONE = "\u200b\u200c\u200d\u2060\ufeff"
SAME = str.maketrans(
    {**LIGATURES, **dict.fromkeys(DASHES, "-"), **dict.fromkeys(SINGLE, "'"), **dict.fromkeys(DOUBLE, '"')}
    | dict.fromkeys(GONE, "")
)
BREAK = "\u00ad"
"""Stands for a hyphen at the end of a line, which may belong to the word or not."""
LINE_END = re.compile(r"(?<=[^\W\d_])(?:-[ \t]*\n\s*|\u00ad\s*)(?=[^\W\d_])")


@dataclass(frozen=True)
class Match:
    """Where the quote stands in the text it was looked for in, in characters of the plain text (see `plain`)."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class NotThere:
    why: str
    cut: bool = False
    """It does stand, but begins or ends inside a word or a number."""


def plain(text: str) -> str:
    """The same words and numbers in one spelling: for comparing, never for showing. Case stays."""
    marked = LINE_END.sub(BREAK, unicodedata.normalize("NFC", text).translate(SAME))
    # a superscript is not folded: 10² is no 102
    return " ".join(marked.split())


def verify(quote: str, text: str) -> Match | NotThere:
    """The first place where the whole quote stands, beginning and ending between words and numbers."""
    return _sought(quote, plain(text))


def _sought(quote: str, within: str) -> Match | NotThere:
    wanted = plain(quote).strip("\"' ")
    problem = _too_little(wanted)
    if problem:
        return NotThere(problem)
    numbers = number_spans(within)
    cut = False
    for found in _pattern(wanted).finditer(within):
        if _whole(within, found.start(), found.end(), numbers):
            return Match(found.start(), found.end(), found.group(0))
        cut = True
    if cut:
        return NotThere("the quote begins or ends inside a word or a number; quote whole words and numbers", True)
    return NotThere(f"the quote does not stand in the source: {quote[:80]!r}")


def _too_little(wanted: str) -> str:
    if len(wanted) > LONGEST_QUOTE:
        return f"the quote has {len(wanted)} characters; {LONGEST_QUOTE} are enough"
    if len(wanted) < SHORTEST or len(re.findall(r"\w[^\s]*", wanted)) < FEWEST_WORDS:
        return f"the quote is too short to show anything; at least {SHORTEST} characters and {FEWEST_WORDS} words"
    return ""


def _pattern(wanted: str) -> re.Pattern[str]:
    """The quote letter by letter. Only a hyphen that stood at a line's end may be there or not."""
    parts: list[str] = []
    for i, letter in enumerate(wanted):
        if letter == BREAK:
            parts.append(f"[{BREAK}-]?")
        elif letter == "-":
            parts.append(f"[{BREAK}-]")
        else:
            parts.append(re.escape(letter))
            if letter.isalpha() and wanted[i + 1 : i + 2].isalpha():
                parts.append(f"{BREAK}?")
    return re.compile("".join(parts))


def _whole(text: str, start: int, end: int, numbers: list[tuple[int, int]]) -> bool:
    """No number is cut: 12 is not quoted from 12.5, nor 5 from -5. No word is cut: `form` is not quoted from `perform`."""
    if any(a < start < b or a < end < b for a, b in numbers):
        return False
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (_inner(before) and _inner(text[start])) and not (_inner(after) and _inner(text[end - 1]))


def _inner(letter: str) -> bool:
    return letter.isalnum() or letter in (BREAK, "_") if letter else False


@dataclass(frozen=True)
class Source:
    """A paper made ready for many quotes: each part in plain spelling once."""

    paper: Paper
    parts: tuple[str, ...]
    whole: str
    """All of it as one text, for names."""


def source_of(paper: Paper) -> Source:
    parts = tuple(plain(piece.text) for piece in pieces(paper))
    return Source(paper, parts, "\n".join(parts).replace(BREAK, "").casefold())


def place_of(quote: str, source: Source) -> Place | NotThere:
    """The first part of the paper in which the quote stands; section and page are what the paper says, not the reader."""
    misses: list[NotThere] = []
    for piece, text in zip(pieces(source.paper), source.parts, strict=True):
        found = _sought(quote, text)
        if isinstance(found, Match):
            page = piece.page_at(_offset(piece.text, text, found.start))
            shown = found.text.replace(BREAK, "")
            return Place(source=source.paper.id, section=piece.place[:120], page=page, quote=shown)
        misses.append(found)
    # a quote cut inside a word says more about what to mend than that another section lacks it
    return next((miss for miss in misses if miss.cut), misses[0])


def _offset(text: str, spelt: str, start: int) -> int:
    """Where in the text as shown the plain text's character stands; near enough to tell the page."""
    return round(start * len(text) / max(1, len(spelt)))
