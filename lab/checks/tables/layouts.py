"""Prompts with worked examples, in the layouts people write them: which question is asked, and which were worked before."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

WORDS = (
    r"question|q|input|problem|review|text|sentence|query|premise|passage|example|task|user|human|instruction|statement|exercise|"
    r"frage|title|email|tweet|comment|ticket|case|item|sum|prompt|riddle|puzzle|exemplar|demo|sample|pregunta|aufgabe"
)
MARK = re.compile(
    rf"(?im)^[ \t>*#\-\[(<]*(?:(?P<word>{WORDS})[ \t]*#?\d*[ \t*\])>]*(?:[:.)][ \t*]*|$\n?)|(?P<number>\d{{1,3}})[.)][ \t]+)"
)
INLINE = re.compile(rf"(?i)(?:^|(?<=\s))(?P<word>{WORDS})[ \t]*#?\d*:[ \t]+")
"""Marks in the middle of a line, where no lines begin with one."""
REPLY = re.compile(
    r"(?i)(?:^|\n|\s)[ \t>*#\-\[(<]*(?:(?:answer|a|output|label|response|solution|sentiment|assistant|category|class|intent|"
    r"result|completion|explanation|reply|translation|summary|hypothesis|entailment|verdict|antwort|bot|gpt|model|ai|respuesta)"
    r"[ \t*\])>]*\d*[*\])>]*(?::|$|\n)|=>|->|→)"
)
SHORT = 12
"""Letters and figures a question needs: 'why?' comes twice in honest prompts."""
FIGURES = 6
"""Figures that make up for it: 4812 + 377 is somebody's own sum, 3 + 4 is everybody's."""
PIECES = 200
"""Lines and paragraphs looked at of a prompt without marks."""
FOLLOWS = 200
"""Characters behind a worked question in which its answer stands."""
TOKEN = re.compile(r"\d+|[^\W\d_]+|[-+*/^%<>×÷](?=\s*[\d(])")
LONGEST = 40_000


@dataclass(frozen=True)
class Prompt:
    own: str
    examples: frozenset[str]
    loose: Mapping[str, str] = field(default_factory=dict)
    """Of a prompt without marks: its earlier pieces, and what stands behind each."""
    whole: str = ""


def split_prompt(text: str) -> Prompt:
    """The question that is asked, and those that were worked before it."""
    text = text[:LONGEST]
    for pattern in (MARK, INLINE):
        marks = list(pattern.finditer(text))
        words = Counter(_word(each) for each in marks)
        often = [word for word, count in words.items() if count >= 2]
        often = [word for word in often if (pattern is MARK and word != "1") or _answered(text, marks, word)]
        if often:
            pieces = [_pieces(text, [each for each in marks if _word(each) == word]) for word in often]
            own = max(pieces, key=lambda each: each[0])[1][-1]
            shown = {each for _, found in pieces for each in found[:-1] if telling(each)}
            return Prompt(own, frozenset(shown), whole=flat(text))
    first = next(MARK.finditer(text), None)
    alone = flat(_question(text[first.end() :] if first else text))
    chunks = [each for each in re.split(r"\n\s*\n|\n", text)[-PIECES:] if each.strip()]
    if len(chunks) < 3:
        return Prompt(alone, frozenset(), whole=flat(text))
    last = next((each for each in reversed(chunks) if not REPLY.match(each) and telling(flat(_question(each)))), text)
    behind = {flat(_question(each)): flat(" ".join(chunks[at : at + 4])[: len(each) + FOLLOWS])
              for at, each in enumerate(chunks[:-1])}  # fmt: skip
    own = flat(_question(last))
    return Prompt(own, frozenset(), {k: v for k, v in behind.items() if telling(k) and k != own}, flat(text))


def _word(mark: re.Match[str]) -> str:
    return (mark.groupdict().get("word") or "1").casefold()


def _answered(text: str, marks: list[re.Match[str]], word: str) -> bool:
    """Does an answer stand in most of these pieces but the last? Steps of a recipe are numbered too."""
    starts = [each.start() for each in marks if _word(each) == word]
    worked = [bool(REPLY.search(text[start:end])) for start, end in pairwise(starts)]
    return sum(worked) > len(worked) / 2


def _pieces(text: str, marks: list[re.Match[str]]) -> tuple[int, list[str]]:
    """What stands between these marks up to the reply, and where the last of them stands."""
    ends = [each.start() for each in marks[1:]] + [len(text)]
    pieces = []
    for each, end in zip(marks, ends, strict=True):
        piece = text[each.end() : end]
        inner = MARK.match(piece)  # '### Example 2' and 'Input:' below it
        pieces.append(flat(_question(piece[inner.end() :] if inner else piece)))
    return marks[-1].start(), pieces


def _question(text: str) -> str:
    reply = REPLY.search(text)
    return text[: reply.start()] if reply and text[: reply.start()].strip() else text


def flat(text: str) -> str:
    """Letters as one word, numbers and the signs between them apart: 12 + 7 is neither 127 nor 12 - 7."""
    return "".join(
        f" {each} " if each[0].isdigit() or not each[0].isalnum() else each for each in TOKEN.findall(text.casefold())
    )


def telling(flat: str) -> bool:
    """Is it long enough to be nobody else's?"""
    return sum(map(str.isalnum, flat)) >= SHORT or sum(map(str.isdigit, flat)) >= FIGURES


def strings(value: Any) -> Iterator[str]:
    """Every text in a cell: chats and lists of examples hold several; a cell written as JSON is read as such."""
    if isinstance(value, str):
        inside = read_json(value)
        if inside is None:
            yield value
        else:
            yield from strings(inside)
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from strings(each)


def read_json(text: str) -> Any:
    """A list or a dict that a cell of a csv holds as JSON; None when it holds none."""
    if text[:1] not in ("[", "{") or text.rstrip()[-1:] not in ("]", "}"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
