"""A benchmark's items as texts, whatever its columns are called: the question, with its choices, with the right answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lab.checks.audit.load import flat
from lab.checks.parts import Table
from lab.checks.tables.layouts import read_json, strings

QUESTION = ("question", "prompt", "problem", "instruction", "query", "text", "sentence", "input", "stem", "goal", "ctx", "premise",
            "task", "messages", "conversations", "conversation", "dialog", "dialogue", "chat")  # fmt: skip
CHOICES = re.compile(
    r"^(choices?|options?|endings?|candidates|distractors?|alternatives|sols?|op|opt|ending|mc\d?_?targets)?[_ ]?([a-h]|\d)?$"
    r"|^(choices?|options?|endings?|candidates|distractors?|alternatives|incorrect_answers|wrong_answers|mc\d?_targets)$",
    re.IGNORECASE,
)
ANSWER = re.compile(
    r"^(answers?|answer_?key|answer_?idx|correct_?(answer|option|choice)?|gold|label|labels|target|targets|solution|response|output|"
    r"completion|best_answer)$",
    re.IGNORECASE,
)
ASKERS = frozenset(("user", "human", "prompter", "question"))
QUIET = frozenset(("system", "developer"))
"""Turns that every row repeats."""
OWN_WORDS, OWN_LETTERS = 6, 32
"""A question of fewer words or letters is asked everywhere: it is looked for with its choices or its answer."""
TEXTY = 12
"""Mean letters from which a column of strings says something."""


def items(table: Table) -> dict[str, list[str]]:
    """Views of every row as texts; an item that a view says nothing of its own about is empty there."""
    names = texty(table)
    rows = range(len(table))
    asked = _asked(table, names)
    if asked is None:
        return {}
    choices = [name for name in table.columns if name != asked and CHOICES.match(name.strip()) and name.strip()]
    answer = next(
        (name for name in table.columns if name not in (asked, *choices) and ANSWER.match(name.strip())), None
    )
    questions = [question(table.columns[asked][row]) for row in rows]
    listed = [[each for name in choices for each in strings(table.columns[name][row])] for row in rows]
    listed = [own or inner for own, inner in zip(listed, map(_inner, table.columns[asked]), strict=True)]
    answers = [_answer(table.columns[answer][row], listed[row]) if answer else "" for row in rows]
    common = Counter(map(_key, questions))
    own = [_own(text) and common[_key(text)] == 1 for text in questions]
    views = {
        "question": [text if fine else "" for text, fine in zip(questions, own, strict=True)],
        "question and choices": [_lines(text, *offered) if offered else "" for text, offered in zip(questions, listed, strict=True)],
        "question and answer": [
            _lines(text, said) if said and not fine and _own(f"{text} {said}") else ""
            for text, said, fine in zip(questions, answers, own, strict=True)
        ],
    }  # fmt: skip
    if not any(map(any, views.values())):
        views = {"row": [_lines(*(flat(table.columns[name][row]) for name in names)) for row in rows]}
    return {name: texts for name, texts in views.items() if any(texts)}


def texty(table: Table) -> list[str]:
    """Columns with words in them: strings of some length, lists and dicts of strings."""
    return [name for name, values in table.columns.items() if _is_texty(values)]


def question(value: Any) -> str:
    """What is asked: of a conversation what its user said, of a nested question its own text."""
    if isinstance(value, str) and (inside := read_json(value)) is not None:
        value = inside
    if isinstance(value, list | tuple) and value and all(isinstance(each, Mapping) for each in value):
        turns = [(str(each.get("role", each.get("from", ""))).lower(), flat(each)) for each in value]
        return _lines(*(said for who, said in turns if who in ASKERS)) or _lines(
            *(s for w, s in turns if w not in QUIET)
        )
    if isinstance(value, Mapping):
        named = next((value[key] for key in QUESTION if isinstance(value.get(key), str)), None)
        return named if named is not None else _lines(*strings(value))
    return flat(value)


def row_texts(columns: Sequence[Sequence[Any]]) -> list[str]:
    """All strings of every row, line by line."""
    return [_lines(*(flat(value) if isinstance(value, str) else _deep(value) for value in row))
            for row in zip(*columns, strict=True)]  # fmt: skip


def _deep(value: Any) -> str:
    return _lines(*strings(value))


def _inner(value: Any) -> list[str]:
    """Choices that lie inside a nested question."""
    if not isinstance(value, Mapping):
        return []
    return [each for key, inside in value.items() if CHOICES.match(str(key)) and str(key) for each in strings(inside)]


def _answer(value: Any, choices: Sequence[str]) -> str:
    """The right answer in words: the choice that a letter or a number stands for, or what stands there."""
    said = flat(value).strip()
    if not choices:
        return said
    if len(said) == 1 and said.isalpha() and ord(said.upper()) - ord("A") < len(choices):
        return choices[ord(said.upper()) - ord("A")]
    return choices[int(said)] if said.isdecimal() and int(said) < len(choices) else said


def _asked(table: Table, names: Sequence[str]) -> str | None:
    """The column with the question: by its name, else the one with the most letters."""
    lowered = {name.strip().lower(): name for name in reversed(names)}
    for wanted in QUESTION:
        if wanted in lowered:
            return lowered[wanted]
    sizes = {name: sum(map(len, map(flat, table.columns[name][:2000]))) for name in names}
    return max(sizes, key=lambda name: sizes[name], default=None)


def _is_texty(values: Sequence[Any]) -> bool:
    few = [value for value in values[:200] if value is not None]
    if not few or any(isinstance(value, bytes | bytearray) for value in few):
        return False
    if any(isinstance(value, Mapping) and any(isinstance(each, bytes) for each in value.values()) for value in few):
        return False
    said = [_deep(value) for value in few if isinstance(value, str | list | tuple | Mapping)]
    return (
        len(said) >= 0.9 * len(few) and sum(map(len, said)) >= TEXTY * len(said) and any(" " in each for each in said)
    )


def _own(text: str) -> bool:
    spaced = len(text.split())
    letters = len(_key(text))
    return letters >= OWN_LETTERS and (spaced >= OWN_WORDS or (spaced <= 2 and not text.isascii()))


def _key(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _lines(*texts: str) -> str:
    return "\n".join(filter(None, texts))
