"""A share of rows whose prediction, once read, is the same as the answer, once read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from lab.stats.labels import plain
from lab.stats.metric import Items, share
from state.errors import UserError

T = TypeVar("T")


def share_alike(
    said: Sequence[T | None],
    gold: Sequence[T | None],
    same: Callable[[T, T], bool],
    texts: tuple[Sequence[str | None], Sequence[str]],
    what: str,
) -> Items:
    """A few answers that can't be read are compared as text, and told; where most can't, the metric is the wrong one.

    `texts` are predictions and answers as written; `what` says what an answer should have been.
    """
    odd = sum(g is None for g in gold)
    if 2 * odd > len(gold):
        raise UserError(f"of {len(gold)} answers {odd} {'is' if odd == 1 else 'are'} not {what}")
    hits, unparsed = [], 0
    for s, g, said_text, gold_text in zip(said, gold, *texts, strict=True):
        as_text = g is None and said_text is not None and plain(said_text) == plain(gold_text)
        hits.append(as_text or (s is not None and g is not None and same(s, g)))
        unparsed += s is None and not as_text
    return share(
        hits, unparsed, f"{odd} of {len(gold)} answers could not be read and were compared as text" if odd else ""
    )
