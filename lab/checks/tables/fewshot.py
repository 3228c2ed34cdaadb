"""fewshot_overlap: a question of the test among the worked examples of a prompt."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import blank
from lab.checks.tables.frame import sample
from lab.checks.tables.say import finding, pair, read
from state.products import Finding

KIND = "fewshot_overlap"
MARK = re.compile(
    r"(?im)^[ \t>*#\-]*(question|q|input|problem|review|text|sentence|query|premise|passage|example|task|user|human|"
    r"instruction|statement|exercise|frage|title|email|tweet|comment|ticket)[ \t]*#?\d*[ \t*]*[:.)][ \t*]*"
)
REPLY = re.compile(
    r"(?i)(?:^|\n|\s)[ \t>*#\-]*(?:answer|a|output|label|response|solution|sentiment|assistant|category|class|intent|result|"
    r"completion|explanation|reply|translation|summary|hypothesis|entailment|verdict|antwort|bot|gpt|=>|->)[ \t*]*\d*(?::|$)"
)
EXAMPLES = re.compile(r"few|shot|example|demo|exemplar|context_qa|icl", re.IGNORECASE)
SHORT = 12
"""Letters and figures a question needs: 'why?' comes twice in honest prompts."""
BLOCK_ROWS = 3
LONGEST, MOST = 40_000, 20_000
COMMON = 0.2
"""A piece that is the own question of more than this share of rows is part of the template."""


@dataclass(frozen=True)
class Prompt:
    own: str
    examples: frozenset[str]


def split_prompt(text: str) -> Prompt:
    """The question that is asked, and those that were worked before it."""
    marks = list(MARK.finditer(text[:LONGEST]))
    counts = Counter(each.group(1).casefold() for each in marks)
    if not counts or counts.most_common(1)[0][1] < 2:
        return Prompt(_flat(_question(text[marks[0].end() :] if marks else text)), frozenset())
    word = counts.most_common(1)[0][0]
    chosen = [each for each in marks if each.group(1).casefold() == word]
    ends = [each.start() for each in chosen[1:]] + [len(text)]
    pieces = [_flat(_question(text[each.end() : end])) for each, end in zip(chosen, ends, strict=True)]
    return Prompt(pieces[-1], frozenset(each for each in pieces[:-1] if len(each) >= SHORT))


def _question(text: str) -> str:
    reply = REPLY.search(text)
    return text[: reply.start()] if reply else text


def _flat(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _strings(value: Any) -> Iterator[str]:
    """Every text in a cell: chats and lists of examples hold several."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _strings(each)


def _prompts(table: Table, roles: Roles, places: list[int]) -> list[Prompt]:
    """Each row's own question and its examples, over all text columns."""
    names = [name for name in roles.text if name in table.columns and name != roles.label]
    banks = [name for name in table.columns if EXAMPLES.search(name) and name != roles.label]
    asked = [name for name in names if name not in banks] or names
    found = []
    for place in places:
        own = ""
        examples: set[str] = set()
        for name in asked:
            value = table.columns[name][place]
            if blank(value):
                continue
            prompt = split_prompt("\n".join(_strings(value)) if not isinstance(value, str) else value)
            own = own or (prompt.own if len(prompt.own) >= SHORT else "")
            examples |= prompt.examples
        for name in banks:
            for text in _strings(table.columns[name][place]):
                shown = split_prompt(text)
                examples |= shown.examples | ({shown.own} if len(shown.own) >= SHORT else set())
        found.append(Prompt(own, frozenset(examples)))
    return found


def fewshot_overlap(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Do the examples of any prompt hold a question of the test?"""
    if not [name for name in roles.text if name in test.columns and name != roles.label]:
        return Looked(KIND, not_run="no text column")
    there = sample(len(test), MOST, seed).tolist()
    here = sample(len(train), MOST, seed).tolist()
    asked, taught = _prompts(test, roles, there), _prompts(train, roles, here)
    if not any(each.examples for each in (*asked, *taught)):
        return Looked(KIND, not_run="no prompt shows worked examples")
    counts = Counter(each.own for each in asked if each.own)
    template = {text for text, count in counts.items() if count > max(3, COMMON * len(asked))}
    said = [_own(test, asked, there, template), _others(test, asked, there, template),
            _in_train(train, test, asked, taught, here, there, template)]  # fmt: skip
    return Looked(KIND, tuple(each for each in said if each), looked_at=read(train, test, len(here), len(there)))


def _severity(rows: int) -> str:
    return "block" if rows >= BLOCK_ROWS else "warn"


def _own(test: Table, asked: list[Prompt], there: list[int], template: set[str]) -> Finding | None:
    rows = [row for row, each in enumerate(asked) if each.own in each.examples and each.own not in template]
    if not rows:
        return None
    why = f"{len(rows)} of {len(asked):,} test prompts show their own question among the worked examples"
    examples = [{"test": int(test.index[there[row]])} for row in rows]
    return finding(KIND, _severity(len(rows)), len(rows), len(asked), why, "draw the examples from train", examples)


def _others(test: Table, asked: list[Prompt], there: list[int], template: set[str]) -> Finding | None:
    """Test questions that are worked in the prompt of another test row."""
    shown: dict[str, int] = {}
    for row, each in enumerate(asked):
        for text in each.examples:
            shown.setdefault(text, row)
    rows = [
        row for row, each in enumerate(asked)
        if each.own in shown and each.own not in template and each.own not in each.examples
    ]  # fmt: skip
    if not rows:
        return None
    why = f"{len(rows)} of {len(asked):,} test questions are worked examples in the prompts of other test rows"
    examples = [
        {"test": int(test.index[there[row]]), "shown_in_test": int(test.index[there[shown[asked[row].own]]])}
        for row in rows
    ]
    return finding(KIND, _severity(len(rows)), len(rows), len(asked), why, "draw the examples from train", examples)


def _in_train(
    train: Table, test: Table, asked: list[Prompt], taught: list[Prompt], here: list[int], there: list[int],
    template: set[str],
) -> Finding | None:  # fmt: skip
    """Test questions that are worked in the prompts of train."""
    shown: dict[str, int] = {}
    for row, each in enumerate(taught):
        for text in each.examples:
            shown.setdefault(text, row)
    rows = [row for row, each in enumerate(asked) if each.own in shown and each.own not in template]
    if not rows:
        return None
    why = f"{len(rows)} of {len(asked):,} test questions are worked examples in the prompts of train"
    examples = [pair(train, test, here[shown[asked[row].own]], there[row]) for row in rows]
    return finding(KIND, _severity(len(rows)), len(rows), len(asked), why, "draw the examples from train", examples)
