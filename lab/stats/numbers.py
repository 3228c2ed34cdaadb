"""Metrics over numbers: the share that match, and how far off they are."""

from __future__ import annotations

import re

import numpy as np

from lab.stats.intervals import Array
from lab.stats.metric import Given, Items, each
from lab.stats.quantities import read_quantity, same_quantity
from lab.stats.reading import share_alike
from state.errors import UserError

LARGEST = 1e150
"""Errors are capped here: the square of more is no number any more."""
ROUNDING = 1e-12
"""A spread so small beside the squares it came from is rounding: the drawn answers were all the same."""
INSTEAD = "choose a metric for labels or text, such as accuracy"
PLAIN = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def parse_number(text: str | None) -> float | None:
    """A text that is one finite number as a whole, thousands separators allowed."""
    bare = (text or "").strip()
    if PLAIN.fullmatch(bare) is None:
        return None
    value = float(bare.replace(",", ""))
    return value if abs(value) <= np.finfo(np.float64).max else None


def numeric_match(given: Given, answers: list[str]) -> Items:
    gold, said = [read_quantity(a) for a in answers], [read_quantity(p) for p in given.texts]
    return share_alike(said, gold, same_quantity, (given.texts, answers), f"a number; {INSTEAD}")


def squares(given: Given, answers: list[str]) -> Items:
    """Squared errors, and what the spread of the answers needs."""
    gold, errors, unparsed = _errors(given, answers)
    centred = gold - gold.mean() if gold.min() < gold.max() else np.zeros_like(gold)
    return each(np.stack([errors**2, centred, centred**2], axis=1), errors**2, unparsed)


def distances(given: Given, answers: list[str]) -> Items:
    _, errors, unparsed = _errors(given, answers)
    return each(errors.reshape(-1, 1), errors, unparsed)


def _errors(given: Given, answers: list[str]) -> tuple[Array, Array, int]:
    """Distances. What is missing is charged the farthest that any answer lies from its own: never a bargain."""
    known = [parse_number(a) for a in answers]
    _refuse(sum(g is None or abs(g) > LARGEST for g in known), len(known))
    gold = np.asarray([0.0 if g is None else g for g in known])
    read = [parse_number(p) for p in given.texts]
    missing = np.asarray([r is None for r in read])
    said = np.asarray([0.0 if r is None else r for r in read])
    farthest = np.maximum(gold - gold.min(), gold.max() - gold)
    with np.errstate(over="ignore"):
        errors = np.where(missing, farthest, np.minimum(np.abs(said - gold), LARGEST))
    return gold, errors, int(missing.sum())


def _refuse(odd: int, n: int) -> None:
    if odd:
        which = "an answer is" if n == 1 else f"of {n} answers {odd} {'is' if odd == 1 else 'are'}"
        raise UserError(f"{which} not a number; {INSTEAD}")


def root_of_mean(sums: Array) -> Array:
    return np.asarray(np.sqrt(sums[..., 0] / sums[..., -1]))


def explained(sums: Array) -> Array:
    """One minus squared error over the spread of the answers; undefined where they do not differ."""
    spread = np.asarray(sums[..., 2] - sums[..., 1] ** 2 / sums[..., -1])
    out = np.full_like(spread, np.nan)
    with np.errstate(over="ignore"):  # answers that differ by next to nothing
        return np.asarray(1 - np.divide(sums[..., 0], spread, out=out, where=spread > ROUNDING * sums[..., 2]))
