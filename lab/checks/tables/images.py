"""image_duplicate: the same picture on both sides, also after a change of size, brightness or compression."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import Floats, blank
from lab.checks.tables.frame import sample, take
from lab.checks.tables.say import finding, pair, read
from state.products import Finding

KIND = "image_duplicate"
SIDE, HASH = 64, 16
"""Pictures are read at 64 x 64; the 16 x 16 slowest waves make 256 bits. With 64 bits a third of digits looks alike."""
NEAR = 20
"""Bits of 256 that may differ: noise, brightness and size change fewer; different pictures differ in some 128."""
ALIKE = 0.95
"""Correlation of the two small pictures that confirms it."""
FAR_NEAR, SAME = 48, 0.99
"""Where the small pictures agree this well, more bits may differ: soft pictures have waves near nothing, whose sign a change
of size and compression turns. Copies of such differed in 14 to 32 bits, other pictures of the kind in 84 and more."""
FLAT = 3.0
"""Standard deviation of grey (of 255) below which a picture shows nothing to compare."""
BLOCK_ROWS, BLOCK_SHARE = 3, 0.01
NATURAL = 3.0
"""Pictures of one side that look alike among themselves at a third of the rate: then likeness is their nature."""
MOST_TRAIN, MOST_TEST = 8000, 2000
LARGEST = 80_000_000
"""Pixels of the largest picture that is opened."""


@dataclass(frozen=True)
class Seen:
    """Pictures that could be read: bits of their waves, the small picture, a fingerprint of their pixels, their rows."""

    bits: NDArray[np.float32]
    small: NDArray[np.float32]
    exact: list[str]
    rows: list[int]
    unread: int
    flat: int


def image_duplicate(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Pictures of the test that train has too."""
    names = [name for name in roles.image if name in train.columns and name in test.columns]
    if not names:
        return Looked(KIND, not_run="no image column")
    found, notes = [], []
    for name in names:
        mine = _seen(train, name, MOST_TRAIN, seed)
        other = _seen(test, name, MOST_TEST, seed + 1)
        skipped = f"{mine.unread + other.unread} could not be read, {mine.flat + other.flat} were blank"
        notes.append(f"{name!r}: {len(mine.rows):,} against {len(other.rows):,} pictures ({skipped})")
        if mine.rows and other.rows:
            said = _compared(train, test, mine, other)
            found.extend([said] if said else [])
    if all(": 0 against" in note or "against 0 " in note for note in notes):
        return Looked(KIND, not_run=f"no pictures could be compared; {'; '.join(notes)}")
    return Looked(KIND, tuple(found), looked_at=f"{read(train, test)}; {'; '.join(notes)}")


def _seen(table: Table, name: str, most: int, seed: int) -> Seen:
    places = sample(len(table), most, seed)
    smalls, exact, rows = [], [], []
    unread = flat = 0
    for place, value in zip(places.tolist(), take(table.columns[name], places), strict=True):
        got = None if blank(value) else read_picture(value)
        if got is None:
            unread += 1
        elif float(got[0].std()) < FLAT:
            flat += 1
        else:
            smalls.append(got[0])
            exact.append(got[1])
            rows.append(place)
    if not rows:
        return Seen(np.zeros((0, 1), np.float32), np.zeros((0, 1), np.float32), [], [], unread, flat)
    stack = np.stack(smalls)
    return Seen(waves(stack), _levelled(stack), exact, rows, unread, flat)


def read_picture(value: Any) -> tuple[Floats, str] | None:
    """The picture in grey at 64 x 64, and a fingerprint of all its pixels; None when it can't be read."""
    from PIL import Image, UnidentifiedImageError

    try:
        if isinstance(value, dict):
            value = value.get("bytes") or value.get("path")
        if isinstance(value, (bytes, bytearray)):
            picture: Any = Image.open(io.BytesIO(bytes(value)))
        elif isinstance(value, (str, Path)):
            picture = Image.open(Path(value))
        elif isinstance(value, np.ndarray) and value.ndim in (2, 3):
            picture = Image.fromarray(value.astype(np.uint8))
        else:
            picture = value
        if not isinstance(picture, Image.Image) or picture.width * picture.height > LARGEST:
            return None
        grey = picture.convert("L")
        mark = hashlib.sha256(f"{picture.size}".encode() + picture.convert("RGB").tobytes()).hexdigest()
        small = np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS), dtype=np.float64)
    except (OSError, ValueError, TypeError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError):
        return None  # counted as unread by the caller
    return small, mark


def waves(stack: Floats) -> NDArray[np.float32]:
    """Signs of the slow waves against their median, as +1 and -1."""
    from scipy.fft import dctn

    slow = dctn(stack, axes=(1, 2))[:, :HASH, :HASH].reshape(len(stack), -1)
    return np.where(slow > np.median(slow[:, 1:], axis=1, keepdims=True), 1, -1).astype(np.float32)


def _levelled(stack: Floats) -> NDArray[np.float32]:
    flat = stack.reshape(len(stack), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return np.asarray(flat / np.linalg.norm(flat, axis=1, keepdims=True), dtype=np.float32)


def pairs(mine: Seen, other: Seen, same: bool = False) -> list[tuple[int, int, float]]:
    """For each picture of `other` the most alike of `mine`, where they are alike in waves and in pixels."""
    found = []
    total = mine.bits.shape[1]
    for start in range(0, len(other.rows), 256):
        apart = (total - other.bits[start : start + 256] @ mine.bits.T) / 2
        if same:
            apart[np.arange(len(apart)), np.arange(start, start + len(apart))] = total
        for row, column in enumerate(apart.argmin(axis=1).tolist()):
            if apart[row, column] <= FAR_NEAR:
                alike = float(other.small[start + row] @ mine.small[column])
                if alike >= (ALIKE if apart[row, column] <= NEAR else SAME):
                    found.append((column, start + row, alike))
    return found


def _compared(train: Table, test: Table, mine: Seen, other: Seen) -> Finding | None:
    found = pairs(mine, other)
    if not found:
        return None
    exact = sum(mine.exact[one] == other.exact[two] for one, two, _ in found)
    share = len(found) / len(other.rows)
    known = set(mine.exact)
    same = sum(mark in known for mark in other.exact)
    natural = len(pairs(other, other, same=True)) / len(other.rows)
    many = len(found) >= BLOCK_ROWS and share >= BLOCK_SHARE
    certain = same >= BLOCK_ROWS and same / len(other.rows) >= BLOCK_SHARE
    severity = "block" if many and (certain or share > NATURAL * natural) else "warn"
    why = (
        f"{len(found)} of {len(other.rows):,} test pictures stand in train ({exact} of them pixel for pixel); "
        f"{natural:.1%} of test pictures look as alike among themselves"
    )
    examples = [pair(train, test, mine.rows[one], other.rows[two], how) for one, two, how in found[:20]]
    return finding(KIND, severity, len(found), len(other.rows), why, "drop these pictures from train", examples)
