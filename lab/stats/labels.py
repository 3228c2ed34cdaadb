"""Labels and texts: a share of rows that are the same, and the metrics over classes.

A label is compared as text: without the space round it, in Unicode's composed form, case kept. A whole number written
with a fraction of zeros is the whole number (`1.0` is `1`, which table tools write for a column with gaps); `01` and
`1` stay two labels. Texts of `exact_match` are compared without that rule for numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import numpy as np

from lab.stats.intervals import Array
from lab.stats.metric import Given, Items, share
from state.errors import UserError

WHOLE = re.compile(r"([+-]?[0-9]+)\.0*")
POSITIVE = frozenset({"1", "true", "yes", "positive", "pos"})
NEGATIVE = frozenset({"0", "-1", "false", "no", "negative", "neg"})
MOST_PARTS = 50_000_000
"""Numbers held at once for the classes of all rows: 400 MB."""


def plain(text: str) -> str:
    """The text itself: no space round it, one spelling of each character."""
    bare = text.strip()
    return bare if bare.isascii() else unicodedata.normalize("NFC", bare)


def label(text: str) -> str:
    """The label a text stands for."""
    bare = plain(text)
    whole = WHOLE.fullmatch(bare)
    return whole.group(1) if whole else bare


def exact(given: Given, answers: list[str]) -> Items:
    hits = [p is not None and plain(p) == plain(a) for p, a in zip(given.texts, answers, strict=True)]
    return share(hits, sum(p is None for p in given.texts))


def same_label(given: Given, answers: list[str]) -> Items:
    true = [label(a) for a in answers]
    known = set(true)
    said = [None if p is None else label(p) for p in given.texts]
    return share([s == t for s, t in zip(said, true, strict=True)], sum(s not in known for s in said))


def classes(given: Given, answers: list[str]) -> Items:
    """For each class of the answers: hit, predicted, true. A label outside them is wrong and no class of its own."""
    true_text = [label(a) for a in answers]
    number = {text: i for i, text in enumerate(sorted(set(true_text)))}
    size = len(number)
    true = np.asarray([number[t] for t in true_text])
    said = np.asarray([size if p is None else number.get(label(p), size) for p in given.texts])
    kinds, code = np.unique(true * (size + 1) + said, return_inverse=True)
    if len(kinds) * 3 * size > MOST_PARTS:
        raise UserError(
            f"{size} different answers are too many classes to count over {len(true)} rows; use accuracy or exact_match"
        )
    return Items(_class_parts(kinds // (size + 1), kinds % (size + 1), size), code, (true == said) * 1.0,
                 int((said == size).sum()))  # fmt: skip


def _class_parts(true: Array, said: Array, size: int) -> Array:
    """One row for each pair of true and predicted class; predicted is `size` where it is none of them."""
    parts = np.zeros((len(true), 3, size))
    rows = np.arange(len(true))
    parts[rows, 2, true] = 1
    named = said < size
    parts[rows[named], 1, said[named]] = 1
    parts[rows, 0, true] = true == said
    return np.asarray(parts.reshape(len(true), -1))


def one_class(positive: str | None) -> Callable[[Given, list[str]], Items]:
    """Hit, predicted, true of the positive class alone: the one named, else the one that says so itself."""

    def items(given: Given, answers: list[str]) -> Items:
        true_text = [label(a) for a in answers]
        wanted = _positive(set(true_text), positive)
        true = np.asarray([t == wanted for t in true_text])
        said_text = [None if p is None else label(p) for p in given.texts]
        said = np.asarray([s == wanted for s in said_text])
        known = set(true_text) | {wanted}
        right = np.asarray([s == t for s, t in zip(said_text, true_text, strict=True)], dtype=np.float64)
        table = np.asarray([[0.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])
        return Items(table, 2 * true.astype(np.int64) + said, right, sum(s not in known for s in said_text))

    return items


def _positive(known: set[str], named: str | None) -> str:
    if len(known) > 2:
        raise UserError(f"binary_f1 is for two labels and there are {len(known)}; use macro_f1")
    if named is not None:
        return label(named)
    own = sorted(text for text in known if text.lower() in POSITIVE)
    if len(own) == 1:
        return own[0]
    if not own and all(text.lower() in NEGATIVE for text in known):
        return "1"
    raise UserError("binary_f1 can't tell which label is the positive one; name it: binary_f1:LABEL")


def _split(sums: Array) -> tuple[Array, Array, Array]:
    third = (sums.shape[-1] - 1) // 3
    return sums[..., :third], sums[..., third : 2 * third], sums[..., 2 * third : 3 * third]


def _f1s(sums: Array) -> tuple[Array, Array]:
    hit, said, true = _split(sums)
    return np.divide(2 * hit, said + true, out=np.zeros_like(hit), where=true > 0), true


def mean_recall(sums: Array) -> Array:
    hit, _, true = _split(sums)
    return _mean_over_present(np.divide(hit, true, out=np.zeros_like(hit), where=true > 0), true)


def mean_f1(sums: Array) -> Array:
    return _mean_over_present(*_f1s(sums))


def weighted_f1(sums: Array) -> Array:
    f1, true = _f1s(sums)
    return np.asarray((f1 * true).sum(axis=-1) / true.sum(axis=-1))


def single_f1(sums: Array) -> Array:
    """Nothing found where nothing was to be found is 0, as scikit-learn has it by default."""
    hit, said, true = _split(sums)
    return np.divide(2 * hit, said + true, out=np.zeros_like(hit), where=said + true > 0)[..., 0]


def _mean_over_present(values: Array, true: Array) -> Array:
    return np.asarray((values * (true > 0)).sum(axis=-1) / (true > 0).sum(axis=-1))
