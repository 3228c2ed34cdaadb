"""Reading a model's answer: one JSON object that fits the schema, or a line saying what is wrong with it."""

from __future__ import annotations

import json
import re
from typing import NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)

THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
"""Those that come first: the same words within an answer are part of it."""
THOUGHT_ENDS = "</think>"
FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)```", re.DOTALL)
ERRORS_SHOWN = 8


class BadAnswer(ValueError):
    """What is wrong with an answer, in words the model can act on."""


def read_answer(text: str, schema: type[T]) -> T:
    """The last JSON object of the text, validated. Never a fragment of a broken one: that is sent back instead."""
    try:
        return _read(text, schema)
    except BadAnswer:
        _, ended, answer = text.partition(
            THOUGHT_ENDS
        )  # where a thought is opened by the question, only its end is said
        if not ended:
            raise
    return _read(answer, schema)


def _read(text: str, schema: type[T]) -> T:
    found = _last_object(text)
    try:
        value = json.loads(found, strict=False, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()  # half a character could not be written down
    except RecursionError:
        raise BadAnswer("the object is nested too deeply") from None
    except ValueError as wrong:
        raise BadAnswer(f"the object is not valid JSON: {wrong}") from None
    try:
        return schema.model_validate(value)
    except ValidationError as wrong:
        raise BadAnswer(in_words(wrong)) from None


def _last_object(text: str) -> str:
    """The last top-level `{...}`, braces inside strings not counted; inside a code fence if there is one."""
    text = THOUGHTS.sub("", text)
    fenced = [inside for inside in FENCE.findall(text) if "{" in inside]
    text = fenced[-1] if fenced else text
    depth, start, last, quoted, escaped = 0, 0, "", False, False
    for at, sign in enumerate(text):
        if quoted:
            quoted, escaped = (sign != '"' or escaped), (sign == "\\" and not escaped)
        elif sign == "{":
            start = at if depth == 0 else start
            depth += 1
        elif depth and sign == '"':
            quoted = True
        elif depth and sign == "}":
            depth -= 1
            last = text[start : at + 1] if depth == 0 else last
    if depth:
        raise BadAnswer("an object is opened and never closed; was the answer cut off? Keep it shorter")
    if not last:
        raise BadAnswer("there is no JSON object in it")
    return last


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def in_words(wrong: ValidationError) -> str:
    """Where and what, without the input: the model has its answer before it anyway."""
    errors = [f"{'.'.join(map(str, e['loc'])) or 'the object'}: {e['msg']}" for e in wrong.errors(include_url=False)]
    more = f"; and {len(errors) - ERRORS_SHOWN} more" if len(errors) > ERRORS_SHOWN else ""
    return "; ".join(errors[:ERRORS_SHOWN]) + more
