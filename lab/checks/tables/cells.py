"""Single cells of a table as something that can be compared: whatever a file may hold, never an exception."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import re
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NUMBERS_FROM = 0.95
"""Share of the filled cells that must be numbers for a column to count as numbers: a stray 'n/a' is a gap."""
FEW_ROWS = 20
"""Below this many rows nothing can be said about a column being a row's name."""
DENSE = 3
"""Whole numbers, all different, in a range of at most this many times the rows: a running number."""
SIGNIFICANT = 9
"""Digits two numbers must share to be equal: a float survives being written to csv with that many."""

WRITTEN = re.compile(r"-?(?:0|[1-9][0-9]{0,300})(?:\.[0-9]{1,300})?(?:[eE][+-][0-9]{1,2})?")
"""Numbers as programs write them: no leading zeros, a signed exponent."""


def number(value: Any) -> float | None:
    """The cell as a finite number; None when it is blank or none."""
    if value is None or isinstance(value, (list, dict, tuple, bytes, set)):
        return None
    moment = _moment(value)
    if moment is not None:
        return moment
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _moment(value: Any) -> float | None:
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:  # naive times are compared among themselves: read all of them as UTC
            value = value.replace(tzinfo=datetime.UTC)
        return float((value - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)).total_seconds())
    if isinstance(value, datetime.date):
        return float(value.toordinal() - 719163) * 86400.0
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else float(value.astype("datetime64[us]").astype(np.int64)) / 1e6
    return None


def blank(value: Any) -> bool:
    """Nothing stands here: None, NaN, or only spaces."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, (float, np.floating)):
        return bool(math.isnan(value))
    if isinstance(value, (list, dict, tuple, set, bytes)):
        return len(value) == 0
    return bool(type(value).__name__ in ("NaTType", "NAType"))


def plain(value: Any) -> Hashable:
    """What makes two cells the same: 1, 1.0 and '1' are, '007' and '1e5' are keys; case and spacing don't count."""
    if blank(value):
        return None
    if isinstance(value, str):
        if value[-1:].isdigit() and WRITTEN.fullmatch(value.strip()):
            return int(value) if value.strip().lstrip("-").isdecimal() else float(value)
        return " ".join(value.casefold().split())
    if isinstance(value, int):
        return int(value)  # whole: the last digits of a long key count
    if isinstance(value, (bytes, bytearray)):
        return hashlib.sha256(value).hexdigest()
    as_number = number(value)
    if as_number is not None:
        return as_number
    if isinstance(value, (list, dict, tuple)):
        return json.dumps(value, sort_keys=True, default=repr) if _string_keys(value) else repr(value)
    return repr(value)


def _string_keys(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _string_keys(each) for key, each in value.items())
    return all(_string_keys(each) for each in value) if isinstance(value, (list, tuple)) else True


def numbers(values: Sequence[Any]) -> Floats | None:
    """The column as floats with NaN for gaps; None when it does not hold numbers."""
    try:
        quick = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        quick = None
    if quick is not None and quick.ndim == 1:
        quick[~np.isfinite(quick)] = np.nan
        return quick if np.isfinite(quick).any() else None
    if len(values) > 200 and not _often_number(values[:: max(1, len(values) // 100)]):
        return None
    read = [number(value) for value in values]
    filled = sum(not blank(value) for value in values)
    good = sum(each is not None for each in read)
    if not good or good < NUMBERS_FROM * filled:
        return None
    return np.array([np.nan if each is None else each for each in read], dtype=np.float64)


def _often_number(values: Sequence[Any]) -> bool:
    """A glance at some cells, so that a column of texts costs nothing."""
    filled = [value for value in values if not blank(value)]
    return not filled or sum(number(value) is not None for value in filled) >= 0.5 * len(filled)


def codes(values: Sequence[Any], known: dict[Hashable, int]) -> Ints:
    """A number for each different cell; -1 for a blank. `known` grows as new ones are met."""
    found = np.empty(len(values), dtype=np.int64)
    for row, value in enumerate(values):
        key = plain(value)
        found[row] = -1 if key is None else known.setdefault(key, len(known))
    return found


def rounded(column: Floats) -> Floats:
    """Floats cut to the digits that count, so that a copy that went through a file is still a copy."""
    out = column.copy()
    live = np.isfinite(out) & (out != 0)
    scale = 10.0 ** (SIGNIFICANT - 1 - np.floor(np.log10(np.abs(out[live]))).clip(-290, 290))
    with np.errstate(over="ignore", invalid="ignore"):
        cut = np.round(out[live] * scale) / scale
    out[live] = np.where(np.isfinite(cut), cut, out[live])
    return out + 0.0  # no negative zero


def row_name(values: Sequence[Any], total: int) -> bool:
    """Does every row have its own value here, as a running number or a key has (a measured float is neither)?"""
    filled = [value for value in values if not blank(value)]
    if len(filled) < FEW_ROWS or len(filled) < 0.9 * len(values) or isinstance(filled[0], (list, dict)):
        return False
    if all(isinstance(value, str) for value in filled[:50]) and numbers(filled[:50]) is None:
        keys = [value for value in filled if isinstance(value, str)]
        short = all(len(key) <= 64 and " " not in key.strip() for key in keys[:200])
        return short and len(set(keys)) == len(filled)
    column = numbers(filled)
    if column is None or any(isinstance(value, datetime.date) for value in filled[:50]):
        return False
    whole = bool(np.all(np.isfinite(column)) and np.all(column == np.floor(column)))
    if not whole or len(np.unique(column)) != len(column):
        return False
    return bool(column.max() - column.min() <= DENSE * max(total, len(column)))
