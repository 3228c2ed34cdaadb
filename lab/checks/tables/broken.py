"""broken_text: empty, cut off, or read with the wrong encoding."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import blank
from lab.checks.tables.frame import sample, take
from lab.checks.tables.say import finding, rows_of, sampled
from state.products import Finding

KIND = "broken_text"
WARN_SHARE, WARN_ROWS = 0.01, 3
"""Fewer are slips that every real set has."""
RUN = re.compile("[\u0080-\u2122]{2,}")
"""Signs beyond ASCII in a row: UTF-8 read as western bytes comes in such runs, and turns back into fewer signs."""
LOST = re.compile("\ufffd")
CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
CUT_SHARE, CUT_ROWS, CUT_OVER = 0.03, 5, 8.0
"""Texts of exactly the greatest length: a share, a number, and how many times as many as at the lengths below it."""
CUT_FROM = 40
"""Characters below which many texts have the same length anyway."""
MOST = 50_000
CLOSED = tuple(".!?\"')]}>:;…。！？*`")


def broken_text(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Texts that something happened to on their way into the file."""
    found: list[Finding] = []
    seen = []
    for side, table in (("train", train), ("test", test)):
        names = [name for name in roles.text if name in table.columns]
        if not len(table) or not names:
            continue
        places = sample(len(table), MOST, seed)
        for name in names:
            values = take(table.columns[name], places)
            found.extend(_column(side, table, name, values, places))
        seen.append(sampled(side, len(places), table))
    if not seen:
        return Looked(KIND, not_run="no text column")
    return Looked(KIND, tuple(found), looked_at=", ".join(seen))


def _column(side: str, table: Table, name: str, values: list[Any], places: Any) -> list[Finding]:
    texts = [value if isinstance(value, str) else "" for value in values]
    rows = {
        "are empty": [row for row, value in enumerate(values) if blank(value)],
        "hold signs read with the wrong encoding": [row for row, text in enumerate(texts) if _garbled(text)],
        "hold signs that were lost (U+FFFD)": _with(LOST, texts),
        "hold control characters": _with(CONTROL, texts),
        "end at the same length, as if cut off": _cut(texts),
    }
    remedies = ("drop them or fetch them again", "read the source as UTF-8", "read the source again", "strip them",
                "fetch the whole texts, or say that they are cut")  # fmt: skip
    said = []
    for (what, which), remedy in zip(rows.items(), remedies, strict=True):
        if which:
            loud = len(which) >= WARN_ROWS and len(which) >= WARN_SHARE * len(values)
            why = f"{len(which)} of {len(values):,} {side} texts of {name[:60]!r} {what}"
            examples = rows_of(side, table, [places[row] for row in which[:20]])
            said.append(finding(KIND, "warn" if loud else "info", len(which), len(values), why, remedy, examples))
    return said


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
    return False


def _byte(sign: str) -> bytes:
    try:
        return sign.encode("cp1252")
    except UnicodeEncodeError:
        return bytes([ord(sign)]) if ord(sign) < 256 else b""


def _with(signs: re.Pattern[str], texts: list[str]) -> list[int]:
    return [row for row, text in enumerate(texts) if signs.search(text)]


def _cut(texts: list[str]) -> list[int]:
    """Rows of the greatest length, where far more have it than lengths just below and they stop in mid-sentence."""
    lengths = np.array([len(text) for text in texts])
    longest = int(lengths.max()) if len(lengths) else 0
    rows = np.flatnonzero(lengths == longest)
    if longest < CUT_FROM or len(rows) < CUT_ROWS or len(rows) < CUT_SHARE * len(texts):
        return []
    if len(rows) > 0.95 * len(texts) or len({texts[row] for row in rows}) < 0.8 * len(rows):
        return []  # all of one length by design, or one text again and again
    counts = Counter(lengths.tolist())
    below = float(np.mean([counts.get(longest - step, 0) for step in range(1, 21)]))
    open_ended = float(np.mean([not texts[row].rstrip().endswith(CLOSED) for row in rows]))
    others = [text for text, length in zip(texts, lengths, strict=True) if 0 < length < longest]
    usual = float(np.mean([not text.rstrip().endswith(CLOSED) for text in others])) if others else 0.0
    spiked = len(rows) > CUT_OVER * max(below, 0.5)
    return rows.tolist() if spiked and open_ended > 0.5 and open_ended >= usual - 0.1 else []
