"""The bytes of a text file, read once before anything is parsed: their encoding, their lines, and where they break."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from lab.data.files import MAGIC
from state.errors import UserError

CHUNK = 8 << 20
WINDOW = 1 << 20
"""Bytes from the first wrong one on that say what the encoding may be instead."""
WESTERN_SHARE = 0.3
"""Above this share of letters outside ASCII a text is not in a Western language, and one byte a letter says nothing."""
UNDEFINED = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))
"""Bytes that cp1252 has no letter for; latin-1 has."""
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Text:
    """What a text file is made of."""

    path: Path
    encoding: str
    size: int
    lines: int
    """Line ends; a row may hold several."""
    quotes: int

    @property
    def notes(self) -> list[str]:
        return [] if self.encoding.startswith("utf-8") else [f"read as {self.encoding}"]


def read_bytes(path: Path) -> Text:
    """Every byte of the file, looked at once; or one line that names the byte that is wrong."""
    encoding = _begins(path)
    check = codecs.getincrementaldecoder("utf-8")() if encoding.startswith("utf-8") else None
    size = lines = quotes = 0
    beyond_ascii = False
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if check is not None:
                pending = len(check.getstate()[0])
                try:
                    if pending or not chunk.isascii():
                        beyond_ascii = not check.decode(chunk).isascii() or beyond_ascii
                except UnicodeDecodeError as error:
                    at = size - pending + error.start
                    line = lines + chunk[: max(0, error.start - pending)].count(b"\n") + 1
                    beyond_ascii = beyond_ascii or not chunk[: max(0, error.start - pending)].isascii()
                    encoding, check = _instead(path, at, line, beyond_ascii), None
            size, lines, quotes = size + len(chunk), lines + chunk.count(b"\n"), quotes + chunk.count(b'"')
    if check is not None and check.getstate()[0]:
        raise UserError(f"{path} ends in the middle of a letter (byte {size}): it was cut off, fetch it again")
    return Text(path, encoding, size, lines, quotes)


def _begins(path: Path) -> str:
    """The encoding that the first bytes announce; `utf-8` when they announce none."""
    try:
        with path.open("rb") as file:
            head = file.read(1 << 16)
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}") from error
    if not head.strip():
        raise UserError(f"{path} is empty: give a file with rows")
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return encoding
    if b"\x00" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if max(even, odd) > 0.3 * len(head) / 2 and min(even, odd) < 0.1 * max(even, odd):
            return "utf-16-le" if odd > even else "utf-16-be"
    for mark, what in MAGIC.items():
        if head.startswith(mark) and "UTF-16" not in what:
            raise UserError(f"{path} is named {path.suffix} but looks like {what}: convert it, or give its right name")
    if b"\x00" in head:
        raise UserError(f"{path} holds binary data (byte {head.index(0)} is 0), not text: convert it")
    start = head.lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")):
        raise UserError(f"{path} is named {path.suffix} but looks like a web page: fetch the data itself")
    return "utf-8"


def _instead(path: Path, at: int, line: int, beyond_ascii: bool) -> str:
    """The one-byte encoding of a text that is not UTF-8; or an error where that would be a guess."""
    with path.open("rb") as file:
        file.seek(at)
        window = file.read(WINDOW)
    shown = window.decode("utf-8", "surrogateescape")
    wrong = sum("\udc80" <= letter <= "\udcff" for letter in shown)
    right = sum(letter > "\x7f" for letter in shown) - wrong
    letters = sum(letter.isalpha() for letter in shown) + wrong
    place = f"{path}: byte {at} (line {line}) is 0x{window[0]:02x}, which is not UTF-8"
    if beyond_ascii or right > wrong:
        raise UserError(f"{place} although the text around it is: mend that line, or save the file anew as UTF-8")
    if wrong > WESTERN_SHARE * letters:
        raise UserError(f"{place}, nor is the text in a Western encoding: save it as UTF-8")
    return "latin-1" if any(byte in window for byte in UNDEFINED) else "cp1252"
