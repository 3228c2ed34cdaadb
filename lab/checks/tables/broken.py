"""broken_text: empty, or read with the wrong encoding; truncated_text: cut off."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import blank
from lab.checks.tables.cut_off import cut_off
from lab.checks.tables.frame import sample, take
from lab.checks.tables.say import finding, rows_of, sampled
from state.products import Finding

KIND, CUT = "broken_text", "truncated_text"
WARN_SHARE, WARN_ROWS = 0.01, 3
"""Fewer are slips that every real set has."""
RUN = re.compile("[\u0080-\u2122]{2,}")
"""Signs beyond ASCII in a row: UTF-8 read as western bytes comes in such runs, and turns back into fewer signs."""
LOST = re.compile("\ufffd")
CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")
MOST = 50_000
TAKEN_FOR = ("mac_roman", "cp437", "cp850", "cp1250", "cp1251")
"""What else UTF-8 is read as; their letters are common words in some language, so a run must turn back whole and be longer."""
LONG_RUN = re.compile(
    "[\u00a0-\u00ff\u0100-\u0192\u02c6-\u02dd\u0393-\u045f\u0490\u0491\u2013-\u25ff\uf8ff\ufb01\ufb02]{2,}"
)
HIGH = re.compile("(?<![a-zA-Z])[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]{4,}(?![a-zA-Z])")
"""Cyrillic, Greek or Hebrew bytes read as western: four accented letters in a row with no plain one stand in no word."""
ASKED = re.compile(r"[^\W\d_]\?[a-z]")
"""A question mark inside a word: a letter that the target encoding did not have."""
ESCAPED = re.compile(
    r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|&(?:amp|nbsp|quot);|&[a-zA-Z](?:acute|grave|uml|circ|tilde|cedil);|&#x?[0-9a-fA-F]+;"
    r"|=[CE][0-9A-F]=[89AB][0-9A-F]|%C3%[89AB][0-9A-F]"
)


def broken_text(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Texts that something happened to on their way into the file."""
    return _columns(KIND, train, test, roles, seed, _faults)


def truncated_text(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Texts that stop too early."""
    return _columns(CUT, train, test, roles, seed, _cuts)


def _columns(
    kind: str, train: Table, test: Table, roles: Roles, seed: int,
    faults: Callable[[list[Any]], list[tuple[str, str, list[int]]]],
) -> Looked:  # fmt: skip
    found: list[Finding] = []
    seen = []
    for side, table in (("train", train), ("test", test)):
        names = [name for name in roles.text if name in table.columns]
        if not len(table) or not names:
            continue
        places = sample(len(table), MOST, seed)
        for name in names:
            values = take(table.columns[name], places)
            for what, remedy, rows in faults(values):
                loud = len(rows) >= WARN_ROWS and len(rows) >= WARN_SHARE * len(values)
                why = f"{len(rows)} of {len(values):,} {side} texts of {name[:60]!r} {what}"
                examples = rows_of(side, table, [places[row] for row in rows[:20]])
                found.append(finding(kind, "warn" if loud else "info", len(rows), len(values), why, remedy, examples))
        seen.append(sampled(side, len(places), table))
    if not seen:
        return Looked(kind, not_run="no text column")
    return Looked(kind, tuple(found), looked_at=", ".join(seen))


def _strings(values: list[Any]) -> list[str]:
    return [value if isinstance(value, str) else "" for value in values]


def _faults(values: list[Any]) -> list[tuple[str, str, list[int]]]:
    """What is wrong, what to do, and the rows; only what there is."""
    texts = _strings(values)
    every = [
        ("are empty", "drop them or fetch them again", [row for row, value in enumerate(values) if blank(value)]),
        ("hold signs read with the wrong encoding", "read the source as UTF-8",
         [row for row, text in enumerate(texts) if _garbled(text)]),
        ("hold signs that were lost (U+FFFD)", "read the source again", _with(LOST, texts)),
        ("hold control characters", "strip them", _with(CONTROL, texts)),
        ("hold a question mark where a letter was", "read the source again", _lost_letters(texts)),
        ("hold escaped letters (&eacute;, \\u00e9, =C3=A9)", "turn them back into letters", _some(_with(ESCAPED, texts), texts)),
    ]  # fmt: skip
    return [each for each in every if each[2]]


def _cuts(values: list[Any]) -> list[tuple[str, str, list[int]]]:
    rows = cut_off(_strings(values))
    what = "look cut off: they stop at one length, in mid-word or inside a bracket"
    return [(what, "fetch the whole texts, or say that they are cut", rows)] if rows else []


def _garbled(text: str) -> bool:
    """Does some run of signs read as UTF-8 once it is turned back into bytes? Real words of any language don't."""
    if text.isascii():
        return False
    for run in RUN.finditer(text):
        raw = b"".join(_byte(sign) for sign in run.group())
        if len(raw) == len(run.group()):
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError:
                continue
            return True
    if HIGH.search(text) and sum(map(len, HIGH.findall(text))) > 0.3 * sum(map(str.isalpha, text)):
        return True
    return any(_turns_back(run) for run in LONG_RUN.findall(text))


def _byte(sign: str) -> bytes:
    try:
        return sign.encode("cp1252")
    except UnicodeEncodeError:
        return bytes([ord(sign)]) if ord(sign) < 256 else b""


def _turns_back(run: str) -> bool:
    """Does the whole run read as shorter UTF-8 from one of the other encodings?"""
    for encoding in TAKEN_FOR:
        try:
            found = run.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        if len(run) >= (4 if encoding in ("cp1250", "cp1251") else 2) and found.isprintable():
            return True
    return False


def _lost_letters(texts: list[str]) -> list[int]:
    """Rows with '?' inside words, where it is no link and stands in more words than a slip would."""
    rows = [row for row, text in enumerate(texts) if "?" in text and any(
        ASKED.search(word) and not re.search(r"[/=&.]", word) for word in text.split())]  # fmt: skip
    return rows if len(rows) >= WARN_ROWS and len(rows) >= WARN_SHARE * len(texts) else []


def _some(rows: list[int], texts: list[str]) -> list[int]:
    """Pages and code are written with escapes: only a part of the texts with them is odd."""
    return rows if len(rows) < 0.5 * len(texts) else []


def _with(signs: re.Pattern[str], texts: list[str]) -> list[int]:
    return [row for row, text in enumerate(texts) if signs.search(text)]
