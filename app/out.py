"""What a person or a program reads: text on one channel, one JSON object on the other."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, TextIO
from unicodedata import category

HIDDEN = ("Cc", "Cf", "Cs")
"""Control characters, marks that turn the direction of writing, half characters."""


def say(text: str = "") -> None:
    """A line for a person who watches: always on stderr, so that stdout stays clean."""
    _write(sys.stderr, visible(text))


def tell(text: str) -> None:
    """The answer itself, on stdout."""
    _write(sys.stdout, text)


def visible(text: str) -> str:
    """Without what a terminal obeys instead of showing: a page, a log or a model may have put it there."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(" " if category(sign) in HIDDEN and sign not in "\n\t" else sign for sign in text)


def _write(stream: TextIO, text: str) -> None:
    """A reader that has gone (`| head`) is no failure: the rest goes nowhere, the work goes on."""
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def answer(value: dict[str, Any], text: str, as_json: bool) -> None:
    """The answer of a command: the object for a program, the text for a person."""
    tell(json.dumps(value, indent=1, ensure_ascii=False) if as_json else visible(text))


def one_line(wrong: BaseException) -> str:
    return " ".join(str(wrong).split()) or type(wrong).__name__


def span(seconds: float) -> str:
    """A time as a person says it: 42 s, 3 min 05 s, 1 h 10 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def number(value: Any) -> str:
    """A measured number in few digits, a count in full; what is not there is a dash."""
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def changes(change: dict[str, Any]) -> str:
    return ", ".join(f"{key}={number(value)}" for key, value in change.items()) or "–"
