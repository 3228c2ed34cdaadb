"""Which option a reply chose. The forms read, the first that fits:

the letter alone (`b`, `(B)`, `**B**.`); inside the last \\boxed{}; after the last `answer is`, `answer:`, `choice is`,
`option is` (or `answer B`, `option B`, `choice B`); a letter before `)`, `.` or `:` at the beginning, or in brackets;
the text of exactly one option. After a phrase the letter ends there or a word like `because` follows, so that
`the answer is a mystery` chooses nothing. A letter that the question does not have is no choice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lab.stats.metric import Given, Items
from lab.stats.quantities import final_part
from lab.stats.reading import share_alike

FRAME = " \t\r\n()[]{}*_\"'`$.,:;!"
_PHRASE = re.compile(
    r"\b(?:answer|option|choice)\b(?:\s+is\b)?[:*\s]*[(\[]?([A-Za-z])(?![A-Za-z])"
    r"(?:[)\]]|\**(?=\s*(?:[.,;:!\n]|$)|\s+(?:because|since|as|for|due|given)\b))",
    re.IGNORECASE | re.ASCII,
)
_LEADING = re.compile(r"\s*(?:\(([A-Za-z])\)|\[([A-Za-z])\]|\**([A-Za-z])\**[).:](?=\s|$|\*))", re.ASCII)


def read_choice(text: str | None, options: Sequence[str] | None = None) -> str | None:
    """The letter a text chooses, in capitals, or nothing."""
    letter = _letter(text or "", options)
    if letter is None or (options is not None and ord(letter) - ord("A") >= len(options)):
        return None
    return letter


def _letter(text: str, options: Sequence[str] | None) -> str | None:
    for part in (text, final_part(text)):
        bare = part.strip(FRAME)
        if len(bare) == 1 and bare.isascii() and bare.isalpha():
            return bare.upper()
    phrases = _PHRASE.findall(text)
    if phrases:
        return str(phrases[-1]).upper()
    leading = _LEADING.match(text)
    if leading:
        return next(group for group in leading.groups() if group).upper()
    wanted = {_bare(text), _bare(final_part(text))}
    same = [i for i, option in enumerate(options or ()) if _bare(option) in wanted]
    return chr(ord("A") + same[0]) if len(same) == 1 else None


def _bare(text: str) -> str:
    return " ".join(text.strip(FRAME).casefold().split())


def multiple_choice(given: Given, answers: list[str]) -> Items:
    asked = given.options or [None] * len(answers)
    gold = [read_choice(a, o) for a, o in zip(answers, asked, strict=True)]
    said = [read_choice(p, o) for p, o in zip(given.texts, asked, strict=True)]
    what = "a letter of an option; write the letters, or give the option texts"
    return share_alike(said, gold, str.__eq__, (given.texts, answers), what)
